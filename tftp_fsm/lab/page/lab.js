// What the page knows, and how it asks. Panes draw what `view` has; they listen to "view".

const lab = {
  view: null, scenario: null, machines: null, index: null,
  settings: null, // of a transfer of one's own
  tables: null,   // what was changed in the tables
  lesson: null,   // at which exercise the student sits: {exercise, answer}
  exercise: null, // what the feed tells of it
  chosen: null,   // the number of the chosen packet
  choice: 0,      // the place of the chosen line of what can happen
  shown: null,    // the number of a packet that is not chosen, but looked at
  veiled: false,  // while a question is open: do not tell where a choice leads to
  isAnother: false, // another run was opened: the browser's Back leads to the one before
  said: {ok: true, words: ""},
  listeners: {},
};
const on = (what, does) => (lab.listeners[what] ||= []).push(does);
const emit = what => { for (const does of lab.listeners[what] || []) does(lab); };

let feed, waiting = Promise.resolve(), asked = 0;

function ask(message) {
  asked++;
  const next = waiting.then(() => feed.ask({...message, language})).finally(() => asked--);
  waiting = next.catch(() => {});
  return next;
}

// Run a command of the debugger, and draw what comes of it.
async function act(line, plays = false) {
  if (!plays) stopPlay();
  const before = lab.view;
  try {
    const reply = await ask({command: line});
    take(reply, before && reply.view && tells(line, before, reply));
    return reply;
  } catch (wrong) {
    return fails(wrong);
  }
}

// Open a run: {scenario, moves, settings, tables}. All but the scenario may lack. A student stays at
// the exercise, if `exercise` does not say otherwise.
async function open(wanted) {
  stopPlay();
  showFirst(wanted);
  if (linking !== null) flushLink();
  const {exercise, answer} = "exercise" in wanted ? wanted : lab.lesson || {};
  try {
    const reply = await ask({open: {moves: [], ...wanted, exercise, answer}});
    if (!reply.machines) return fails(new Error(reply.said.join(" "))); // the run that was there goes on
    lab.isAnother ||= !wanted.isAddress && Boolean(lab.view);
    const {settings, tables} = reply.exercise ? reply.exercise.opened : wanted;
    Object.assign(lab, {settings: settings || null, tables: tables || null, lesson: reply.exercise ? {exercise, answer} : null});
    Object.assign(lab, {scenario: reply.scenario, machines: reply.machines, chosen: null, shown: null, choice: 0});
    emit("open");
    take(wanted.wrong ? {...reply, ok: false} : reply, wanted.wrong || (reply.ok ? ofTheUser(reply.view) || sentence(reply.view) : reply.said.join(" ")));
    return reply;
  } catch (wrong) {
    return fails(wrong);
  }
}

// What was done by hand last. Before the first move it is what the scenario sets, of which a user knows nothing.
const ofTheUser = view => view.moves.length ? view.by_hand.at(-1) : "";

// A feed may need some seconds before its first reply: show meanwhile what it will say.
function showFirst(wanted) {
  const firsts = configOf("first") || {}, first = Object.hasOwn(firsts, wanted.scenario) && firsts[wanted.scenario];
  if (!first || lab.view || (wanted.moves || []).length || wanted.tables || wanted.exercise) return;
  Object.assign(lab, {scenario: first.scenario, machines: first.machines});
  emit("open");
  take(first, tr("Python is being loaded. Your moves are made as soon as it is loaded."));
}

function fails(wrong) {
  lab.said = {ok: false, words: wrong.message};
  emit("said");
  return {ok: false, said: [wrong.message], value: null};
}

function take(reply, words) {
  if (!reply.view) return fails(new Error(reply.said.join(" "))); // the page stays as it was
  lab.view = reply.view;
  lab.exercise = reply.exercise || null;
  lab.said = {ok: reply.ok, words: words || reply.said.join(" ")};
  lab.value = reply.value;
  const wire = lab.view.wire.map(held => held.packet);
  if (!wire.includes(lab.chosen)) lab.chosen = null;
  lab.choice = Math.max(0, Math.min(lab.choice, lab.view.next.length - 1));
  emit("view");
  emit("said");
}

// The places where the run stops, as a link and a feed take them.
const stopsOf = view => view.breakpoints.map(([, words]) => words);

// The packet that a key acts on: the chosen one, else the one that arrives first.
function chosenPacket() {
  const wire = lab.view.wire;
  const likely = (lab.view.next[0] || {}).packet;
  return wire.find(held => held.packet === lab.chosen) || wire.find(held => held.packet === likely)
    || [...wire].sort((a, b) => a.due - b.due)[0] || null;
}

// Why a command failed. One that went on before it failed has told every step: the last line says why.
const wrongOf = reply => reply.said.length > 3 ? reply.said.at(-1) : reply.said.join(" ");

// What a command led to, in one sentence.
function tells(line, before, reply) {
  if (!reply.ok) return wrongOf(reply);
  const {view} = reply;
  if (view.stops.length && view.position !== before.position) return tr("Stopped: {places}. {sentence}", {places: view.stops.join("; "), sentence: sentence(view)});
  if (view.by_hand.length && view.position === before.position) return tr("{done}. Now choose what happens next.", {done: view.by_hand.at(-1)});
  return view.position === before.position && !view.ended && view.moves.join() === before.moves.join() ? reply.said.join(" ") : sentence(view);
}

function sentence(view) {
  const {position, file, step} = view, how = view.outcome;
  if (!step) return view.ended ? tr("Nothing has happened yet. Nothing more can happen: {how}; {file}.", {how, file}) : tr("Nothing has happened yet. Step lets the client ask for the file.");
  if (view.ended) return tr("Step {position}: {words} Nothing more can happen: {how}; {file}.", {position, words: step.words, how, file});
  return tr("Step {position}: {words}", {position, words: step.words});
}
