"""What is debugged: a world of one or two sessions of ours, and the datagrams between them.

A world stands still until a move is performed; what follows from it is told in frames, one for
each step of a session. `HeldWorld` is what the simulated and the live one have in common.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeAlias

from tftp_fsm.debugger import moves as m
from tftp_fsm.debugger.datagrams import Held
from tftp_fsm.debugger.frames import Frame, unusual, variables_of
from tftp_fsm.debugger.guards import Candidate, candidates
from tftp_fsm.debugger.worlds.faults import Notice
from tftp_fsm.debugger.worlds.line import Line
from tftp_fsm.driver.driver import Driver
from tftp_fsm.errors import LocalError
from tftp_fsm.frozen import frozen
from tftp_fsm.protocol.events import (
    Aborted,
    Event,
    Opened,
    Step,
    StorageFailed,
    TimeoutExpired,
    UnreachableReceived,
)
from tftp_fsm.protocol.session import Session
from tftp_fsm.trace.trace import WireEvent, session_header
from tftp_fsm.transports import Burst, Unreachable
from tftp_fsm.wire.address import Address
from tftp_fsm.wire.packets import ErrorCode

Json: TypeAlias = dict[str, Any]


class World(Protocol):
    """What the stepper needs. `now` is seconds on the world's own clock.

    `rewinds`: a copy can be gone back to. `headers` is how each session began, as traces say it;
    `remarks` is what a person should know now, such as that a real peer may have given up.
    """

    rewinds: bool

    @property
    def now(self) -> float: ...

    @property
    def sessions(self) -> Mapping[str, Session]: ...

    @property
    def variables(self) -> Mapping[str, Mapping[str, object]]:
        """Of each end, as far as they are known."""

    @property
    def wire(self) -> tuple[Held, ...]: ...

    @property
    def headers(self) -> Mapping[str, Json]: ...

    @property
    def about(self) -> Json: ...

    @property
    def remarks(self) -> tuple[str, ...]: ...

    @property
    def compares(self) -> bool:
        """What was sent and what arrived are both at hand."""

    @property
    def intact(self) -> bool | None:
        """Whether what arrived is what was sent; None where that cannot be known (yet)."""

    def perform(self, move: m.Move) -> tuple[Frame, ...]:
        """Let it happen. LocalError, and nothing has changed, where it cannot."""

    def next_move(self) -> m.Move | None:
        """What happens if nobody meddles; None at the end."""

    def choices(self) -> tuple[m.Choice, ...]:
        """All that can happen now, the next thing first."""

    def copy(self) -> World:
        """The same world, which goes its own way from here."""

    def interrupt(self) -> None:
        """From another thread: what waits for a real peer waits no more, and raises LocalError."""

    def close(self) -> None:
        """Let go of files and sockets."""


@dataclass(slots=True)
class _Draft:
    """A frame, while its step is being carried out."""

    end: str
    step: Step
    candidates: tuple[Candidate, ...]
    before: Mapping[str, object]
    variables: Mapping[str, object]
    unusual: tuple[str, ...]
    sent: list[Held] = field(default_factory=list)
    fates: list[WireEvent] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


class Pipe:
    """The transport of one end: what it sends is put into the world's hands."""

    def __init__(self, world: HeldWorld, end: str, address: Address) -> None:
        self.world = world
        self.end = end
        self.address = address

    def send(self, burst: Burst) -> None:
        """Each datagram is under way, or lost at once."""
        for datagram in burst.datagrams():
            self.world.post(self, datagram, burst.peer)

    def receive(self, deadline: float | None) -> Burst | Unreachable | None:
        """Nothing: the world hands over what arrives."""
        return None

    def now(self) -> float:
        """The world's clock."""
        return self.world.now

    def close(self) -> None:
        """There is nothing to give back."""


class HeldWorld:
    """Sessions of ours behind pipes, and a line of datagrams that a user may meddle with."""

    rewinds = True

    def __init__(self) -> None:
        self.clock = 0.0
        self.line = Line()
        self.drivers: dict[str, Driver] = {}
        self.pipes: dict[str, Pipe] = {}
        self.headers: dict[str, Json] = {}
        self.about: Json = {}
        self.taken = 0
        self._before: dict[str, Session] = {}
        self._drafts: list[_Draft] = []
        self._packet: Held | None = None

    # -- What a stepper asks ----------------------------------------------------------------------

    @property
    def now(self) -> float:
        """Seconds; stands still between moves."""
        return self.clock

    @property
    def sessions(self) -> Mapping[str, Session]:
        """Each end's, once it exists."""
        return {end: driver.session for end, driver in self.drivers.items()}

    @property
    def variables(self) -> Mapping[str, Mapping[str, object]]:
        """All are known."""
        return {end: variables_of(session) for end, session in self.sessions.items()}

    @property
    def wire(self) -> tuple[Held, ...]:
        """What is under way."""
        return tuple(self.line.held)

    @property
    def remarks(self) -> tuple[str, ...]:
        """See `World`."""
        return ()

    def interrupt(self) -> None:
        """Nothing waits."""

    def perform(self, move: m.Move) -> tuple[Frame, ...]:
        """See `World`."""
        self._drafts, self._packet = [], None
        self._before = {end: session.copy() for end, session in self.sessions.items()}
        self.do(move)
        drafts, packet = self._drafts, self._packet
        self._drafts, self._packet, self._before = [], None, {}
        return tuple(self._frame(draft, packet if draft is drafts[0] else None) for draft in drafts)

    def do(self, move: m.Move) -> None:
        """Carry out one move; LocalError before anything has changed."""
        match move:
            case m.Lose(number):
                self.line.lose(number)
            case m.Duplicate(number):
                self.line.duplicate(number)
            case m.Delay(number, seconds):
                self.line.delay(number, seconds)
            case m.Swap(number):
                self.line.swap(number)
            case m.Replace(number, octets):
                self.line.replace(number, octets)
            case m.Begin():
                self.running("client").feed(Opened())
            case m.Arrive(number):
                self._arrive(number)
            case m.Expire(end):
                self._expire(self.running(end))
            case m.Abort(end):
                self.running(end).feed(Aborted())
            case m.Unreach(end):
                self.running(end).feed(UnreachableReceived())
            case m.FailStorage(end):
                failed = StorageFailed(ErrorCode.DISK_FULL, "the disk is full, says the debugger")
                self.running(end).feed(failed)
            case m.Wait():
                raise LocalError("only a real peer is waited for: step goes on here")
            case _:
                raise LocalError(f"{type(move).__name__} means nothing here")

    def running(self, end: str) -> Driver:
        """The driver of an end that still hears something."""
        driver = self.drivers.get(end)
        if driver is None:
            here, yet = ", ".join(self.drivers), " yet" if end in ("client", "server") else ""
            raise LocalError(f"there is no {end}{yet}; there is {here}")
        if driver.ended:
            raise LocalError(f"{end} has ended: it is {driver.session.state.value}")
        return driver

    def _expire(self, driver: Driver) -> None:
        deadline = driver.session.deadline
        if deadline is None:
            raise LocalError("it waits for nothing, so no time-out can come")
        self.clock = max(self.clock, deadline)
        driver.feed(TimeoutExpired())

    def _arrive(self, number: int) -> None:
        held = self.line.take(number)
        self.clock = max(self.clock, held.due)
        self._packet = held
        self.deliver(held)

    def event_of(self, held: Held, session: Session) -> Event:
        """What the datagram would be to the session that it is for."""
        return session.interpret(held.octets, held.source)

    def arrives(self, held: Held) -> str:
        """What it does when it is let pass, in words."""
        return "arrives"

    def deliver(self, held: Held) -> None:
        """Hand it to whom it is for."""
        raise NotImplementedError

    def post(self, pipe: Pipe, datagram: bytes, to: Address) -> None:
        """An end sends it."""
        raise NotImplementedError

    # -- Frames -----------------------------------------------------------------------------------

    def add(self, end: str, driver: Driver) -> None:
        """An end that begins now. Its driver speaks through a pipe of this world."""
        assert isinstance(driver.transport, Pipe)
        driver.observer = Observer(self, end)
        driver.recent.clear()
        self.drivers[end], self.pipes[end] = driver, driver.transport
        self.headers = {**self.headers, end: session_header(driver.session)}
        self._before[end] = driver.session.copy()

    def took(self, end: str, step: Step) -> None:
        """A session has made a step, and its effects are about to be carried out."""
        session, before = self.drivers[end].session, self._before[end]
        self.drivers[end].recent.clear()
        self._drafts.append(
            _Draft(
                end,
                step,
                candidates(before, step.event, step.now),
                variables_of(before),
                variables_of(session),
                unusual(before, session, step),
            )
        )
        self._before[end] = session.copy()

    def note_sent(self, told: Notice) -> None:
        """It belongs to the step that is being carried out."""
        draft = self._drafts[-1]
        draft.sent.append(told.held)
        draft.notes += [told.words] if told.words else []
        draft.fates += [told.record] if told.record else []

    def note(self, words: str) -> None:
        """For the next frame."""
        self.line.notes.append(words)

    def _frame(self, draft: _Draft, packet: Held | None) -> Frame:
        notes, tampered = self.line.take_notes()
        self.taken += 1
        return Frame(
            number=self.taken,
            end=draft.end,
            table=self.drivers[draft.end].session.table,
            step=draft.step,
            packet=packet,
            sent=tuple(draft.sent),
            candidates=draft.candidates,
            before=draft.before,
            variables=draft.variables,
            unusual=draft.unusual,
            notes=(*notes, *draft.notes),
            tampered=tampered,
            fates=tuple(draft.fates),
            wire=self.wire,
        )


@frozen
class Observer:
    """A driver's observer that knows whose it is, and goes along when a world is copied."""

    world: HeldWorld
    end: str

    def __call__(self, step: Step) -> None:
        self.world.took(self.end, step)


def shared(world: HeldWorld, more: Sequence[object] = ()) -> dict[int, object]:
    """For `copy.deepcopy`: values that never change need no copies."""
    kept: list[object] = [*world.line.held, *world.line.tampered, *more]
    for session in world.sessions.values():
        kept += [
            session.request,
            session.retry_policy,
            session.agreed,
            session.row,
            session.outcome,
        ]
    return {id(value): value for value in kept if value is not None}
