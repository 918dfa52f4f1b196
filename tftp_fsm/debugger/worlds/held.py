"""Sessions of ours, and the datagrams between them. The user may change the datagrams.

The simulated world and the live world inherit from this.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tftp_fsm.debugger import moves as m
from tftp_fsm.debugger.datagrams import Held, whose
from tftp_fsm.debugger.frames import Frame, unusual, variables_of
from tftp_fsm.debugger.guards import Asked
from tftp_fsm.debugger.worlds.faults import Notice
from tftp_fsm.debugger.worlds.line import Line
from tftp_fsm.debugger.worlds.world import Pending
from tftp_fsm.driver.driver import Driver
from tftp_fsm.errors import LocalError
from tftp_fsm.frozen import frozen
from tftp_fsm.language import sentence
from tftp_fsm.protocol.events import (
    Aborted,
    Event,
    Opened,
    Step,
    StorageFailed,
    TimeoutExpired,
    UnreachableReceived,
)
from tftp_fsm.protocol.gloss import state_gloss
from tftp_fsm.protocol.session import Session
from tftp_fsm.trace.records import Json, WireEvent
from tftp_fsm.trace.trace import session_header
from tftp_fsm.transports.burst import Burst, Unreachable
from tftp_fsm.wire.address import Address
from tftp_fsm.wire.packets import ErrorCode


@dataclass(slots=True)
class _Draft:
    """A frame whose step is being carried out."""

    end: str
    step: Step
    asked: Asked
    before: Mapping[str, object]
    variables: Mapping[str, object]
    unusual: tuple[str, ...]
    sent: list[Held] = field(default_factory=list)
    fates: list[WireEvent] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


class Pipe:
    """The transport of one end. It gives the datagrams that are sent to the world."""

    def __init__(self, world: HeldWorld, end: str, address: Address) -> None:
        self.world = world
        self.end = end
        self.address = address

    def send(self, burst: Burst) -> None:
        """Give each datagram to the world."""
        for datagram in burst.datagrams():
            self.world.post(self, datagram, burst.peer)

    def receive(self, deadline: float | None) -> Burst | Unreachable | None:
        """Return None: the world gives arrivals to the driver directly."""
        return None

    def now(self) -> float:
        """The world's clock."""
        return self.world.now

    def close(self) -> None:
        """Do nothing, because nothing is open."""


def new_session(tid: int) -> str:
    """Return the note about a session that replaces another one."""
    return sentence(
        "another session of the server begins, with TID {tid}: the earlier session receives "
        "nothing more",
        tid=tid,
    )


def _no_end(end: str, known: str) -> LocalError:
    if end in ("client", "server"):
        return LocalError(
            sentence("there is no {end} yet; this run has: {known}", end=end, known=known)
        )
    return LocalError(sentence("there is no {end}; this run has: {known}", end=end, known=known))


class HeldWorld:
    """Sessions of ours with pipes as transports, and a line of datagrams that a user may change."""

    rewinds = True
    sees_all = False

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

    # -- Questions of a stepper -------------------------------------------------------------------

    @property
    def now(self) -> float:
        """The time in seconds. The clock stands still between moves."""
        return self.clock

    @property
    def sessions(self) -> Mapping[str, Session]:
        """The session of each end, once it exists."""
        return {end: driver.session for end, driver in self.drivers.items()}

    @property
    def variables(self) -> Mapping[str, Mapping[str, object]]:
        return {end: variables_of(session) for end, session in self.sessions.items()}

    @property
    def wire(self) -> tuple[Held, ...]:
        """The datagrams under way."""
        return tuple(self.line.held)

    @property
    def remarks(self) -> tuple[str, ...]:
        return ()

    @property
    def pending(self) -> Pending:
        return (*self.line.hands, *self.line.tampered)

    def interrupt(self) -> None:
        """Do nothing, because nothing waits."""

    def perform(self, move: m.Move) -> tuple[Frame, ...]:
        self._drafts, self._packet = [], None
        self._before = {end: session.copy() for end, session in self.sessions.items()}
        self.do(move)
        self.settle()
        drafts, packet = self._drafts, self._packet
        self._drafts, self._packet, self._before = [], None, {}
        return tuple(self._frame(draft, packet if draft is drafts[0] else None) for draft in drafts)

    def do(self, move: m.Move) -> None:
        """Carry out one move. LocalError: it cannot be carried out, and nothing has changed."""
        match move:
            case m.Drop(number):
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
            case m.ReportUnreachable(end):
                self.running(end).feed(UnreachableReceived())
            case m.FailStorage(end):
                told = sentence("the disk is full (set in the debugger)")
                self.running(end).feed(StorageFailed(ErrorCode.DISK_FULL, told))
            case m.Wait():
                raise LocalError(sentence("`wait` is only for a real peer: use `step` here"))
            case _:
                name = type(move).__name__
                raise LocalError(sentence("{move} has no effect here", move=name))

    def running(self, end: str) -> Driver:
        """Return the driver of an end. LocalError: the end has ended, or it does not exist."""
        driver = self.drivers.get(end)
        if driver is None:
            raise _no_end(end, ", ".join(self.drivers))
        if driver.ended:
            state = state_gloss(driver.session.state)
            raise LocalError(
                sentence("{end} has ended: its state is {state}", end=end, state=state)
            )
        return driver

    def _expire(self, driver: Driver) -> None:
        deadline = driver.deadline
        if deadline is None:
            raise LocalError(sentence("this end waits for nothing, so it cannot time out"))
        self.clock = max(self.clock, deadline)
        driver.feed(TimeoutExpired())

    def _arrive(self, number: int) -> None:
        held = self.line.take(number)
        self.clock = max(self.clock, held.due)
        self._packet = held
        self.deliver(held)

    def settle(self) -> None:
        """Begin another session after a move, if a repeated request needs one."""

    def event_of(self, held: Held, session: Session) -> Event:
        """Return the event that `session`, the receiver, would hear for the datagram."""
        return session.interpret(held.octets, held.source)

    def arrives(self, held: Held) -> str:
        """Return a sentence about the datagram's next event."""
        return sentence("{packet} arrives", packet=whose(held))

    def deliver(self, held: Held) -> None:
        """Give the datagram to its receiver."""
        raise NotImplementedError

    def post(self, pipe: Pipe, datagram: bytes, to: Address) -> None:
        """Take a datagram that an end sends."""
        raise NotImplementedError

    # -- Frames -----------------------------------------------------------------------------------

    def add(self, end: str, driver: Driver) -> None:
        """Add an end that begins now. Its driver's transport is a pipe of this world."""
        assert isinstance(driver.transport, Pipe)
        driver.observer = Observer(self, end)
        driver.recent.clear()
        self.drivers[end], self.pipes[end] = driver, driver.transport
        self.headers = {**self.headers, end: session_header(driver.session)}
        self._before[end] = driver.session.copy()

    def took(self, end: str, step: Step) -> None:
        """Note a step of a session. Its effects are carried out after this."""
        session, before = self.drivers[end].session, self._before[end]
        self.drivers[end].recent.clear()
        self._drafts.append(
            _Draft(
                end,
                step,
                Asked(before, step.event, step.now),
                variables_of(before),
                variables_of(session),
                unusual(before, session, step),
            )
        )
        self._before[end] = session.copy()

    def note_sent(self, told: Notice) -> None:
        """Note a datagram that the step being carried out has sent."""
        draft = self._drafts[-1]
        draft.sent.append(told.held)
        draft.notes += [told.words] if told.words else []
        draft.fates += [told.record] if told.record else []

    def note(self, words: str) -> None:
        """Add a note to the next frame."""
        self.line.notes.append(words)

    def _frame(self, draft: _Draft, packet: Held | None) -> Frame:
        notes, tampered, hands = self.line.take_notes()
        self.taken += 1
        return Frame(
            number=self.taken,
            end=draft.end,
            table=self.drivers[draft.end].session.table,
            step=draft.step,
            packet=packet,
            sent=tuple(draft.sent),
            asked=draft.asked,
            before=draft.before,
            variables=draft.variables,
            unusual=draft.unusual,
            notes=(*notes, *draft.notes),
            tampered=tampered,
            fates=tuple(draft.fates),
            wire=self.wire,
            by_hand=hands,
        )


@frozen
class Observer:
    """A driver's observer that knows its end. A copy of the world has a copy of it."""

    world: HeldWorld
    end: str

    def __call__(self, step: Step) -> None:
        self.world.took(self.end, step)
