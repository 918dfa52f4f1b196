// Elements are made here, and text only ever becomes text: nothing writes markup.

const $ = id => document.getElementById(id);
const CONFIG = JSON.parse($("data").textContent);

function made(element, attributes, inside) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...inside.filter(one => one !== null && one !== undefined && one !== ""));
  return element;
}

const el = (name, attributes, ...inside) => made(document.createElement(name), attributes || {}, inside);
const draw = (name, attributes, ...inside) => made(document.createElementNS("http://www.w3.org/2000/svg", name), attributes || {}, inside);
const button = (words, does, attributes) => el("button", {type: "button", onclick: does, ...attributes}, words);
const prose = text => el("span", {}, ...text.split("`").map((part, i) => i % 2 ? el("code", {}, part) : part));
const plain = name => language === "en" ? name.replaceAll("_", " ") : name; // in another language it is a name
const spread = text => [...text].reduce((sum, sign) => sum + (sign >= "\u1100" ? 1.66 : 1), 0); // in Latin letters of equal width
const off = (element, is) => element.setAttribute("aria-disabled", String(Boolean(is)));
const seconds = x => x === 0 ? tr("now") : x < 0.1 ? tr("+{number} ms", {number: +(x * 1000).toPrecision(3)}) : tr("+{number} s", {number: +x.toPrecision(3)});

// A word of a command line, as a shell reads it.
const quoted = word => /^[\w.:=,/+-]+$/.test(word) ? word : `'${word.replaceAll("'", `'"'"'`)}'`;

function table(names, rows) {
  const head = el("tr", {}, ...names.map(name => el("th", {scope: "col"}, name)));
  return el("table", {}, el("thead", {}, head), el("tbody", {}, ...rows));
}

function keep(name, value) {
  try {
    if (value === undefined) return localStorage.getItem(`tftp-lab-${name}`);
    localStorage.setItem(`tftp-lab-${name}`, value);
  } catch { /* a page from a file may keep nothing */ }
  return null;
}
