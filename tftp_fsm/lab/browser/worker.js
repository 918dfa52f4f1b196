// The same Python in the browser. Pyodide's own script stands before this one in the worker's blob.
// It is a classic worker, because Chromium lets no page of a file start a module worker; `shim.js`
// stands before both and hides `importScripts`, by which Pyodide tells such a worker.
// Nothing is fetched: all that is needed comes in the bundle, which the page hands over.

// The parts of a bundle: four octets have the length of an index, which says where each part is.
async function unpacked(bundle, isText) {
  const octets = isText ? decoded(await bundle.text()) : new Uint8Array(await bundle.arrayBuffer());
  const begin = 4 + new DataView(octets.buffer).getUint32(0);
  const index = JSON.parse(new TextDecoder().decode(octets.subarray(4, begin)));
  const parts = {};
  await Promise.all(Object.entries(index).map(async ([name, [start, stop]]) => {
    const stream = new Blob([octets.subarray(begin + start, begin + stop)]).stream()
      .pipeThrough(new DecompressionStream("gzip"));
    parts[name] = new Uint8Array(await new Response(stream).arrayBuffer());
  }));
  return parts;
}

function decoded(text) {
  if (Uint8Array.fromBase64) return Uint8Array.fromBase64(text);
  const binary = atob(text), octets = new Uint8Array(binary.length);
  for (let i = 0; i < octets.length; i++) octets[i] = binary.charCodeAt(i);
  return octets;
}

const KINDS = { wasm: "application/wasm", zip: "application/zip" };

// What Pyodide would ask a server for comes from the bundle.
function fetchFrom(parts) {
  return async url => {
    const name = String(url).split("/").pop();
    if (!parts[name]) throw new TypeError(`${name} is not in the bundle`);
    return new Response(parts[name], { headers: { "content-type": KINDS[name.split(".").pop()] } });
  };
}

async function moduleOf(octets) {
  const address = URL.createObjectURL(new Blob([octets], { type: "text/javascript" }));
  try {
    return (await import(address)).default;
  } finally {
    URL.revokeObjectURL(address);
  }
}

// Python with the package imported: from the snapshot of its memory, or from its source.
async function started(bundle, isText) {
  const parts = await unpacked(bundle, isText);
  const text = name => new TextDecoder().decode(parts[name]);
  const snapshot = parts["snapshot.bin"];
  const create = await moduleOf(parts["pyodide.asm.mjs"]);
  self.fetch = fetchFrom(parts);
  const python = await loadPyodide({
    ...JSON.parse(text("options.json")),
    indexURL: "bundle:/",
    createPyodideModule: async settings => {
      const made = await create(settings);
      if (snapshot) made.growMemory(snapshot.length); // Pyodide itself forgets to
      return made;
    },
    ...snapshot && { _loadSnapshot: snapshot },
  });
  python.FS.writeFile("/lab.zip", parts["lab.zip"]);
  if (!snapshot) python.runPython(text("begin.txt"));
  return python.globals.get("answer");
}

function answered(answer, { id, message }) {
  const tell = text => postMessage({ id, progress: JSON.parse(text) });
  try {
    postMessage({ id, reply: JSON.parse(answer(JSON.stringify(message), tell)) });
  } catch (failed) {
    postMessage({ id, failed: String(failed) });
  }
}

let answer;
onmessage = ({ data }) => {
  if (data.bundle) {
    answer = started(data.bundle, data.isText);
    answer.then(() => postMessage({ ready: true }), failed => postMessage({ broken: String(failed) }));
  } else {
    answer.then(made => answered(made, data), () => {});
  }
};
