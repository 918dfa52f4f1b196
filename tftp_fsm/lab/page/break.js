// Break the protocol: a classical mistake, rows that are changed, or Python of one's own; then run it,
// or look for the shortest run that fails.

const breaking = {catalogue: null, changes: {}, trusted: new Set()};

on("open", showBroken);

// The line under the news that says what is broken here, and what a search has found.
function showBroken() {
  if (!$("broken")) $("look").after(el("p", {id: "broken", hidden: true}));
  const {name, title, rule} = lab.scenario;
  if (lab.index && ![...$("scenario").options].some(one => one.value === name)) $("scenario").append(el("option", {value: name, disabled: true}, title));
  $("broken").hidden = !lab.tables;
  if (!lab.tables) return;
  if (lab.tables.mutant && !breaking.catalogue) loadCatalogue().then(() => lab.tables && showBroken(), () => {});
  $("broken").replaceChildren(el("strong", {}, tr("Broken on purpose:")), " ", brokenWords(lab.tables), " ",
    rule ? el("span", {class: "no"}, tr("The search says that it breaks this rule: {rule} ({rfc})", {rule: rule.sentence, rfc: rule.rfc}), " ") : "",
    button(tr("Change or search ..."), askBreak, {class: "small"}), " ", button(tr("Original rows again"), () => open({...theRun(), moves: [], tables: undefined}), {class: "small"}));
}

function brokenWords(tables) {
  const mistake = breaking.catalogue?.mutants.find(one => one.name === tables.mutant);
  if (tables.mutant) return mistake ? mistake.what : `${tables.mutant}.`;
  if (tables.python) return tr("rows that were typed.");
  const count = (tables.rows || []).length;
  return count === 1 ? tr("1 row is changed.") : tr("{count} rows are changed.", {count});
}

// The run that the page shows, as `open` takes it. A run that was found has no name in the list.
function theRun() {
  const {view, scenario, settings, tables} = lab;
  return {...lab.lesson, scenario: scenario.name, moves: view.moves, stops: stopsOf(view), ...(settings && {settings}), ...(tables && {tables})};
}

// Rows in Python of an address are a program of somebody: it runs only if the user wants it.
function trusted(wanted) {
  const text = wanted.tables?.python, {moves, tables, ...rest} = wanted;
  if (text === undefined || breaking.trusted.has(text)) return Promise.resolve(wanted);
  return new Promise(done => {
    const warning = tr("The address of this page has rows that somebody has typed, which are a program. Run them only if you know who wrote them, or understand them.");
    showDialog(tr("Rows in Python"), [el("p", {}, warning), el("pre", {tabindex: "0", role: "group", "aria-label": tr("Rows in Python")}, text)], tr("Run them"), () => {
      breaking.trusted.add(text);
      return {ok: true};
    });
    afterDialog = () => done(breaking.trusted.has(text) ? wanted : {...rest, moves: []});
  });
}

on("language", () => { breaking.catalogue = null; });

async function loadCatalogue() {
  if (breaking.catalogue) return;
  const reply = await ask({breaking: true});
  if (!reply.ok) throw new Error(reply.said.join(" "));
  breaking.catalogue = reply.value;
}

async function askBreak() {
  try {
    await loadCatalogue();
  } catch (wrong) {
    return fails(wrong);
  }
  const ways = [mistakeWay(), rowsWay(), pythonWay()];
  const chosen = () => ways.find(way => way.radio.checked);
  const show = () => ways.forEach(way => { way.body.hidden = !way.radio.checked; });
  ways.forEach(way => way.radio.addEventListener("change", () => { show(); way.reveal?.(); }));
  const {tables} = lab;
  (tables?.rows ? ways[1] : tables?.python ? ways[2] : ways[0]).radio.checked = true;
  const choose = el("div", {class: "ways", role: "radiogroup", "aria-label": tr("What is broken")}, ...ways.map(way => el("label", {class: "check"}, way.radio, ` ${way.title}`)));
  const finder = finderOf(chosen);
  showDialog(tr("Break the protocol"), [choose, ...ways.map(way => way.body), finder.body], tr("Run it"), async () => {
    const wanted = lab.scenario.name === "found" ? {scenario: "plain"} : theRun();
    return open({...wanted, moves: [], tables: chosen().tables()});
  }, [finder.start]);
  afterDialog = finder.stop;
  show();
  chosen().reveal?.();
}

const radio = () => el("input", {type: "radio", name: "way"});

// All mistakes, each with its sentence: nobody has to know its name.
function mistakeWay() {
  const {mutants} = breaking.catalogue, first = mutants.find(one => one.name === lab.tables?.mutant) || mutants[0];
  const items = mutants.map(one => el("label", {class: "mistake"}, el("input", {type: "radio", name: "mistake", value: one.name, checked: one === first}),
    el("span", {}, el("strong", {}, one.what), " ", el("code", {class: "soft"}, one.name), el("br"), el("span", {class: "soft"}, one.who))));
  const list = el("div", {class: "rows", role: "radiogroup", "aria-label": tr("Mistake")}, ...items);
  return {title: tr("A classical mistake"), radio: radio(), body: el("div", {}, list), tables: () => ({mutant: list.querySelector(":checked").value}),
    reveal: () => { list.scrollTop += list.querySelector(":checked").getBoundingClientRect().top - list.getBoundingClientRect().top - 40; }};
}

// -- Rows -----------------------------------------------------------------------------------------

function rowsWay() {
  const {tables} = breaking.catalogue, step = lab.view.step;
  const changes = breaking.changes = {};
  for (const one of lab.tables?.rows || []) changes[`${one.table} ${one.row}`] = one;
  const ours = name => Object.keys(tables).find(each => name === each || name.startsWith(`${each}_`));
  const here = ["server", "client"].map(end => ours(lab.machines[end].name));
  const taken = step && step.row !== null ? {table: ours(step.table), row: step.row} : null;
  const list = el("select", {}, ...[...new Set([...here, ...Object.keys(tables)])].map(name => el("option", {selected: name === (taken || {}).table}, name)));
  const rows = el("div", {class: "rows", tabindex: "0", role: "group", "aria-label": tr("Rows")});
  const fill = () => rows.replaceChildren(...tables[list.value].rows.map((row, number) => rowItem(list.value, number, row, taken && taken.table === list.value && taken.row === number)));
  list.onchange = fill;
  fill();
  const body = el("div", {}, field(tr("Table"), list), rows, el("p", {class: "soft"}, tr("A row that is switched off ignores its event. The row that was taken last is marked.")));
  return {title: tr("Rows"), radio: radio(), body, tables: () => ({rows: Object.values(changes)}), reveal: () => rows.querySelector(".taken")?.scrollIntoView({block: "center"})};
}

function rowItem(table, number, row, isTaken) {
  const key = `${table} ${number}`, {changes} = breaking, had = changes[key] || {};
  const off_ = el("input", {type: "checkbox", checked: Boolean(had.off), "aria-label": tr("Switch off row {number}: {row}", {number, row: row.words})});
  const after = el("input", {value: (had.after || row.after).join(", "), spellcheck: "false"});
  const {states, actions} = breaking.catalogue.tables[table];
  const dest = el("select", {}, el("option", {value: ""}, tr("stays in its state")), ...states.map(state => el("option", {value: state, selected: state === ("dest" in had ? had.dest : row.dest)}, tr("goes to {state}", {state}))));
  const note = () => {
    const names = after.value.split(/[\s,]+/).filter(Boolean), to = dest.value || null;
    if (off_.checked) changes[key] = {table, row: number, off: true};
    else if (names.join() !== row.after.join() || to !== row.dest) changes[key] = {table, row: number, after: names, dest: to};
    else delete changes[key];
    item.classList.toggle("changed-row", key in changes);
  };
  for (const input of [off_, after, dest]) input.addEventListener("change", note);
  const known = el("ul", {class: "soft"}, ...Object.entries(actions).map(([name, does]) => el("li", {}, el("code", {}, name), ` ${does}`)));
  const item = el("div", {class: `row-item${isTaken ? " taken" : ""}${key in changes ? " changed-row" : ""}`},
    el("label", {class: "check"}, off_, " ", tr("off")),
    el("details", {}, el("summary", {}, el("code", {}, `${number} ${row.words.replaceAll("->", "\u2192")}`)), el("p", {class: "soft"}, row.why), field(tr("Actions"), after), field(tr("Then it"), dest),
      el("details", {}, el("summary", {}, tr("Actions that there are")), known)));
  return item;
}

function pythonWay() {
  const {python, refused, example} = breaking.catalogue;
  const text = el("textarea", {class: "python", spellcheck: "false", "aria-label": tr("Rows in Python"), disabled: !python}, lab.tables?.python || example);
  const body = el("div", {}, text, el("p", {class: "soft"}, python ? tr("The same text is a file for tftp-fsm verify --table.") : `${refused[0].toUpperCase()}${refused.slice(1)}.`));
  return {title: tr("Python of your own"), radio: radio(), body, tables() {
    breaking.trusted.add(text.value);
    return {python: text.value};
  }};
}

// -- The shortest run that fails ------------------------------------------------------------------

function finderOf(chosen) {
  // What a search says while it goes on is read by whoever wants it; how it ends speaks by itself.
  const told = el("p", {role: "status", class: "finding"}), far = el("p", {class: "finding"}), bar = el("progress", {hidden: true, "aria-label": tr("Cases that were tried")});
  const halt = button(tr("Stop searching"), () => stop(), {hidden: true});
  const start = button(tr("Find the shortest failing run"), () => find());
  const body = el("div", {}, told, far, bar, halt);
  const running = is => {
    if (!is && document.activeElement === halt) start.focus(); // the focus goes before its button does
    halt.hidden = bar.hidden = far.hidden = !is;
    off(start, is);
  };
  let search = null;

  const stop = () => { if (search) search.stop(); };
  const tell = news => {
    bar.max = news.cases || 1;
    bar.value = (news.number || 1) - 1;
    const states = counted(news.states || 0);
    far.textContent = news.case ? tr("Trying {name}: {states} states so far.", {name: news.case, states}) : tr("Trying every order of events: {states} states so far.", {states});
  };

  async function find() {
    if (search) return;
    const tables = chosen().tables();
    $("dialog-wrong").textContent = "";
    running(true);
    told.textContent = tr("The search has begun.");
    tell({});
    search = searchOf(tables, tell);
    try {
      ended(await search.done, tables);
    } catch (wrong) {
      told.textContent = "";
      if (told.isConnected) $("dialog-wrong").textContent = wrong.message;
    } finally {
      search = null;
      running(false);
    }
  }

  function ended(news, tables) {
    if (news.failed) throw new Error(news.failed);
    const {cases} = news, states = counted(news.states), limit = news.stopped_by;
    if (news.stopped) told.textContent = tr("Stopped after {states} states. No rule was broken so far, but this proves nothing.", {states});
    else if (!news.found && limit) told.textContent = tr("The search reached a limit: {limit}. No rule was broken in {states} states, but this proves nothing.", {limit, states});
    else if (!news.found) told.textContent = tr("No rule is broken: {states} states of {cases} small transfers, with one loss, one copy and one early time-out each. A search with more of them may find harm.", {states, cases});
    else {
      const go = button(tr("Step through it"), () => { $("dialog").close(); open({...news.open, tables}); }, {class: "main"});
      told.replaceChildren(el("strong", {class: "no"}, tr("Broken: {rule}", {rule: news.rule.sentence})), " ", el("span", {class: "soft"}, news.rule.rfc), el("br"),
        tr("In {name}: {how}.", {name: news.case, how: news.how}), " ", news.moves === null ? "" : tr("No run with fewer than {moves} moves breaks a rule there.", {moves: news.moves}), " ", tr("{states} states were seen.", {states}), " ", go);
      go.focus();
    }
  }

  return {body, start, stop};
}

// A search in a second Python of this page, or in that of the server: {done, stop}.
function searchOf(tables, tell) {
  if (feed.another) {
    const second = feed.another();
    let news = {states: 0}, stopped = false;
    const told = one => tell(news = one);
    const done = second.ask({search: {tables}, language}, told).then(reply => {
      if (!reply.ok) throw new Error(reply.said.join(" "));
      return reply.value;
    }).catch(wrong => {
      if (stopped) return {...news, stopped};
      throw wrong;
    }).finally(() => second.stop("done"));
    return {done, stop: () => { stopped = true; second.stop("stopped"); }};
  }
  let stopped = false;
  const pause = () => new Promise(done => setTimeout(done, 250));
  const run = async () => {
    for (let message = {tables}; ; message = stopped ? "stop" : "news") {
      const reply = await ask({search: message});
      if (!reply.ok) throw new Error(reply.said.join(" "));
      if (!reply.value.running) return reply.value;
      tell(reply.value);
      await pause();
    }
  };
  return {done: run(), stop: () => { stopped = true; }};
}

if (CONFIG.feed !== "recorded") {
  $("break").hidden = false;
  $("break").addEventListener("click", () => { stopPlay(); closeMenu(); askBreak(); });
}
