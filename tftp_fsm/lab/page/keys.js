// The keys: those of the terminal program, from the same list, and a few of the page.

const extraKeys = () => ({".": [tr("play, or pause"), () => togglePlay()], Home: [tr("to the beginning"), () => toStart()], End: [tr("to the last known step"), () => act(`goto ${lab.view.length}`)],
  Escape: [tr("close a dialog or a menu"), () => closeMenu()]});
const BROWSER = {"question_mark": "?", slash: "/", colon: ":", equals_sign: "=", space: " ", left: "ArrowLeft", right: "ArrowRight", up: "ArrowUp", down: "ArrowDown", enter: "Enter", pageup: "PageUp", pagedown: "PageDown", tab: "Tab"};
const ACTS = {
  go_to: key => askLine("goto ", key.asks), choice_down: () => moveChoice(1), choice_up: () => moveChoice(-1), choose: () => lab.view.next[lab.choice] && act(lab.view.next[lab.choice].line),
  compare: () => askLine("compare ", tr("the numbers of two packets")), open: () => $("scenario").focus(), help: () => showKeys(),
  cursor_up: () => movePacket(-1), cursor_down: () => movePacket(1),
};
const actWords = () => ({
  go_to: tr("go to a step, or to a mark"), choice_down: tr("the next line of what can happen"), choice_up: tr("the line before it"), choose: tr("let that line happen"), compare: tr("compare two packets"),
  open: tr("choose a scenario"), help: tr("these keys"), cursor_up: tr("the previous packet under way"), cursor_down: tr("the next packet under way"),
});
const OWN = {set: () => askSet(), inject: () => askInject(), break: () => askStop(), delay: () => hand("delay"), edit: () => hand("edit")};
let keysOn = keep("keys") !== "off", keysKnown = null;

function keyTable() {
  if (keysKnown || !lab.index) return keysKnown || new Map();
  keysKnown = new Map(Object.entries(extraKeys()).map(([key, [words, does]]) => [key, {words, does}]));
  for (const key of lab.index.keys) {
    if (key.what === "quit" || (key.does === "act" && !ACTS[key.what])) continue;
    for (const name of key.keys) {
      keysKnown.set(BROWSER[name] || name, {words: wordsOf(key), does: () => press(key, name)});
    }
  }
  return keysKnown;
}

function press(key, name) {
  if (OWN[key.what.trim()]) return OWN[key.what.trim()]();
  if (key.does === "run") return act(key.what);
  if (key.does === "packet") return hand(key.what);
  if (key.does === "digit") return lab.view.next[name - 1] && act(lab.view.next[name - 1].line);
  if (key.does === "ask") return askLine(key.what, key.asks);
  return ACTS[key.what](key);
}

function moveChoice(by) {
  if (lab.veiled) return;
  const many = lab.view.next.filter(one => one.likely !== "rare").length || 1;
  lab.choice = (lab.choice + by + many) % many;
  lab.chosen = (lab.view.next[lab.choice] || {}).packet ?? lab.chosen;
  emit("chosen");
  const words = lab.view.next[lab.choice] ? lab.view.next[lab.choice].words : "";
  lab.said = {ok: true, words: tr("{number}: {words}. Enter lets it happen.", {number: lab.choice + 1, words})};
  emit("said");
}

function movePacket(by) {
  const wire = lab.view.wire, first = chosenPacket();
  if (!first) return;
  const held = wire[(wire.indexOf(first) + by + wire.length) % wire.length];
  choose(held.packet);
  lab.said = {ok: true, words: tr("{packet} of {end} is chosen.", {packet: held.words, end: endOf(held.sender)})};
  emit("said");
}

on("language", () => { keysKnown = null; });

// A keyboard that writes Hangul has the same keys.
function keyOf({key, code, shiftKey}) {
  if (!/^([\u3131-\u3163]|Process)$/.test(key) || !/^Key[A-Z]$/.test(code)) return key;
  return shiftKey ? code[3] : code[3].toLowerCase();
}

addEventListener("keydown", event => {
  if (event.ctrlKey || event.altKey || event.metaKey || $("dialog").open || !lab.view) return;
  // For a moment the focus is still in a dialog that has closed: a key typed then is one of the page.
  const target = $("dialog").contains(event.target) ? document.body : event.target, typed = target.matches("input:not([type=range]), select, textarea");
  if (typed && event.key !== "Escape") return;
  const control = target.closest("button, summary, a, input");
  if (control && (event.key === "Enter" || (event.key === " " && target.id !== "step" && !playing))) return;
  if (target.matches("input[type=range]") && event.key.length > 1) return;
  if (target.matches("#ladder, .scrolls") && ["ArrowUp", "ArrowDown", "PageUp", "PageDown"].includes(event.key) && target.scrollHeight > target.clientHeight) return;
  const key = keyOf(event);
  if (!keysOn && key.length === 1 && key !== " ") return;
  if (event.key === " " && playing) { event.preventDefault(); return stopPlay(); }
  const found = keyTable().get(key);
  if (!found) return;
  event.preventDefault();
  if (event.repeat && asked) return;
  if (key !== "." && playing) stopPlay();
  found.does();
});

// What a key does: in the words of the command that it runs, or in ours.
function wordsOf(key) {
  if (key.does === "act") return actWords()[key.what] || key.label;
  const told = lab.index.commands.find(one => one.name === key.what.trim().split(" ")[0]);
  const ours = {choose: tr("let a line of what can happen next happen"), "": tr("type any command"), "reverse unusual": tr("go back to the last unusual step"), "until sent ": tr("go on until a packet is sent")}[key.what];
  return ours || (told ? told.help.split("\n")[0] : key.label);
}

function showKeys() {
  const seen = new Map();
  for (const [key, one] of keyTable()) seen.set(one.words, [...(seen.get(one.words) || []), key === " " ? tr("space") : key.replace("Arrow", "")]);
  const lines = [...seen].map(([words, keys]) => el("div", {}, el("span", {}, ...(keys.length > 4 ? trParts("{first} to {last}", {first: el("kbd", {}, "1"), last: el("kbd", {}, "9")}) : keys.flatMap(key => [el("kbd", {}, key), " "]))), el("span", {}, words)));
  const box = el("input", {type: "checkbox", checked: keysOn, onchange: () => { keysOn = box.checked; keep("keys", keysOn ? "on" : "off"); }});
  showDialog(tr("Keys"), [el("label", {class: "check"}, box, " ", tr("single letters are keys")),
    el("p", {}, tr("They are the keys of the terminal program, tftp-fsm debug. N is the chosen packet.")), el("div", {class: "keys"}, ...lines)]);
}
