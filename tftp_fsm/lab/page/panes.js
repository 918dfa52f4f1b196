// The panes: what can happen next, this step, the packet, the variables, and the time line.

function showNext() {
  if (lab.veiled) return $("next").replaceChildren(el("p", {class: "covered"}, tr("Hidden until you have answered the question.")));
  const {view} = lab, likely = [], rare = [];
  view.next.forEach((choice, i) => (choice.likely === "rare" ? rare : likely).push(choiceItem(choice, i)));
  const parts = [];
  if (view.position < view.length) parts.push(el("p", {class: "soft"}, tr("There are later steps: {count}. Step goes through them again; another choice removes them.", {count: view.length - view.position})));
  if (likely.length) parts.push(el("ol", {class: "choices"}, ...likely));
  if (rare.length) {
    const open = $("rare") ? $("rare").open : false;
    parts.push(el("details", {class: "rare", id: "rare", open}, el("summary", {onclick: showRare}, tr("A user gives up, a disk is full, no program listens")), el("ol", {class: "choices"}, ...rare)));
  }
  if (!view.next.length) parts.push(...ended(view));
  refill($("next"), parts);
}

// It opens below the edge of the pane: bring it into sight.
function showRare() {
  requestAnimationFrame(() => { $("next").scrollTop += $("rare").getBoundingClientRect().top - $("next").getBoundingClientRect().top; });
}

function ended(view) {
  if (!view.ended) return [el("p", {}, tr("Step goes on."))];
  return [el("p", {}, tr("The end: {how}. {file}.", {how: view.outcome, file: view.file})),
    el("div", {class: "chips"}, button(tr("Back to the beginning"), () => toStart()), button(tr("Choose another scenario"), () => $("scenario").focus()))];
}

// A name of many lines would push all other choices away. Both ends of the words tell what happens.
const inBrief = words => words.length > 100 ? `${words.slice(0, 60)} ... ${words.slice(-30)}` : words;

function choiceItem(choice, i) {
  const to = lab.veiled ? "" : leadsTo(choice);
  return el("li", {}, el("button", {type: "button", class: choice.likely === "next" ? "usual" : "", "data-line": choice.line, "aria-current": i === lab.choice ? "true" : null, onclick: () => act(choice.line)},
    i < 9 ? el("kbd", {}, String(i + 1)) : el("span", {}, String(i + 1)), el("span", {title: choice.words.length > 100 ? choice.words : null}, inBrief(choice.words), which(choice.packet)), el("span", {class: "soft"}, choice.does === "drop" ? "" : seconds(choice.later)),
    to ? el("span", {class: "to"}, choice.likely === "next" ? tr("{leads} (Step does this)", {leads: to}) : to) : ""));
}

function leadsTo(choice) {
  const values = {end: endOf(choice.end), state: choice.leads_words};
  if (!choice.leads_to) return {drop: tr("no end hears it"), arrive: tr("no program listens there any more")}[choice.does] || "";
  return choice.leads_to === lab.view.ends[choice.end].state ? tr("the {end} stays in {state}", values) : tr("the {end} goes to {state}", values);
}

// How far each pane is scrolled. To ask it at every step would make the browser lay out the page each time.
const scrolled = new WeakMap();
addEventListener("scroll", event => scrolled.set(event.target, event.target.scrollTop), true);

// New content; the focus stays on the same line of it.
function refill(place, parts) {
  const focused = place.contains(document.activeElement) ? document.activeElement.dataset.line || document.activeElement.textContent : null;
  place.replaceChildren(...parts);
  if (scrolled.get(place)) place.scrollTop = scrolled.get(place);
  if (focused === null) return;
  const same = [...place.querySelectorAll("button, summary, input, select")].find(one => (one.dataset.line || one.textContent) === focused);
  (same || place).focus({preventScroll: true});
}

// -- This step ------------------------------------------------------------------------------------

function showStep() {
  const {step} = lab.view;
  if (!step) return refill($("this"), [el("p", {}, tr("Nothing has happened yet. Step lets the client ask for the file.")), el("p", {}, tr("After a step you see here which row of which table was taken, what its guards compared, and why."))]);
  const row = step.row === null ? null : lab.machines[step.end].rows[step.row];
  const parts = [el("p", {}, el("strong", {}, step.words)),
    el("p", {}, ...(row ? trParts("{row} of {table}", {row: rowButton(step.end, step.row, true), table: step.table}) : [tr("No row: the event has no effect in this state.")])),
    el("p", {}, step.why, " ", el("span", {class: "soft"}, step.rfc))];
  parts.push(...step.really.map(words => el("p", {class: "really"}, el("strong", {}, tr("What really happened:")), " ", words)));
  if (step.unusual.length) parts.push(el("p", {class: "tag"}, tr("Unusual: {what}", {what: step.unusual_words})));
  parts.push(...[...step.notes, ...step.noted].map(words => el("p", {class: "tag"}, words)));
  if (step.effects.length) parts.push(el("h3", {}, tr("Then it does")), el("ul", {}, ...step.effects.map(effect => el("li", {}, effect.words))));
  if (step.candidates.length) parts.push(el("h3", {}, tr("Rows that were asked")), el("ol", {class: "asked"}, ...step.candidates.map(one => askedItem(step.end, one))));
  refill($("this"), parts);
}

function askedItem(end, candidate) {
  const guards = candidate.guards.map(guard => {
    const holds = guard.value === guard.wanted, said = guard.value ? tr("yes") : tr("no"), {compared} = guard;
    const answer = el("span", {class: holds ? "yes" : "no"}, compared ? tr("{answer} ({compared})", {answer: said, compared}) : said), asked = {guard: plain(guard.name), answer};
    return el("li", {title: guard.doc}, ...(!holds ? trParts("{guard}? {answer}, so this row is not taken", asked) : guard.wanted ? trParts("{guard}? {answer}", asked) : trParts("{guard}? {answer}, as it must be", asked)));
  });
  const row = rowButton(end, candidate.row, candidate.passes);
  return el("li", {}, ...(candidate.passes ? trParts("{row} taken", {row}) : [row]), guards.length ? el("ul", {}, ...guards) : "");
}

// -- The packet -----------------------------------------------------------------------------------

function known() {
  const {step, wire} = lab.view, found = new Map();
  for (const held of wire) found.set(held.packet, [tr("{packet} under way", {packet: short(held) + which(held.packet)}), held]);
  if (step && step.packet) found.set(step.packet.packet, [tr("{packet} heard", {packet: short(step.packet)}), step.packet]);
  for (const held of step ? step.sent : []) if (!found.has(held.packet)) found.set(held.packet, [tr("{packet} sent", {packet: short(held)}), held]);
  if (lab.far) found.set(lab.far.packet, [short(lab.far), lab.far]);
  return found;
}

// Tells a packet under way from those that look like it: a copy, or the first of two.
function which(number) {
  const held = lab.view.stage.under_way.find(one => one.packet === number);
  return held && held.which ? ` (${held.which})` : "";
}
const short = held => held.block === null ? held.kind : `${held.kind} ${held.block}`;

function choose(number) {
  lab.chosen = number;
  lab.shown = number;
  emit("chosen");
}

// Show a packet of the past.
async function look(number) {
  if (!known().has(number)) {
    const reply = await ask({packet: number}).catch(fails);
    if (!reply.ok) return fails(new Error(reply.said.join(" ")));
    lab.far = reply.value;
  }
  lab.shown = number;
  if (lab.view.wire.some(held => held.packet === number)) lab.chosen = number;
  emit("chosen");
}

function showPacket() {
  const packets = known(), first = chosenPacket();
  const number = packets.has(lab.shown) ? lab.shown : first ? first.packet : packets.size ? [...packets.keys()].at(-1) : null;
  if (number === null) return refill($("packet"), [el("p", {class: "soft"}, tr("No packet is under way, and this step has none."))]);
  const chips = [...packets].map(([n, [words]]) => button(words, () => look(n), {"aria-pressed": String(n === number), "data-line": `packet ${n}`}));
  const held = packets.get(number)[1], octets = el("div", {class: "octets"}), cells = [];
  const lines = held.octets.match(/../g) || [];
  lines.forEach((octet, i) => {
    if (i && i % 8 === 0) octets.append("\n");
    const cell = el("span", {}, octet);
    cells.push(cell);
    octets.append(cell, " ");
  });
  if (held.size > lines.length) octets.append("\n", tr("and {count} octets more", {count: held.size - lines.length}));
  const rows = held.fields.map(([name, value, start, stop]) => {
    const light = is => cells.slice(start, stop).forEach(cell => cell.classList.toggle("lit", is));
    return el("tr", {onmouseenter: () => light(true), onmouseleave: () => light(false)}, el("th", {scope: "row"}, name), el("td", {}, value), el("td", {class: "soft"}, stop - start > 1 ? tr("{first} to {last}", {first: start, last: stop - 1}) : String(start)));
  });
  const fate = held.fate.length ? el("p", {class: "tag"}, tr("On the way: {what}", {what: held.fate_words})) : "";
  refill($("packet"), [el("div", {class: "chips"}, ...chips), el("p", {}, ...trParts("{packet} from the {sender} to the {receiver}", {packet: el("strong", {}, held.words), sender: endOf(held.sender), receiver: endOf(held.receiver)})), fate,
    table([tr("Field"), tr("Value"), tr("Octets")], rows), octets].filter(Boolean));
}

// What can be done with the chosen packet.
const allHands = () => [[tr("Pass"), "pass", "p"], [tr("Drop"), "drop", "d"], [tr("Double"), "duplicate", "D"], [tr("Delay ..."), "delay", "y"], [tr("Swap"), "swap", "w"], [tr("Edit ..."), "edit", "e"]];

function showHand() {
  const held = chosenPacket(), place = $("hand");
  const focused = place.contains(document.activeElement) ? document.activeElement.dataset.does : null;
  if (!held) {
    place.replaceChildren(el("span", {class: "soft"}, lab.view.ended ? tr("Nothing more can happen: go back, or choose another scenario.") : tr("No packet is under way here: step, or choose what happens next.")));
    if (focused) $("step").focus();
    return;
  }
  const packet = short(held) + which(held.packet), end = endOf(held.sender), of = lab.view.wire.length, at = lab.view.wire.indexOf(held) + 1;
  place.replaceChildren(el("span", {class: "whose"}, of > 1 && !which(held.packet) ? tr("{packet} of the {end} ({at} of {of}):", {packet, end, at, of}) : tr("{packet} of the {end}:", {packet, end})),
    ...allHands().map(([words, does, key]) => el("button", {type: "button", onclick: () => hand(does), "data-does": does, "aria-keyshortcuts": key}, words, keyHint(key))));
  if (focused) place.querySelector(`[data-does="${focused}"]`).focus();
}

const keyHint = key => el("kbd", {"aria-hidden": "true", class: "hint"}, key);

function hand(does) {
  const held = chosenPacket();
  if (!held) return fails(new Error(tr("no packet is under way here: step until there is one")));
  if (does === "delay") return askDelay(held);
  if (does === "edit") return askEdit(held);
  return act(`${does} ${held.packet}`);
}

// -- Variables ------------------------------------------------------------------------------------

function showVariables() {
  const {client, server} = lab.view.ends, names = [...new Set([...client.variables, ...server.variables].map(one => one[0]))];
  const cell = (end, side, name) => {
    const found = side.variables.find(one => one[0] === name);
    if (!found) return el("td", {});
    const [, value, was] = found;
    const whole = text => el("span", {class: text.length > 24 ? "" : "whole"}, text); // a word of it is not broken
    const made = el("td", {class: was !== null ? "changed mono" : "mono"}, whole(value), ...(was === null ? [] : [" ", el("span", {class: "soft"}, ...trParts("was {value}", {value: whole(was)}))]));
    if (side.settable.includes(name)) made.addEventListener("dblclick", () => askSet(end, name));
    return made;
  };
  const rows = names.map(name => el("tr", {}, el("th", {scope: "row"}, plain(name)), cell("client", client, name), cell("server", server, name)));
  refill($("variables"), [el("div", {class: "chips"}, button(tr("Set a variable ..."), () => askSet())), table([tr("Name"), tr("client"), tr("server")], rows)]);
}

// -- The time line --------------------------------------------------------------------------------

function showPlace() {
  const {view} = lab;
  const told = tr("Step {position} of {length}", view);
  $("count").textContent = told;
  $("place").max = view.length;
  $("place").value = view.position;
  $("place").setAttribute("aria-valuetext", told);
  $("look").hidden = view.position > 0;
  $("lab").dataset.place = view.position;
  off($("back"), view.position === 0);
  off($("first"), view.position === 0);
  off($("undo"), !view.undoes);
  off($("step"), view.ended);
  off($("goes-on"), view.ended);
  off($("last"), view.position === view.length);
  showMarks(view);
  $("stops").textContent = view.breakpoints.length ? tr("Stops: {count} ...", {count: view.breakpoints.length}) : tr("Stop at ...");
}

// A mark for each step that was unusual.
function showMarks(view) {
  const x = step => 1000 * step / Math.max(view.length, 1);
  const marks = view.steps.flatMap(([, , , , unusual], i) => unusual.length ? [draw("path", {d: `M${x(i + 1)} 0v7`})] : []);
  $("marks").replaceChildren(...marks);
}

function showSaid() {
  $("said").textContent = lab.said.words.length > 300 ? `${lab.said.words.slice(0, 300)} ...` : lab.said.words;
  $("said").classList.toggle("wrong", !lab.said.ok);
}
