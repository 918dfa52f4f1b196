// The language of the page: `language` of its data, or what was chosen before. `languages` of the data has
// {code: {name, words}}, `words` being {sentence: translation}; there is a choice while the page runs.

const LANGUAGES = CONFIG.languages || {en: {name: "English", words: {}}};

// What the data has for the feed (`first`, `index`, ...), in the language of the page.
const configOf = name => LANGUAGES[language]?.[name] ?? CONFIG[name];

const counted = number => number.toLocaleString(language);

const ENDS = ["client", "server"];
const endOf = end => end === "client" ? tr("client") : end === "server" ? tr("server") : end;

// Another language, with its dictionary: {sentence: translation}. All is drawn anew, and what Python
// has told is told again.
function speak(name, translations) {
  setLanguage(name, translations);
  showFixed();
  emit("language");
  if (!lab.view) return;
  for (const what of ["open", "view", "said"]) emit(what);
  return tellAgain();
}

// The same place in the language of the page. What is said of it then is the sentence of its step.
async function tellAgain() {
  try {
    const index = configOf("index") ? {ok: true, value: configOf("index")} : await ask({index: true});
    if (index.ok) lab.index = index.value;
    emit("language");
    const reply = await ask({again: true});
    if (!reply.machines) return;
    Object.assign(lab, {scenario: reply.scenario, machines: reply.machines});
    emit("open");
    take(reply, sentence(reply.view));
  } catch (wrong) {
    fails(wrong);
  }
}

function offerLanguages() {
  const codes = Object.keys(LANGUAGES), known = code => codes.includes(code);
  const browsers = CONFIG.prefers ? navigator.languages.map(name => name.split("-")[0]) : [];
  const wanted = [keep("language"), CONFIG.language === "en" ? browsers.find(known) : null, CONFIG.language].find(known);
  const choose = code => speak(code, LANGUAGES[code]?.words);
  $("language").replaceChildren(...codes.map(code => el("option", {value: code, lang: code}, LANGUAGES[code].name)));
  $("languages").hidden = codes.length < 2;
  $("language").addEventListener("change", () => { keep("language", $("language").value); choose($("language").value); });
  choose(wanted);
  $("language").value = language;
}
