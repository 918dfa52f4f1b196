// The page begins here: links, buttons, and the first question.

// A link has the scenario and the commands: #lost-ack;step+7;drop+7
const coded = text => encodeURIComponent(text).replaceAll("%20", "+");
const decoded = text => decodeURIComponent(text.replaceAll("+", "%20"));

const lessonOf = () => Object.fromEntries(Object.entries(lab.lesson || {}).filter(([, value]) => value !== undefined));

function linkOf() {
  const more = new URLSearchParams({...lab.settings, ...lessonOf(), ...(lab.tables ? {tables: JSON.stringify(lab.tables)} : {})});
  for (const words of stopsOf(lab.view)) more.append("stop", words);
  return [lab.scenario.name + (more.size ? `&${more}` : ""), ...lab.view.moves.map(coded)].join(";");
}

function fromLink() {
  const [name, ...moves] = location.hash.slice(1).split(";");
  const [scenario, ...more] = name.split("&");
  try {
    const said = new URLSearchParams(more.join("&")), {tables, exercise, answer, stop, ...settings} = Object.fromEntries(said);
    return {isAddress: true, exercise, answer, scenario: decoded(scenario) || "plain", moves: moves.filter(Boolean).map(decoded), stops: said.getAll("stop"),
      ...(Object.keys(settings).length ? {settings} : {}), ...(tables ? {tables: JSON.parse(tables)} : {})};
  } catch {
    return {isAddress: true, scenario: "plain", moves: [], wrong: tr("The link cannot be read: it was cut off or changed. The page shows a good wire instead.")};
  }
}

// The address is written at once. Browsers refuse one that changes at every step of a held key: after
// so many changes it is written in a pause, and at the latest when the page goes.
const AT_ONCE = {changes: 30, milliseconds: 30_000};
let written = "", linking = null, changes = [];
function writeLink() {
  clearTimeout(linking);
  linking = setTimeout(flushLink, 200);
  const now = performance.now();
  changes = changes.filter(time => now - time < AT_ONCE.milliseconds);
  if (changes.length < AT_ONCE.changes) flushLink();
}

function flushLink() {
  clearTimeout(linking);
  linking = null;
  if (!lab.view) return;
  changes.push(performance.now());
  written = `#${linkOf()}`;
  try {
    if (lab.isAnother) history.pushState(null, "", written); else history.replaceState(null, "", written);
    lab.isAnother = false;
  } catch {
    linking = setTimeout(flushLink, 1000);
  }
}

for (const going of ["beforeunload", "pagehide", "visibilitychange"]) addEventListener(going, () => {
  if (linking === null) return;
  flushLink();
  forTheReload(written);
});

// A reload goes to the address that the page had when it began, so what was written since is kept aside.
function forTheReload(link) {
  try {
    const kept = sessionStorage.getItem("tftp-lab-reload");
    if (link) sessionStorage.setItem("tftp-lab-reload", link); else sessionStorage.removeItem("tftp-lab-reload");
    return kept;
  } catch { /* a page from a file may keep nothing */ }
  return null;
}

function goOnAfterReload() {
  const kept = forTheReload(null), [how] = performance.getEntriesByType("navigation");
  if (kept && kept.startsWith("#") && how && how.type === "reload") history.replaceState(null, "", kept);
}

addEventListener("hashchange", () => {
  clearTimeout(linking);
  if (location.hash !== written) trusted(fromLink()).then(open);
});

on("view", () => showStage());
on("view", showMachines);
on("view", showNext);
on("view", showStep);
on("view", () => { lab.shown = null; lab.far = null; showPacket(); });
on("view", showHand);
on("view", showVariables);
on("view", showPlace);
on("view", showSpeed);
on("view", writeLink);
on("chosen", () => showStage(true));
on("chosen", showNext);
on("chosen", showPacket);
on("chosen", showHand);
on("said", showSaid);
on("open", () => {
  $("scenario").value = lab.scenario.name;
  $("look").replaceChildren(...trParts("{title}. {look}", {title: lab.scenario.title, look: prose(lab.scenario.look)}));
  document.title = tr("{title} - the TFTP lab", lab.scenario);
});

// The focus does not stay in a menu that nobody sees, nor does an open menu cover what has the focus.
function closeMenu() {
  const menu = $("more"), inside = menu.contains(document.activeElement);
  menu.open = false;
  if (inside) menu.querySelector("summary").focus();
}
$("more").addEventListener("focusout", ({relatedTarget}) => { if (relatedTarget && !$("more").contains(relatedTarget)) $("more").open = false; });
addEventListener("pointerdown", ({target}) => { if (!$("more").contains(target)) $("more").open = false; });

const enabled = does => event => { if (event.currentTarget.getAttribute("aria-disabled") !== "true") does(event); };
const CLICKS = {
  back: () => act("back"), step: () => act("step"), undo: () => act("undo"), "goes-on": () => act("continue"), first: () => toStart(), last: () => act(`goto ${lab.view.length}`),
  play: togglePlay, stops: askStop, own: askOwn, inject: askInject, line: () => askLine(), keys: showKeys, "save-svg": saveSvg, "save-png": savePng, print: () => print(),
  link: async () => {
    flushLink();
    try {
      await navigator.clipboard.writeText(location.href);
      lab.said = {ok: true, words: tr("The link is copied. It leads to this run: the scenario, all moves, and the places to stop.")};
      emit("said");
    } catch {
      showDialog(tr("The link to this run"), [el("label", {}, tr("Copy it"), el("input", {readonly: true, value: location.href, onfocus: event => event.target.select()}))]);
    }
  },
};
for (const [id, does] of Object.entries(CLICKS)) {
  $(id).addEventListener("click", enabled(event => { if (id !== "play" && id !== "link") stopPlay(); closeMenu(); does(event); }));
}
$("scenario").addEventListener("change", async () => {
  if ($("scenario").value === "own") askOwn(); else await open({scenario: $("scenario").value});
  if (lab.scenario) $("scenario").value = lab.scenario.name; // a run that is not there is not named
});
$("place").addEventListener("input", event => { stopPlay(); act(`goto ${event.target.value}`); });
$("speed").addEventListener("input", showSpeed);
addEventListener("beforeprint", () => { for (const pane of document.querySelectorAll(".pane")) pane.open = true; });
new ResizeObserver(() => { if (lab.view) showMachines(); }).observe($("client").querySelector(".drawn"));
let resizing;
addEventListener("resize", () => { clearTimeout(resizing); resizing = setTimeout(() => { if (lab.view) { showStage(); showMachines(); } }, 60); });

function fillScenarios() {
  $("scenario").replaceChildren(...lab.index.scenarios.map(one => el("option", {value: one.name}, one.title)), el("option", {value: "own"}, tr("A transfer of your own")));
}

on("language", () => {
  if (lab.index) fillScenarios();
  showPlay();
});

async function begin() {
  showFixed();
  offerLanguages();
  if (matchMedia("(max-width: 999px)").matches) for (const id of ["step-pane", "packet-pane", "variables-pane"]) $(id).open = false;
  const kept = keep("speed");
  if (kept) $("speed").value = kept;
  $("speed").addEventListener("change", () => keep("speed", $("speed").value));
  goOnAfterReload();
  feed = FEEDS[CONFIG.feed]();
  const wanted = fromLink(); // what is shown first changes the address
  showFirst(wanted);
  const index = configOf("index") ? {ok: true, value: configOf("index")} : await ask({index: true}).catch(fails);
  if (!index.ok) return;
  lab.index = index.value;
  fillScenarios();
  const reply = await open(await trusted(wanted));
  if (!lab.machines) { await open({scenario: "plain"}); lab.said = {ok: false, words: reply.said.join(" ")}; emit("said"); }
}
begin();
