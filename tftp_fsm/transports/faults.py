"""The faults of a simulated network: seeded loss, duplication, reordering, delay and corruption.

With the same seed, the n-th datagram of a direction has the same fate in every run. `impaired` has
the transports with faults.
"""

from __future__ import annotations

from random import Random
from typing import Literal, TypeAlias

from tftp_fsm.frozen import frozen, names_of
from tftp_fsm.language.sentences import mark
from tftp_fsm.wire.address import Address
from tftp_fsm.wire.ranges import FAULTS, check

Direction: TypeAlias = Literal["sent", "received"]

OVERTAKEN = 0.005  # seconds; a reordered datagram is held for at most this long
ECHO = 0.002  # seconds; a duplicate arrives at most this long after its original


@frozen
class Faults:
    """Probabilities for each datagram, from 0 to 1. `delay` is the longest extra delay in seconds.

    `corrupt` inverts one bit. UDP's checksum would detect this, but TFTP has no checksum.
    """

    loss: float = 0.0
    duplicate: float = 0.0
    reorder: float = 0.0
    delay: float = 0.0
    corrupt: float = 0.0
    seed: int = 0

    def __post_init__(self) -> None:
        check(self, FAULTS)

    def __bool__(self) -> bool:
        return any(getattr(self, name) for name in names_of(Faults) if name != "seed")

    def random(self, direction: str) -> Random:
        """Random numbers for one direction. They do not depend on the order of directions."""
        return Random(f"{self.seed} {direction}")


@frozen
class Fate:
    """The fate of a datagram.

    `delays` has the extra delay of each copy that arrives (seconds beyond the usual latency). If it
    is empty, the datagram is lost. `flipped` is the number of a bit that arrives inverted. `octets`
    arrive in place of the original ones. `mishaps` has words for these: lost, duplicated, and so
    on.
    """

    delays: tuple[float, ...] = (0.0,)
    flipped: int | None = None
    mishaps: tuple[str, ...] = ()
    octets: bytes | None = None

    def applied_to(self, datagram: bytes) -> bytes:
        """The octets that arrive."""
        if self.octets is not None:
            return self.octets
        if self.flipped is None:
            return datagram
        damaged = bytearray(datagram)
        damaged[self.flipped // 8] ^= 1 << self.flipped % 8
        return bytes(damaged)


UNHARMED = Fate()
LOST = Fate(delays=(), mishaps=(mark("lost"),))


def decide(faults: Faults, random: Random, octets: int) -> Fate:
    """The fate of a datagram of `octets` octets.

    It always draws eight numbers, so that one probability does not change the effect of others.
    """
    loss, twice, swap, late, broken, echo, hold, bit = (random.random() for _ in range(8))
    if not faults:
        return UNHARMED
    if loss < faults.loss:
        return LOST
    mishaps: list[str] = []
    delay = late * faults.delay
    if delay:
        mishaps.append(mark("delayed"))
    if swap < faults.reorder:
        mishaps.append(mark("reordered"))
        delay += OVERTAKEN * (1 + hold) / 2
    delays = [delay]
    if twice < faults.duplicate:
        mishaps.append(mark("duplicated"))
        delays.append(delay + ECHO * echo)
    flipped = None
    if octets and broken < faults.corrupt:
        mishaps.append(mark("corrupted"))
        flipped = int(bit * octets * 8)
    return Fate(tuple(delays), flipped, tuple(mishaps))


@frozen
class Impairment:
    """A datagram that had a fault, with the time (seconds), the direction and the peer."""

    now: float
    direction: Direction
    datagram: bytes
    peer: Address
    fate: Fate
