"""Datagrams in the form for transports, and limits of the memory for them.

A `Burst` is what one system call can move: datagrams to or from one peer.
"""

from __future__ import annotations

from tftp_fsm.frozen import frozen
from tftp_fsm.lazy import LateType
from tftp_fsm.wire.address import Address

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import TypeAlias
else:
    Iterator = LateType("collections.abc", "Iterator")
    Sequence = LateType("collections.abc", "Sequence")

LONGEST_RUN = 256  # predicted exchanges; a longer run was not faster
RUN_MEMORY = 1 << 18  # octets of DATA that a run may keep before it is written
JOINED = 1 << 16  # octets; the limit of a datagram, and of a run that the kernel joins
WINDOWS_MEMORY = 4 * JOINED  # octets; a usual window, or four joined runs

Buffer: TypeAlias = bytes | memoryview


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

    `is_hard` is true if no program listens at its port. Other reasons may pass, such as a host or
    network that is unreachable while a link is down. `reason` is the system's text for it.
    """

    peer: Address
    is_hard: bool = True
    reason: str = ""
