"""Setting a session's variables by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

from tftp_fsm.debugger.breakpoints import read_state
from tftp_fsm.errors import LocalError
from tftp_fsm.language import layout, sentence
from tftp_fsm.protocol.counters import Counters
from tftp_fsm.protocol.receiver import Receiver
from tftp_fsm.protocol.sender import Sender
from tftp_fsm.protocol.session import Session
from tftp_fsm.wire.headers import ack_octets, data_header
from tftp_fsm.wire.ranges import BLKSIZE, WINDOWSIZE, Range

NUMBER = Range(0, 1 << 40)  # blocks or octets; a larger number is a typing mistake
SECONDS = Range(0, 1 << 40, "seconds", is_whole=False)


def settable(session: Session) -> tuple[str, ...]:
    """Return the names that `assign` takes for this session, with `block`."""
    own = [name for name in _NUMBERS + _FLAGS if hasattr(session, name)]
    return ("block", "state", "rto", "deadline", *own, *(f.name for f in fields(Counters)))


def assign(session: Session, name: str, text: str) -> None:
    """Set `name` to the value of `text`. LocalError: the variable or the value is wrong."""
    if name not in settable(session) or name == "block":
        known = ", ".join(settable(session))
        raise LocalError(
            sentence(
                "{name!r} is not a variable that can be set here; these can be set: {known}",
                name=name,
                known=known,
            )
        )
    match name:
        case "state":
            session.state = read_state(text)
            session.deadline = None if session.state.is_final else session.deadline
        case "rto":
            _fix_rto(session, _read(SECONDS, name, text))
        case "deadline":
            session.deadline = None if text == "none" else _read(SECONDS, name, text)
        case _ if name in _FLAGS:
            setattr(session, name, _flag(name, text))
        case _ if name in _NUMBERS:
            setattr(session, name, _read(_RANGES.get(name, NUMBER), name, text))
        case _:
            setattr(session.counters, name, _read(NUMBER, name, text))


_NUMBERS = ("blksize", "windowsize", "retries", "acknowledged", "received", "sent", "burst")
_RANGES = {"blksize": BLKSIZE, "windowsize": WINDOWSIZE}
_FLAGS = ("gap_reported",)


def set_by_hand(
    sessions: Mapping[str, Session], end: str, name: str, value: str, both: bool
) -> int:
    """Set `name` of `end`, or of `both` ends, to `value`.

    Return the change of the block numbers, which is the same at both ends. LocalError: this is not
    possible, and nothing has changed.
    """
    chosen = list(sessions.values()) if both else [sessions[end]]
    if name == "block":
        return _renumber(chosen, _read(NUMBER, name, value) - block_of(sessions[end]))
    for session in [*(session.copy() for session in chosen), *chosen]:
        assign(session, name, value)
    return 0


def _fix_rto(session: Session, seconds: float) -> None:
    """Set the length of the next wait, even if earlier time-outs have doubled the waits."""
    timer, before = session.timer, -1.0
    timer.fix(seconds)
    while before != timer.rto > seconds:
        before = timer.rto
        timer.ease()


def _renumber(sessions: Sequence[Session], by: int) -> int:
    if any(block_of(session) < 0 for session in sessions):
        raise LocalError(sentence("no block has been asked for yet: take a step first"))
    if any(_least(session) + by < 0 for session in sessions):
        raise LocalError(
            sentence("that would put a block before the first: choose a higher number")
        )
    for session in sessions:
        assert isinstance(session, Receiver | Sender)
        session.renumber(by)
    return by


def block_of(session: Session) -> int:
    """Return the last block that a receiver has in order, or the last acknowledged block."""
    return int(str(session.variables()["block"]))


def _least(session: Session) -> int:
    known = session.variables()
    return min(int(str(known[name])) for name in ("block", "acknowledged") if name in known)


def shifted(octets: bytes, by: int) -> bytes:
    """Return a DATA or ACK with its block number changed by `by`. Other packets stay the same."""
    block = int.from_bytes(octets[2:4], "big")
    for header in (data_header, ack_octets):
        if octets[:4] == header(block):
            return header(block + by) + octets[4:]
    return octets


def _read(allowed: Range, name: str, text: str) -> Any:
    try:
        return allowed.read(text)
    except ValueError as wrong:
        why = str(wrong)
        raise LocalError(layout("{name}: {why}", name=name, why=why)) from None


def _flag(name: str, text: str) -> bool:
    if text not in ("yes", "no"):
        raise LocalError(sentence("{name} must be yes or no, not {text!r}", name=name, text=text))
    return text == "yes"
