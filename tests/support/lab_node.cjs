// node lab_node.cjs PYODIDE FOLDER: answers messages of the lab, one a line, as a page's worker does.
// FOLDER has the parts of a bundle; if a snapshot is among them, Python begins there.
const { existsSync, readFileSync } = require("node:fs");
const [pyodide, folder] = process.argv.slice(2);
const part = name => readFileSync(`${folder}/${name}`);

const snapshot = existsSync(`${folder}/snapshot.bin`) && part("snapshot.bin");

async function createPyodideModule(settings) {
  const { default: create } = await import(`${pyodide}/pyodide.asm.mjs`);
  const made = await create(settings);
  if (snapshot) made.growMemory(snapshot.length);
  return made;
}

const options = { ...JSON.parse(part("options.json")), createPyodideModule };
if (snapshot) options._loadSnapshot = snapshot;
require(`${pyodide}/pyodide.js`).loadPyodide(options).then(python => {
  python.FS.writeFile("/lab.zip", part("lab.zip"));
  if (!snapshot) python.runPython(String(part("begin.txt")));
  const answer = python.globals.get("answer");
  for (const line of readFileSync(0, "utf8").split("\n").filter(Boolean))
    console.log(answer(line, () => {}));
});
