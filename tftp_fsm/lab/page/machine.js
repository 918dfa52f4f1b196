// A machine: its states in a column, the error beside them, and the row that was taken.

function showMachines() {
  for (const end of ENDS) {
    const box = $(end).querySelector(".drawn"), u = unit(), machine = lab.machines[end], now = lab.view.ends[end];
    $(`${end}-h`).textContent = end === "client" ? tr("Client: {state}", {state: now.state_words}) : tr("Server: {state}", {state: now.state_words});
    showTook(end, machine, now);
    box.replaceChildren();
    const width = Math.max(150, box.clientWidth / u), height = Math.max(220, (box.clientHeight || 300) / u);
    const svg = drawMachine(machine, end, now, width, height);
    svg.setAttribute("width", width * u);
    svg.setAttribute("height", height * u);
    box.replaceChildren(svg);
  }
}

function showTook(end, machine, now) {
  const place = $(end).querySelector(".took"), row = now.acts && now.row !== null ? machine.rows[now.row] : null;
  const rows = button(tr("All {count} rows", {count: machine.rows.length}), () => showRows(end), {class: "row"});
  if (!now.acts) place.replaceChildren(rows, " ", el("span", {class: "soft"}, now.exists ? tr("It does nothing in this step.") : tr("It has heard nothing yet.")));
  else if (row === null) place.replaceChildren(rows, " ", tr("No row: the event has no effect in this state."));
  else place.replaceChildren(rows, " ", rowButton(end, now.row, true));
}

function drawMachine(machine, end, now, width, height) {
  const left = end === "client", column = machine.column, rail = 24, gap = 34;
  const wide = Math.min(124, width - rail - gap - (width < 230 ? 26 : 58)), x = left ? rail + gap : width - rail - gap - wide, high = 30;
  const pitch = column.length > 1 ? (height - 16 - high) / (column.length - 1) : 0;
  const boxes = Object.fromEntries(column.map((state, i) => [state, {x, y: 8 + i * pitch, width: wide, height: high}]));
  if (machine.side) boxes[machine.side] = {x: left ? 2 : width - rail - 2, y: 8 + pitch * .5, width: rail, height: Math.max(height - 16 - pitch, 60)};
  const taken = now.acts && now.row !== null ? machine.rows[now.row] : null;
  const svg = draw("svg", {class: "drawing", viewBox: `0 0 ${width} ${height}`, role: "img",
    "aria-label": tr("{name}, {title}: {state}. States: {states}", {name: machine.name, title: machine.title, state: now.state, states: column.concat(machine.side || []).join(", ")})});
  const edges = new Map();
  machine.rows.forEach((row, i) => { if (row.dest) { const key = `${row.source} ${row.dest}`; edges.set(key, [...(edges.get(key) || []), row]); } });
  const isBent = rows => machine.spine.indexOf(rows[0].dest) !== machine.spine.indexOf(rows[0].source) + 1;
  const ordered = [...edges.values()].sort((a, b) => a.includes(taken) - b.includes(taken) || isBent(b) - isBent(a));
  let bends = 0;
  for (const rows of ordered) svg.append(drawEdge(machine, boxes, rows, taken, left, () => bends++));
  for (const state of Object.keys(boxes)) svg.append(drawState(machine, boxes[state], state, state === now.state, end));
  if (taken && !taken.dest) svg.append(drawStay(boxes[taken.source], taken, left, width));
  return svg;
}

function drawState(machine, box, state, lit, end) {
  const side = state === machine.side, final = machine.finals.includes(state);
  const cx = box.x + box.width / 2, cy = box.y + box.height / 2;
  const group = draw("g", {class: `state${lit ? " lit" : ""}${side ? " side" : ""}`}, draw("title", {}, tr("{state}: its rows", {state})),
    draw("rect", {class: "box", ...box, rx: 7}));
  if (final) group.append(draw("rect", {class: "inner", x: box.x + 3.5, y: box.y + 3.5, width: box.width - 7, height: box.height - 7, rx: 5}));
  group.append(draw("text", {class: "strong", x: cx, y: cy + 4, "text-anchor": "middle", transform: side ? `rotate(-90 ${cx} ${cy})` : null}, state));
  group.addEventListener("click", () => showRows(end, state));
  return group;
}

function drawEdge(machine, boxes, rows, taken, left, bend) {
  const [first] = rows, from = boxes[first.source], to = boxes[first.dest], lit = rows.includes(taken);
  const at = machine.spine.indexOf(first.source), spine = at >= 0 && machine.spine[at + 1] === first.dest, failing = first.dest === machine.side;
  const shown = lit ? taken : first;
  const group = draw("g", {class: `edge${spine ? " spine" : ""}${failing ? " failing" : ""}${lit ? " lit" : ""}`},
    draw("title", {}, rows.map(row => [tr("{source}: {trigger}, to {dest}", row), row.why].join("\n")).join("\n\n")));
  const tip = (x, y, turn) => draw("path", {class: "tip", transform: `translate(${x} ${y}) rotate(${turn})`, d: "M0 0L-9 -4.5V4.5Z"});
  if (failing) {
    const y = from.y + from.height / 2, sx = left ? from.x : from.x + from.width, tx = left ? to.x + to.width : to.x;
    const ty = Math.max(to.y + 8, Math.min(to.y + to.height - 8, y));
    group.append(draw("path", {class: "wire", d: `M${sx} ${y}L${tx + (left ? 7 : -7)} ${ty}`}), tip(tx, ty, left ? 180 : 0));
    if (lit) group.append(draw("text", {x: sx + (left ? -4 : 4), y: y - 20, "text-anchor": left ? "start" : "end"}, plain(taken.trigger)));
    return group;
  }
  const below = to.y > from.y, next = below && to.y - from.y - from.height < (boxes[machine.column[1]] || to).y - (boxes[machine.column[0]] || from).y;
  const beside = taken && !taken.dest && taken.source === first.dest; // the words of a loop stand there
  const words = beside ? "" : plain(shown.trigger) + (rows.length > 1 && !lit ? ` +${rows.length - 1}` : "");
  if (next) {
    const mx = from.x + from.width * (left ? .28 : .72), sy = from.y + from.height;
    group.append(draw("path", {class: "wire", d: `M${mx} ${sy}V${to.y - 7}`}), tip(mx, to.y, 90),
      draw("text", {class: "halo", x: mx + (left ? 8 : -8), y: (sy + to.y) / 2 + 4, "text-anchor": left ? "start" : "end"}, words));
  } else {
    const out = 12 + 10 * (bend() % 4), sx = left ? from.x + from.width : from.x, dx = left ? sx + out : sx - out;
    const sy = from.y + from.height * .7, ty = to.y + to.height * .3;
    group.append(draw("path", {class: "wire", d: `M${sx} ${sy}H${dx}V${ty}H${sx + (left ? 7 : -7)}`}), tip(sx, ty, left ? 180 : 0));
    if (lit) group.append(draw("text", {x: dx + (left ? -2 : 2), y: (sy + ty) / 2, "text-anchor": left ? "end" : "start"}, words));
  }
  return group;
}

// A row that stays: a loop at the state.
function drawStay(box, row, left, width) {
  const x = left ? box.x + box.width : box.x, out = left ? 22 : -22, y = box.y + box.height / 2, end = box.y - 5;
  return draw("g", {class: "edge lit"}, draw("path", {class: "wire", d: `M${x} ${y - 8}h${out}v16h${-out + (left ? 8 : -8)}`}),
    draw("path", {class: "tip", transform: `translate(${x} ${y + 8}) rotate(${left ? 180 : 0})`, d: "M0 0L-10 -6V6Z"}),
    draw("text", {class: "halo", x: left ? Math.min(width - 2, x + 74) : Math.max(2, x - 74), y: end, "text-anchor": left ? "end" : "start"}, plain(row.trigger)));
}

// A row by its number; pressed, it tells its reason.
function rowButton(end, number, taken) {
  const row = lab.machines[end].rows[number];
  const values = {number, event: plain(row.trigger), state: row.dest};
  return button(row.dest ? tr("Row {number}: {event}, to {state}", values) : tr("Row {number}: {event}, stays", values), () => showRow(end, number), {class: taken ? "row taken" : "row", "data-line": `row ${end} ${number}`});
}

function showRow(end, number) {
  const machine = lab.machines[end], row = machine.rows[number];
  const list = (words, all) => all.length ? el("tr", {}, el("th", {scope: "row"}, words), el("td", {}, ...all.map(one => el("div", {}, one)))) : "";
  showDialog(tr("Row {number} of {table}", {number, table: machine.name}), [el("p", {}, row.why, " ", el("span", {class: "soft"}, row.rfc)), el("table", {}, el("tbody", {}, ...[
    list(tr("in the state"), [row.source]), list(tr("on the event"), [row.trigger]), list(tr("if"), row.guards.map(([guard, wanted]) => wanted ? guard : tr("not {guard}", {guard}))),
    list(tr("it does"), row.actions), list(tr("and goes to"), [row.dest || tr("{state}, where it is", {state: row.source})])].filter(Boolean)))]);
}

// -- All rows of a machine ------------------------------------------------------------------------

function showRows(end, state) {
  const machine = lab.machines[end], now = lab.view.ends[end];
  const pick = el("select", {"aria-label": tr("State"), onchange: () => fill(pick.value)},
    el("option", {value: ""}, tr("all states")), ...[...machine.column, machine.side].filter(Boolean).map(name => el("option", {value: name, selected: name === state}, name)));
  const place = el("div");
  const fill = name => place.replaceChildren(table([tr("Row"), tr("Event and guards"), tr("Goes to"), tr("Why")], machine.rows.map((row, i) => [row, i])
    .filter(([row]) => !name || row.source === name).map(([row, i]) => el("tr", {class: now.acts && now.row === i ? "changed" : ""},
      el("td", {}, String(i)),
      el("td", {}, ...trParts("{event} in {state}", {event: el("code", {}, row.trigger), state: row.source}), ...row.guards.map(([guard, wanted]) => el("div", {class: "soft"}, wanted ? plain(guard) : tr("not {guard}", {guard: plain(guard)})))),
      el("td", {}, row.dest || tr("stays")),
      el("td", {}, row.why, " ", el("span", {class: "soft"}, row.rfc))))));
  fill(state || "");
  showDialog(`${machine.name}: ${machine.title}`, [el("label", {}, tr("Show the rows of"), pick), place]);
}
