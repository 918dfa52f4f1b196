// Lessons: the index, the strip above the stage, and the progress, which stays in this browser.

const lessons = {progress: loadProgress(), covers: false};

// -- Progress: {student, exercises: {NAME: {answer, right, done, open}}} ---------------------------

function loadProgress() {
  const nothing = {student: "", exercises: {}};
  try {
    const kept = JSON.parse(keep("lessons") || "null");
    return kept?.exercises && typeof kept.exercises === "object" ? {exercises: kept.exercises, student: String(kept.student ?? "")} : nothing;
  } catch {
    return nothing;
  }
}

function keepProgress() {
  keep("lessons", JSON.stringify(lessons.progress));
}

// A page in another tab may have gone on meanwhile.
function takeKept() {
  if (keep("lessons")) lessons.progress = loadProgress();
}

// Whether this browser keeps anything for the page.
function keeps() {
  keep("kept", "yes");
  return keep("kept") === "yes";
}

const progressOf = name => lessons.progress.exercises[name] || {};

// The first answer counts. Once an exercise is done, it stays done.
function noteProgress() {
  const told = lab.exercise;
  if (!told || told.open) return;
  takeKept();
  const was = progressOf(told.name), now = {answer: told.answer, right: told.right, ...was};
  if (told.done) Object.assign(now, {done: true, open: {...told.opened, moves: lab.view.moves}});
  lessons.progress.exercises[told.name] = now;
  keepProgress();
  if (told.done && !was.done && lab.said.ok) lab.said.words = tr("{said} The exercise is done.", {said: lab.said.words});
}

// -- The strip ------------------------------------------------------------------------------------

on("language", () => { $("strip").dataset.asks = ""; });
on("view", noteProgress);
on("view", showStrip);
on("view", () => { lab.veiled = Boolean(lab.exercise && lab.exercise.open); });

// After the panes have shown what they know: cover what would answer the question.
queueMicrotask(() => on("view", () => {
  const asks = lab.veiled, strip = $("strip");
  $("lab").classList.toggle("asking", asks);
  $("lab").classList.toggle("sitting", Boolean(lab.exercise));
  $("scenario").disabled = asks;
  for (const id of ["play", "stops", "own", "inject", "break", "line"]) off($(id), asks);
  if (asks) for (const id of ["step", "back", "goes-on", "first", "last", "undo"]) off($(id), true);
  $("place").disabled = asks;
  if (lessons.focuses && !strip.hidden) strip.querySelector("h2").focus();
  lessons.focuses = false;
}));

function showStrip() {
  const told = lab.exercise, strip = $("strip");
  strip.hidden = !told;
  if (!told) return strip.replaceChildren();
  const head = el("div", {class: "strip-head"}, el("h2", {tabindex: "-1"}, exerciseTitle(told)),
    el("span", {class: "chips"}, told.open ? "" : button(tr("Begin again"), () => beginExercise(told.name)), nextButton(told), button(tr("All lessons"), showLessons), button(tr("Leave"), () => open({exercise: null, scenario: "plain"}))));
  if (told.open && strip.dataset.asks === told.name) return;
  strip.dataset.asks = told.open ? told.name : "";
  if (told.open) strip.replaceChildren(head, question(told)); else refill(strip, [head, ...task(told)]);
}

const exerciseTitle = told => tr("Lesson {number}, exercise {at} of {of}: {title}", told);

function question(told) {
  const options = told.options.map(words => el("label", {class: "option"}, el("input", {type: "radio", name: "answer", value: words, required: true}), ` ${told.labels[words]}`));
  const form = el("form", {onsubmit: event => { event.preventDefault(); answer(told, new FormData(form).get("answer")); }},
    el("p", {}, prose(told.look)),
    el("fieldset", {}, el("legend", {}, told.ask), ...options, el("button", {type: "submit", class: "main"}, tr("Answer"))));
  return form;
}

async function answer(asked, given) {
  takeKept();
  const first = progressOf(asked.name).answer ?? given;
  lessons.focuses = true;
  const reply = await open({...opensOf(asked.name), exercise: asked.name, answer: first, begin: true});
  if (!reply.ok) return;
  const told = verdict(reply.exercise);
  lab.said = {ok: true, words: first === given ? tr("{verdict} The ladder and This step show why.", {verdict: told}) : tr("You have answered this before, and the first answer counts. {verdict}", {verdict: told})};
  emit("said");
}

const verdict = ({right, labels, answer, truth}) => right ? tr("Right: {truth}.", {truth: labels[truth]}) : tr("You said: {answer}. The machines say: {truth}.", {answer: labels[answer], truth: labels[truth]});

function task(told) {
  const checks = told.checks.map(({words, held}) => el("li", {class: held ? "held" : ""}, el("span", {class: held ? "yes" : "soft"}, held ? tr("yes:") : tr("not yet:")), " ", words));
  return [el("p", {}, el("span", {class: told.right ? "verdict yes" : "verdict no"}, verdict(told)), " ", el("strong", {}, told.done ? tr("Done:") : tr("Now do this:")), " ", told.task),
    el("ul", {class: "checks"}, ...checks), told.done ? el("p", {class: "think"}, el("strong", {}, tr("Think:")), " ", told.think) : ""].filter(Boolean);
}

// -- Going to an exercise -------------------------------------------------------------------------

const exercisesOf = () => lab.index.lessons.flatMap(lesson => lesson.exercises);
const opensOf = name => exercisesOf().find(one => one.name === name).opens;

function nextButton(told) {
  if (!lab.index) return "";
  const all = exercisesOf(), next = all[all.findIndex(one => one.name === told.name) + 1];
  return next ? button(tr("Next exercise"), () => beginExercise(next.name), {class: told.done ? "main" : ""}) : "";
}

// At the question; or at the task, if the question was answered before.
function beginExercise(name) {
  const {answer} = progressOf(name);
  $("dialog").close();
  $("strip").dataset.asks = "";
  lessons.focuses = true;
  return open({...opensOf(name), exercise: name, ...(answer !== undefined && {answer, begin: true})});
}

// Where a task begins: without the moves that led to the question, which Step would make again. A run
// that was found, or one that has done the task, keeps its steps.
function toStart() {
  const told = lab.exercise, anew = told && !told.open && !told.done && lab.scenario.name !== "found";
  return anew ? open({...theRun(), moves: []}) : act("goto 0");
}

// -- The index, and the result --------------------------------------------------------------------

function showLessons() {
  stopPlay();
  takeKept();
  const parts = lab.index.lessons.map((lesson, i) => el("section", {class: "lesson"}, el("h3", {}, `${i + 1} ${lesson.title}`), el("p", {class: "soft"}, lesson.aim),
    el("div", {class: "chips"}, ...lesson.exercises.map(one => button(stateOf(one.name) ? tr("{title}: {state}", {title: one.title, state: stateOf(one.name)}) : one.title, () => beginExercise(one.name), {class: progressOf(one.name).done ? "held" : ""})))));
  const scenarios = el("details", {}, el("summary", {}, tr("All scenarios: prepared runs without a question")),
    el("ul", {class: "scenarios"}, ...lab.index.scenarios.map(one => el("li", {}, button(one.title, () => { $("dialog").close(); open({exercise: null, scenario: one.name}); }), el("p", {class: "soft"}, prose(one.look))))));
  const name = el("input", {value: lessons.progress.student, autocomplete: "name", maxlength: "100", oninput: () => { takeKept(); lessons.progress.student = name.value; keepProgress(); }});
  const file = el("input", {type: "file", accept: ".json,application/json", onchange: () => loadResult(file.files[0])});
  const where = whereKept();
  const dialog = showDialog(tr("Lessons"), [el("p", {}, tr("Six lessons of fifty minutes. Each exercise begins with a question. Everything that shows the answer is hidden until you have answered. Then you act, and the page checks what was done.")), ...parts, scenarios,
    el("hr"), el("p", {id: "kept"}, where), field(tr("Your name"), name), field(tr("Go on with a result"), file)], tr("Save my result"), async () => saveResult(name),
  [button(tr("Forget my progress"), () => askReplace(tr("Forget my progress"), tr("All answers and the name that this browser keeps are removed. Save your result first if you need it."), tr("Forget it"), {student: "", exercises: {}}))]);
  dialog.querySelector(".lesson button:not(.held)")?.focus({preventScroll: true});
  dialog.scrollTop = 0;
}

function whereKept() {
  if (!keeps()) return tr("This browser does not let the page store anything. Your progress is lost when the page is closed: save it before that.");
  if (CONFIG.feed === "server") return tr("Your progress stays in this browser, for the address {host}. Start the lab with --port {port} the next time, so that it has the same address. Save your progress to hand it in, or to go on with it anywhere.", {host: location.host, port: location.port});
  return tr("Your progress stays in this browser. Save it to hand it in, or to go on with it on another computer.");
}

// What the browser keeps goes only if the student says so.
function askReplace(title, warning, words, progress) {
  const replace = () => {
    lessons.progress = progress;
    keepProgress();
    showLessons();
  };
  const {student, exercises} = lessons.progress;
  if (!student && !Object.keys(exercises).length) return replace();
  showDialog(title, [el("p", {}, warning)], words, replace, [button(tr("All lessons"), showLessons)]);
}

function stateOf(name) {
  const {done, answer} = progressOf(name);
  return done ? tr("done") : answer === undefined ? "" : tr("answered");
}

// Without a name at the second click only: a teacher cannot tell such results apart.
function saveResult(name) {
  takeKept();
  const {student, exercises} = lessons.progress;
  if (!student.trim() && !name.dataset.missing) {
    name.dataset.missing = "yes";
    name.focus();
    return {ok: false, said: [tr("Your name is missing. Type it, or press Save my result again to save without it.")]};
  }
  const text = JSON.stringify({format: lab.index.result, student, exercises}, null, 1);
  const file = `${student.trim().replace(/[^\p{L}\p{N}]+/gu, "-") || "tftp-lab"}-result.json`;
  save(new Blob([text], {type: "application/json"}), file);
  lab.said = {ok: true, words: tr("Your result is saved as {file}, in the folder for downloads of your browser.", {file})};
  emit("said");
  return {ok: true};
}

async function loadResult(file) {
  try {
    if (file.size > 1 << 20) throw new Error();
    const {format, student, exercises} = JSON.parse(await file.text());
    if (format !== lab.index.result || typeof student !== "string" || typeof exercises !== "object" || !exercises) throw new Error();
    const known = exercisesOf().map(one => one.name), mine = Object.entries(exercises).filter(([name, one]) => known.includes(name) && one && typeof one.answer === "string");
    askReplace(tr("Go on with a result"), tr("This result replaces the answers and the name that this browser keeps. Save your result first if you need it."), tr("Replace them"), {student, exercises: Object.fromEntries(mine)});
  } catch {
    $("dialog-wrong").textContent = tr("This file is not a result of the lab.");
  }
}

if (CONFIG.feed !== "recorded") {
  $("lessons").hidden = false;
  $("lessons").addEventListener("click", () => { if (lab.index) showLessons(); });
}
