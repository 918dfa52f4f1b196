"""A frame: everything that the debugger shows of one step."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields

from tftp_fsm.debugger.candidates import Candidate, HasCandidates
from tftp_fsm.debugger.datagrams import Held
from tftp_fsm.frozen import frozen
from tftp_fsm.protocol.counters import Counters
from tftp_fsm.protocol.events import (
    Aborted,
    ErrorReceived,
    Event,
    Finished,
    MalformedReceived,
    Outcome,
    RequestReceived,
    Step,
    StorageFailed,
    StrayReceived,
    UnreachableReceived,
)
from tftp_fsm.protocol.rows import Row, State, Table
from tftp_fsm.protocol.session import Session
from tftp_fsm.trace.describe import event_words, reason
from tftp_fsm.trace.records import ByHand, Recorded, WireEvent

RING = 0x10000  # block numbers are 16 bits wide


@frozen
class Frame:
    """One step of one end.

    `packet` is the datagram of the event. `sent` has the datagrams that the step sent, with the
    lost ones. `asked` tells the candidate rows, if they are known. `before` and `variables` are the
    variables before and after the step. `tampered` records the user's changes to datagrams since
    the last frame. `fates` records the fates of the datagrams that this step sent. `notes` tells
    both in words, and all other changes by hand. `wire` has the datagrams under way afterwards.
    `by_hand` has the variables that the user set since the last frame. `numbered` is False if the
    numbers of the packets are guesses, because the trace has none. `really` says what really
    happened, because the reason knows only this end: see `happened`. `start` is the time of the
    first step on the clock of `step`, in seconds. `noted` has the user's notes about the step.
    """

    number: int
    end: str
    table: Table
    step: Step
    packet: Held | None
    sent: tuple[Held, ...]
    asked: HasCandidates | None
    before: Mapping[str, object]
    variables: Mapping[str, object]
    unusual: tuple[str, ...]
    notes: tuple[str, ...] = ()
    tampered: tuple[WireEvent, ...] = ()
    fates: tuple[WireEvent, ...] = ()
    wire: tuple[Held, ...] = ()
    by_hand: tuple[ByHand, ...] = ()
    numbered: bool = True
    really: tuple[str, ...] = ()
    start: float = 0.0
    noted: tuple[str, ...] = ()

    @property
    def now(self) -> float:
        """Seconds since the first step."""
        return self.step.now - self.start

    @property
    def candidates(self) -> tuple[Candidate, ...]:
        """The candidate rows, in order. They are computed again each time."""
        return () if self.asked is None else self.asked.candidates

    @property
    def row(self) -> Row | None:
        """The row that was taken."""
        return self.step.row

    @property
    def row_index(self) -> int | None:
        """The index of the row in the table."""
        return None if self.row is None else self.table.rows.index(self.row)

    @property
    def reason(self) -> str:
        """The row's sentence and its section."""
        return reason(self.step)

    @property
    def event_words(self) -> str:
        """The event in words: `DATA 2 (512 octets)`, `timeout`, ..."""
        if isinstance(self.step.event, RequestReceived) and self.packet is not None:
            return self.packet.words
        return event_words(self.step.event)

    @property
    def recorded(self) -> Recorded:
        """The step in the form of traces."""
        if not self.numbered:
            return Recorded(self.end, self.step)
        heard = None if self.packet is None else self.packet.origin
        return Recorded(self.end, self.step, heard, tuple(held.number for held in self.sent))

    @property
    def changed(self) -> tuple[str, ...]:
        """The names of the variables that the step changed."""
        return tuple(n for n, value in self.variables.items() if self.before.get(n) != value)

    @property
    def deadline(self) -> float | None:
        """The time of this end's next time-out (seconds), or None."""
        value = self.variables.get("deadline")
        return value if isinstance(value, float | int) else None

    @property
    def outcome(self) -> Finished | None:
        """The outcome of the transfer for this end, if this step decided it."""
        return next((e for e in self.step.effects if isinstance(e, Finished)), None)

    @property
    def rolls_over(self) -> bool:
        """Whether a block number went from 65535 to 0 in this step."""
        name = "sent" if "sent" in self.variables else "block"
        return _turns(self.before.get(name)) < _turns(self.variables.get(name))


def _turns(block: object) -> int:
    return max(block, 0) // RING if isinstance(block, int) else 0


def variables_of(session: Session) -> dict[str, object]:
    """Return the protocol's variables and the counters in the form for display."""
    variables, counters = session.variables(), session.counters
    more = {name: getattr(counters, name) for name in _COUNTERS if name not in variables}
    return {**variables, **more}


_COUNTERS = tuple(field.name for field in fields(Counters) if field.name != "blocks")


def unusual(before: Session, after: Session, step: Step) -> tuple[str, ...]:
    """Return the facts of this step that would not happen over a good wire."""
    found = [
        _SINGULAR[name]
        for name in _SINGULAR
        if getattr(after.counters, name) > getattr(before.counters, name)
    ]
    if step.row is None:
        found.append("unheard")
    if type(step.event) in _SINGULAR_EVENTS and not found:
        found.append(_SINGULAR_EVENTS[type(step.event)])
    if step.after is State.ERROR or _failed(step):
        found.append("failure")
    return tuple(found)


_SINGULAR = {
    "timeouts": "time-out",
    "duplicates": "duplicate",
    "gaps": "gap",
    "strays": "stray",
    "ignored": "ignored",
    "retransmissions": "retransmission",
}


_SINGULAR_EVENTS: dict[type[Event], str] = {
    Aborted: "aborted",
    ErrorReceived: "error",
    MalformedReceived: "malformed",
    StorageFailed: "storage-failed",
    StrayReceived: "stray",
    UnreachableReceived: "unreachable",
}


def _failed(step: Step) -> bool:
    good = (Outcome.SUCCEEDED, Outcome.PROBED)
    return any(isinstance(e, Finished) and e.outcome not in good for e in step.effects)


def entries_of(frames: Iterable[Frame]) -> Iterator[Recorded | WireEvent | ByHand]:
    """Yield the frames in the form for ladders."""
    for frame in frames:
        yield from frame.by_hand
        yield from frame.tampered
        yield frame.recorded
        yield from frame.fates


def noted_in(about: Mapping[str, object]) -> dict[int, tuple[str, ...]]:
    """Return the notes of a trace. Other records are skipped."""
    found: dict[int, tuple[str, ...]] = {}
    told = about.get("notes")
    for record in told if isinstance(told, list) else []:
        match record:
            case [int(at), str(words)] if at > 0:
                found[at] = (*found.get(at, ()), words)
    return found
