"""Transports carry datagrams between two TIDs and tell the time.

A transport sends and receives `Burst`s, so that one system call can move many datagrams. Its
clock is the only clock of a transfer: UDP has the kernel's monotonic clock, and the simulated
network has a virtual one, which jumps.

    transport.send(Burst.of(b"\\0\\4\\0\\1", peer))
    arrived = transport.receive(deadline=transport.now() + 1.0)
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol, TypeAlias

from tftp_fsm.frozen import frozen
from tftp_fsm.wire.address import Address

__all__ = ["Burst", "Transport", "Unreachable"]

LONGEST_RUN = 256  # predicted exchanges; a longer run was not faster
RUN_MEMORY = 1 << 18  # octets of DATA that a run may keep before it is written
JOINED = 1 << 16  # octets; no datagram and no run that the kernel joins is longer
WINDOWS_MEMORY = 4 * JOINED  # octets; a usual window, or four joined runs

Buffer: TypeAlias = bytes | memoryview

FastPath: TypeAlias = tuple[Callable[[memoryview], int], Callable[[bytes], int]]
"""Two calls for one peer: receive a datagram into a buffer, and send one. They raise OSError."""

JoinedFastPath: TypeAlias = tuple[Callable[[memoryview], tuple[int, int]], Callable[[bytes], int]]
"""The same for datagrams that come joined: receiving returns their octets and segment size."""


@frozen
class Burst:
    """Datagrams to or from one peer: the octets of `buffers`, cut every `segment` octets.

    The last datagram may be shorter. A burst that a transport received is valid until the next
    `receive`.
    """

    buffers: Sequence[Buffer]
    segment: int
    peer: Address

    @classmethod
    def of(cls, datagram: Buffer, peer: Address) -> Burst:
        """A burst of one datagram."""
        return cls((datagram,), len(datagram), peer)

    def datagrams(self) -> Iterator[bytes]:
        """A copy of each datagram."""
        octets = b"".join(self.buffers)
        if not octets:
            yield b""
        for start in range(0, len(octets), self.segment or 1):
            yield octets[start : start + self.segment]


@frozen
class Unreachable:
    """The network reported that `peer` cannot be reached.

    `is_hard`: no program listens at its port. Anything else may pass, such as a host or network
    that is unreachable while a link is down. `reason` is the system's text for it.
    """

    peer: Address
    is_hard: bool = True
    reason: str = ""


class Transport(Protocol):
    """What the rest of the package needs of a transport. Users may write their own.

    A transport that looks names up also has `addresses_of(host, port)`. It returns addresses in
    the form that the peers of its bursts have.
    """

    def send(self, burst: Burst) -> None:
        """Send each datagram of `burst` to its peer. Loss is silent, as on any network."""

    def receive(self, deadline: float | None) -> Burst | Unreachable | None:
        """Wait for the next burst, until `now()` reaches `deadline`; then return None.

        A `deadline` of None waits for ever.
        """

    def now(self) -> float:
        """Seconds on a clock that never goes back."""

    def close(self) -> None:
        """Give the TID back. May be called again."""


def addresses_of(transport: Transport, host: str, port: int) -> list[Address]:
    """The addresses of `host` for `transport`: the name itself if it does not look names up."""
    look_up: Callable[[str, int], list[Address]] | None
    look_up = getattr(transport, "addresses_of", None)
    return [(host, port)] if look_up is None else look_up(host, port)
