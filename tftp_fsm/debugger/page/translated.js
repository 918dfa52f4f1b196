// What only a page in another language than English needs.

// The fixed texts of the page. The text of an element with `data-tr` is a sentence; so is the label of
// one with `data-tr-label`.
const FIXED = [...document.querySelectorAll("[data-tr]")].map(element => [element, element.textContent]);
const LABELLED = [...document.querySelectorAll("[data-tr-label]")].map(element => [element, element.getAttribute("aria-label")]);

showFixed = () => {
  document.documentElement.lang = language;
  for (const [element, sentence] of FIXED) element.textContent = tr(sentence);
  for (const [element, sentence] of LABELLED) element.setAttribute("aria-label", tr(sentence));
};

// Korean particles depend on the sound before them: as tftp_fsm/language/korean.py chooses.
const PARTICLE = /([0-9A-Za-z가-힣%])([^0-9A-Za-z가-힣%\s]{0,5})(을\(를\)|이\(가\)|은\(는\)|과\(와\)|\(으\)로|\(이\))/g;
const PAIRS = {"을(를)": ["을", "를"], "이(가)": ["이", "가"], "은(는)": ["은", "는"], "과(와)": ["과", "와"], "(으)로": ["으로", "로"], "(이)": ["이", ""]};
const SAID = {data: 0, error: 0, get: 1, put: 1, octet: 1, netascii: 0, file: 8, host: 0, idle: 8, done: 1, blksize: 0, windowsize: 0, tsize: 0, timeout: 1, server: 0, client: 0, lab: 1, block: 1, pcapng: 0};
const SOUNDS = [[/^[a-z]+[aeiou]re?$/, 0], [/^[a-z]+le$/, 8], [/^[a-z]+(me|ne|ng)$/, 1], [/^[a-z]*[^aeiou][aeiou]p$/, 1]];

// The final consonant of a text when it is said: 0 if there is none, 8 if it is the one that counts as none before 로.
function finalOf(text) {
  const last = text.at(-1), word = (/[A-Za-z]+$/.exec(text) || [""])[0], name = word.toLowerCase();
  if (last >= "가" && last <= "힣") return (last.charCodeAt(0) - 0xac00) % 28;
  if (/[0-9]/.test(last)) return "178".includes(last) ? 8 : "036".includes(last) ? 1 : 0;
  if (Object.hasOwn(SAID, name)) return SAID[name];
  const sound = SOUNDS.find(([end]) => end.test(name));
  if (sound && !(/^[A-Z]{1,3}$/.test(word))) return sound[1];
  return "LlRr".includes(last) ? 8 : "MmNn".includes(last) ? 1 : 0;
}

finished = text => {
  if (language !== "ko" || !text.includes("(")) return text;
  return text.replace(PARTICLE, (all, last, closing, pair, at) => {
    let said = text.slice(0, at + 1);
    if (closing.startsWith(")")) said = said.replace(/([0-9A-Za-z가-힣])\([^()]*$/, "$1");
    const final = finalOf(said), [one, none] = PAIRS[pair];
    return last + closing + (final && !(final === 8 && pair === "(으)로") ? one : none);
  });
};
