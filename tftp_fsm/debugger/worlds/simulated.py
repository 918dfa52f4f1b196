"""Both ends of a transfer and the wire between them, on a clock that stands still.

Each move takes the clock to the time of its event: the arrival of a datagram, or the deadline of a
session. The same setup and the same moves give the same steps.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence

from tftp_fsm.debugger import moves as m
from tftp_fsm.debugger.datagrams import NOBODY, STRANGER, Held, made_by_hand
from tftp_fsm.debugger.variables import set_by_hand, shifted
from tftp_fsm.debugger.worlds.choices import choices_of
from tftp_fsm.debugger.worlds.faults import FOREIGN, ScriptedFaults
from tftp_fsm.debugger.worlds.files import MovedSource
from tftp_fsm.debugger.worlds.held import HeldWorld, Pipe, new_session
from tftp_fsm.debugger.worlds.setup import WorldSetup
from tftp_fsm.errors import LocalError
from tftp_fsm.language import sentence
from tftp_fsm.protocol.events import Event, RequestReceived
from tftp_fsm.protocol.session import Session
from tftp_fsm.simulation.addresses import CLIENT, LISTENER, SERVER, End, end_of
from tftp_fsm.simulation.ends import Ends
from tftp_fsm.simulation.link import Link
from tftp_fsm.trace.records import ByHand
from tftp_fsm.transports.burst import Burst
from tftp_fsm.wire.address import Address


class SimulatedWorld(HeldWorld):
    """A simulated transfer that stands still between its steps."""

    sees_all = True

    def __init__(self, setup: WorldSetup) -> None:
        super().__init__()
        self.setup = setup
        self.faults = ScriptedFaults(setup.rules, setup.faults)
        self._link = Link(setup.latency, setup.rate)
        self.about = {"latency": setup.latency, "rate": setup.rate, "seed": setup.faults.seed}
        self._begun = False
        self._ends = Ends(setup, self._pipe_of, self.add, MovedSource)
        self.drivers = self._ends.drivers
        self._ends.begin()

    @property
    def received(self) -> bytes | None:
        """The file that has arrived, or None until it is whole."""
        return self._ends.received

    @property
    def compares(self) -> bool:
        """Return True: both ends are ours."""
        return True

    @property
    def intact(self) -> bool | None:
        return None if self.received is None else self.received == self.setup.content

    # -- Questions of a stepper -------------------------------------------------------------------

    def next_move(self) -> m.Move | None:
        if not self._begun:
            return m.Begin()
        held = self.line.first_due()
        end = self._ends.next_expiry(None if held is None else held.due, self.clock)
        if end is not None:
            return m.Expire(end)
        return None if held is None else m.Arrive(held.number)

    def choices(self) -> tuple[m.Choice, ...]:
        return choices_of(self, self.next_move(), begun=self._begun)

    def copy(self) -> SimulatedWorld:
        memo = _shared(self, [self.setup, self.headers, self.about])
        return copy.deepcopy(self, memo)

    def close(self) -> None:
        """Do nothing, because nothing is open."""

    # -- Moves ------------------------------------------------------------------------------------

    def do(self, move: m.Move) -> None:
        match move:
            case m.Begin():
                if self._begun:
                    raise LocalError(sentence("the transfer has begun already"))
                self._begun = True
                super().do(move)
            case m.SetVariable(end, name, value, both):
                self._set(end, name, value, both)
            case m.Inject(end, octets, stranger):
                self._inject(end, octets, stranger)
            case _:
                super().do(move)

    def event_of(self, held: Held, session: Session) -> Event:
        """Return the event. At the well-known port every datagram counts as a request."""
        if held.to == LISTENER:
            return RequestReceived(held.source)
        return super().event_of(held, session)

    def deliver(self, held: Held) -> None:
        if not self._ends.deliver(held.to, Burst.of(held.octets, held.source)):
            words = sentence(
                "{packet} arrives where no program listens any more", packet=held.words
            )
            if held.to == LISTENER:
                words = sentence(
                    "{packet} arrives at the well-known port, and begins no session",
                    packet=held.words,
                )
            self.note(words)

    def settle(self) -> None:
        if self._ends.settle():
            self.note(new_session(self.pipes["server"].address[1]))

    def post(self, pipe: Pipe, datagram: bytes, to: Address) -> None:
        """Send the datagram. The scenario's rules and the seeded faults decide its fate."""
        held = self._put(pipe.end, _end_of(to), pipe.address, to, datagram)
        self.note_sent(self.faults.apply(self.line, held))

    def _put(self, sender: str, receiver: str, source: Address, to: Address, octets: bytes) -> Held:
        times = (self.clock, self._link.arrival(source[0], len(octets), self.clock))
        return self.line.put((sender, receiver), (source, to), octets, times)

    def _inject(self, end: str, octets: bytes, stranger: bool) -> None:
        session = self.running(end).session
        to = self.pipes[end].address
        peer = SERVER if end == "client" else CLIENT
        source = FOREIGN if stranger else session.peer if session.peer != LISTENER else peer
        assert source is not None
        held = self._put(STRANGER if stranger else _end_of(source), end, source, to, octets)
        self.note(made_by_hand(held, end))

    def _set(self, end: str, name: str, value: str, both: bool) -> None:
        """Set a variable. With the block of both ends, the numbers on the wire change too."""
        self.running(end)
        by = set_by_hand(self.sessions, end, name, value, both)
        for driver in self.drivers.values() if both else [self.drivers[end]]:
            if isinstance(driver.effects.source, MovedSource):
                driver.effects.source.lead += by * driver.session.blksize
        if by and both:
            self.line.change_all(lambda held: shifted(held.octets, by))
        self.line.set_by_hand(ByHand(end, name, value, both))

    def _pipe_of(self, end: End, address: Address) -> Pipe:
        return Pipe(self, end, address)


def _end_of(address: Address) -> str:
    return end_of(address) or (STRANGER if address == FOREIGN else NOBODY)


def _shared(world: HeldWorld, more: Sequence[object] = ()) -> dict[int, object]:
    """Return the memo of `copy.deepcopy` with the values that never change and need no copy."""
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
