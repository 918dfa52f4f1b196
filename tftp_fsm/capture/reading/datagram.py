"""The frames in a capture file, and the UDP datagrams in them."""

from __future__ import annotations

from typing import NamedTuple

from tftp_fsm.wire.address import Address


class Frame(NamedTuple):
    """A packet of the file. `number` counts from 1, as in Wireshark; `link` is its LINKTYPE.

    `at` is in nanoseconds since 1970, or None if the file has no time. `size` is the length on the
    wire.
    """

    number: int
    at: int | None
    interface: int
    link: int
    octets: bytes
    size: int


class Captured(NamedTuple):
    """A UDP datagram. `octets` has the captured octets, and `size` is the real number of octets.

    `number` is the number of its packet in the file. If it came in `fragments`, the last of these
    packets counts.
    `ident` is the identification of the IP packet, or None if the sender has set none.
    `network` tells networks apart that share a wire: its VLAN, or that of a tunnel; 0 without one.
    """

    number: int
    at: int | None
    interface: int
    source: Address
    to: Address
    octets: bytes
    size: int
    fragments: int = 1
    ident: int | None = None
    network: int = 0

    @property
    def is_cut(self) -> bool:
        """Whether its end is missing, because the capture kept only the beginning of packets."""
        return len(self.octets) < self.size


def ip_version(address: Address) -> int:
    """Return 4 or 6."""
    return 6 if ":" in address[0] else 4


def address(host: str, port: int) -> Address:
    """Return an address in the common form of this program."""
    return (host, port, 0, 0) if ":" in host else (host, port)
