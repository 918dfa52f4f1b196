"""A bad network, on purpose: seeded loss, duplication, reordering, delay and corruption.

    lossy = FaultyTransport(UdpTransport(AF_INET), Faults(loss=0.1, seed=7))

The n-th datagram of a direction meets the same fate in every run with the same seed.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable
from dataclasses import fields
from random import Random
from typing import Literal, TypeAlias

from tftp_fsm.frozen import frozen
from tftp_fsm.transports import Burst, Transport, Unreachable, addresses_of
from tftp_fsm.wire.address import Address

OVERTAKEN = 0.005  # seconds; how long a reordered datagram is held, so that others pass it
ECHO = 0.002  # seconds; a duplicate comes at most this long after its original


@frozen
class Faults:
    """Probabilities for each datagram, 0 to 1; `delay` is the most extra seconds.

    `corrupt` flips one bit. UDP's checksum would catch that; TFTP has none of its own.
    """

    loss: float = 0.0
    duplicate: float = 0.0
    reorder: float = 0.0
    delay: float = 0.0
    corrupt: float = 0.0
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ("loss", "duplicate", "reorder", "corrupt"):
            if not 0 <= getattr(self, name) <= 1:
                value = getattr(self, name)
                raise ValueError(f"{name} is a probability from 0 to 1, not {value}")
        if not 0 <= self.delay < float("inf"):
            raise ValueError(f"delay is in seconds from 0 up, not {self.delay}")

    def __bool__(self) -> bool:
        return any(getattr(self, field.name) for field in fields(self) if field.name != "seed")

    def random(self, direction: str) -> Random:
        """One sequence for each direction, so that how they interleave changes nothing."""
        return Random(f"{self.seed} {direction}")


Mishap: TypeAlias = Literal["lost", "duplicated", "reordered", "delayed", "corrupted"]


@frozen
class Fate:
    """What becomes of a datagram: a copy after each of `delays` (seconds); none: it is lost."""

    delays: tuple[float, ...] = (0.0,)
    flipped: int | None = None
    mishaps: tuple[Mishap, ...] = ()

    def applied_to(self, datagram: bytes) -> bytes:
        """The datagram as it arrives, with bit `flipped` turned over."""
        if self.flipped is None:
            return datagram
        damaged = bytearray(datagram)
        damaged[self.flipped // 8] ^= 1 << self.flipped % 8
        return bytes(damaged)


UNHARMED = Fate()
LOST = Fate(delays=(), mishaps=("lost",))


def decide(faults: Faults, random: Random, octets: int) -> Fate:
    """The fate of a datagram of `octets` octets.

    Always eight draws, so that one probability changes nothing of what the others do.
    """
    loss, twice, swap, late, broken, echo, hold, bit = (random.random() for _ in range(8))
    if not faults:
        return UNHARMED
    if loss < faults.loss:
        return LOST
    mishaps: list[Mishap] = []
    delay = late * faults.delay
    if delay:
        mishaps.append("delayed")
    if swap < faults.reorder:
        mishaps.append("reordered")
        delay += OVERTAKEN * (1 + hold) / 2
    delays = [delay]
    if twice < faults.duplicate:
        mishaps.append("duplicated")
        delays.append(delay + ECHO * echo)
    flipped = None
    if octets and broken < faults.corrupt:
        mishaps.append("corrupted")
        flipped = int(bit * octets * 8)
    return Fate(tuple(delays), flipped, tuple(mishaps))


@frozen
class Impairment:
    """A datagram that met a fate: when (seconds), on its way to or from which peer."""

    now: float
    direction: Literal["sent", "received"]
    datagram: bytes
    peer: Address
    fate: Fate


class FaultyTransport:
    """Any transport, over a bad network: what it sends and what it receives has mishaps.

    What is held back is let go by `receive`, when it is due on the inner transport's clock.
    """

    def __init__(
        self,
        inner: Transport,
        faults: Faults,
        log: Callable[[Impairment], None] | None = None,
    ) -> None:
        self._inner = inner
        self._faults = faults
        self._log = log
        self._random = {
            "sent": faults.random("sent"),
            "received": faults.random("received"),
        }
        self._held: list[tuple[float, int, bool, Burst]] = []
        self._order = 0
        self._arrived: deque[Burst] = deque()

    def send(self, burst: Burst) -> None:
        """Send what is not lost; what is delayed waits for a `receive`."""
        if not self._faults:
            return self._inner.send(burst)
        for delay, one in self._mistreat("sent", burst):
            if delay:
                self._hold(delay, True, one)
            else:
                self._inner.send(one)

    def receive(self, deadline: float | None) -> Burst | Unreachable | None:
        """The next burst that the network lets through."""
        while True:
            self._release()
            if self._arrived:
                return self._arrived.popleft()
            arrived = self._inner.receive(self._next_due(deadline))
            if isinstance(arrived, Unreachable):
                return arrived
            if arrived is not None and not self._faults:
                return arrived
            if arrived is not None:
                self._let_in(arrived)
            elif deadline is not None and self._inner.now() >= deadline and not self._is_due():
                return None

    def addresses_of(self, host: str, port: int) -> list[Address]:
        """What the inner transport says."""
        return addresses_of(self._inner, host, port)

    def now(self) -> float:
        """The inner transport's clock."""
        return self._inner.now()

    def close(self) -> None:
        """Close; what was held goes out first, for a network has no idea that a socket closed."""
        for _, _, outward, burst in sorted(self._held):
            if outward:
                self._inner.send(burst)
        self._held.clear()
        self._inner.close()

    def _mistreat(
        self, direction: Literal["sent", "received"], burst: Burst
    ) -> list[tuple[float, Burst]]:
        survivors = []
        for datagram in burst.datagrams():
            fate = decide(self._faults, self._random[direction], len(datagram))
            if fate.mishaps and self._log is not None:
                self._log(Impairment(self.now(), direction, datagram, burst.peer, fate))
            for delay in fate.delays:
                survivors.append((delay, Burst.of(fate.applied_to(datagram), burst.peer)))
        return survivors

    def _let_in(self, burst: Burst) -> None:
        for delay, one in self._mistreat("received", burst):
            if delay:
                self._hold(delay, False, one)
            else:
                self._arrived.append(one)

    def _hold(self, delay: float, outward: bool, burst: Burst) -> None:
        self._order += 1
        heapq.heappush(self._held, (self.now() + delay, self._order, outward, burst))

    def _is_due(self) -> bool:
        return bool(self._held) and self._held[0][0] <= self.now()

    def _next_due(self, deadline: float | None) -> float | None:
        if not self._held:
            return deadline
        return self._held[0][0] if deadline is None else min(deadline, self._held[0][0])

    def _release(self) -> None:
        while self._is_due():
            _, _, outward, burst = heapq.heappop(self._held)
            if outward:
                self._inner.send(burst)
            else:
                self._arrived.append(burst)
