// node snapshot.mjs PYODIDE OPTIONS LAB.ZIP BEGIN.TXT SNAPSHOT
// Starts Python, imports the package, and writes its memory, so that a browser need not do it.
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";

const [pyodide, options, zip, begin, snapshot] = process.argv.slice(2);
const { loadPyodide } = createRequire(import.meta.url)(`${pyodide}/pyodide.js`);
const python = await loadPyodide({ ...JSON.parse(readFileSync(options, "utf8")), _makeSnapshot: true });
python.FS.writeFile("/lab.zip", readFileSync(zip));
python.runPython(readFileSync(begin, "utf8"));
writeFileSync(snapshot, python.makeMemorySnapshot());
