// Dialogs: a form, what is wrong with it, and what it does.

let dialogs = 0, afterDialog = null; // how many were shown, and what is done when the one of now is left

function leaveDialog() {
  const does = afterDialog;
  afterDialog = null;
  does?.();
}

// The event comes some time after the dialog was closed: another one may be open by then.
$("dialog").addEventListener("close", () => { if (!$("dialog").open) leaveDialog(); });

// `does` gives a promise of a reply; the dialog stays open, and tells why, if that is not ok.
function showDialog(title, parts, words, does, more) {
  const dialog = $("dialog"), turn = ++dialogs;
  if (dialog.open) dialog.close();
  leaveDialog();
  $("dialog-h").textContent = title;
  $("dialog-wrong").textContent = "";
  $("dialog-body").replaceChildren(...parts);
  const close = button(tr("Close"), () => dialog.close());
  $("dialog-foot").replaceChildren(...(more || []), close, ...(words ? [el("button", {type: "submit", class: "main"}, words)] : []));
  let runs = false;
  dialog.querySelector("form").onsubmit = async event => {
    event.preventDefault();
    if (!does) return dialog.close();
    if (runs) return; // pressed twice, it is done once
    runs = true;
    const reply = await Promise.resolve().then(does).catch(fails);
    runs = false;
    if (!reply || turn !== dialogs || !dialog.open) return; // it was left meanwhile
    if (reply.ok) return dialog.close();
    $("dialog-wrong").textContent = wrongOf(reply);
    $("dialog-wrong").scrollIntoView({block: "nearest"});
  };
  dialog.showModal();
  const first = dialog.querySelector("#dialog-body input, #dialog-body select, #dialog-body textarea");
  (first || close).focus();
  return dialog;
}

const field = (words, input) => el("label", {}, words, input);

function askDelay(held) {
  const input = el("input", {type: "number", min: "0", step: "any", value: "0.3", required: true});
  showDialog(tr("Delay {packet}", {packet: short(held)}), [field(tr("Seconds later"), input), el("p", {class: "soft"}, tr("If a time-out comes earlier, the ladder and the list of what can happen next show it."))],
    tr("Delay it"), () => act(`delay ${held.packet} ${Number(input.value)}`));
}

async function askEdit(held) {
  const reply = held.whole ? {ok: true, value: held} : await ask({packet: held.packet}).catch(fails);
  if (!reply.ok) return fails(new Error(reply.said.join(" ")));
  const whole = reply.value, fields = {};
  const raw = el("textarea", {spellcheck: "false", "aria-label": tr("All octets in hexadecimal")}, (whole.octets.match(/../g) || []).join(" "));
  const opcode = el("input", {value: String(parseInt(whole.octets.slice(0, 4), 16))});
  const parts = [field("opcode", opcode)];
  for (const [name, value] of whole.fields) {
    if (!whole.editable.includes(name)) continue;
    fields[name] = el("input", {value: name === "payload" ? "" : value, placeholder: name === "payload" ? tr("{octets}; type text, or hex:00ff", {octets: value}) : ""});
    parts.push(field(name, fields[name]));
  }
  const was = {raw: raw.value, opcode: opcode.value, ...Object.fromEntries(Object.entries(fields).map(([name, input]) => [name, input.value]))};
  parts.push(el("details", {}, el("summary", {}, tr("All octets")), raw));
  showDialog(tr("Edit {packet}", {packet: short(held)}), parts, tr("Change it"), () => {
    const changes = Object.entries(fields).filter(([name, input]) => input.value !== was[name]).map(([name, input]) => quoted(`${name}=${input.value}`));
    const ways = [raw.value !== was.raw, opcode.value !== was.opcode, changes.length > 0].filter(Boolean);
    if (ways.length > 1) return {ok: false, said: [tr("change only one of these: the opcode, the other fields, or all octets")]};
    if (raw.value !== was.raw) return act(`raw ${held.packet} ${raw.value.replace(/\s/g, "") || '""'}`);
    if (opcode.value !== was.opcode) {
      const number = Number(opcode.value);
      if (!Number.isInteger(number) || number < 0 || number > 65535) return {ok: false, said: [tr("opcode is a number from 0 to 65535")]};
      return act(`raw ${held.packet} ${number.toString(16).padStart(4, "0")}${whole.octets.slice(4)}`);
    }
    return changes.length ? act(`edit ${held.packet} ${changes.join(" ")}`) : {ok: false, said: [tr("change a field first")]};
  });
}

function askSet(end, name) {
  const ends = ENDS.filter(one => lab.view.ends[one].settable.length);
  if (!ends.length) return fails(new Error(tr("both ends have ended: go back first")));
  const which = el("select", {}, ...ends.map(one => el("option", {value: one, selected: one === end}, endOf(one))));
  const what = el("select", {}), value = el("input", {required: true}), both = el("input", {type: "checkbox"});
  const fillValue = () => { value.value = (lab.view.ends[which.value].variables.find(one => one[0] === what.value) || [])[1] || ""; };
  const fill = () => { what.replaceChildren(...lab.view.ends[which.value].settable.map(one => el("option", {selected: one === name}, one))); fillValue(); };
  which.onchange = fill;
  what.onchange = fillValue;
  fill();
  showDialog(tr("Set a variable"), [field(tr("Which end"), which), field(tr("Variable"), what), field(tr("Value"), value), el("label", {class: "check"}, both, " ", tr("set it at the other end, too; with block, the packets under way also change"))],
    tr("Set it"), () => act(`set ${which.value} ${what.value} ${quoted(value.value)}${both.checked ? " both" : ""}`));
}

const places = () => [["unusual", tr("anything that does not happen on a good network")], ["time-out", tr("a time-out")], ["outcome", tr("a transfer ends")], ["state client dallying", tr("the client comes to dallying")],
  ["packet ACK 2", tr("ACK 2 is sent or heard")], ["packet DATA 2", tr("DATA 2 is sent or heard")], ["variable client block", tr("block of the client changes")], ["row is_stale_ack", tr("a row with this guard is taken")], ["error", tr("an end comes into the state error")]];

function askStop() {
  const input = el("input", {list: "places", required: true, value: "unusual", spellcheck: "false"});
  const list = el("datalist", {id: "places"}, ...places().map(([value, words]) => el("option", {value}, words)));
  const set = lab.view.breakpoints.map(([number, words]) => el("li", {}, words, " ", button(tr("Remove"), async () => { await act(`delete ${number}`); askStop(); })));
  showDialog(tr("Stop at a place"), [field(tr("Place"), input), list, el("p", {class: "soft"}, tr("Examples: {examples}.", {examples: "state client dallying, packet ACK 2, sent server DATA, variable client block = 3, row is_stale_ack, time-out, unusual"})),
    set.length ? el("h3", {}, tr("It stops at")) : "", set.length ? el("ul", {}, ...set) : ""].filter(Boolean),
    tr("Run to it"), () => act(`until ${input.value}`), [button(tr("Stop there from now on"), async () => {
      const reply = await act(`break ${input.value}`);
      if (reply.ok) askStop(); else $("dialog-wrong").textContent = reply.said.join(" ");
    })]);
}

function askInject() {
  const end = el("select", {}, ...ENDS.map(one => el("option", {value: one}, endOf(one))));
  const kind = el("select", {}, ...["ACK", "DATA", "ERROR", "OACK", "RRQ", "raw"].map(name => el("option", {}, name)));
  const values = el("input", {value: "1", spellcheck: "false"}), stranger = el("input", {type: "checkbox"});
  const hints = {ACK: tr("block, such as {example}", {example: "3"}), DATA: tr("block and text, such as {example}", {example: "3 hello"}), ERROR: tr("code and message, such as {example}", {example: "1 no file"}),
    OACK: tr("options, such as {example}", {example: "blksize=512"}), RRQ: tr("name of a file"), raw: tr("octets in hexadecimal")};
  const hint = el("p", {class: "soft"}, hints.ACK);
  kind.onchange = () => { hint.textContent = hints[kind.value]; };
  showDialog(tr("A new packet"), [field(tr("It arrives at the"), end), field(tr("Packet"), kind), field(tr("Fields"), values), hint, el("label", {class: "check"}, stranger, " ", tr("a stranger sends it, from another port"))],
    tr("Put it on the wire"), () => act(`inject ${end.value} ${kind.value} ${values.value.trim().split(/\s+/).map(quoted).join(" ")}${stranger.checked ? " stranger" : ""}`));
}

function askOwn() {
  const verb = el("select", {}, el("option", {value: "get"}, tr("get: read a file")), el("option", {value: "put"}, tr("put: write a file")));
  const numbers = {size: [tr("Octets of the file"), "1200"], blksize: [tr("Octets in a block"), ""], windowsize: [tr("Blocks before an ACK"), ""], timeout: [tr("Time-out to offer (s)"), ""]};
  const inputs = Object.fromEntries(Object.entries(numbers).map(([name, [, value]]) => [name, el("input", {inputmode: "numeric", value, placeholder: tr("not offered")})]));
  showDialog(tr("A transfer of your own"), [field(tr("The client does"), verb), ...Object.entries(inputs).map(([name, input]) => field(numbers[name][0], input))], tr("Begin it"), () => {
    const settings = {verb: verb.value};
    for (const [name, input] of Object.entries(inputs)) if (input.value.trim()) settings[name] = input.value.trim();
    return open({scenario: "own", settings});
  });
}

// Type any command of the debugger. `begin` is typed already, `hint` says what is missing.
function askLine(begin, hint) {
  const input = el("input", {value: begin || "", spellcheck: "false", autocomplete: "off", autocapitalize: "off"}), told = el("pre", {tabindex: "0", role: "log", "aria-label": tr("Reply"), hidden: true});
  showDialog(tr("Command line"), [field(tr("Command"), input), el("p", {class: "soft"}, hint || tr("Type a command of the debugger; `help` lists the commands.")), told], tr("Run it"), async () => {
    const before = lab.view.position, reply = await act(input.value);
    if (!reply.ok || (reply.view && reply.view.position !== before)) return reply;
    told.hidden = false;
    told.textContent = reply.said.join("\n") || tr("done");
    input.select();
    return null;
  });
  input.setSelectionRange(input.value.length, input.value.length);
}
