"""Run a server with our sessions on the simulated network. The sessions may have a mistake.

    world = World({"file": b"..."}, sessions=sessions_of("sorcerer"))
    desk = world.desk()
    results = list(examined(desk))

Nothing waits. The clock jumps to the next due event, also to the time-outs of the server.
"""

from __future__ import annotations

from collections.abc import Callable

from tftp_fsm.driver.driver import Driver
from tftp_fsm.errors import MalformedPacket
from tftp_fsm.examine.checks import Result
from tftp_fsm.examine.probing.desk import Desk, Wishes
from tftp_fsm.examine.probing.plan import examined
from tftp_fsm.protocol.events import RequestReceived, TimeoutExpired
from tftp_fsm.protocol.roles import OURS, Sessions, server_session
from tftp_fsm.protocol.timing import RetryPolicy
from tftp_fsm.simulation.network import SimulatedNetwork
from tftp_fsm.storage import BytesSink, BytesSource
from tftp_fsm.transports import Burst, Transport, Unreachable
from tftp_fsm.wire.address import Address
from tftp_fsm.wire.netascii import Encoder
from tftp_fsm.wire.options import OptionLimits
from tftp_fsm.wire.packets import Error, Request, Rrq, Wrq, build, parse

LISTENER: Address = ("server", 69)
FIRST_PORT = 20_000
LIMITS = OptionLimits()
LINES = (b"a line of text\n" * 220)[:3072]  # six blocks of 512 octets
Answering = Callable[["Listener", bytes, Address], None]


class Listener:
    """Listens at the listening port, and calls `answer` with each datagram that comes."""

    def __init__(self, network: SimulatedNetwork, answer: Answering) -> None:
        self.network = network
        self._answer = answer
        self.transport = network.transport(LISTENER, self._heard)
        self.ports = iter(range(FIRST_PORT, 60_000))
        self.drivers: list[Driver] = []
        self.later: list[tuple[float, Callable[[], None]]] = []  # seconds on the network's clock

    def _heard(self, arrived: Burst | Unreachable) -> None:
        if isinstance(arrived, Burst):
            self._answer(self, b"".join(arrived.buffers), arrived.peer)

    def say(self, packet: bytes, to: Address) -> None:
        self.transport.send(Burst.of(packet, to))

    def tid(self, heard: Callable[[Burst | Unreachable], None]) -> Transport:
        """Return a new port for a session."""
        return self.network.transport(("server", next(self.ports)), heard)

    def next_due(self) -> float | None:
        """Return when the next time-out of a session is due, or what is to be done later."""
        deadlines = [driver.deadline for driver in self.drivers]
        deadlines += [at for at, _ in self.later]
        return min((due for due in deadlines if due is not None), default=None)

    def expire(self) -> None:
        """Give the due time-outs to the sessions, and do what is due."""
        due_now = [one for one in self.later if one[0] <= self.network.now()]
        for one in due_now:
            self.later.remove(one)
            one[1]()
        for driver in list(self.drivers):
            due = driver.deadline
            if due is not None and due <= self.network.now():
                driver.feed(TimeoutExpired())
            self.drop(driver)

    def drop(self, driver: Driver) -> None:
        if driver.ended and driver in self.drivers:
            self.drivers.remove(driver)
            driver.transport.close()


class Files:
    """Answers requests for these files. `written` has the files that clients have written."""

    def __init__(
        self,
        files: dict[str, bytes],
        sessions: Sessions = OURS,
        limits: OptionLimits | None = LIMITS,
        policy: RetryPolicy | None = None,
    ) -> None:
        self.files = files
        self._sessions = sessions
        self._limits = limits
        self._policy = policy or RetryPolicy(dally=3.0)

    def __call__(self, listener: Listener, octets: bytes, client: Address) -> None:
        try:
            request = parse(octets)
        except MalformedPacket:
            return
        if not isinstance(request, Rrq | Wrq):
            return
        name = request.filename.decode()
        if isinstance(request, Rrq) and name not in self.files:
            listener.say(build(Error(1, "no such file")), client)
            return
        self._begin(listener, request, name, client)

    def _begin(self, listener: Listener, request: Request, name: str, client: Address) -> None:
        is_read = isinstance(request, Rrq)
        content = self.files.get(name, b"")
        if request.mode.lower() == "netascii":
            content = Encoder().encode(content)
        session = server_session(
            request,
            client,
            self._policy,
            self._limits,
            size=len(content) if is_read else 0,
            sessions=self._sessions,
        )
        sink = None if is_read else BytesSink()

        def heard(arrived: Burst | Unreachable) -> None:
            driver.take(arrived)
            if sink is not None and sink.octets is not None:
                self.files[name] = sink.octets
            listener.drop(driver)

        source = BytesSource(content) if is_read else None
        driver = Driver(session, listener.tid(heard), source=source, sink=sink)
        listener.drivers.append(driver)
        driver.feed(RequestReceived(client))
        listener.drop(driver)


class World:
    """A network with one server, and desks at which it is examined."""

    def __init__(self, answer: Answering, *, burst: bool = False, latency: float = 0.02) -> None:
        self.network = SimulatedNetwork(latency, burst=burst)
        self.listener = Listener(self.network, answer)
        self._ports = iter(range(1024, 60_000))

    def open(self) -> Transport:
        """Return a client's transport with a new TID."""
        return Clocked(self.network, self.listener, ("client", next(self._ports)))

    def desk(self, **wishes: object) -> Desk:
        """Return a desk for this server."""
        chosen = Wishes(**{"name": b"file", **wishes})  # type: ignore[arg-type]
        return Desk(LISTENER, chosen, self.open)

    def results(self, **wishes: object) -> dict[str, Result]:
        """Return the results of all checks by their names."""
        return {result.check.name: result for result in examined(self.desk(**wishes))}


class Clocked:
    """A client's transport. While it waits, the time-outs of the server come."""

    def __init__(self, network: SimulatedNetwork, listener: Listener, address: Address) -> None:
        self._inner = network.transport(address)
        self._listener = listener

    def send(self, burst: Burst) -> None:
        self._inner.send(burst)

    def receive(self, deadline: float | None) -> Burst | Unreachable | None:
        while True:
            due = self._listener.next_due()
            if due is None or (deadline is not None and due > deadline):
                return self._inner.receive(deadline)
            arrived = self._inner.receive(max(due, self.now()))
            if arrived is not None:
                return arrived
            self._listener.expire()

    def now(self) -> float:
        return self._inner.now()

    def close(self) -> None:
        self._inner.close()
