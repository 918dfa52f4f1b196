"""Scenarios of one session: `>>` an event goes in, `<<` an effect comes out.

    assert (
        Playbook(ReadClient(REQUEST))
        >> Opened()     << Send(REQUEST)
        >> Silence(1.0) << Send(REQUEST)
        >> data(1, 3)   << Deliver(1, 1, 3) << Commit() << Send(Ack(1)) << SUCCEEDED
    )

An event with no `<<` after it asserts that nothing is done. `<< State.DONE` asserts the state.
Only `Pause` and `Silence` move the time. If the session does not do what the script says, the
assertion fails and shows the difference. `recording` collects the rows that scripts take.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeAlias

from tftp_fsm.protocol.events import (
    AckReceived,
    DataReceived,
    Deliver,
    Effect,
    Event,
    Finished,
    OackReceived,
    Outcome,
    Step,
    TimeoutExpired,
    trigger_of,
)
from tftp_fsm.protocol.rows import Row, State
from tftp_fsm.protocol.session import Session
from tftp_fsm.protocol.whole import hears, rows_of
from tftp_fsm.wire.address import Address
from tftp_fsm.wire.packets import Packet, build

Taken: TypeAlias = set[tuple[str, Row]]
SUCCEEDED = Finished(Outcome.SUCCEEDED)

_recorders: list[Taken] = []


@dataclass(frozen=True, slots=True)
class Datagram:
    """These octets (or this packet) come from `source`. `interpret` makes an event from them."""

    content: bytes | Packet
    source: Address | None = None


@dataclass(frozen=True, slots=True)
class Pause:
    """This number of seconds passes without an event."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Silence:
    """The session times out. Its deadline must be exactly this number of seconds away."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Ends:
    """Expects `Finished` with this outcome and code, and `saying` somewhere in its message."""

    outcome: Outcome
    code: int | None = None
    saying: str = ""


Input: TypeAlias = Event | Datagram | Pause | Silence
Output: TypeAlias = Effect | State | Ends


class Playbook:
    """A script for one session. bool() runs it: True, or AssertionError with the difference."""

    def __init__(self, session: Session, now: float = 0.0) -> None:
        self.session = session
        self.now = now
        self.steps: list[Step] = []
        self._script: list[tuple[Input, list[Output]]] = []

    def __rshift__(self, coming: Input) -> Playbook:
        self._script.append((coming, []))
        return self

    def __lshift__(self, expected: Output) -> Playbook:
        self._script[-1][1].append(expected)
        return self

    def __bool__(self) -> bool:
        wanted: list[str] = []
        seen: list[str] = []
        for coming, expected in self._script:
            wanted += [f">> {coming}", *(f"   << {effect}" for effect in expected)]
            seen += [f">> {self._as_timed(coming)}"]
            # Equal effects are shown in the words of the script: 8 and ErrorCode 8 must not differ.
            words = {effect: effect for effect in expected}
            played = self._play(coming, expected)
            seen += [f"   << {words.get(effect, effect)}" for effect in played]
        self._script = []
        if wanted != seen:
            raise AssertionError("\n" + "\n".join(difflib.ndiff(wanted, seen)))
        return True

    def _as_timed(self, coming: Input) -> Input:
        if not isinstance(coming, Silence):
            return coming
        deadline = self.session.deadline
        away = 0.0 if deadline is None else deadline - self.now
        return coming if abs(away - coming.seconds) < 1e-9 else Silence(away)

    def _play(self, coming: Input, expected: list[Output]) -> list[Output]:
        match coming:
            case Pause(seconds):
                self.now += seconds
                return []
            case Silence():
                assert self.session.deadline is not None, "no deadline ends this silence"
                self.now = max(self.now, self.session.deadline)
                return self._handle(TimeoutExpired(), expected)
            case Datagram(content, source):
                octets = content if isinstance(content, bytes) else build(content)
                return self._handle(self.session.interpret(octets, source), expected)
            case _:
                return self._handle(coming, expected)

    def _handle(self, event: Event, expected: list[Output]) -> list[Output]:
        check_one_row(self.session, event, self.now)
        step = self.session.handle(event, self.now)
        self.steps.append(step)
        for taken in _recorders:
            if step.row is not None:
                taken.add((self.session.table.name, step.row))
        outputs: list[Output] = list(step.effects)
        for index, wanted in enumerate(expected):
            match wanted:
                case State():
                    outputs.insert(index, self.session.state)
                case Ends() if index < len(outputs) and _is_such(outputs[index], wanted):
                    outputs[index] = wanted
        return outputs


def check_one_row(session: Session, event: Event, now: float) -> None:
    """Check that exactly one row can be taken for an event that the state can receive."""
    if trigger_of(event) not in hears(session.table, session.state):
        return
    asked = session.about_to_hear(now)
    holds = lambda name: bool(getattr(asked, name)(event))  # noqa: E731
    rows = rows_of(session.table, session.state, trigger_of(event))
    taken = [
        row for row in rows if all(map(holds, row.conditions)) and not any(map(holds, row.unless))
    ]
    assert len(taken) == 1, f"rows that can be taken for {event}: {[str(row) for row in taken]}"


def _is_such(seen: Output, wanted: Ends) -> bool:
    return (
        isinstance(seen, Finished)
        and seen.outcome is wanted.outcome
        and seen.code == wanted.code
        and wanted.saying in seen.message
    )


@contextmanager
def recording() -> Iterator[Taken]:
    """Collect the rows that playbooks take inside the `with`, as (table name, row)."""
    taken: Taken = set()
    _recorders.append(taken)
    try:
        yield taken
    finally:
        _recorders.remove(taken)


def play(session: Session, *events: Event, now: float = 0.0) -> list[Step]:
    """Give these events to the session at one time. Its effects are not checked."""
    return [session.handle(event, now) for event in events]


def data(block: int, octets: int = 512, count: int = 1, last: int | None = None) -> DataReceived:
    """Return a `DataReceived` from the session's peer."""
    return DataReceived(block, octets, count, last)


def ack(block: int, count: int = 1) -> AckReceived:
    """Return an `AckReceived` from the session's peer."""
    return AckReceived(block, count)


def oack(**options: int | str) -> OackReceived:
    """Return an `OackReceived` with these options, in this order."""
    return OackReceived(tuple((name, str(value)) for name, value in options.items()))


def kept(first: int, count: int = 1, octets: int = 512) -> Deliver:
    """Return a `Deliver` of `count` blocks with `octets` octets each."""
    return Deliver(first, count, count * octets)
