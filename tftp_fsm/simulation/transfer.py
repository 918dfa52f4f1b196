"""A whole transfer over a simulated network: both ends, on one virtual clock.

    result = simulate("get", b"x" * 5000, faults=Faults(loss=0.1, seed=7))
    result.intact, result.client, result.server, result.seconds

The clock jumps to the next due event: the arrival of a datagram, or the deadline of a session.
The same arguments give the same steps.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict
from functools import partial
from typing import Literal, TypeAlias

from tftp_fsm.driver.driver import Driver
from tftp_fsm.frozen import frozen
from tftp_fsm.protocol.events import Finished, Opened, Step, TimeoutExpired
from tftp_fsm.protocol.session import Session
from tftp_fsm.simulation.addresses import CLIENT, LISTENER, End
from tftp_fsm.simulation.ends import Ends, Setup
from tftp_fsm.simulation.network import SimulatedNetwork
from tftp_fsm.trace.records import Json, Recorded, WireEvent, wire_event
from tftp_fsm.trace.trace import Trace, session_header
from tftp_fsm.transports.faults import Faults, Impairment
from tftp_fsm.transports.protocol import Transport
from tftp_fsm.wire.address import Address
from tftp_fsm.wire.options import offer

Watcher: TypeAlias = Callable[[End, Step], None]


@frozen
class Result:
    """The result. An end's outcome is None if it never began. `received` is the whole file."""

    client: Finished | None
    server: Finished | None
    received: bytes | None
    intact: bool
    seconds: float
    retransmissions: int


def record(setup: Setup) -> tuple[Result, Trace]:
    """Run a transfer. Return its result, and the trace of both ends and of the wire."""
    ends: dict[str, Json] = {}
    entries: list[Recorded | WireEvent] = []

    def opened(end: End, session: Session) -> None:
        ends[end] = session_header(session)

    def log(impairment: Impairment) -> None:
        way = ("server", "client") if impairment.peer == CLIENT else ("client", "server")
        entries.append(wire_event(impairment.now, *way, impairment.datagram, impairment.fate))

    def watch(end: End, step: Step) -> None:
        entries.append(Recorded(end, step))

    result = Simulation(setup, watch=watch, opened=opened, log=log).run()
    about = {
        "verb": setup.verb,
        "size": len(setup.content),
        "latency": setup.latency,
        "rate": setup.rate,
        "faults": asdict(setup.faults),
    }
    return result, Trace(ends, tuple(entries), about)


class Simulation:
    """One transfer. `steps()` yields after each event, `run()` goes to the end.

    `watch` is called with each step of either end, `opened` with each end's session before its
    first step, `log` with each datagram that met a fault.
    """

    def __init__(
        self,
        setup: Setup,
        *,
        watch: Watcher | None = None,
        opened: Callable[[End, Session], None] | None = None,
        log: Callable[[Impairment], None] | None = None,
    ) -> None:
        self.setup = setup
        self.network = SimulatedNetwork(setup.latency, setup.faults, rate=setup.rate, log=log)
        self.network.transport(LISTENER)
        self._watch = watch
        self._opened = opened
        self._ends = Ends(setup, self._transport_of, self._joined)
        self._ends.begin()

    @property
    def client(self) -> Driver:
        """The driver of the client."""
        return self._ends.drivers["client"]

    @property
    def server(self) -> Driver | None:
        """The driver of the server's latest session, or None until a request has arrived."""
        return self._ends.drivers.get("server")

    def run(self) -> Result:
        """Run to the end of both sessions."""
        for _ in self.steps():
            pass
        return self.result()

    def steps(self) -> Iterator[None]:
        """Run to the end, and yield after each event."""
        self.client.feed(Opened())
        yield
        while self._advance():
            yield

    def result(self) -> Result:
        """The result up to now."""
        received, sessions = self._ends.received, self._ends.sessions
        return Result(
            client=self.client.finished,
            server=self.server.finished if self.server else None,
            received=received,
            intact=received == self.setup.content,
            seconds=self.network.now(),
            retransmissions=sum(d.session.counters.retransmissions for d in sessions),
        )

    def _advance(self) -> bool:
        """Let the next event happen. Return False if none is left."""
        arrival = self.network.next_due()
        end = self._ends.next_expiry(arrival, self.network.now())
        if end is not None:
            self._expire(self._ends.drivers[end])
        elif arrival is None or self._ends.ended:
            return False
        else:
            delivered = self.network.deliver_next()
            if delivered is not None:
                self._ends.deliver(*delivered)
        self._ends.settle()
        return True

    def _expire(self, driver: Driver) -> None:
        deadline = driver.deadline
        assert deadline is not None, "a session whose time-out is due has a deadline"
        self.network.advance(deadline)
        driver.feed(TimeoutExpired())

    def _transport_of(self, end: End, address: Address) -> Transport:
        return self.network.transport(address)

    def _joined(self, end: End, driver: Driver) -> None:
        if self._opened is not None:
            self._opened(end, driver.session)
        if self._watch is not None:
            driver.observer = partial(self._watch, end)


def simulate(
    verb: Literal["get", "put"],
    content: bytes,
    *,
    faults: Faults | None = None,
    blksize: int | None = None,
    windowsize: int | None = None,
    timeout: int | None = None,
    latency: float = 0.001,
    watch: Watcher | None = None,
) -> Result:
    """Run a transfer of `content`, from the request to the end of both sessions."""
    size = len(content) if verb == "put" else 0
    options = offer(blksize=blksize, windowsize=windowsize, timeout=timeout, tsize=size)
    setup = Setup(verb, content, faults or Faults(), latency, options)
    return Simulation(setup, watch=watch).run()
