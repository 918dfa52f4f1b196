// The head of a printed sheet: which run this is, how it came about, and how to open it again.

const sheetLine = (name, value) => value ? [el("dt", {}, name), el("dd", {}, value)] : [];

// An address without the token of its server, which is of no use to anybody else.
function linkOnPaper() {
  const isSite = location.protocol.startsWith("http") && !location.search;
  return `${isSite ? location.href.split("#")[0] : ""}#${linkOf()}`;
}

function showSheet() {
  const {view, scenario, exercise, settings, tables} = lab;
  const own = Object.entries(settings || {}).map(pair => pair.join(" ")).join(", "), moves = view.moves.join("; ");
  $("sheet").replaceChildren(el("h2", {}, scenario.title), el("p", {}, prose(scenario.look)), el("dl", {},
    ...sheetLine(tr("Name"), lessons.progress.student || " "),
    ...(exercise ? sheetLine(tr("Exercise"), exerciseTitle(exercise)) : []),
    ...sheetLine(tr("Transfer"), own),
    ...sheetLine(tr("Broken on purpose"), tables ? brokenWords(tables) : ""),
    ...sheetLine(tr("Place"), tr("Step {step} of {steps}, {time} s after the beginning", {step: view.position, steps: view.length, time: view.time.toFixed(3)})),
    ...sheetLine(tr("Stops at"), stopsOf(view).join("; ")),
    ...sheetLine(tr("Moves"), el("code", {}, moves || tr("none"))),
    ...sheetLine(tr("This run again"), el("code", {}, linkOnPaper())),
    ...(linkOnPaper().startsWith("#") ? sheetLine("", tr("Open any lab, and add this to its address.")) : [])));
}

addEventListener("beforeprint", () => { if (lab.view) showSheet(); });
