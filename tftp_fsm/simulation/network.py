"""A network and its clock in memory. Nothing waits: the clock jumps to the next event.

One side may block, as over a real network, while the other side is a function:

    network = SimulatedNetwork()
    server = network.transport(("server", 69), heard=lambda arrived: ...)
    client = network.transport(("client", 1024))
    client.send(Burst.of(b"...", ("server", 69)))
    client.receive(deadline=1.0)

Or no side blocks: a loop calls `deliver_next()`, or `advance(to=deadline)` if the deadline of one
of its sessions comes first.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable
from typing import NamedTuple, TypeAlias

from tftp_fsm.language import sentence
from tftp_fsm.simulation.link import Link
from tftp_fsm.transports.burst import Burst, Unreachable
from tftp_fsm.transports.faults import Faults, Impairment
from tftp_fsm.transports.impaired import FaultInjector
from tftp_fsm.wire.address import Address

Arrival: TypeAlias = Burst | Unreachable

STEPS = 1_000_000


class SimulationStuck(RuntimeError):
    """The simulation would never end: a livelock, or a wait for an event that cannot come."""


class _Due(NamedTuple):
    at: float
    order: int
    to: Address
    arrival: Arrival
    sender: Address | None


class SimulatedNetwork:
    """Datagrams under way between any number of endpoints, on a virtual clock.

    Each datagram takes `latency` seconds one way. With a `rate` (bits per second), the datagrams of
    one host leave one after the other. With `burst`, datagrams that were sent together arrive
    together, unless they meet a fault. With `refusals`, an address that is not open answers with
    Unreachable. After `steps` deliveries SimulationStuck is raised.
    """

    def __init__(
        self,
        latency: float = 0.001,
        faults: Faults | None = None,
        *,
        burst: bool = False,
        refusals: bool = True,
        steps: int = STEPS,
        rate: float | None = None,
        log: Callable[[Impairment], None] | None = None,
    ) -> None:
        self._link = Link(latency, rate)
        self._faults = FaultInjector(faults or Faults(), "sent", self.now, log, "network")
        self._burst = burst
        self._refusals = refusals
        self._steps_left = steps
        self._now = 0.0
        self._order = 0
        self._due: list[_Due] = []
        self._open: dict[Address, SimulatedTransport] = {}

    def transport(
        self, address: Address, heard: Callable[[Arrival], None] | None = None
    ) -> SimulatedTransport:
        """Open `address`. `heard` is called with each arrival. Without it arrivals wait."""
        if address in self._open:
            raise ValueError(sentence("{address} is already open", address=address))
        endpoint = SimulatedTransport(self, address, heard)
        self._open[address] = endpoint
        return endpoint

    def now(self) -> float:
        """Virtual seconds since the network was made."""
        return self._now

    def next_due(self) -> float | None:
        """Return the time of the next arrival (seconds), or None if nothing is under way."""
        return self._due[0].at if self._due else None

    def deliver_next(self) -> tuple[Address, Arrival] | None:
        """Move the clock to the next arrival. Return its address and it, or None if not open."""
        self._steps_left -= 1
        if self._steps_left < 0:
            raise SimulationStuck(
                sentence(
                    "the simulation has not ended after {seconds:.3f} virtual seconds",
                    seconds=self._now,
                )
            )
        due = heapq.heappop(self._due)
        self._now = due.at
        if due.to in self._open:
            return due.to, due.arrival
        if due.sender is not None and self._refusals:
            self._schedule(self._now + self._link.latency, due.sender, Unreachable(due.to))
        return None

    def advance(self, to: float) -> None:
        """Move the clock to `to` (seconds), and deliver everything that is due until then."""
        while self._due and self._due[0].at <= to:
            self.step()
        self._now = max(self._now, to)

    def step(self) -> None:
        """Deliver the next arrival to its endpoint."""
        delivered = self.deliver_next()
        if delivered is not None:
            address, arrival = delivered
            self._open[address].take(arrival)

    def carry(self, sender: Address, burst: Burst) -> None:
        """Put the datagrams of `burst` on their way."""
        for one in self._one_by_one(burst):
            arrives = self._link.arrival(sender[0], len(b"".join(one.buffers)), self._now)
            for delay, part in self._faults.apply(one):
                for arrival in self._arrivals(part, sender):
                    self._schedule(arrives + delay, burst.peer, arrival, sender)

    def _one_by_one(self, burst: Burst) -> list[Burst]:
        """Return the datagrams, as separate bursts if the link has a rate."""
        if self._link.rate is None:
            return [burst]
        return [Burst.of(datagram, burst.peer) for datagram in burst.datagrams()]

    def leave(self, endpoint: SimulatedTransport) -> None:
        """Close the address of `endpoint`, unless another endpoint has it now."""
        if self._open.get(endpoint.local_address) is endpoint:
            del self._open[endpoint.local_address]

    def _arrivals(self, sent: Burst, sender: Address) -> list[Burst]:
        if self._burst:
            return [Burst((b"".join(sent.buffers),), sent.segment, sender)]
        return [Burst.of(datagram, sender) for datagram in sent.datagrams()]

    def _schedule(
        self, at: float, to: Address, arrival: Arrival, sender: Address | None = None
    ) -> None:
        self._order += 1
        heapq.heappush(self._due, _Due(at, self._order, to, arrival, sender))


class SimulatedTransport:
    """One address of a SimulatedNetwork. `receive` moves the network's clock."""

    def __init__(
        self,
        network: SimulatedNetwork,
        address: Address,
        heard: Callable[[Arrival], None] | None = None,
    ) -> None:
        self._network = network
        self._address = address
        self._heard = heard
        self._arrived: deque[Arrival] = deque()

    @property
    def local_address(self) -> Address:
        """The address that peers answer to."""
        return self._address

    def send(self, burst: Burst) -> None:
        """Put the datagrams on their way; they arrive after the network's latency."""
        self._network.carry(self._address, burst)

    def receive(self, deadline: float | None) -> Arrival | None:
        """Move the clock to the next arrival and return it, or to `deadline` and return None."""
        while not self._arrived:
            due = self._network.next_due()
            if due is None and deadline is None:
                raise SimulationStuck(
                    sentence(
                        "no packet is under way, and there is no deadline, so the wait never ends"
                    )
                )
            if due is None or (deadline is not None and due > deadline):
                assert deadline is not None
                self._network.advance(deadline)
                return None
            self._network.step()
        return self._arrived.popleft()

    def take(self, arrival: Arrival) -> None:
        """Take an arrival from the network."""
        if self._heard is None:
            self._arrived.append(arrival)
        else:
            self._heard(arrival)

    def now(self) -> float:
        """The network's clock, in virtual seconds."""
        return self._network.now()

    def close(self) -> None:
        """Close the address."""
        self._network.leave(self)
