"""Frames as they are in a capture file, and the UDP datagrams in them."""

from __future__ import annotations

from typing import NamedTuple

from tftp_fsm.wire.address import Address


class Frame(NamedTuple):
    """A packet of the file. `number` counts from 1, as in Wireshark; `link` is its LINKTYPE.

    `at` is in nanoseconds since 1970, or None if the file has no time for it. `size` is the length
    that it had on the wire.
    """

    number: int
    at: int | None
    interface: int
    link: int
    octets: bytes
    size: int


class Captured(NamedTuple):
    """A UDP datagram. `octets` are those that were captured, `size` is how many it had.

    `number` is the number of its packet in the file. If it came in `fragments`, the last of these
    packets counts.
    `ident` is the identification that its sender gave the IP packet; None if it gave none.
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

    @property
    def is_cut(self) -> bool:
        """Whether its end is missing, because the capture kept only the beginning of packets."""
        return len(self.octets) < self.size


def ip_version(address: Address) -> int:
    """4 or 6."""
    return 6 if ":" in address[0] else 4


def address(host: str, port: int) -> Address:
    """An address in the form that the whole program uses."""
    return (host, port, 0, 0) if ":" in host else (host, port)
