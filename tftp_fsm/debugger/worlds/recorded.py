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
from tftp_fsm.debugger.guards import Asked
from tftp_fsm.debugger.variables import set_by_hand, shifted
from tftp_fsm.debugger.worlds.told import octets_heard, octets_sent
from tftp_fsm.debugger.worlds.world import Pending
from tftp_fsm.errors import LocalError
from tftp_fsm.protocol.events import Effect, Finished, Outcome, Send, Step
from tftp_fsm.protocol.rows import State
from tftp_fsm.protocol.session import Session
from tftp_fsm.trace.codec import Json
from tftp_fsm.trace.describe import came_from_wire, event_words
from tftp_fsm.trace.records import ByHand, Recorded, WireEvent
from tftp_fsm.trace.trace import SESSIONS, Sessions, Trace, rebuild
from tftp_fsm.wire.address import Address

UNKNOWN: Address = ("?", 0)
UNDER_WAY = 1024  # datagrams that are kept as sent and not yet heard; each step has a list of them
_WHY = "the trace begins in the middle, or octets were changed by hand"


class RecordedWorld:
    """The steps of `trace`. `sessions` may have tables that are not the product's own."""

    rewinds = True

    def __init__(self, trace: Trace, sessions: Sessions = SESSIONS) -> None:
        self._trace = trace
        self._hands = trace.by_hand
        self._numbered = any(isinstance(e, Recorded) and e.sent for e in trace.entries)
        self.sees_all = self._numbered and {"client", "server"} <= set(trace.ends)
        self._steps = [at for at, entry in enumerate(trace.entries) if isinstance(entry, Recorded)]
        self._taken = 0
        self._sent = 0
        self._held: list[Held] = []
        self._kinds = sessions
        self._sessions = {end: rebuild(head, sessions) for end, head in trace.ends.items()}
        self._strayed: set[str] = set()
        self._known: dict[str, Mapping[str, object]] = {}

    # -- What a stepper asks ----------------------------------------------------------------------

    @property
    def now(self) -> float:
        """The time of the last step, in seconds since the first."""
        return self._since(self._entry(max(self._taken - 1, 0)).step.now) if self._steps else 0.0

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
        return self._trace.ends

    @property
    def about(self) -> Json:
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
        when = self._since(step.now)
        return (m.Choice(words, m.Replay(), when, entry.end, step.row, leads_to, "next"),)

    def copy(self) -> RecordedWorld:
        other = copy.copy(self)
        other._held = list(self._held)
        other._strayed = set(self._strayed)
        other._known = dict(self._known)
        other._sessions = {end: session.copy() for end, session in self._sessions.items()}
        return other

    @property
    def pending(self) -> Pending:
        """At the end: what was done after the last step."""
        if self._taken < len(self._steps):
            return ()
        last = self._steps[-1] if self._steps else -1
        after = self._trace.entries[last + 1 :]
        own = self._entry(self._taken - 1) if self._steps else None
        wires = [w for w in after if isinstance(w, WireEvent) and not (own and _is_of(w, own))]
        return (*self._hands.get(self._taken, ()), *wires)

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
        hands = tuple(self._hands.get(self._taken, ()))
        notes = tuple(self._set(hand) for hand in hands)
        self._taken += 1
        tampered, fates = self._wires(at)
        for wire in tampered:
            self._tamper(wire)
        frame = self._frame(entry, tampered, fates)
        self._known[entry.end] = frame.variables
        return (replace(frame, notes=(*notes, *frame.notes), by_hand=hands) if hands else frame,)

    def _set(self, hand: ByHand) -> str:
        """Set what the user of a debugger set. Returns a note."""
        self._known = {}
        try:
            by = set_by_hand(self._sessions, hand.end, hand.name, hand.value, hand.both)
        except (LocalError, KeyError) as wrong:
            return f"{hand.note}, which is not possible here: {wrong}"
        if by and hand.both:
            self._held = [replace(h, octets=shifted(h.octets, by)) for h in self._held]
        return hand.note

    def _tamper(self, wire: WireEvent) -> None:
        """A packet that the user dropped is not under way any more."""
        for held in self._held:
            if held.number == wire.packet and not wire.delays:
                self._held.remove(held)
                return

    def _since(self, now: float) -> float:
        return now - self._entry(0).step.now

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
        self, entry: Recorded, tampered: tuple[WireEvent, ...], fates: tuple[WireEvent, ...]
    ) -> Frame:
        end, step = entry.end, entry.step
        self._begin_anew(end, step)
        session = self._sessions[end]
        before = session.copy()
        packet = self._heard(entry, before)
        if end in self._strayed or not _is_same(session.handle(step.event, step.now), step):
            self._strayed.add(end)
        known = end not in self._strayed
        if not known:
            session.state = step.after
            told = (effect for effect in step.effects if isinstance(effect, Finished))
            session.outcome = next(told, session.outcome)
        sent = tuple(self._say(entry, session, fates))
        return Frame(
            number=self._taken,
            end=end,
            table=session.table,
            step=step,
            packet=packet,
            sent=sent,
            asked=Asked(before, step.event, step.now) if known else None,
            before=self._known.get(end) or self._shown(before)
            if known
            else {**self._variables(end), "state": step.before.value},
            variables=self._variables(end),
            unusual=unusual(before, session, step),
            notes=tuple(_words(wire) for wire in (*tampered, *fates)),
            tampered=tampered,
            fates=fates,
            wire=self.wire,
            numbered=self._numbered,
            start=self._entry(0).step.now,
        )

    def _begin_anew(self, end: str, step: Step) -> None:
        """Another session takes the place of one that a repeated request has overtaken."""
        if step.before is State.IDLE and self._sessions[end].state is not State.IDLE:
            self._sessions[end] = rebuild(self._trace.ends[end], self._kinds)
            self._known.pop(end, None)
            self._strayed.discard(end)

    def _shown(self, session: Session) -> dict[str, object]:
        """The variables. A deadline counts from the first step, as all times do."""
        found = variables_of(session)
        if isinstance(found["deadline"], float | int):
            found["deadline"] = self._since(found["deadline"])
        return found

    def _variables(self, end: str) -> Mapping[str, object]:
        session = self._sessions[end]
        if end not in self._strayed:
            return self._shown(session)
        kept = self._trace.about.get("variables") if self._taken == len(self._steps) else None
        known = kept.items() if isinstance(kept, dict) and len(self._sessions) == 1 else ()
        simple = {name: value for name, value in known if isinstance(value, str | int | float)}
        return {**simple, "state": session.state.value}

    # -- Packets, as far as events and effects tell them ------------------------------------------

    def _heard(self, entry: Recorded, session: Session) -> Held | None:
        """The packet that was the event. If its octets were changed on the way, as they arrived."""
        end, step = entry.end, entry.step
        octets = octets_heard(step.event, session)
        found = self._arrived(entry, octets)
        if found is not None:
            self._held.remove(found)
        if octets is None:
            return found
        if found is None:
            source = getattr(step.event, "source", None) or UNKNOWN
            ways = (_other(end), end), (source, UNKNOWN)
            return self._new(*ways, octets, step.now, entry.heard)
        if (found.octets, found.size) == octets:
            return found
        return replace(found, octets=octets[0], size=octets[1])

    def _arrived(self, entry: Recorded, octets: tuple[bytes, int] | None) -> Held | None:
        """The packet under way that this step heard, found by its number, else by its octets."""
        for held in self._held:
            if held.receiver != entry.end:
                continue
            if entry.heard is not None:
                if held.number == entry.heard:
                    return held
            elif octets is not None:
                if held.octets == octets[0]:
                    return held
            elif came_from_wire(entry.step.event) and "corrupted" in held.fate:
                return held
        return None

    def _say(
        self, entry: Recorded, session: Session, fates: tuple[WireEvent, ...]
    ) -> Iterator[Held]:
        end, step = entry.end, entry.step
        left, numbers = list(fates), iter(entry.sent)
        for effect in step.effects:
            for octets in octets_sent(effect, session):
                number = next(numbers, None)
                to = _to(effect) or session.peer or UNKNOWN
                ways = (end, _other(end)), (UNKNOWN, to)
                held = self._new(*ways, octets, step.now, number)
                fate = next((w for w in left if _is_about(w, held)), None)
                if fate is not None:
                    left.remove(fate)
                    held = held.marked(*fate.fate)
                if not held.lost and held.receiver != NOBODY:
                    self._held.append(held)
                    del self._held[:-UNDER_WAY]
                yield held

    def _new(
        self,
        ends: tuple[str, str],
        way: tuple[Address, Address],
        octets: tuple[bytes, int],
        now: float,
        number: int | None,
    ) -> Held:
        """A packet with the number that it has in the trace, or else with the next number."""
        self._sent += 1
        sender, receiver = ends
        known = receiver if receiver in self._sessions else NOBODY
        name = self._sent if number is None else number
        now = self._since(now)
        return Held(name, sender, known, *way, octets[0], now, now, octets[1], (), None)


def _other(end: str) -> str:
    return "server" if end == "client" else "client"


def _is_same(made: Step, told: Step) -> bool:
    """The steps are the same. Older traces do not tell the windowsize."""
    return made == told or replace(made, windowsize=told.windowsize) == told


def _to(effect: Effect) -> Address | None:
    return effect.to if isinstance(effect, Send) else None


def _is_of(wire: WireEvent, entry: Recorded) -> bool:
    """The record is of a packet that this step sent."""
    if wire.packet is not None:
        return wire.packet in entry.sent
    return wire.sender == entry.end and wire.now == entry.step.now


def _is_about(wire: WireEvent, held: Held) -> bool:
    if wire.packet is not None:
        return wire.packet == held.number
    return wire.head[:4] == held.octets[:4]


def _words(wire: WireEvent) -> str:
    size = wire.octets
    held = Held(0, wire.sender, wire.receiver, UNKNOWN, UNKNOWN, wire.head, 0.0, 0.0, size)
    return f"{held.words} of {wire.sender}: {', '.join(wire.fate)} on the way"
