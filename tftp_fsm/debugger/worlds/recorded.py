"""A recorded trace, stepped forwards and backwards.

The sessions are built again and hear the recorded events, so guards and variables can be shown. A
session's step may differ from the recorded step: the trace may begin in the middle, or octets were
changed by hand. Then the recorded step is shown without guards.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from dataclasses import replace

from tftp_fsm.debugger import moves as m
from tftp_fsm.debugger.datagrams import Held, whose
from tftp_fsm.debugger.frames import Frame, unusual, variables_of
from tftp_fsm.debugger.guards import Asked
from tftp_fsm.debugger.variables import set_by_hand
from tftp_fsm.debugger.worlds.under_way import UNKNOWN, UnderWay, sent_by
from tftp_fsm.debugger.worlds.world import Pending
from tftp_fsm.errors import LocalError
from tftp_fsm.language import sentence
from tftp_fsm.protocol.events import Finished, Outcome, Step
from tftp_fsm.protocol.gloss import UNCAPTURED, fate_gloss
from tftp_fsm.protocol.rows import State
from tftp_fsm.protocol.session import Session
from tftp_fsm.trace.describe import event_words
from tftp_fsm.trace.records import ByHand, Json, Recorded, WireEvent
from tftp_fsm.trace.trace import SESSIONS, Sessions, Trace, rebuild


class RecordedWorld:
    """The steps of `trace`. `sessions` may be classes with other tables than ours."""

    rewinds = True

    def __init__(self, trace: Trace, sessions: Sessions = SESSIONS) -> None:
        self._trace = trace
        self._hands = trace.by_hand
        self._numbered = any(isinstance(e, Recorded) and e.sent for e in trace.entries)
        self.sees_all = self._numbered and set(trace.ends) == {"client", "server"}
        self._steps = [at for at, entry in enumerate(trace.entries) if isinstance(entry, Recorded)]
        self._taken = 0
        self._kinds = sessions
        self._sessions = {end: rebuild(head, sessions) for end, head in trace.ends.items()}
        start = self._entry(0).step.now if self._steps else 0.0
        self._under_way = UnderWay(start, frozenset(self._sessions))
        self._strayed: set[str] = set()
        self._known: dict[str, Mapping[str, object]] = {}

    # -- Questions of a stepper -------------------------------------------------------------------

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

        Of another session only the state is known, and at the end the variables in the trace.
        """
        return {end: self._variables(end) for end in self._sessions}

    @property
    def wire(self) -> tuple[Held, ...]:
        """The datagrams that were sent and not yet heard, as far as the trace shows them."""
        return self._under_way.packets

    @property
    def headers(self) -> Mapping[str, Json]:
        return self._trace.ends

    @property
    def about(self) -> Json:
        return self._trace.about

    @property
    def remarks(self) -> tuple[str, ...]:
        """Return a remark that names the ends whose guards are not known."""
        ends = ", ".join(sorted(self._strayed))
        told = sentence(
            "the guards of {ends} cannot be asked: the trace begins in the middle, or octets were"
            " changed by hand",
            ends=ends,
        )
        return (told,) if ends else ()

    @property
    def compares(self) -> bool:
        """Return False: a trace has no octets of the file."""
        return False

    @property
    def intact(self) -> bool | None:
        """Whether the receiver has succeeded, so that it has the whole file."""
        done = [s.outcome for s in self._sessions.values() if s.accepts_data]
        return any(told == Finished(Outcome.SUCCEEDED) for told in done) or None

    def next_move(self) -> m.Move | None:
        """The next recorded step."""
        return m.Replay() if self._taken < len(self._steps) else None

    def choices(self) -> tuple[m.Choice, ...]:
        """Return only the next recorded step."""
        if self._taken == len(self._steps):
            return ()
        entry = self._entry(self._taken)
        words, step = event_words(entry.step.event), entry.step
        leads_to = step.after if step.row is not None else None
        when = self._since(step.now)
        return (m.Choice(words, m.Replay(), when, entry.end, step.row, leads_to, "next"),)

    def copy(self) -> RecordedWorld:
        other = copy.copy(self)
        other._under_way = self._under_way.copy()
        other._strayed = set(self._strayed)
        other._known = dict(self._known)
        other._sessions = {end: session.copy() for end, session in self._sessions.items()}
        return other

    @property
    def pending(self) -> Pending:
        """Return the user's changes after the last step, if this is the end."""
        if self._taken < len(self._steps):
            return ()
        last = self._steps[-1] if self._steps else -1
        after = self._trace.entries[last + 1 :]
        own = sent_by(self._entry(self._taken - 1) if self._steps else None)
        wires = [w for w in after if isinstance(w, WireEvent) and not own(w)]
        return (*self._hands.get(self._taken, ()), *wires)

    def interrupt(self) -> None:
        """Do nothing, because nothing waits."""

    def close(self) -> None:
        """Do nothing, because nothing is open."""

    # -- Steps ------------------------------------------------------------------------------------

    def perform(self, move: m.Move) -> tuple[Frame, ...]:
        """Take the next recorded step. LocalError: there is none, or it is another move."""
        if not isinstance(move, m.Replay) or self._taken == len(self._steps):
            raise LocalError(
                sentence("this has happened already: a trace can be read, but not changed")
            )
        at = self._steps[self._taken]
        entry = self._entry(self._taken)
        hands = tuple(self._hands.get(self._taken, ()))
        notes = tuple(self._set(hand) for hand in hands)
        self._taken += 1
        tampered, fates = self._wires(at)
        for wire in tampered:
            self._under_way.tamper(wire)
        frame = self._frame(entry, tampered, fates)
        self._known[entry.end] = frame.variables
        return (replace(frame, notes=(*notes, *frame.notes), by_hand=hands) if hands else frame,)

    def _set(self, hand: ByHand) -> str:
        """Set the variable that a debugger's user set in this run. Return a note."""
        self._known = {}
        try:
            by = set_by_hand(self._sessions, hand.end, hand.name, hand.value, hand.both)
        except (LocalError, KeyError) as wrong:
            why = str(wrong)
            return sentence("{note}; this is not possible here: {why}", note=hand.note, why=why)
        if by and hand.both:
            self._under_way.renumber(by)
        return hand.note

    def _since(self, now: float) -> float:
        return now - self._entry(0).step.now

    def _entry(self, index: int) -> Recorded:
        entry = self._trace.entries[self._steps[index]]
        assert isinstance(entry, Recorded)
        return entry

    def _wires(self, at: int) -> tuple[tuple[WireEvent, ...], tuple[WireEvent, ...]]:
        """Return the records before a step (other packets) and after it (its own packets)."""
        entry = self._trace.entries[at]
        assert isinstance(entry, Recorded)
        last = sent_by(self._entry(self._taken - 2) if self._taken > 1 else None)
        before = [wire for wire in self._run_of_wires(at, -1) if not last(wire)]
        after = filter(sent_by(entry), self._run_of_wires(at, 1))
        return tuple(reversed(before)), tuple(after)

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
        packet = self._under_way.hear(entry, before)
        if end in self._strayed or not _is_same(session.handle(step.event, step.now), step):
            self._strayed.add(end)
        known = end not in self._strayed
        if not known:
            session.state = step.after
            told = (effect for effect in step.effects if isinstance(effect, Finished))
            session.outcome = next(told, session.outcome)
        sent = tuple(self._under_way.say(entry, session, fates))
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
        """Replace a session by the one that a repeated request has begun."""
        if step.before is State.IDLE and self._sessions[end].state is not State.IDLE:
            self._sessions[end] = rebuild(self._trace.ends[end], self._kinds)
            self._known.pop(end, None)
            self._strayed.discard(end)

    def _shown(self, session: Session) -> dict[str, object]:
        """Return the variables. The deadline counts from the first step, like all times."""
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


def _is_same(made: Step, told: Step) -> bool:
    """Return whether the steps are the same. Older traces do not have the windowsize."""
    return made == told or replace(made, windowsize=told.windowsize) == told


def _words(wire: WireEvent) -> str:
    size = wire.octets
    held = Held(0, wire.sender, wire.receiver, UNKNOWN, UNKNOWN, wire.head, 0.0, 0.0, size)
    if UNCAPTURED in wire.fate:
        return sentence("{packet}: not in the capture", packet=whose(held))
    return sentence("{packet}: {fate} on the way", packet=whose(held), fate=fate_gloss(wire.fate))
