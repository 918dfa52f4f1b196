"""Transports: what carries datagrams between two TIDs, and tells the time.

A transport gives and takes `Burst`s, so that one system call can move many datagrams. Its clock
is the only clock of a transfer: over the simulated network time jumps, over UDP it is the
kernel's monotonic clock.

    transport.send(Burst.of(b"\\0\\4\\0\\1", peer))
    arrived = transport.receive(deadline=transport.now() + 1.0)
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol, TypeAlias

from tftp_fsm.frozen import frozen
from tftp_fsm.wire.address import Address

LONGEST_RUN = 256  # predicted exchanges; longer runs gain nothing measurable
RUN_MEMORY = 1 << 18  # octets; DATA that such a run may keep before it is written
JOINED = 1 << 16  # octets; no datagram, and no run that the kernel joins, is longer

WINDOWS_MEMORY = 4 * JOINED  # octets; a window of the usual sizes, or four joined runs

Buffer: TypeAlias = bytes | memoryview

FastPath: TypeAlias = tuple[Callable[[memoryview], int], Callable[[bytes], int]]
"""Two calls for one peer: receive a datagram into a buffer, and send one. They raise OSError."""

JoinedFastPath: TypeAlias = tuple[Callable[[memoryview], tuple[int, int]], Callable[[bytes], int]]
"""The same for datagrams that come joined: receiving returns their octets and segment size."""


@frozen
class Burst:
    """Datagrams of one peer: `buffers`, joined and cut every `segment` octets.

    The last datagram may be shorter. What a transport received is valid until its next `receive`.
    """

    buffers: Sequence[Buffer]
    segment: int
    peer: Address

    @classmethod
    def of(cls, datagram: Buffer, peer: Address) -> Burst:
        """One datagram is a burst of one."""
        return cls((datagram,), len(datagram), peer)

    def datagrams(self) -> Iterator[bytes]:
        """Each datagram on its own, copied."""
        octets = b"".join(self.buffers)
        if not octets:
            yield b""
        for start in range(0, len(octets), self.segment or 1):
            yield octets[start : start + self.segment]


@frozen
class Unreachable:
    """The network said that nobody listens at `peer` (ICMP port unreachable and its like)."""

    peer: Address


class Transport(Protocol):
    """Five lines for the rest of the package; a user may write one of their own.

    One that looks names up has `addresses_of(host, port)` too, for what datagrams come from.
    """

    def send(self, burst: Burst) -> None:
        """Send each datagram of `burst` to its peer. Loss is silent, as on any network."""

    def receive(self, deadline: float | None) -> Burst | Unreachable | None:
        """The next burst; None when `now()` has reached `deadline`. None waits for ever."""

    def now(self) -> float:
        """Seconds on a clock that never goes back."""

    def close(self) -> None:
        """Give the TID back. A second call does nothing."""


def addresses_of(transport: Transport, host: str, port: int) -> list[Address]:
    """What `host` means to `transport`; the name itself where it looks nothing up."""
    look_up: Callable[[str, int], list[Address]] | None
    look_up = getattr(transport, "addresses_of", None)
    return [(host, port)] if look_up is None else look_up(host, port)
