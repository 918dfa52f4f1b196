"""A recorded trace, stepped forwards and backwards.

The sessions are built again and hear the recorded events, so that guards and variables can be
shown. If a session's step differs from the recorded one (its trace begins in the middle, or octets
were changed by hand), the recorded step is shown without guards.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from dataclasses import replace

from tftp_fsm.debugger import moves as m
from tftp_fsm.debugger.datagrams import NOBODY, Held
from tftp_fsm.debugger.frames import Frame, unusual, variables_of
from tftp_fsm.debugger.guards import candidates
from tftp_fsm.debugger.variables import set_by_hand, shifted
from tftp_fsm.errors import LocalError
from tftp_fsm.protocol.events import (
    AckReceived,
    DataReceived,
    Effect,
    ErrorReceived,
    Event,
    Finished,
    OackReceived,
    Outcome,
    RequestReceived,
    Send,
    SendAcks,
    SendBlocks,
    Step,
)
from tftp_fsm.protocol.sender import Sender
from tftp_fsm.protocol.session import Session
from tftp_fsm.trace.codec import Json
from tftp_fsm.trace.describe import event_words
from tftp_fsm.trace.records import Recorded, WireEvent
from tftp_fsm.trace.trace import SESSIONS, Sessions, Trace, rebuild
from tftp_fsm.wire.address import Address
from tftp_fsm.wire.headers import ack_octets, data_header
from tftp_fsm.wire.packets import Error, Oack, build

UNKNOWN: Address = ("?", 0)
_WHY = "the trace begins in the middle, or octets were changed by hand"


class RecordedWorld:
    """The steps of `trace`. `sessions` may have tables that are not the product's own."""

    rewinds = True

    def __init__(self, trace: Trace, sessions: Sessions = SESSIONS) -> None:
        self._trace = trace
        self._steps = [at for at, entry in enumerate(trace.entries) if isinstance(entry, Recorded)]
        self._taken = 0
        self._sent = 0
        self._held: list[Held] = []
        self._sessions = {end: rebuild(head, sessions) for end, head in trace.ends.items()}
        self._strayed: set[str] = set()

    # -- What a stepper asks ----------------------------------------------------------------------

    @property
    def now(self) -> float:
        """The time of the last step, in seconds on the recorder's clock."""
        return self._entry(max(self._taken - 1, 0)).step.now if self._steps else 0.0

    @property
    def sessions(self) -> Mapping[str, Session]:
        """The sessions that were built again."""
        return self._sessions

    @property
    def variables(self) -> Mapping[str, Mapping[str, object]]:
        """All variables of a session that follows the trace.

        Of one that cannot, only the state is known, and at the end what the trace kept.
        """
        return {end: self._variables(end) for end in self._sessions}

    @property
    def wire(self) -> tuple[Held, ...]:
        """The datagrams that were sent and not yet heard, as far as the trace tells."""
        return tuple(self._held)

    @property
    def headers(self) -> Mapping[str, Json]:
        """See `World`."""
        return self._trace.ends

    @property
    def about(self) -> Json:
        """See `World`."""
        return self._trace.about

    @property
    def remarks(self) -> tuple[str, ...]:
        """Says whose guards are not known."""
        ends = ", ".join(sorted(self._strayed))
        return (f"the guards of {ends} cannot be asked: {_WHY}",) if ends else ()

    @property
    def compares(self) -> bool:
        """A trace keeps no octets of the file."""
        return False

    @property
    def intact(self) -> bool | None:
        """A receiver that succeeded has the whole file."""
        done = [s.outcome for s in self._sessions.values() if s.accepts_data]
        return any(told == Finished(Outcome.SUCCEEDED) for told in done) or None

    def next_move(self) -> m.Move | None:
        """The next recorded step."""
        return m.Replay() if self._taken < len(self._steps) else None

    def choices(self) -> tuple[m.Choice, ...]:
        """Only the next recorded step."""
        if self._taken == len(self._steps):
            return ()
        entry = self._entry(self._taken)
        words, step = event_words(entry.step.event), entry.step
        leads_to = step.after if step.row is not None else None
        return (m.Choice(words, m.Replay(), step.now, entry.end, step.row, leads_to, "next"),)

    def copy(self) -> RecordedWorld:
        """See `World`."""
        other = copy.copy(self)
        other._held = list(self._held)
        other._strayed = set(self._strayed)
        other._sessions = {end: session.copy() for end, session in self._sessions.items()}
        return other

    def interrupt(self) -> None:
        """Nothing waits."""

    def close(self) -> None:
        """Nothing is open."""

    # -- Steps ------------------------------------------------------------------------------------

    def perform(self, move: m.Move) -> tuple[Frame, ...]:
        """Take the next recorded step. LocalError: there is none, or the move is another."""
        if not isinstance(move, m.Replay) or self._taken == len(self._steps):
            raise LocalError("this has happened already: a trace can be looked at, not changed")
        at = self._steps[self._taken]
        entry = self._entry(self._taken)
        notes = tuple(self._set_by_hand())
        self._taken += 1
        frame = self._frame(entry.end, entry.step, *self._wires(at))
        return (replace(frame, notes=(*notes, *frame.notes)),)

    def _set_by_hand(self) -> Iterator[str]:
        """Set what the user of a debugger set before this step. Unreadable entries are skipped."""
        told = self._trace.about.get("by_hand")
        for record in told if isinstance(told, list) else []:
            match record:
                case [self._taken, str() as end, str() as name, str() as value, bool() as both]:
                    yield self._set(end, name, value, both)

    def _set(self, end: str, name: str, value: str, both: bool) -> str:
        words = f"{name} of {'both ends' if both else end} set to {value} by hand"
        try:
            by = set_by_hand(self._sessions, end, name, value, both)
        except (LocalError, KeyError) as wrong:
            return f"{words}, which is not possible here: {wrong}"
        if by and both:
            self._held = [replace(h, octets=shifted(h.octets, by)) for h in self._held]
        return words

    def _entry(self, index: int) -> Recorded:
        entry = self._trace.entries[self._steps[index]]
        assert isinstance(entry, Recorded)
        return entry

    def _wires(self, at: int) -> tuple[tuple[WireEvent, ...], tuple[WireEvent, ...]]:
        """The records of other steps' packets before a step, and those of its own after it."""
        entry = self._trace.entries[at]
        assert isinstance(entry, Recorded)
        before = [w for w in self._run_of_wires(at, -1) if not self._is_of_step_before(w)]
        after = [w for w in self._run_of_wires(at, 1) if _is_of(w, entry)]
        return tuple(reversed(before)), tuple(after)

    def _is_of_step_before(self, wire: WireEvent) -> bool:
        return self._taken > 1 and _is_of(wire, self._entry(self._taken - 2))

    def _run_of_wires(self, at: int, way: int) -> Iterator[WireEvent]:
        entries = self._trace.entries
        at += way
        while 0 <= at < len(entries):
            entry = entries[at]
            if not isinstance(entry, WireEvent):
                return
            yield entry
            at += way

    def _frame(
        self, end: str, step: Step, tampered: tuple[WireEvent, ...], fates: tuple[WireEvent, ...]
    ) -> Frame:
        session = self._sessions[end]
        before = session.copy()
        packet = self._heard(end, step, before)
        if end in self._strayed or session.handle(step.event, step.now) != step:
            self._strayed.add(end)
        known = end not in self._strayed
        if not known:
            session.state = step.after
            told = (effect for effect in step.effects if isinstance(effect, Finished))
            session.outcome = next(told, session.outcome)
        sent = tuple(self._say(end, step, session, fates))
        return Frame(
            number=self._taken,
            end=end,
            table=session.table,
            step=step,
            packet=packet,
            sent=sent,
            candidates=candidates(before, step.event, step.now) if known else (),
            before=variables_of(before)
            if known
            else {**self._variables(end), "state": step.before.value},
            variables=self._variables(end),
            unusual=unusual(before, session, step),
            notes=tuple(_words(wire) for wire in (*tampered, *fates)),
            tampered=tampered,
            fates=fates,
            wire=self.wire,
        )

    def _variables(self, end: str) -> Mapping[str, object]:
        session = self._sessions[end]
        if end not in self._strayed:
            return variables_of(session)
        kept = self._trace.about.get("variables") if self._taken == len(self._steps) else None
        known = kept.items() if isinstance(kept, dict) and len(self._sessions) == 1 else ()
        simple = {name: value for name, value in known if isinstance(value, str | int | float)}
        return {**simple, "state": session.state.value}

    # -- Packets, as far as events and effects tell them ------------------------------------------

    def _heard(self, end: str, step: Step, session: Session) -> Held | None:
        octets = _octets_heard(step.event, session)
        if octets is None:
            return None
        for held in self._held:
            if held.receiver == end and held.octets == octets[0]:
                self._held.remove(held)
                return held
        source = getattr(step.event, "source", None) or UNKNOWN
        return self._new(_other(end), end, source, octets, step.now)

    def _say(
        self, end: str, step: Step, session: Session, fates: tuple[WireEvent, ...]
    ) -> Iterator[Held]:
        left = list(fates)
        for effect in step.effects:
            for octets in _octets_sent(effect, session):
                held = self._new(end, _other(end), UNKNOWN, octets, step.now)
                held = replace(held, to=_to(effect) or session.peer or UNKNOWN)
                fate = next((w for w in left if _is_about(w, held)), None)
                if fate is not None:
                    left.remove(fate)
                    held = held.marked(*fate.fate)
                if not held.lost and held.receiver != NOBODY:
                    self._held.append(held)
                yield held

    def _new(
        self, sender: str, receiver: str, source: Address, octets: tuple[bytes, int], now: float
    ) -> Held:
        self._sent += 1
        to = UNKNOWN
        known = receiver if receiver in self._sessions else NOBODY
        return Held(self._sent, sender, known, source, to, octets[0], now, now, octets[1])


def _other(end: str) -> str:
    return "server" if end == "client" else "client"


def _to(effect: Effect) -> Address | None:
    return effect.to if isinstance(effect, Send) else None


def _is_of(wire: WireEvent, entry: Recorded) -> bool:
    """The record is of a packet that this step sent."""
    return wire.sender == entry.end and wire.now == entry.step.now


def _is_about(wire: WireEvent, held: Held) -> bool:
    return wire.head[:4] == held.octets[:4]


def _words(wire: WireEvent) -> str:
    size = wire.octets
    held = Held(0, wire.sender, wire.receiver, UNKNOWN, UNKNOWN, wire.head, 0.0, 0.0, size)
    return f"{held.words} of {wire.sender}: {', '.join(wire.fate)} on the way"


def _octets_heard(event: Event, session: Session) -> tuple[bytes, int] | None:
    """The known octets of the packet that was heard, and the length of the packet."""
    match event:
        case DataReceived(block, octets, count=1):
            return data_header(block), 4 + (octets if event.last is None else event.last)
        case AckReceived(block, count=1):
            octets_ = ack_octets(block)
        case OackReceived(options):
            octets_ = build(Oack(options))
        case ErrorReceived(code, message):
            octets_ = build(Error(code, message))
        case RequestReceived():
            octets_ = build(session.request)
        case _:
            return None
    return octets_, len(octets_)


def _octets_sent(effect: Effect, session: Session) -> Iterator[tuple[bytes, int]]:
    match effect:
        case Send(packet):
            octets = build(packet)
            yield octets, len(octets)
        case SendAcks(first, stride, count):
            yield from ((ack_octets(first + n * stride), 4) for n in range(count))
        case SendBlocks(first, count):
            for block in range(first, first + count):
                yield data_header(block), 4 + _octets_of(block, session)
        case _:
            return


def _octets_of(block: int, session: Session) -> int:
    size = session.size if isinstance(session, Sender) else 0
    return max(0, min(session.blksize, size - (block - 1) * session.blksize))
