// Data only ever becomes text: nothing here writes markup.
const T = JSON.parse(document.getElementById("trace").textContent);
const N = T.steps.length, ROW = 38;
const G = T.glosses || T.states; // the states for sentences
const $ = id => document.getElementById(id);
const [END, NOW, BEFORE, AFTER, TAKEN, EVENT, EFFECTS, TRIED, HAND, CHANGE, CAME, SENT, MORE, UNUSUAL, NOTES, COMPARED, REALLY] = Array(17).keys();
const W = i => T.words[i];
for (const s of T.steps) {
  s[EVENT] = W(s[EVENT]);
  s[TRIED] = T.tried[s[TRIED]];
  for (const some of [EFFECTS, UNUSUAL, NOTES, REALLY]) s[some] = s[some].map(W);
}
let at = 0, quiz = T.quiz, lit = [], linking;
const answers = new Map();

function el(name, cls, ...inside) {
  const made = document.createElement(name);
  if (cls) made.className = cls;
  made.append(...inside);
  return made;
}

function draw(name, attributes, text) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const key in attributes) made.setAttribute(key, attributes[key]);
  if (text !== undefined) made.textContent = text;
  return made;
}

// What each end was at each step: states, and variables with those that a step changed.
const stateAt = T.ends.map(() => []), varsAt = [];
{
  const state = T.ends.map((_, e) => T.steps.find(s => s[END] === e)[BEFORE]);
  const vars = T.ends.map(() => ({}));
  for (const s of T.steps) {
    const e = s[END];
    const before = vars.map((v, i) => i === e ? {...v, ...s[HAND]} : v);
    vars[e] = {...before[e], ...s[CHANGE]};
    state[e] = s[AFTER];
    varsAt.push([before, [...vars]]);
    state.forEach((value, i) => stateAt[i].push(value));
  }
}

const seconds = x => tr("{number} s", {number: x.toFixed(4)});
const endOf = e => T.ends[e] === "client" ? tr("client") : T.ends[e] === "server" ? tr("server") : T.ends[e];
const rowOf = (s, i) => T.tables[s[END]].rows[i];
const plain = name => T.language ? name : name.replaceAll("_", " "); // its words are English
const hidden = () => quiz && !answers.has(at) && choices(T.steps[at]).length > 1;

function reason(s) {
  if (s[TAKEN] < 0) return tr("No row of {state} answers this.", {state: G[s[BEFORE]]});
  const row = rowOf(s, s[TAKEN]);
  return row[6] ? `${row[5]} (${row[6]})` : row[5];
}

function sentence(s, secret) {
  const values = {step: at + 1, steps: N, time: seconds(s[NOW]), end: endOf(s[END]), event: s[EVENT], from: G[s[BEFORE]], to: G[s[AFTER]]};
  if (secret) return tr("Step {step} of {steps}, {time}, {end}: {event}; in {from}.", values);
  if (s[BEFORE] === s[AFTER]) return tr("Step {step} of {steps}, {time}, {end}: {event}; stays in {from}.", values);
  return tr("Step {step} of {steps}, {time}, {end}: {event}; goes from {from} to {to}.", values);
}

// -- Panes ------------------------------------------------------------------------------------

function showWhy(s, secret) {
  $("why").hidden = $("does").hidden = secret; // the rows that stand there would be the answer
  $("about").hidden = quiz;
  if (secret) return;
  const tried = el("ol"), of = {};
  s[COMPARED].forEach((value, i, all) => { if (i % 2) of[all[i - 1]] = value; });
  for (const [index, gave] of s[TRIED]) {
    const row = rowOf(s, index), taken = index === s[TAKEN];
    const values = {event: el("code", "", row[0]), state: row[2]};
    const item = el("li", taken ? "taken" : "", ...(row[2] ? trParts("{event} to {state}", values) : trParts("{event} to the same state", values)),
      ...(taken ? [": ", tr("taken")] : []));
    const guards = el("ul");
    row[3].forEach(([name, wanted], i) => {
      const said = gave[i] ? tr("yes") : tr("no"), holds = gave[i] === wanted;
      const compared = T.compares[name].filter(i => i in of).map(i => T.operands[i] + " " + W(of[i])).join(", ");
      const answer = compared ? tr("{answer} ({compared})", {answer: said, compared}) : said;
      const told = !holds ? tr("{answer}, so this row is not taken", {answer}) : wanted ? answer : tr("{answer}, as it must be", {answer});
      const line = el("li", "", el("code", "", name), ": ", el("span", holds ? "yes" : "no", told));
      line.append(el("div", "soft", T.docs[name]));
      guards.append(line);
    });
    if (row[3].length) item.append(guards);
    tried.append(item);
  }
  const tags = [...s[REALLY].map(words => tr("Really: {words}", {words})), ...s[UNUSUAL].map(what => tr("Unusual: {what}", {what})), ...s[NOTES]].map(words => el("p", "tag", words));
  $("why").replaceChildren(el("p", "", reason(s)), ...tags, el("h3", "", tr("Rows tried, and what their guards said")), tried);
  const does = el("ul");
  for (const effect of s[EFFECTS]) does.append(el("li", "", effect));
  $("does").replaceChildren(el("h3", "", tr("Then it does")), s[EFFECTS].length ? does : el("p", "soft", tr("nothing")));
}

function octetLines(octets, size) {
  const wide = $("packet").clientWidth < 560 ? 8 : 16, lines = [];
  for (let i = 0; i < octets.length; i += wide) {
    const some = [...octets.slice(i, i + wide)];
    const hex = some.map(o => o.toString(16).padStart(2, "0")).join(" ").padEnd(wide * 3);
    const text = some.map(o => o > 31 && o < 127 ? String.fromCharCode(o) : ".").join("");
    lines.push(`${i.toString(16).padStart(4, "0")} ${hex} ${text}`);
  }
  if (size > octets.length) lines.push(tr("and {count} octets more", {count: size - octets.length}));
  return lines.join("\n");
}

function heading(scope, name) {
  const th = el("th", "", name);
  th.scope = scope;
  return th;
}

function tableOf(names, rows) {
  const head = el("tr", "", ...names.map(name => heading("col", name)));
  return el("table", "", el("thead", "", head), el("tbody", "", ...rows));
}

function packetPane(index, came) {
  const [words, size, base64, shape, values, fate] = T.packets[index];
  const octets = Uint8Array.from(atob(base64), c => c.charCodeAt(0));
  const rows = T.shapes[shape].map(([name, start, stop], i) => el("tr", "",
    el("td", "", name), el("td", "", W(values[i])), el("td", "soft", stop - start > 1 ? tr("{first} to {last}", {first: start, last: stop - 1}) : String(start))));
  return [el("h3", "", came ? tr("Came in: {packet}", {packet: W(words)}) : tr("Sent: {packet}", {packet: W(words)})), ...fate.map(f => el("p", "tag", W(f))),
    tableOf([tr("Field"), tr("Value"), tr("Octets")], rows), el("pre", "", octetLines(octets, size))];
}

function showPackets(s, secret) {
  const parts = s[CAME] < 0 ? [] : packetPane(s[CAME], true);
  if (!secret) for (const index of s[SENT]) parts.push(...packetPane(index, false));
  if (!secret && s[MORE]) parts.push(el("p", "soft", tr("and {count} packets more", {count: s[MORE]})));
  $("packet").replaceChildren(...(parts.length ? parts : [el("p", "soft", tr("None in this step."))]));
}

function show(value) {
  return value === undefined ? "" : value === null ? tr("none") : value === true ? tr("yes") : value === false ? tr("no")
    : typeof value === "number" && value % 1 ? value.toFixed(4) : String(value);
}

function showVariables(s, secret) {
  const [before, after] = varsAt[at], now = secret ? before : after;
  const body = T.names.map((name, i) => {
    const cells = T.ends.map((_, e) => {
      const was = show(before[e][i]), is = show(now[e][i]), changed = was !== is;
      return el("td", changed ? "changed" : "", ...(changed && was ? [is, " ", el("span", "soft", tr("was {value}", {value: was}))] : [is]));
    });
    return el("tr", "", heading("row", name), ...cells);
  });
  $("vars").replaceChildren(tableOf([tr("Name"), ...T.ends.map((_, e) => endOf(e))], body));
}

// -- Machines ---------------------------------------------------------------------------------

function showMachines(s, secret) {
  for (const element of lit) element.classList.remove("lit", "acting");
  lit = [];
  const light = (element, word = "lit") => { if (element) { element.classList.add(word); lit.push(element); } };
  T.ends.forEach((_, e) => {
    const state = secret && e === s[END] ? s[BEFORE] : stateAt[e][at];
    light($(`e${e}-state-${T.states[state]}`));
  });
  const e = s[END], acting = $(`e${e}-state-${T.states[s[BEFORE]]}`);
  light(acting && acting.closest("svg"), "acting");
  if (secret || s[TAKEN] < 0) return;
  light(drawn[e].get(s[TAKEN]));
  light($(`e${e}-edge-${T.states[s[BEFORE]]}-${T.states[s[AFTER]]}`));
}

// The element of each row, by its index; what the picture left out is put back.
const drawn = T.tables.map((table, e) => {
  const rows = new Map();
  for (const element of document.querySelectorAll(`#e${e} [data-rows]`)) {
    const told = element.dataset.rows.split(" ").map(i => {
      rows.set(+i, element);
      const row = table.rows[i];
      return [`${row[1]}: ${row[0]}`, row[5], row[6]].join("\n");
    });
    const box = element.getBBox();
    element.prepend(draw("title", {}, told.join("\n\n")),
      draw("rect", {class: "back", x: box.x - 4, y: box.y - 1, width: box.width + 8, height: box.height + 2, rx: 3}));
  }
  return rows;
});

// -- Ladder: only the rows around the step are ever drawn ---------------------------------------

function showLadder(secret) {
  const width = Math.max(300, $("ladder").clientWidth), many = Math.min(N, innerWidth < 600 ? 11 : 17);
  const top = Math.max(0, Math.min(at - (many >> 1), N - many)), side = width < 460 ? 92 : 108;
  const lanes = [side, width - side], y = step => (step - top + .5) * ROW, laneOf = end => T.ends[end] === "client" ? 0 : 1;
  const letter = width < 460 ? 6.7 : 7.6, placed = [], losses = {};
  const svg = draw("svg", {class: width < 460 ? "narrow" : "", width, height: many * ROW, viewBox: `0 0 ${width} ${many * ROW}`, role: "img",
    "aria-label": tr("Steps {first} to {last}, one below the other, with the packets between client and server", {first: top + 1, last: top + many})});
  const bottom = quiz ? at : top + many - 1;
  const back = draw("g"), lines = draw("g"), words = draw("g");
  back.append(draw("rect", {class: "here", x: 0, y: y(at) - ROW / 2, width, height: ROW}));
  for (const x of lanes) back.append(draw("path", {class: "lane", d: `M${x} 0V${many * ROW}`}));
  svg.append(back, lines, words);
  for (let i = top; i < top + many && i <= bottom; i++) {
    const s = T.steps[i], left = laneOf(s[END]) === 0, after = secret && i === at ? s[BEFORE] : s[AFTER];
    const place = {x: left ? side - 8 : width - side + 8, "text-anchor": left ? "end" : "start"};
    const row = draw("g", {class: "row" + (i > at ? " ahead" : "")});
    row.append(draw("rect", {x: 0, y: y(i) - ROW / 2, width, height: ROW, fill: "transparent"}),
      draw("text", {...place, y: y(i) - 2, class: "soft"}, s[NOW].toFixed(4)),
      draw("text", {...place, y: y(i) + 13}, T.states[after]),
      draw("circle", {cx: lanes[left ? 0 : 1], cy: y(i), r: 4, fill: "var(--ink)"}),
      draw("title", {}, tr("Step {step}: {event}", {step: i + 1, event: s[EVENT]})));
    row.addEventListener("click", () => go(i));
    words.append(row);
  }
  const room = Math.floor((width - 2 * side - 12) / letter), columns = text => [...text].reduce((sum, c) => sum + (c > "\u10ff" ? 1.7 : 1), 0);
  const cut = text => {
    let kept = text;
    while (kept && columns(kept) > (kept === text ? room : room - 3)) kept = kept.slice(0, -1);
    return kept === text ? text : kept + "...";
  };
  for (const [end, step, kind, told] of T.marks) {
    if (step < top || step > bottom || (secret && step === at && kind !== "timeout")) continue;
    const left = laneOf(end) === 0, words_ = cut(told), half = words_.length * letter / 2;
    const my = y(step) + (kind === "outcome" || kind === "failure" ? 15 : -9), mx = left ? side + 10 : width - side - 10;
    placed.push([left ? mx + half : mx - half, my, half]);
    words.append(draw("text", {class: `halo mark ${kind}${step > at ? " ahead" : ""}`, x: mx, y: my, "text-anchor": left ? "start" : "end"}, words_));
  }
  for (const [sender, name, sent, arrived, flags] of T.arrows) {
    const from = sent < 0 ? arrived[0] - .6 : sent, last = arrived.length ? Math.max(...arrived) : from + .6;
    if (last < top - 1 || from > bottom + (secret ? -.01 : .5) || (secret && sent === at)) continue;
    const label = W(name), x1 = lanes[sender], x2 = lanes[1 - sender], kinds = ["arrow", flags & 1 ? "bad" : "", flags & 2 ? "again" : ""];
    const ahead = from > at || flags & 8 ? " ahead" : "";
    for (const to of arrived.length ? arrived : [flags & 1 ? from + .33 * (losses[from] = losses[from] + 1 || 0) : from + .6]) {
      if (to < top - 1 || from > top + many) continue;
      const lost = !arrived.length && flags & 1, part = lost ? .3 : 1;
      let px = x1 + (x2 - x1) * part, py = y(to), share = .5, arrives = !(flags & 8);
      if (quiz && to > at) { px = (x1 + x2) / 2; py = (y(from) + y(to)) / 2; arrives = false; }
      lines.append(draw("path", {class: kinds.join(" ") + ahead, d: `M${x1} ${y(from)}L${px} ${py}`}));
      const angle = Math.atan2(py - y(from), px - x1) * 180 / Math.PI;
      if (arrives) lines.append(draw("path", {class: `${lost ? "arrow" : "tip"} ${kinds[1]}${ahead}`, transform: `translate(${px} ${py}) rotate(${angle})`,
        d: lost ? "M-6 -6L6 6M-6 6L6 -6" : "M0 0L-11 -5V5Z"}));
      if (to - from > 1.01) share = 1 - .5 / (to - from);
      const half = cut(label).length * letter / 2 + 4;
      const along = part => [x1 + (px - x1) * part, y(from) + (py - y(from)) * part - 3];
      const beyond = [px + Math.sign(px - x1) * (half + 8), py + 4];
      let x, ty;
      for (const place of [lost ? beyond : along(share), along(.3), along(.7), along(.5)]) {
        [x, ty] = [Math.max(side + half, Math.min(width - side - half, place[0])), place[1]];
        if (!placed.some(p => Math.abs(p[0] - x) < p[2] + half && Math.abs(p[1] - ty) < 12)) break;
      }
      placed.push([x, ty, half]);
      const text = draw("text", {class: "halo" + ahead, "text-anchor": "middle", x, y: ty}, cut(label));
      if (cut(label) !== label) text.append(draw("title", {}, label));
      words.append(text);
    }
  }
  $("ladder").replaceChildren(svg);
}

// -- Quiz ---------------------------------------------------------------------------------------

function choices(s) {
  const rows = T.tables[s[END]].rows, from = T.states[s[BEFORE]], found = new Map();
  const tried = s[TRIED].map(([index]) => index);
  const others = rows.map((_, i) => i).filter(i => rows[i][1] === from && !tried.includes(i));
  for (const i of [...tried, ...others]) {
    if (found.size >= Math.max(4, tried.length)) break;
    const row = rows[i], does = row[4].map(plain).join(", ") || tr("does nothing"), words = row[2] ? `${row[2]}: ${does}` : tr("stays in {state}: {does}", {state: from, does});
    if (!found.has(words) || i === s[TAKEN]) found.set(words, i);
  }
  if (s[TAKEN] < 0 && found.size) found.set(tr("no row answers"), -1);
  return [...found].sort((a, b) => a[1] - b[1]);
}

function showQuiz(s, secret) {
  const box = $("quiz"), known = answers.get(at);
  box.hidden = !quiz;
  if (!quiz) return;
  const right = [...answers.values()].filter(answer => answer.right).length;
  const score = el("p", "soft", tr("Score: {right} of {all}", {right, all: answers.size}));
  if (!secret) {
    const verdict = known ? el("p", known.right ? "good" : "bad", known.right ? tr("Right.") : tr("No: you said \"{answer}\".", {answer: known.words})) : "";
    box.replaceChildren(verdict, score);
    return;
  }
  const buttons = choices(s).map(([words, index], i) => {
    const button = el("button", "", `${i + 1}. ${words}`);
    button.addEventListener("click", () => answer(words, index === s[TAKEN]));
    return button;
  });
  box.replaceChildren(el("h3", "", tr("What does the {end} do now?", {end: endOf(s[END])})), el("div", "choices", ...buttons), score);
}

function answer(words, right) {
  answers.set(at, {words, right});
  render();
  const values = {sentence: $("said").textContent, reason: reason(T.steps[at])};
  $("said").textContent = right ? tr("Right. {sentence} {reason}", values) : tr("No. {sentence} {reason}", values);
  $("next").focus();
}

// -- Moving -------------------------------------------------------------------------------------

function render() {
  const s = T.steps[at], secret = hidden();
  $("said").textContent = sentence(s, secret);
  const place = tr("Step {step} of {steps}", {step: at + 1, steps: N});
  $("count").textContent = place;
  $("slider").value = at + 1;
  $("slider").setAttribute("aria-valuetext", place);
  $("link").href = `#${at + 1}`;
  for (const id of ["first", "back"]) $(id).setAttribute("aria-disabled", at === 0);
  for (const id of ["next", "last"]) $(id).setAttribute("aria-disabled", at === N - 1);
  showQuiz(s, secret);
  showWhy(s, secret);
  showMachines(s, secret);
  showLadder(secret);
  showPackets(s, secret);
  showVariables(s, secret);
}

function go(step) {
  const to = Math.max(0, Math.min(N - 1, step));
  if (to === at) return;
  at = to;
  render();
  clearTimeout(linking); // browsers refuse an address that changes at every step of a held key
  linking = setTimeout(() => history.replaceState(null, "", `#${at + 1}`), 250);
}

function fromLink() {
  const step = Number(location.hash.slice(1));
  return Number.isInteger(step) && step > 0 ? Math.min(step, N) - 1 : 0;
}

function nextUnusual() {
  const next = T.steps.findIndex((s, i) => i > at && s[UNUSUAL].length);
  if (next >= 0) go(next); else $("said").textContent = tr("Nothing unusual after this step.");
}

const KEYS = {ArrowLeft: () => go(at - 1), k: () => go(at - 1), ArrowRight: () => go(at + 1), j: () => go(at + 1),
  PageUp: () => go(at - 10), PageDown: () => go(at + 10), Home: () => go(0), End: () => go(N - 1), u: nextUnusual};

addEventListener("keydown", event => {
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  if (event.key.length > 1 ? event.target.id === "slider" : !$("letters").checked) return; // it knows these keys itself
  const choice = quiz && $("quiz").querySelectorAll("button")[event.key - 1];
  const does = choice ? () => choice.click() : KEYS[event.key];
  if (does) { event.preventDefault(); does(); }
});
addEventListener("hashchange", () => go(fromLink()));
addEventListener("resize", render);
addEventListener("beforeprint", () => {
  const rows = T.steps.slice(0, quiz ? 0 : 500).map((s, i) => el("tr", "", ...[i + 1, seconds(s[NOW]), endOf(s[END]), s[EVENT],
    s[BEFORE] === s[AFTER] ? T.states[s[AFTER]] : tr("{from} to {to}", {from: T.states[s[BEFORE]], to: T.states[s[AFTER]]}), s[EFFECTS].join("; "), reason(s)].map(x => el("td", /\S{25}/.test(x) ? "long" : "", String(x)))));
  $("paper").replaceChildren(el("h2", "", tr("All steps")), tableOf([tr("Step"), tr("Time"), tr("Which end"), tr("Event"), tr("State"), tr("Does"), tr("Why")], rows), N > 500 ? el("p", "", tr("and {count} steps more", {count: N - 500})) : "");
});
addEventListener("afterprint", () => $("paper").replaceChildren());
$("first").onclick = KEYS.Home;
$("back").onclick = KEYS.k;
$("next").onclick = KEYS.j;
$("last").onclick = KEYS.End;
$("unusual").onclick = nextUnusual;
$("slider").max = N;
$("slider").oninput = event => go(event.target.value - 1);
$("quizzing").checked = quiz;
$("quizzing").onchange = event => { quiz = event.target.checked; render(); };
at = fromLink();

// Another language, with its dictionary: {sentence: translation}.
function speak(name, translations) {
  setLanguage(name, translations);
  showFixed();
  render();
}

speak(T.language, T.translations);
