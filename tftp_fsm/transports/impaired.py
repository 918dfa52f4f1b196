"""Transports over a simulated bad network.

    lossy = FaultyTransport(UdpTransport(AF_INET), Faults(loss=0.1, seed=7))

They apply the faults of `faults` to datagrams, in both directions.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable, Iterator

from tftp_fsm.transports.burst import Burst, Unreachable
from tftp_fsm.transports.faults import UNHARMED, Direction, Fate, Faults, Impairment, decide
from tftp_fsm.transports.protocol import Transport, addresses_of
from tftp_fsm.wire.address import Address


class Injector:
    """Applies to each datagram of one direction the fate that `fate_of` returns.

    `log` is called with each datagram that has a fault.
    """

    def __init__(
        self,
        direction: Direction,
        now: Callable[[], float],
        log: Callable[[Impairment], None] | None = None,
    ) -> None:
        self._direction = direction
        self._now = now
        self._log = log

    def fate_of(self, datagram: bytes) -> Fate:
        """The fate of the next datagram."""
        return UNHARMED

    def apply(self, burst: Burst) -> list[tuple[float, Burst]]:
        """Return the parts of `burst` that arrive, each with its delay in seconds.

        Neighbours without faults stay together.
        """
        parts: list[tuple[float, Burst]] = []
        unharmed: list[bytes] = []
        for datagram in burst.datagrams():
            fate = self.fate_of(datagram)
            if not fate.mishaps:
                unharmed.append(datagram)
                continue
            parts += _together(unharmed, burst)
            unharmed = []
            parts += self._impaired(datagram, burst.peer, fate)
        return parts + _together(unharmed, burst)

    def _impaired(
        self, datagram: bytes, peer: Address, fate: Fate
    ) -> Iterator[tuple[float, Burst]]:
        if self._log is not None:
            self._log(Impairment(self._now(), self._direction, datagram, peer, fate))
        for delay in fate.delays:
            yield delay, Burst.of(fate.applied_to(datagram), peer)


class FaultInjector(Injector):
    """Applies `faults` to the datagrams of one direction.

    `seed_of` names the sequence of random numbers.
    """

    def __init__(
        self,
        faults: Faults,
        direction: Direction,
        now: Callable[[], float],
        log: Callable[[Impairment], None] | None,
        seed_of: str | None = None,
    ) -> None:
        super().__init__(direction, now, log)
        self._faults = faults
        self._random = faults.random(seed_of or direction)

    def fate_of(self, datagram: bytes) -> Fate:
        """Return a random fate, which is the same in every run with the same seed."""
        return decide(self._faults, self._random, len(datagram))

    def apply(self, burst: Burst) -> list[tuple[float, Burst]]:
        """Apply the fates. Without any faults the burst stays whole."""
        return super().apply(burst) if self._faults else [(0.0, burst)]


def _together(datagrams: list[bytes], burst: Burst) -> list[tuple[float, Burst]]:
    """Return the datagrams as one burst, or nothing if there are none."""
    octets = b"".join(datagrams)
    segment = min(burst.segment, len(octets))
    return [(0.0, Burst((octets,), segment, burst.peer))] if datagrams else []


class ImpairedTransport:
    """Any transport over a network whose injectors decide the fate of each datagram.

    Delayed datagrams leave or arrive during a `receive`, when they are due on the inner
    transport's clock.
    """

    def __init__(self, inner: Transport, outgoing: Injector, incoming: Injector) -> None:
        self._inner = inner
        self._outgoing = outgoing
        self._incoming = incoming
        self._held: list[tuple[float, int, Direction, Burst]] = []
        self._order = 0
        self._arrived: deque[Burst] = deque()

    def send(self, burst: Burst) -> None:
        """Send the datagrams that are not lost. Delayed ones wait for a `receive`."""
        for delay, part in self._outgoing.apply(burst):
            self._pass("sent", part, delay)

    def receive(self, deadline: float | None) -> Burst | Unreachable | None:
        """The next burst that the network lets through."""
        while True:
            self._release()
            if self._arrived:
                return self._arrived.popleft()
            arrived = self._inner.receive(self._next_due(deadline))
            if isinstance(arrived, Unreachable):
                return arrived
            if arrived is not None:
                for delay, part in self._incoming.apply(arrived):
                    self._pass("received", part, delay)
            elif deadline is not None and self._inner.now() >= deadline and not self._is_due():
                return None

    @property
    def local_address(self) -> Address | None:
        """The inner transport's address, if it tells one."""
        return getattr(self._inner, "local_address", None)

    def addresses_of(self, host: str, port: int) -> list[Address]:
        """Ask the inner transport."""
        return addresses_of(self._inner, host, port)

    def now(self) -> float:
        """The inner transport's clock."""
        return self._inner.now()

    def close(self) -> None:
        """Send the delayed datagrams, as a real network would, and close."""
        for _, _, direction, burst in sorted(self._held):
            if direction == "sent":
                self._inner.send(burst)
        self._held.clear()
        self._inner.close()

    def _pass(self, direction: Direction, burst: Burst, delay: float = 0.0) -> None:
        if delay:
            self._order += 1
            heapq.heappush(self._held, (self.now() + delay, self._order, direction, burst))
        elif direction == "sent":
            self._inner.send(burst)
        else:
            self._arrived.append(burst)

    @property
    def due(self) -> float | None:
        """Return the time at which the next delayed datagram leaves or arrives, or None."""
        return self._held[0][0] if self._held else None

    def _is_due(self) -> bool:
        return bool(self._held) and self._held[0][0] <= self.now()

    def _next_due(self, deadline: float | None) -> float | None:
        if not self._held:
            return deadline
        return self._held[0][0] if deadline is None else min(deadline, self._held[0][0])

    def _release(self) -> None:
        while self._is_due():
            _, _, direction, burst = heapq.heappop(self._held)
            self._pass(direction, burst)


class FaultyTransport(ImpairedTransport):
    """Any transport over a bad network: faults are applied to what it sends and receives."""

    def __init__(
        self, inner: Transport, faults: Faults, log: Callable[[Impairment], None] | None = None
    ) -> None:
        outgoing = FaultInjector(faults, "sent", inner.now, log)
        incoming = FaultInjector(faults, "received", inner.now, log)
        super().__init__(inner, outgoing, incoming)
