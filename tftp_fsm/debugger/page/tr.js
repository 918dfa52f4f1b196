// What people read: whole sentences in English, which a dictionary may translate while the page runs.

let language = "en", dictionary = new Map();
let finished = text => text; // a script of a language may have words that depend on the word before
let showFixed = () => {}; // the texts that the page begins with
const HOLE = /\{(\w+)\}/g;
const inWords = sentence => dictionary.get(sentence) ?? sentence;

// The sentence in the language of the page, with a value for each {name} in it.
const tr = (sentence, values = {}) => finished(inWords(sentence).replace(HOLE, (hole, name) => Object.hasOwn(values, name) ? String(values[name]) : hole));

// The same as parts to append to an element: a value may be an element, too.
const trParts = (sentence, values = {}) => inWords(sentence).split(HOLE).map((part, i) => i % 2 ? values[part] ?? `{${part}}` : part);

function setLanguage(name, translations) {
  language = name || "en";
  dictionary = new Map(Object.entries(translations || {}));
}
