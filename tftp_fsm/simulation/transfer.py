"""Both ends of a transfer over a simulated network: two sessions, one virtual clock.

    result = simulate("get", b"x" * 5000, faults=Faults(loss=0.1, seed=7))
    result.intact, result.client, result.server, result.seconds

Time jumps to whatever is due next: a datagram's arrival, or a session's deadline. The same
arguments give the same run, step by step.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from typing import Any, Literal, TypeAlias

from tftp_fsm.driver.driver import Driver
from tftp_fsm.errors import MalformedPacket
from tftp_fsm.frozen import frozen
from tftp_fsm.protocol.events import Finished, Opened, RequestReceived, Step, TimeoutExpired
from tftp_fsm.protocol.roles import ReadClient, ReadServer, WriteClient, WriteServer
from tftp_fsm.protocol.session import Session
from tftp_fsm.protocol.timing import RetryPolicy
from tftp_fsm.simulation.network import SimulatedNetwork, SimulatedTransport
from tftp_fsm.storage import BytesSink, BytesSource
from tftp_fsm.trace.trace import Recorded, Trace, WireEvent, session_header
from tftp_fsm.transports import Burst, Unreachable
from tftp_fsm.transports.faults import Faults, Impairment
from tftp_fsm.wire.address import Address
from tftp_fsm.wire.options import OptionLimits, Options, accept, offer
from tftp_fsm.wire.packets import Rrq, Wrq, parse

CLIENT: Address = ("client", 1024)
LISTENER: Address = ("server", 69)
SERVER: Address = ("server", 2048)
NAME = b"file"
DATA_OPCODE = b"\0\3"

End: TypeAlias = Literal["client", "server"]
Watcher: TypeAlias = Callable[[End, Step], None]


@frozen
class Setup:
    """What a simulated transfer is made of. Seconds, octets, blocks.

    `watch` is called with each step of either end, `opened` with each end's session before its
    first, `log` with each datagram that a fault befell.
    """

    verb: Literal["get", "put"] = "get"
    content: bytes = b""
    faults: Faults = Faults()
    latency: float = 0.001
    options: Options = Options()
    retry_policy: RetryPolicy = RetryPolicy()
    server_retry_policy: RetryPolicy = RetryPolicy(dally=3.0)
    watch: Watcher | None = None
    opened: Callable[[End, Session], None] | None = None
    log: Callable[[Impairment], None] | None = None
    name: bytes = NAME


@frozen
class Result:
    """How it ended: each end's outcome (None: it never began), and what arrived."""

    client: Finished | None
    server: Finished | None
    received: bytes | None
    intact: bool
    seconds: float
    retransmissions: int


class Recorder:
    """Keeps what a simulation does, as a trace."""

    def __init__(self, setup: Setup) -> None:
        self._about = {
            "verb": setup.verb,
            "size": len(setup.content),
            "latency": setup.latency,
            "faults": asdict(setup.faults),
        }
        self._ends: dict[str, dict[str, Any]] = {}
        self._entries: list[Recorded | WireEvent] = []

    @property
    def trace(self) -> Trace:
        """As far as it has come."""
        return Trace(dict(self._ends), tuple(self._entries), self._about)

    def opened(self, end: End, session: Session) -> None:
        """See `Setup.opened`."""
        self._ends[end] = session_header(session)

    def watch(self, end: End, step: Step) -> None:
        """See `Setup.watch`."""
        self._entries.append(Recorded(end, step))

    def log(self, befell: Impairment) -> None:
        """See `Setup.log`."""
        self._entries.append(wire_of(befell))


def record(setup: Setup) -> tuple[Result, Trace]:
    """The whole transfer, and the trace of both ends and of the wire."""
    recorder = Recorder(setup)
    seen = replace(setup, opened=recorder.opened, watch=recorder.watch, log=recorder.log)
    return Simulation(seen).run(), recorder.trace


def wire_of(befell: Impairment) -> WireEvent:
    """What befell a datagram, as a trace tells it: no file data."""
    sender, receiver = ("server", "client") if befell.peer == CLIENT else ("client", "server")
    datagram, fate = befell.datagram, befell.fate
    head = datagram[:4] if datagram[:2] == DATA_OPCODE else datagram
    octets = len(datagram)
    return WireEvent(
        befell.now, sender, receiver, head, octets, fate.mishaps, fate.delays, fate.flipped
    )


class Simulation:
    """One transfer, taken event by event: `steps()` yields after each, `run()` goes to the end."""

    def __init__(self, setup: Setup) -> None:
        self.setup = setup
        self.network = SimulatedNetwork(setup.latency, setup.faults, log=setup.log)
        self.client_sink = BytesSink() if setup.verb == "get" else None
        self.server_sink: BytesSink | None = None
        self.client = self._make_client()
        self.server: Driver | None = None
        self._listener = self.network.transport(LISTENER)

    def run(self) -> Result:
        """To the end of both sessions."""
        for _ in self.steps():
            pass
        return self.result()

    def steps(self) -> Iterator[None]:
        """After each thing that happened."""
        self.client.feed(Opened())
        yield
        while self._advance():
            yield

    def result(self) -> Result:
        """As far as it has come."""
        sink = self.client_sink or self.server_sink
        received = sink.octets if sink is not None else None
        drivers = self._drivers()
        return Result(
            client=self.client.finished,
            server=self.server.finished if self.server else None,
            received=received,
            intact=received == self.setup.content,
            seconds=self.network.now(),
            retransmissions=sum(d.session.counters.retransmissions for d in drivers),
        )

    def _advance(self) -> bool:
        """The next thing due, in time's order; an arrival goes before a deadline of its moment."""
        due = [(d.session.deadline, d) for d in self._drivers() if d.session.deadline is not None]
        when, driver = min(due, key=lambda pair: pair[0], default=(None, None))
        arrival = self.network.next_due()
        if when is None and not self._drivers_running():
            return False
        if driver is not None and when is not None and (arrival is None or when < arrival):
            self.network.advance(when)
            driver.feed(TimeoutExpired())
            return True
        if arrival is None:
            return False
        self._deliver(self.network.deliver_next())
        return True

    def _drivers(self) -> list[Driver]:
        return [self.client] + ([self.server] if self.server else [])

    def _drivers_running(self) -> bool:
        return any(not driver.ended for driver in self._drivers())

    def _deliver(self, delivered: tuple[Address, Burst | Unreachable] | None) -> None:
        match delivered:
            case (address, arrived) if address == CLIENT:
                self.client.take(arrived)
            case (address, arrived) if address == SERVER and self.server:
                self.server.take(arrived)
            case (address, Burst() as burst) if address == LISTENER:
                self._heard_request(burst)

    def _heard_request(self, burst: Burst) -> None:
        """A repeated request finds its running session instead of starting another."""
        if self.server is None:
            self.server = self._make_server(b"".join(burst.buffers))
        if self.server is not None:
            self.server.feed(RequestReceived(burst.peer))

    def _watch(self, end: End) -> Callable[[Step], None] | None:
        watch = self.setup.watch
        return None if watch is None else lambda step: watch(end, step)

    def _make_client(self) -> Driver:
        setup, transport = self.setup, self.network.transport(CLIENT)
        pairs = setup.options.pairs()
        if setup.verb == "get":
            reader = ReadClient(Rrq(setup.name, "octet", pairs), LISTENER, setup.retry_policy)
            return self._driver(reader, transport, "client", sink=self.client_sink)
        source = BytesSource(setup.content)
        request = Wrq(setup.name, "octet", pairs)
        writer = WriteClient(request, source.size, LISTENER, setup.retry_policy)
        return self._driver(writer, transport, "client", source=source)

    def _make_server(self, octets: bytes) -> Driver | None:
        try:
            request = parse(octets)
        except MalformedPacket:  # damaged on its way: the client will ask again
            return None
        setup, limits = self.setup, OptionLimits(windowsize=65535)
        transport = self.network.transport(SERVER)
        retry_policy = setup.server_retry_policy
        match request:
            case Rrq(options=pairs):
                source = BytesSource(setup.content)
                agreed = accept(pairs, limits, tsize=source.size)
                sender = ReadServer(request, source.size, agreed, CLIENT, retry_policy)
                return self._driver(sender, transport, "server", source=source)
            case Wrq(options=pairs):
                self.server_sink = BytesSink()
                agreed = accept(pairs, limits, tsize=None)
                receiver = WriteServer(request, agreed, CLIENT, retry_policy)
                return self._driver(receiver, transport, "server", sink=self.server_sink)
        return None

    def _driver(
        self,
        session: ReadClient | WriteClient | ReadServer | WriteServer,
        transport: SimulatedTransport,
        end: End,
        *,
        source: BytesSource | None = None,
        sink: BytesSink | None = None,
    ) -> Driver:
        if self.setup.opened is not None:
            self.setup.opened(end, session)
        return Driver(session, transport, source=source, sink=sink, observer=self._watch(end))


def simulate(
    verb: Literal["get", "put"],
    content: bytes,
    *,
    faults: Faults | None = None,
    blksize: int = 512,
    windowsize: int = 1,
    timeout: int | None = None,
    latency: float = 0.001,
    watch: Watcher | None = None,
) -> Result:
    """One transfer of `content`, from the request to the end of both sessions."""
    size = len(content) if verb == "put" else 0
    options = offer(blksize=blksize, windowsize=windowsize, timeout=timeout, tsize=size)
    setup = Setup(verb, content, faults or Faults(), latency, options, watch=watch)
    return Simulation(setup).run()
