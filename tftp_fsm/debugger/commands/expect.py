"""The command `expect`: scripts and graders check a condition with it.

expect state client receiving          expect guard is_next_run yes
expect client block 3                  expect sends ACK 2        expect silence
expect server retransmissions >= 1     expect total sent DATA 2 = 2
expect row note_duplicate              expect outcome client succeeded
expect event DATA 2                    expect unusual duplicate
expect end server                      expect file whole
expect step 12
"""

from __future__ import annotations

from tftp_fsm.debugger.breakpoints import (
    OPERATORS,
    holds,
    names_row,
    packet,
    read_comparison,
    read_packet,
    text_of,
)
from tftp_fsm.debugger.commands.language import Debugger, Reply, command, usage
from tftp_fsm.debugger.frames import Frame, variables_of
from tftp_fsm.errors import LocalError
from tftp_fsm.language import joined, layout, mark, marked, sentence
from tftp_fsm.protocol.session import Session

SYNTAX = """\
    state END STATE | END VARIABLE [OP] VALUE | outcome END OUTCOME | end END | step N
    row WORD | event WORDS | guard NAME yes|no | unusual WORD|none
    sends KIND [BLOCK] | silence | total sent|heard KIND [BLOCK] [OP] N | file whole|none"""
DOES = mark("fail unless WHAT is true")


@command(
    "expect", "WHAT ...", layout("{does}\n{syntax}", does=marked(DOES), syntax=SYNTAX), "expect"
)
def expect(debugger: Debugger, words: list[str]) -> Reply:
    if not words:
        raise usage("expect")
    held, found = _look(debugger, words)
    wanted = " ".join(words)
    value = {"expect": wanted, "held": held, "found": found}
    if held:
        return Reply((sentence("as expected: {wanted}", wanted=wanted),), value=value)
    told = sentence("expected {wanted}, found {found}", wanted=wanted, found=found)
    return Reply((told,), ok=False, value=value)


def _look(debugger: Debugger, words: list[str]) -> tuple[bool, str]:
    """Return whether the condition holds, and the value that was found."""
    match words:
        case ["state", end, state]:
            found = _session(debugger, end).state.value
            return found == state, found
        case ["outcome", end, outcome]:
            told = _session(debugger, end).outcome
            found = told.outcome.value if told else "none"
            return found == outcome, found
        case ["file", "whole" | "none" as wanted]:
            whole = debugger.stepper.world.intact is True
            return whole is (wanted == "whole"), "whole" if whole else "none"
        case ["step", number]:
            found = str(debugger.stepper.position)
            return found == number, found
        case ["total", "sent" | "heard" as way, *what]:
            return _total(debugger, way, what)
        case [end, name, *comparison] if end in debugger.stepper.world.sessions and comparison:
            return _variable(debugger, end, name, comparison)
        case _:
            return _look_at_frame(debugger, words)


def _look_at_frame(debugger: Debugger, words: list[str]) -> tuple[bool, str]:
    frame = debugger.stepper.frame
    if frame is None:
        return False, sentence("no step yet")
    match words:
        case ["end", end]:
            return frame.end == end, frame.end
        case ["row", word]:
            found = f"{frame.row_index}: {frame.row}" if frame.row else "none"
            return names_row(frame, word), found
        case ["event", *rest] if rest:
            found = f"{frame.event_words}"  # in English, as users type it in every language
            return f"{found} ".startswith(f"{' '.join(rest)} "), found
        case ["guard", name, answer]:
            return _guard(frame, name, answer)
        case ["unusual", word]:
            return word in (frame.unusual or ("none",)), ", ".join(frame.unusual) or "none"
        case ["silence"]:
            return not frame.sent, _sent(frame)
        case ["sends", *rest] if rest:
            return packet(read_packet(rest), "sent")(frame) is not None, _sent(frame)
    given = " ".join(words)
    raise LocalError(
        sentence("`expect` does not know {words!r}; `help expect` lists what it knows", words=given)
    )


def _session(debugger: Debugger, end: str) -> Session:
    sessions = debugger.stepper.world.sessions
    if end not in sessions:
        known = ", ".join(sessions)
        raise LocalError(sentence("there is no {end}; this run has: {known}", end=end, known=known))
    return sessions[end]


def _variable(debugger: Debugger, end: str, name: str, comparison: list[str]) -> tuple[bool, str]:
    known = variables_of(_session(debugger, end))
    if name not in known:
        names = ", ".join(known)
        raise LocalError(
            sentence(
                "{end} has no variable {name!r}; its variables are: {names}",
                end=end,
                name=name,
                names=names,
            )
        )
    compare, wanted = read_comparison(comparison)
    return holds(known[name], compare, wanted), text_of(known[name])


def _guard(frame: Frame, name: str, answer: str) -> tuple[bool, str]:
    asked = [guard for candidate in frame.candidates for guard in candidate.guards]
    values = {guard.name: "yes" if guard.value else "no" for guard in asked}
    found = values.get(name, sentence("this guard was not asked"))
    return found == answer, found


def _total(debugger: Debugger, way: str, what: list[str]) -> tuple[bool, str]:
    """Compare the number of such packets up to the present step: `DATA 2 = 2`, `DATA >= 4`."""
    at = next((i for i, word in enumerate(what) if word in OPERATORS), len(what) - 1)
    if at < 1:
        raise LocalError(sentence("say which packet, and how many: expect total sent DATA 2 = 1"))
    compare, wanted = read_comparison(what[at:])
    like = read_packet(what[:at])
    found = sum(
        like.fits(held)
        for frame in debugger.stepper.past
        for held in (frame.sent if way == "sent" else [frame.packet])
        if held is not None
    )
    return holds(found, compare, wanted), str(found)


def _sent(frame: Frame) -> str:
    if not frame.sent:
        return sentence("nothing")
    return joined(", ", [held.words for held in frame.sent])
