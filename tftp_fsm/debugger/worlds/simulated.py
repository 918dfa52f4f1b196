"""Both ends of a transfer and the wire between them, with time stopped for all.

The clock goes to whatever is made to happen next: a datagram's arrival, or a session's deadline.
The same setup and the same moves give the same steps.
"""

from __future__ import annotations

import copy
from typing import Literal

from tftp_fsm.debugger import moves as m
from tftp_fsm.debugger.datagrams import NOBODY, STRANGER, Held
from tftp_fsm.debugger.variables import set_by_hand, shifted
from tftp_fsm.debugger.worlds.choices import choices_of
from tftp_fsm.debugger.worlds.faults import FOREIGN, Rule, ScriptedFaults
from tftp_fsm.debugger.worlds.files import MovedSource
from tftp_fsm.debugger.worlds.world import HeldWorld, Pipe, shared
from tftp_fsm.driver.driver import Driver
from tftp_fsm.errors import LocalError, MalformedPacket
from tftp_fsm.frozen import frozen
from tftp_fsm.protocol.events import Event, RequestReceived
from tftp_fsm.protocol.roles import ReadClient, ReadServer, WriteClient, WriteServer
from tftp_fsm.protocol.session import Session
from tftp_fsm.protocol.timing import RetryPolicy
from tftp_fsm.simulation.transfer import CLIENT, LISTENER, NAME, SERVER
from tftp_fsm.storage import BytesSink
from tftp_fsm.trace.trace import session_header
from tftp_fsm.transports import Burst
from tftp_fsm.transports.faults import Faults
from tftp_fsm.wire.address import Address
from tftp_fsm.wire.options import OptionLimits, Options, accept
from tftp_fsm.wire.packets import Rrq, Wrq, parse

LATENCY = 0.001  # seconds one way, where nobody says
SAME_MOMENT = 1e-9  # seconds


@frozen
class WorldSetup:
    """What a debugged transfer is made of. Seconds, octets, blocks.

    `rules` are what the wire does by itself; `reader`, `writer`, ... may be sessions with other
    tables. `refuses` makes the server one that takes no options at all.
    """

    verb: Literal["get", "put"] = "get"
    content: bytes = b""
    options: Options = Options()
    faults: Faults = Faults()
    latency: float = LATENCY
    retry_policy: RetryPolicy = RetryPolicy()
    server_retry_policy: RetryPolicy = RetryPolicy(dally=3.0)
    limits: OptionLimits = OptionLimits(windowsize=65535)
    rules: tuple[Rule, ...] = ()
    name: bytes = NAME
    read_server: type[ReadServer] = ReadServer
    write_client: type[WriteClient] = WriteClient


class SimulatedWorld(HeldWorld):
    """See the module."""

    def __init__(self, setup: WorldSetup) -> None:
        super().__init__()
        self.setup = setup
        self.faults = ScriptedFaults(setup.rules, setup.faults)
        self.sink = BytesSink()
        self.about = {"latency": setup.latency, "seed": setup.faults.seed}
        self._begun = False
        self._begin()

    @property
    def received(self) -> bytes | None:
        """The file as it arrived, once it is whole."""
        return self.sink.octets

    @property
    def compares(self) -> bool:
        """Both ends are ours."""
        return True

    @property
    def intact(self) -> bool | None:
        """See `World`."""
        received = self.sink.octets
        return None if received is None else received == self.setup.content

    # -- What a stepper asks ----------------------------------------------------------------------

    def next_move(self) -> m.Move | None:
        """An arrival goes before a deadline of its moment, as near as sums of seconds come."""
        if not self._begun:
            return m.Begin()
        held = self.line.first_due()
        end, deadline = self._first_deadline()
        if held is not None and (
            deadline is None or held.due <= max(deadline, self.clock) + SAME_MOMENT
        ):
            return m.Arrive(held.number)
        return None if end is None else m.Expire(end)

    def choices(self) -> tuple[m.Choice, ...]:
        """See `World`."""
        return choices_of(self, self.next_move(), begun=self._begun)

    def copy(self) -> SimulatedWorld:
        """See `World`."""
        self._before = {}
        memo = shared(self, [self.setup, self.headers, self.about])
        return copy.deepcopy(self, memo)

    def close(self) -> None:
        """Nothing is open."""

    def _first_deadline(self) -> tuple[str | None, float | None]:
        due = [
            (session.deadline, end)
            for end, session in self.sessions.items()
            if session.deadline is not None
        ]
        deadline, end = min(due, default=(None, None))
        return end, deadline

    # -- Moves ------------------------------------------------------------------------------------

    def do(self, move: m.Move) -> None:
        """See `HeldWorld`."""
        match move:
            case m.Begin():
                if self._begun:
                    raise LocalError("the transfer has begun already")
                self._begun = True
                super().do(move)
            case m.SetVariable(end, name, value, both):
                self._set(end, name, value, both)
            case m.Inject(end, octets, stranger):
                self._inject(end, octets, stranger)
            case _:
                super().do(move)

    def event_of(self, held: Held, session: Session) -> Event:
        """At the well-known port it is a request, or nothing."""
        if held.to == LISTENER:
            return RequestReceived(held.source)
        return super().event_of(held, session)

    def deliver(self, held: Held) -> None:
        """To the end that has this TID; a request to the well-known port finds its session."""
        burst = Burst.of(held.octets, held.source)
        driver = self.drivers.get(held.receiver)
        if held.to == LISTENER:
            self._heard_request(held)
        elif driver is None or driver.ended:
            self.note(f"{held.words} arrives where nobody listens any more")
        else:
            driver.take(burst)

    def post(self, pipe: Pipe, datagram: bytes, to: Address) -> None:
        """Put it on its way, unless the scenario or the seeded network decides otherwise."""
        held = self._put(pipe.end, _end_of(to), pipe.address, to, datagram)
        self.note_sent(self.faults.apply(self.line, held))

    def _put(self, sender: str, receiver: str, source: Address, to: Address, octets: bytes) -> Held:
        times = (self.clock, self.clock + self.setup.latency)
        return self.line.put((sender, receiver), (source, to), octets, times)

    def _heard_request(self, held: Held) -> None:
        """A repeated request finds its running session instead of starting another."""
        if "server" not in self.drivers:
            self._make_server(held.octets)
        driver = self.drivers.get("server")
        if driver is None or driver.ended:
            self.note(f"{held.words} starts nothing at the well-known port")
        else:
            driver.feed(RequestReceived(held.source))

    def _inject(self, end: str, octets: bytes, stranger: bool) -> None:
        session = self.running(end).session
        to = self.pipes[end].address
        peer = SERVER if end == "client" else CLIENT
        source = FOREIGN if stranger else session.peer if session.peer != LISTENER else peer
        assert source is not None
        held = self._put(STRANGER if stranger else _end_of(source), end, source, to, octets)
        self.note(f"{held.words} for {end}: made by hand")

    def _set(self, end: str, name: str, value: str, both: bool) -> None:
        """With the block of both ends goes the wire, so that nothing but the numbers changes."""
        self.running(end)
        by = set_by_hand(self.sessions, end, name, value, both)
        for driver in self.drivers.values() if both else [self.drivers[end]]:
            if isinstance(driver.source, MovedSource):
                driver.source.lead += by * driver.session.blksize
        if by and both:
            self.line.change_all(lambda held: shifted(held.octets, by))
        self.note(f"{name} of {'both ends' if both else end} set to {value} by hand")

    # -- Ends -------------------------------------------------------------------------------------

    def _begin(self) -> None:
        setup, pairs = self.setup, self.setup.options.pairs()
        pipe = Pipe(self, "client", CLIENT)
        if setup.verb == "get":
            reader = ReadClient(Rrq(setup.name, "octet", pairs), LISTENER, setup.retry_policy)
            self._join("client", Driver(reader, pipe, sink=self.sink), pipe)
            return
        source = MovedSource(setup.content)
        request = Wrq(setup.name, "octet", pairs)
        writer = setup.write_client(request, source.size, LISTENER, setup.retry_policy)
        self._join("client", Driver(writer, pipe, source=source), pipe)

    def _make_server(self, octets: bytes) -> None:
        """Nothing where the request was damaged on its way: the client will ask again."""
        try:
            request = parse(octets)
        except MalformedPacket:
            return
        setup, pipe = self.setup, Pipe(self, "server", SERVER)
        match request:
            case Rrq(options=pairs):
                source = MovedSource(setup.content)
                agreed = accept(pairs, setup.limits, tsize=source.size)
                retry_policy = setup.server_retry_policy
                sender = setup.read_server(request, source.size, agreed, CLIENT, retry_policy)
                self._join("server", Driver(sender, pipe, source=source), pipe)
            case Wrq(options=pairs):
                agreed = accept(pairs, setup.limits, tsize=None)
                receiver = WriteServer(request, agreed, CLIENT, setup.server_retry_policy)
                self._join("server", Driver(receiver, pipe, sink=self.sink), pipe)

    def _join(self, end: str, driver: Driver, pipe: Pipe) -> None:
        self.headers = {**self.headers, end: session_header(driver.session)}
        self.add(end, driver, pipe)


def _end_of(address: Address) -> str:
    if address == CLIENT:
        return "client"
    return "server" if address in (LISTENER, SERVER) else STRANGER if address == FOREIGN else NOBODY
