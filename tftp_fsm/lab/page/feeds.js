// A feed has one method: ask(message) gives a promise of the reply. Another script may add a feed.

const FEEDS = {
  // The Python that served this page. The token of the address is in each question.
  server() {
    const token = new URLSearchParams(location.search).get("token") || "";
    const page = crypto.randomUUID();
    const send = async message => {
      const headers = {"Content-Type": "application/json", "X-Lab-Token": token, "X-Lab-Page": page};
      const answer = await fetch("ask", {method: "POST", headers, body: JSON.stringify(message)}).catch(() => null);
      if (!answer) throw new Error(tr("the lab does not answer: start tftp-fsm lab again, and open the address that it prints"));
      if (!answer.ok) throw new Error(tr("the lab refuses ({status}): open the address that tftp-fsm lab has printed", {status: answer.status}));
      return answer.json();
    };
    return {
      // The server remembers some pages only. A page that it forgot opens its run again.
      async ask(message) {
        const reply = await send(message);
        if (!reply.gone) return reply;
        if (lab.view) await send({open: theRun(), language});
        return send(message);
      },
    };
  },

  // A recording: replies to every place of a run, in which nobody can act.
  recorded() {
    let at = 0; // only a whole number leads anywhere
    const told = ok => ({ok, said: ok ? [] : [tr("this page is a recording: it can be stepped, but not changed")], value: null, view: configOf("recorded")[at]});
    const opened = () => ({...told(true), scenario: configOf("scenario"), machines: configOf("machines")});
    return {
      async ask(message) {
        if (message.index) return {ok: true, said: [], value: configOf("index")};
        if (message.open || message.again) return opened();
        const last = configOf("recorded").length - 1, [name, number] = (message.command || "").split(" ");
        const to = {step: at + (+number || 1), back: at - (+number || 1), goto: +number, continue: last}[name];
        if (!Number.isInteger(to)) return told(false);
        at = Math.max(0, Math.min(last, to));
        return told(true);
      },
    };
  },
};
