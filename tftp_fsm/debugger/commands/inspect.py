"""Commands that change nothing: they show steps, packets, variables, guards, the wire, help."""

from __future__ import annotations

from collections.abc import Iterator

from tftp_fsm.borders.columns import left
from tftp_fsm.debugger.commands.language import (
    ALIASES,
    COMMANDS,
    Command,
    Debugger,
    Reply,
    command,
    no_command,
    usage,
    whole_number,
)
from tftp_fsm.debugger.commands.quiz import Quiz
from tftp_fsm.debugger.commands.text import (
    choice_lines,
    file_line,
    guard_lines,
    ladder_lines,
    packet_lines,
    step_lines,
    table_lines,
    variable_lines,
    wire_lines,
    wrapped,
)
from tftp_fsm.debugger.datagrams import Held, fields_of
from tftp_fsm.debugger.frames import Frame
from tftp_fsm.debugger.jsonl import choice_to_json
from tftp_fsm.debugger.recording import write_trace
from tftp_fsm.debugger.refusals import NOTHING_YET, no_step
from tftp_fsm.debugger.variables import settable
from tftp_fsm.errors import LocalError
from tftp_fsm.ladder.build import build
from tftp_fsm.ladder.text import text_ladder
from tftp_fsm.language import mark, mark_p, marked, sentence, sentence_n, shown, tr, tr_p
from tftp_fsm.protocol.gloss import unusual_gloss

GROUP = "inspect"
GROUPS = {
    "navigate": mark_p("commands", "navigate"),
    "inspect": mark_p("commands", "inspect"),
    "tamper": mark_p("commands", "tamper"),
    "expect": mark_p("commands", "expect"),
}
LADDER = 12  # steps
HELP_COLUMN = 29  # where the explanations of the commands begin
_NOTHING_YET = mark("nothing has happened yet")
_NOWHERE = mark("no step contains this text")
_QUIZ_ON = mark("the quiz is on")
_QUIZ_OFF = mark("the quiz is off")


@command("show", "[N]", mark("show the last step in full, or step N"), GROUP)
def show(debugger: Debugger, words: list[str]) -> Reply:
    if not words:
        return debugger.here()
    frame = _frame(debugger, whole_number(words, "show", 0))
    return Reply(tuple(step_lines(frame, frame.now)), (frame,))


@command(
    "next",
    "[all]",
    mark("list what can happen next, and the state after it; `choose N` lets it happen"),
    GROUP,
)
def next_(debugger: Debugger, words: list[str]) -> Reply:
    choices, now = debugger.stepper.choices(), debugger.stepper.now
    if words not in ([], ["all"]):
        raise usage("next")
    lines = choice_lines(choices, now, rare=words == ["all"])
    return Reply(tuple(lines), value={"next": [choice_to_json(choice) for choice in choices]})


@command(
    "why", "", mark("show the rows for the event of this step, and the value of each guard"), GROUP
)
def why(debugger: Debugger, words: list[str]) -> Reply:
    frame = _here(debugger)
    label = tr_p("label", "why: ")
    lines = [*guard_lines(frame.candidates, frame.table.name), *wrapped(label, shown(frame.reason))]
    if not frame.candidates:
        lines = [sentence("no row was tried: {why}", why=frame.reason)]
    return Reply(tuple(lines), (frame,))


@command(
    "packet",
    "[N] [all]",
    mark("show the fields and octets of packet N, or of the last packet that was heard"),
    GROUP,
)
def packet(debugger: Debugger, words: list[str]) -> Reply:
    whole = words[-1:] == ["all"]
    numbers = words[:-1] if whole else words
    held = _packet(debugger, numbers)
    return Reply(tuple(packet_lines(held, whole=whole)))


@command("compare", "N M", mark("compare two packets, field by field"), GROUP)
def compare(debugger: Debugger, words: list[str]) -> Reply:
    if len(words) != 2:
        raise usage("compare")
    first, second = (_packet(debugger, [word]) for word in words)
    return Reply(tuple(_differences(first, second)))


@command(
    "variables",
    "[END]",
    mark("show the variables of both ends, or of one; * marks what the last step changed"),
    GROUP,
)
def variables(debugger: Debugger, words: list[str]) -> Reply:
    sessions, frame = debugger.stepper.world.sessions, debugger.stepper.frame
    lines: list[str] = []
    for end, known in debugger.stepper.variables.items():
        if words in ([], [end]):
            session = sessions[end]
            own = frame if frame is not None and frame.end == end else None
            lines += [f"{end} ({session.table.name})"]
            lines += variable_lines(own, known.items())
            lines += wrapped(tr("  you can set: "), ", ".join(settable(session))) if words else []
    if not lines:
        given, ends = " ".join(words), ", ".join(sessions)
        raise LocalError(
            sentence("there is no end {end!r}; this run has: {known}", end=given, known=ends)
        )
    return Reply(tuple(lines))


@command("wire", "", mark("list the packets under way"), GROUP)
def wire(debugger: Debugger, words: list[str]) -> Reply:
    return Reply(tuple(wire_lines(debugger.stepper.wire)))


@command(
    "ladder", "[N|full]", mark("show the last steps, one a line; `full` draws the whole run"), GROUP
)
def ladder(debugger: Debugger, words: list[str]) -> Reply:
    stepper = debugger.stepper
    if words == ["full"]:
        if not stepper.position:
            return Reply((_NOTHING_YET,))
        drawn = build(stepper.entries(), (held.origin for held in stepper.wire))
        return Reply(tuple(text_ladder(drawn, debugger.width).splitlines()))
    last = whole_number(words, "ladder", LADDER)
    return Reply(tuple(ladder_lines(stepper.past, current=stepper.position, last=last)))


@command(
    "table",
    "",
    mark("show the rows of the end that made this step, and mark the row that was taken"),
    GROUP,
)
def table(debugger: Debugger, words: list[str]) -> Reply:
    return Reply(tuple(table_lines(_here(debugger), debugger.width)))


@command(
    "search", "TEXT", mark("find the steps whose event, row, reason or packets contain TEXT"), GROUP
)
def search(debugger: Debugger, words: list[str]) -> Reply:
    text = " ".join(words).lower()
    if not text:
        raise usage("search")
    said = said_in if text.isascii() else shown_in
    found = [frame for frame in debugger.stepper.frames if text in said(frame).lower()]
    lines = [f"  {frame.number}: {frame.end} {shown(frame.event_words)}" for frame in found]
    return Reply(tuple(lines) or (_NOWHERE,), tuple(found))


@command("file", "", mark("say whether the receiver has the whole file"), GROUP)
def file(debugger: Debugger, words: list[str]) -> Reply:
    world = debugger.stepper.world
    octets = max((s.counters.octets for s in world.sessions.values()), default=0)
    return Reply((file_line(world.intact, octets, compared=world.compares),))


@command(
    "save", "FILE", mark("write the run so far as a trace; tftp-fsm debug FILE opens it"), GROUP
)
def save(debugger: Debugger, words: list[str]) -> Reply:
    if len(words) != 1:
        raise usage("save")
    write_trace(debugger.stepper, words[0])
    steps = debugger.stepper.position
    return Reply(
        (
            sentence_n(
                "1 step written: tftp-fsm debug {path}",
                "{count:,} steps written: tftp-fsm debug {path}",
                steps,
                path=words[0],
            ),
        )
    )


@command("quiz", "on|off", mark("hide the next state and ask for it"), GROUP)
def quiz(debugger: Debugger, words: list[str]) -> Reply:
    if words not in (["on"], ["off"]):
        raise usage("quiz")
    debugger.quiz = Quiz() if words == ["on"] else None
    return Reply((marked(_QUIZ_ON if words == ["on"] else _QUIZ_OFF),))


@command("help", "[COMMAND]", mark("list the commands, or explain one of them"), GROUP)
def help_(debugger: Debugger, words: list[str]) -> Reply:
    if words:
        found = COMMANDS.get(ALIASES.get(words[0], words[0]))
        if found is None:
            raise no_command(words[0], (*COMMANDS, *ALIASES))
        return Reply((f"{found.name} {found.usage}".rstrip(), *_indented(shown(found.help))))
    return Reply(tuple(_help()))


@command("quit", "", mark("leave the debugger"), GROUP)
def quit_(debugger: Debugger, words: list[str]) -> Reply:
    return Reply(quits=True)


def said_in(frame: Frame) -> str:
    """Return the text in which `search` searches."""
    return "\n".join(_said_in(frame))


def shown_in(frame: Frame) -> str:
    """Return the text in which `search` searches, in the language of the user."""
    return "\n".join(map(shown, (*_said_in(frame), unusual_gloss(frame.unusual))))


def _said_in(frame: Frame) -> tuple[str, ...]:
    row = str(frame.row) if frame.row is not None else ""
    packets = (h.words for h in (*frame.sent, *([frame.packet] if frame.packet else [])))
    more = (*packets, *frame.unusual, *frame.notes, *frame.noted)
    return frame.event_words, row, frame.reason, *more


def find_packet(debugger: Debugger, number: int) -> Held:
    """Return the packet of this number, under way or not. LocalError: it never existed."""
    seen = {h.number: h for frame in debugger.stepper.past for h in frame.sent}
    seen |= {h.number: h for f in debugger.stepper.past if (h := f.packet) is not None}
    seen |= {held.number: held for held in debugger.stepper.wire}
    if number not in seen:
        raise LocalError(
            sentence(
                "there was no packet {number}; `wire` lists the packets under way", number=number
            )
        )
    return seen[number]


def _packet(debugger: Debugger, words: list[str]) -> Held:
    if words:
        return find_packet(debugger, whole_number(words, "packet", 0))
    frame = _here(debugger)
    held = frame.packet or (frame.sent[0] if frame.sent else None)
    if held is None:
        raise LocalError(
            sentence("no packet was heard or sent in this step; `packet N` shows packet N")
        )
    return held


def _here(debugger: Debugger) -> Frame:
    frame = debugger.stepper.frame
    if frame is None:
        raise LocalError(NOTHING_YET)
    return frame


def _frame(debugger: Debugger, number: int) -> Frame:
    if not 1 <= number <= len(debugger.stepper.frames):
        raise no_step(number, len(debugger.stepper.frames))
    return debugger.stepper.frames[number - 1]


def _differences(first: Held, second: Held) -> Iterator[str]:
    ours = {field.name: field.value for field in fields_of(first.octets)}
    theirs = {field.name: field.value for field in fields_of(second.octets)}
    for name in dict.fromkeys([*ours, *theirs]):
        sign = " " if ours.get(name) == theirs.get(name) else "*"
        one, other = shown(ours.get(name, "-")), shown(theirs.get(name, "-"))
        yield f"{sign} {left(name, 12)} {left(one, 28)} {other}"
    same = first.octets == second.octets
    yield tr("the same octets") if same else tr("different octets")


def _help() -> Iterator[str]:
    groups: dict[str, list[Command]] = {group: [] for group in GROUPS}
    for found in COMMANDS.values():
        groups[found.group].append(found)
    for group, commands in groups.items():
        yield f"{shown(GROUPS[group])}:"
        for found in commands:
            yield from _entry(f"  {found.name} {found.usage}", shown(found.help).splitlines()[0])
    yield tr("END is client or server; an empty line steps; # begins a comment")


def _entry(form: str, does: str) -> Iterator[str]:
    """Yield a command with its explanation beside it, or below it if the command is too long."""
    if len(form) >= HELP_COLUMN:
        yield form
        form = ""
    yield from wrapped(left(form, HELP_COLUMN), does)


def _indented(text: str) -> Iterator[str]:
    return (f"  {line.strip()}" if line.strip() else "" for line in text.splitlines())
