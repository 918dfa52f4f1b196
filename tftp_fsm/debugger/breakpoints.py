"""Breakpoints: where to stop, and the words of a user for it.

unusual                         a step that would not happen over a good wire
state [END] STATE               an end comes into this state
row WORD                        a row is taken: its number, or an action or event in it
packet|sent|heard [END] KIND [BLOCK] [FIELD=VALUE ...]
variable [END] NAME [OP VALUE]  it changes; with a value: the comparison becomes true
time-out [END], roll-over, error, outcome
"""

from __future__ import annotations

import operator
import re
import shlex
from collections.abc import Callable, Sequence
from typing import Any

from tftp_fsm.debugger.datagrams import Held, fields_of, is_whole
from tftp_fsm.debugger.frames import Frame
from tftp_fsm.errors import LocalError
from tftp_fsm.frozen import frozen
from tftp_fsm.language import joined, sentence
from tftp_fsm.protocol.events import TimeoutExpired
from tftp_fsm.protocol.gloss import state_gloss
from tftp_fsm.protocol.rows import Row, State

ENDS = ("client", "server")
OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


@frozen
class At:
    """A breakpoint. Called with a frame, it returns the reason to stop there, or None.

    `words` is the text that the command `break` reads.
    """

    words: str
    test: Callable[[Frame], bool]

    def __call__(self, frame: Frame) -> str | None:
        return self.words if self.test(frame) else None


def unusual() -> At:
    """Stop at a step that would not happen over a good wire."""
    return At("unusual", lambda frame: bool(frame.unusual))


def entered(state: State, end: str | None = None) -> At:
    """Stop when an end comes into `state`."""

    def test(frame: Frame) -> bool:
        step = frame.step
        return step.after is state and step.before is not state and end in (None, frame.end)

    return At(f"state {_of(end)}{state.value}", test)


def row_taken(word: str) -> At:
    """Stop when a row is taken. `word` is its index, or the name of an event, guard or action."""
    return At(f"row {_word(word)}", lambda frame: names_row(frame, word))


def names_row(frame: Frame, word: str) -> bool:
    """Return whether `word` names the row of `frame`."""
    row = frame.row
    if row is None:
        return word == "none"
    return word == str(frame.row_index) or word in _names_in(row)


def _names_in(row: Row) -> tuple[str, ...]:
    return (row.trigger, *row.conditions, *row.unless, *row.after)


KINDS = ("rrq", "wrq", "data", "ack", "error", "oack", "malformed")


@frozen
class PacketLike:
    """A description of datagrams: kind, block, and fields as they are shown."""

    kind: str
    block: int | None = None
    fields: tuple[tuple[str, str], ...] = ()

    def fits(self, held: Held) -> bool:
        """Return whether the description fits this datagram."""
        if held.kind.lower() != self.kind.lower() or self.block not in (None, held.block):
            return False
        found = {field.name: field.value for field in fields_of(held.octets)}
        return all(found.get(name) == value for name, value in self.fields)


def packet(like: PacketLike, way: str = "packet", end: str | None = None) -> At:
    """Stop when an end sends or hears such a packet, or only one of both if `way` says so."""

    def test(frame: Frame) -> bool:
        heard = (frame.packet,) if frame.packet is not None and way != "sent" else ()
        sent = frame.sent if way != "heard" else ()
        return end in (None, frame.end) and any(like.fits(held) for held in (*heard, *sent))

    block = "" if like.block is None else f" {like.block}"
    fields = "".join(f" {_word(f'{name}={value}')}" for name, value in like.fields)
    return At(f"{way} {_of(end)}{like.kind.upper()}{block}{fields}", test)


def variable(name: str, end: str | None = None, compare: str = "", value: str = "") -> At:
    """Stop when the variable changes. With a comparison, the new value must also fit it."""

    def test(frame: Frame) -> bool:
        if name not in frame.changed or end not in (None, frame.end):
            return False
        return not compare or holds(frame.variables[name], compare, value)

    comparison = f" {_word(f'{compare}{value}')}" if compare else ""
    return At(f"variable {_of(end)}{_word(name)}{comparison}", test)


def _word(text: str) -> str:
    """One word of a command line."""
    return text if re.fullmatch(r"[^\s'\"\\#]+", text) else shlex.quote(text)


def _of(end: str | None) -> str:
    return "" if end is None else f"{end} "


def holds(found: object, compare: str, wanted: str) -> bool:
    """Return whether the comparison holds. Numbers are compared as numbers, the rest as text."""
    if compare not in OPERATORS:
        known = " ".join(OPERATORS)
        raise LocalError(
            sentence("{sign!r} is not a comparison: use one of {known}", sign=compare, known=known)
        )
    try:
        return OPERATORS[compare](float(str(found)), float(wanted))
    except ValueError:
        same = text_of(found) == wanted
        return same if compare == "=" else not same if compare == "!=" else False


def text_of(value: object) -> str:
    """Return the value of a variable in the form that a user writes."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "none" if value is None else str(value)


def timed_out(end: str | None = None) -> At:
    """Stop at a time-out."""
    return At(
        f"time-out {_of(end)}".rstrip(),
        lambda f: isinstance(f.step.event, TimeoutExpired) and end in (None, f.end),
    )


def rolled_over() -> At:
    """Stop when a block number goes from 65535 to 0."""
    return At("roll-over", lambda frame: frame.rolls_over)


def failed() -> At:
    """Stop when an end comes into `error`."""
    return At("error", lambda frame: frame.step.after is State.ERROR)


def told() -> At:
    """Stop when an end has an outcome."""
    return At("outcome", lambda frame: frame.outcome is not None)


def read_breakpoint(words: Sequence[str]) -> At:
    """Return the breakpoint of these words. Raises LocalError if they describe none."""
    if not words:
        raise LocalError(sentence("say where to stop; `help break` lists the places"))
    kind, rest = words[0], list(words[1:])
    end = rest.pop(0) if rest and rest[0] in ENDS else None
    match kind, rest:
        case "unusual", []:
            return unusual()
        case "state", [name]:
            return entered(read_state(name), end)
        case "row", [word]:
            return row_taken(word)
        case "packet" | "sent" | "heard", [_, *_]:
            return packet(read_packet(rest), kind, end)
        case "variable" | "counter", [name, *comparison]:
            return variable(name, end, *read_comparison(comparison))
        case "time-out" | "timeout", []:
            return timed_out(end)
        case "roll-over" | "rollover", []:
            return rolled_over()
        case "error", []:
            return failed()
        case "outcome", []:
            return told()
    given = " ".join(words)
    raise LocalError(
        sentence("{words!r} is not a place to stop; `help break` lists the places", words=given)
    )


def read_state(name: str) -> State:
    """Return the state of this name. Raises LocalError if there is none."""
    try:
        return State(name)
    except ValueError:
        known = joined(", ", [state_gloss(state) for state in State])
        raise LocalError(
            sentence("{name!r} is not a state; the states are: {known}", name=name, known=known)
        ) from None


def read_packet(words: Sequence[str]) -> PacketLike:
    """Read `DATA 3`, `ACK` or `ERROR code=5`. Raises LocalError for other words."""
    kind, *rest = words
    if kind.lower() not in KINDS:
        known = ", ".join(KINDS).upper()
        raise LocalError(
            sentence(
                "{kind!r} is not a kind of packet; the kinds are: {known}", kind=kind, known=known
            )
        )
    block = int(rest.pop(0)) if rest and is_whole(rest[0]) else None
    for word in rest:
        if "=" not in word:
            raise LocalError(sentence("{word!r} is neither a block nor FIELD=VALUE", word=word))
    pairs = tuple((name, value) for name, _, value in (word.partition("=") for word in rest))
    return PacketLike(kind, block, pairs)


def read_comparison(words: Sequence[str]) -> tuple[str, str]:
    """Read `>= 3`, `3` (which means `= 3`), or no words. Raises LocalError for other words."""
    match list(words):
        case []:
            return "", ""
        case [value] if value.lstrip("<>=!") == value:
            return "=", value
        case [joined] if joined.lstrip("<>=!"):
            value = joined.lstrip("<>=!")
            return joined.removesuffix(value), value
        case [compare, value] if compare in OPERATORS:
            return compare, value
    given = " ".join(words)
    raise LocalError(sentence("{words!r} is not a comparison: write one such as >= 3", words=given))
