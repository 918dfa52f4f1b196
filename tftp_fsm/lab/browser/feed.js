// Another feed of the page: Python in a worker of this page. The bundle is in the page, or beside it.

const OF_NO_RUN = ["open", "index", "search"]; // they need no run that is there

class PythonFeed {
  #code; #bundle; #isText; #worker = null; #ready = null; #waiting = new Map(); #last = 0; #turn = 0; #isFresh = true;

  constructor(code, bundle, isText) {
    this.#code = code;
    this.#bundle = bundle; // a promise of a Blob
    this.#isText = isText;
  }

  // The reply. `told` gets what Python says before it has one. Python is started if it is not there;
  // after a stop the run of the page is opened again first.
  ask(message, told = () => {}) {
    if (this.#isFresh && !OF_NO_RUN.some(name => name in message) && lab.view) this.#send({open: theRun()}).catch(() => {});
    if (!("index" in message)) this.#isFresh = false;
    return this.#send(message, told);
  }

  // A second Python, which shares nothing with this one.
  another() {
    return new PythonFeed(this.#code, this.#bundle, this.#isText);
  }

  stop(why) {
    this.#turn++;
    this.#worker?.terminate();
    this.#worker = this.#ready = null;
    this.#isFresh = true;
    for (const {fail} of this.#waiting.values()) fail(new Error(why));
    this.#waiting.clear();
  }

  #send(message, told = () => {}) {
    const id = ++this.#last;
    return new Promise((done, fail) => {
      this.#waiting.set(id, {done, fail, told});
      this.#ready ??= this.#start();
      this.#ready.then(worker => worker.postMessage({id, message}), fail);
    });
  }

  async #start() {
    const turn = this.#turn;
    const bundle = await this.#bundle; // first: a worker has the policy that the page has when it begins
    if (turn !== this.#turn) throw new Error(tr("It was stopped."));
    const address = URL.createObjectURL(new Blob([this.#code], {type: "text/javascript"}));
    const worker = this.#worker = new Worker(address);
    return new Promise((done, fail) => {
      const broken = why => { fail(new Error(why)); if (this.#worker === worker) this.stop(why); };
      worker.onerror = event => { event.preventDefault(); broken(tr("Python has ended: {why}", {why: event.message})); };
      worker.onmessage = ({data}) => {
        if (data.ready) done(worker);
        else if (data.broken) broken(tr("Python cannot be started here: {why}", {why: data.broken}));
        else this.#take(data);
        if (data.ready) URL.revokeObjectURL(address);
      };
      worker.postMessage({bundle, isText: this.#isText});
    });
  }

  #take({id, reply, progress, failed}) {
    const waiting = this.#waiting.get(id);
    if (!waiting) return;
    if (progress !== undefined) return waiting.told(progress);
    this.#waiting.delete(id);
    if (failed === undefined) waiting.done(reply);
    else waiting.fail(new Error(failed));
  }
}

// The bundle beside the page, with a bar while it comes.
async function fetched(address) {
  const answer = await fetch(address).catch(() => ({status: tr("no answer")}));
  if (!answer.ok) throw new Error(tr("the Python of this page cannot be loaded from {address} ({status})", {address, status: answer.status}));
  const bar = el("progress", {id: "loading", max: answer.headers.get("content-length") || 1, "aria-label": tr("Python is being loaded")});
  $("news").append(bar);
  const parts = [], reader = answer.body.getReader();
  let had = 0;
  try {
    for (let next; !(next = await reader.read()).done;) {
      parts.push(next.value);
      if (bar.max > 1) bar.value = had += next.value.length;
    }
  } catch {
    throw new Error(tr("the Python of this page was cut off while it was loaded: load the page again"));
  } finally {
    bar.remove();
  }
  // Nothing more is needed from the server: from here on neither the page nor its workers, and so no
  // Python that somebody typed, can ask any server for anything.
  document.head.append(el("meta", {"http-equiv": "Content-Security-Policy", content: "connect-src 'none'"}));
  return new Blob(parts);
}

// Whoever waits for long may end what runs: rows of one's own may go on for ever.
function stoppable(feed) {
  const halt = button(tr("Stop running"), () => feed.stop(tr("It was stopped. The run is as it was before.")), {id: "halt", hidden: true});
  const place = () => ($("dialog").open ? $("dialog-foot") : $("news")).append(halt); // nothing behind a dialog can be pressed
  on("language", () => { halt.textContent = tr("Stop running"); });
  $("dialog").addEventListener("close", place);
  place();
  const leave = () => {
    if (document.activeElement === halt) ($("dialog").open ? $("dialog-foot").querySelector("button") : $("step")).focus();
    halt.hidden = true;
  };
  let running = 0;
  return {
    ...feed,
    async ask(message, told) {
      running++;
      const slow = setTimeout(() => { place(); halt.hidden = false; }, 3000);
      try {
        return await feed.ask(message, told);
      } finally {
        clearTimeout(slow);
        if (!--running) leave();
      }
    },
    another: () => feed.another(),
  };
}

FEEDS.python = () => {
  const inlined = $("bundle");
  const bundle = inlined ? Promise.resolve(new Blob([inlined.textContent])) : fetched(CONFIG.bundle);
  inlined?.remove();
  bundle.catch(() => {});
  return stoppable(new PythonFeed($("worker").textContent, bundle, Boolean(inlined)));
};
