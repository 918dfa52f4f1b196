// The ladder: what has happened, and below the present moment what is due.

let moving = [], stageAt = null;

function unit() { return parseFloat(getComputedStyle(document.documentElement).fontSize) / 14; }

// Draw it. The present moment comes into sight, unless the reader's place is to be kept.
function showStage(keeps = false) {
  const box = $("ladder"), u = unit(), width = Math.max(240, box.clientWidth) / u;
  const {svg, overs, tokens, lanes} = drawStage(lab.view, width);
  lanes.forEach((x, i) => { $("heads").querySelectorAll("span")[i].style.left = `${x * u}px`; });
  svg.setAttribute("width", width * u);
  svg.setAttribute("height", lab.view.stage.height * u);
  moving = tokens;
  stageAt = lab.view.stage.now;
  const focused = document.activeElement && document.activeElement.dataset.over, top = box.scrollTop;
  box.replaceChildren(svg, ...overs.map(over => overlay(over, u)));
  if (focused) ($("ladder").querySelector(`[data-over="${focused}"]`) || box).focus({preventScroll: true});
  if (paused && paused.view === lab.view) moveStage(paused.y);
  const now = lab.view.stage.now * u, room = box.clientHeight;
  // What is due is in sight, too, if the present moment stays in the lower two thirds.
  const due = (Math.max(lab.view.stage.now, ...lab.view.stage.due.filter(y => y !== null)) + 14) * u;
  box.scrollTop = keeps ? top : Math.max(0, now - room * .62, Math.min(due - room, now - room * .33));
}

// A button that lies over a thing that is drawn.
function overlay({x, y, width, height, name, key, does, pressed, kind}, u) {
  const over = button("", does, {class: `over ${kind}`, "aria-label": name, title: name, "data-over": key, "aria-pressed": pressed});
  Object.assign(over.style, {left: `${x * u}px`, top: `${y * u}px`, width: `${width * u}px`, height: `${height * u}px`});
  return over;
}

function drawStage(view, width) {
  const {stage} = view, narrow = width < 520, side = narrow ? 98 : 158, lanes = [side, width - side];
  const layers = {back: draw("g"), lines: draw("g"), words: draw("g"), over: draw("g")};
  const svg = draw("svg", {class: "drawing ladder", viewBox: `0 0 ${width} ${stage.height}`, role: "img", "aria-label": heard(view)}, ...Object.values(layers));
  const sheet = {view, stage, width, narrow, side, lanes, layers, taken: [], beside: [], overs: [], tokens: [], at: view.position};
  for (const lane of [0, 1]) drawLane(sheet, lane);
  stage.breaks.forEach(([y, length]) => drawBreak(sheet, y, length));
  stage.marks.forEach(mark => drawMark(sheet, mark));
  const labels = stage.arrows.map(arrow => drawArrow(sheet, arrow));
  drawDue(sheet);
  for (const label of labels) layers.words.append(labelled(sheet, ...label));
  return {svg, overs: sheet.overs, tokens: sheet.tokens, lanes};
}

// The ladder in words, for readers who do not see it.
function heard(view) {
  const {arrows, marks} = view.stage;
  const told = [...arrows.map(one => [(one.sent || one.arrived[0])[0], ENDS[one.from], [one.words, ...one.remarks].join(", ")]), ...marks.map(one => [one.y, ENDS[one.lane], one.words])]
    .sort((a, b) => a[0] - b[0]).map(([, end, words]) => tr("{end}: {words}", {end: endOf(end), words}));
  const held = view.stage.under_way.map(one => tr("{packet} is under way", {packet: one.label}));
  return [...told.slice(-12), ...held].join("; ") || tr("Nothing has happened yet");
}

function drawLane(sheet, lane) {
  const {stage, lanes, layers, narrow, side, at} = sheet, x = lanes[lane], bottom = stage.height;
  layers.back.append(draw("path", {class: "life", d: `M${x} 8V${bottom}`}));
  const spans = stage.states[lane];
  spans.forEach((span, i) => {
    const end = i + 1 < spans.length ? spans[i + 1].y : Math.max(stage.now, span.y + 18);
    if (end <= span.y) return;
    const wide = narrow ? 9 : 96, left = lane ? x + 8 : x - 8 - wide;
    const lit = i + 1 === spans.length;
    layers.back.append(draw("rect", {class: `bar ${span.state}${lit ? " lit" : ""}`, x: left, y: span.y, width: wide, height: end - span.y}, draw("title", {}, span.why || span.state)));
    const place = narrow ? {x: lane ? left + wide + 4 : left - 4, "text-anchor": lane ? "start" : "end"} : {x: left + wide / 2, "text-anchor": "middle"};
    for (const y of lit && end - span.y > 90 ? [span.y + 13, end - 6] : [span.y + 13]) layers.words.append(draw("text", {class: "small", ...place, y}, span.state));
  });
  const times = new Map();
  const moments = [...stage.marks.filter(m => m.lane === lane).map(m => [m.y, null, m.step]),
    ...stage.arrows.flatMap(a => [...(a.sent && a.from === lane ? [a.sent] : []), ...(a.from !== lane ? a.arrived : [])])];
  for (const [y, time, step] of moments) {
    const dot = draw("circle", {class: `dot${step === at ? " lit" : ""}`, cx: x, cy: y, r: step === at ? 6 : 3.2}, draw("title", {}, tr("Step {step}", {step})));
    dot.addEventListener("click", () => act(`goto ${step}`));
    layers.over.append(dot);
    if (time !== null && !times.has(time.toFixed(4))) times.set(time.toFixed(4), y);
  }
  for (const [time, y] of narrow ? [] : times) {
    layers.words.append(draw("text", {class: "small soft", x: lane ? x + 110 : x - 110, y: y + 4, "text-anchor": lane ? "start" : "end"}, time));
  }
}

function drawBreak({layers, lanes}, y, length) {
  for (const x of lanes) {
    layers.over.append(draw("g", {}, draw("title", {}, tr("{seconds} s, not drawn to scale", {seconds: length.toFixed(3)})),
      draw("path", {class: "gap", d: `M${x - 8} ${y}L${x + 8} ${y - 6}V${y}L${x - 8} ${y + 6}Z`}),
      draw("path", {class: "stroke", d: `M${x - 8} ${y}L${x + 8} ${y - 6}M${x - 8} ${y + 6}L${x + 8} ${y}`})));
  }
}

function drawMark(sheet, mark) {
  const {layers, lanes, narrow} = sheet, x = lanes[mark.lane], inward = mark.lane ? -1 : 1;
  const room = Math.floor((sheet.width - 2 * sheet.side - 20) / 7.3);
  const less = spread(mark.words) > room ? mark.words.replace(" after ", " ") : mark.words;
  const words = shortened(less, room);
  const tx = x + 11 * inward, wide = spread(words) * 7.3;
  layers.words.append(draw("text", {class: `halo ${mark.kind}`, x: tx, y: mark.y + 4, "text-anchor": mark.lane ? "end" : "start"}, words, draw("title", {}, mark.why || mark.words)));
  sheet.taken.push(mark.lane ? [tx - wide, mark.y - 9, tx, mark.y + 8] : [tx, mark.y - 9, tx + wide, mark.y + 8]);
  if (mark.since !== null) {
    const out = x + (mark.lane ? 5 : -5);
    layers.lines.append(draw("path", {class: "wait", d: `M${x} ${mark.since + 4}H${out}V${mark.y}H${x}`}));
  }
}

function drawArrow(sheet, arrow) {
  const {layers, lanes, at} = sheet, x1 = lanes[arrow.from], x2 = lanes[1 - arrow.from];
  const y1 = arrow.sent ? arrow.sent[0] : arrow.arrived[0][0];
  const start = arrow.sent ? x1 : x1 + (x2 - x1) * (arrow.stray ? .3 : 0);
  let tips = arrow.arrived.map(([y]) => [x2, y]);
  if (!tips.length) {
    const share = arrow.lost ? .66 : 1;
    tips = [[x1 + (x2 - x1) * share, y1 + ((arrow.expected || y1 + 30) - y1) * share]];
  }
  const steps = [...(arrow.sent ? [arrow.sent[2]] : []), ...arrow.arrived.map(one => one[2])];
  const bad = arrow.lost || arrow.kind === "error" || arrow.kind === "other" || arrow.stray;
  const group = draw("g", {class: `arrow${arrow.again ? " again" : ""}${bad ? " bad" : ""}${steps.includes(at) ? " lit" : ""}`},
    draw("title", {}, [[arrow.words, ...arrow.remarks].join(", "), ...arrow.why.filter(Boolean)].join("\n")));
  tips.forEach(([x, y], i) => {
    const line = `M${start} ${y1}L${x} ${y}`;
    group.append(draw("path", {class: "shaft", d: line, "stroke-dasharray": i ? "5 3" : null}));
    if (arrow.again && !i) group.append(draw("path", {class: "core", d: line}));
    const turn = Math.atan2(y - y1, x - start) * 180 / Math.PI;
    if (arrow.lost) sheet.taken.push([x - 8, y - 8, x + 8, y + 8]);
    if (arrow.lost) group.append(draw("path", {class: "cross", d: `M${x - 6} ${y - 6}L${x + 6} ${y + 6}M${x - 6} ${y + 6}L${x + 6} ${y - 6}`}));
    else if (arrow.unheard) group.append(draw("circle", {class: "ring", cx: x, cy: y, r: 4}));
    else group.append(draw("path", {class: "head", transform: `translate(${x} ${y}) rotate(${turn})`, d: "M0 0L-11 -5V5Z"}));
  });
  if (arrow.packet) group.addEventListener("click", () => look(arrow.packet));
  layers.lines.append(group);
  const kind = bad ? "bad-label" : arrow.again ? "again-label" : "";
  return [[arrow.words, ...arrow.remarks].join(", "), [start, y1], tips[0], kind];
}

// As much of the beginning as there is room for.
function begun(text, room) {
  let kept = text;
  while (spread(kept) > room) kept = kept.slice(0, -1);
  return kept;
}

const shortened = (text, room) => spread(text) > room ? begun(text, room - 3) + "..." : text;

// Words along an arrow, where they cover no other words.
function labelled(sheet, words, [x1, y1], [x2, y2], kind) {
  const letter = 7.25, length = Math.hypot(x2 - x1, y2 - y1), room = Math.floor((length - 14) / letter);
  const text = spread(words) > room + (kind === "bad-label" ? 3 : 0) ? begun(words.replace(/ ?\(\d[^)]*\)/, ""), Math.max(room, 6)) : words;
  const right = x2 > x1, free = area => !sheet.taken.some(other => area[0] < other[2] && other[0] < area[2] && area[1] < other[3] && other[1] < area[3]), turn = right ? Math.atan2(y2 - y1, x2 - x1) : Math.atan2(y1 - y2, x1 - x2), wide = spread(text) * letter;
  const first = Math.max(4, Math.min(14, (length - wide) / 2));
  let best = null;
  search: for (const away of [-6, 15]) { // above the shaft, or below it
    for (let begin = first; begin === first || begin + wide + 14 <= length; begin += 22) {
      const share = (right ? begin : begin + wide) / length, x = x1 + (x2 - x1) * share - away * Math.sin(turn), y = y1 + (y2 - y1) * share + away * Math.cos(turn);
      const drop = Math.sin(turn) * wide, area = [x, Math.min(y, y + drop) - 11, x + wide, Math.max(y, y + drop) + 3];
      best ||= {x, y, area};
      if (free(area)) {
        best = {x, y, area};
        break search;
      }
    }
  }
  sheet.taken.push(best.area);
  return draw("text", {class: `halo label ${kind}`, transform: `translate(${best.x} ${best.y}) rotate(${turn * 180 / Math.PI})`}, text);
}

// -- What is due --------------------------------------------------------------------------------

function drawDue(sheet) {
  const {view, stage, layers, lanes} = sheet;
  layers.lines.append(draw("path", {class: "now", d: `M${lanes[0]} ${stage.now}H${lanes[1]}`}),
    draw("text", {class: "small timeout", x: (lanes[0] + lanes[1]) / 2, y: stage.now - 4, "text-anchor": "middle", id: "now-word"}, tr("now")));
  view.next.forEach((choice, i) => {
    if (choice.does === "expire") drawAlarm(sheet, choice, stage.due[i]);
  });
  for (const held of stage.under_way) drawHeld(sheet, held);
}

function drawAlarm(sheet, choice, y) {
  const {layers, lanes} = sheet, lane = choice.end === "server" ? 1 : 0, x = lanes[lane];
  const later = seconds(choice.later), words = tr("time-out {later}", {later}), wide = spread(words) * 6.6 + 12, left = lane ? x - wide - 8 : x + 8;
  layers.over.append(draw("path", {class: "due", d: `M${x} ${sheet.stage.now}V${y}`}),
    draw("g", {class: "alarm"}, draw("rect", {x: left, y: y - 10, width: wide, height: 20, rx: 4}), draw("text", {class: "small", x: left + 6, y: y + 4}, words)));
  sheet.taken.push([left, y - 12, left + wide, y + 12]);
  sheet.beside.push([left + wide / 2, y, wide]);
  sheet.overs.push({x: left - 2, y: y - 12, width: wide + 4, height: 24, kind: "alarm", key: `alarm-${lane}`, name: tr("Nothing comes: the {end} times out, {later}", {end: endOf(choice.end), later}), does: () => act(choice.line)});
}

function placeAt(held, lanes, y) {
  const x1 = lanes[held.from], x2 = lanes[1 - held.from];
  const share = held.due > held.y ? Math.max(0, Math.min(1, (y - held.y) / (held.due - held.y))) : 0;
  return [x1 + (x2 - x1) * share, held.y + (held.due - held.y) * share];
}

function drawHeld(sheet, held) {
  const {lanes, layers, stage} = sheet, x1 = lanes[held.from], x2 = lanes[1 - held.from];
  const chosen = chosenPacket(), is = chosen !== null && chosen.packet === held.packet;
  const [x, y] = placeAt(held, lanes, stage.now), wide = Math.max(54, spread(held.label) * 7.6 + 16);
  layers.lines.append(draw("path", {class: "coming", d: `M${x1} ${held.y}L${x2} ${held.due}`}));
  // It stands beside the lane that it comes from, never on it.
  const inset = wide / 2 + 12, low = lanes[0] + inset, high = lanes[1] - inset;
  const put = (px, py) => {
    const cx = Math.max(low, Math.min(high, px));
    return [cx, x2 === x1 ? py : py + (held.due - held.y) * Math.abs(cx - px) / Math.abs(x2 - x1) * (Math.sign(cx - px) === Math.sign(x2 - x1) ? 1 : -1)];
  };
  let [cx, cy] = put(x, y);
  // Another stands there: go along its own line, on or back; if that is full, below it.
  const isFree = ([px, py]) => !sheet.beside.some(([ox, oy, other]) => Math.abs(ox - px) < (wide + other) / 2 + 4 && Math.abs(oy - py) < 26);
  const slope = x2 === x1 ? 0 : (held.due - held.y) / (x2 - x1), ways = Array.from({length: 60}, (_, i) => (i % 2 ? 1 : -1) * Math.ceil(i / 2) * 14 * Math.sign(x2 - x1));
  const along = ways.map(way => [cx + way, cy + slope * way]).filter(([px]) => px >= low && px <= high);
  [cx, cy] = along.find(isFree) || [cx, cy];
  for (let tries = 0; tries < 12 && !isFree([cx, cy]); tries++) cy += 28;
  sheet.beside.push([cx, cy, wide]);
  const token = draw("g", {class: `token${is ? " chosen" : ""}`}, draw("title", {}, [held.words, ...held.fate].join(", ")),
    draw("rect", {x: -wide / 2, y: -12, width: wide, height: 24, rx: 8}), draw("text", {x: 0, y: 4, "text-anchor": "middle"}, held.label));
  token.setAttribute("transform", `translate(${cx} ${cy})`);
  layers.over.append(token);
  const packet = [held.words, ...held.fate].join(", "), end = endOf(ENDS[held.from]);
  sheet.overs.push({x: cx - wide / 2 - 2, y: cy - 15, width: wide + 4, height: 30, kind: "packet", key: `packet-${held.packet}`, pressed: String(is),
    name: held.stranger ? tr("{packet} of a stranger is under way", {packet}) : tr("{packet} of the {end} is under way", {packet, end}), does: () => choose(held.packet)});
  sheet.tokens.push({token, held, lanes, put, packet: held.packet});
}

// The present moment moves down to `y`, and the packets along their slopes.
function moveStage(y) {
  stageAt = y;
  for (const {token, held, lanes, put} of moving) {
    const [px, py] = placeAt(held, lanes, y), [cx, cy] = y > held.due - 1 ? [px, py] : put(px, py);
    token.setAttribute("transform", `translate(${cx} ${cy})`);
    const over = $("ladder").querySelector(`[data-over="packet-${held.packet}"]`), u = unit();
    if (over) Object.assign(over.style, {left: `${cx * u - over.offsetWidth / 2}px`, top: `${cy * u - over.offsetHeight / 2}px`});
  }
  const line = $("ladder").querySelector(".now");
  if (!line) return;
  line.setAttribute("d", line.getAttribute("d").replace(/ [\d.]+H/, ` ${y}H`));
  $("now-word").setAttribute("y", y - 4);
}
