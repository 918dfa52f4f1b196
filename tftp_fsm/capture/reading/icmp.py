"""ICMP messages that say that a UDP datagram was not delivered (RFC 792, RFC 1191, RFC 4443).

Such a message quotes the beginning of the packet: its IP header, mostly its ports, and sometimes
some octets of TFTP. Anybody can send such a message, so a reader must compare the quote with the
sent datagrams.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from tftp_fsm.capture.reading.datagram import Captured, address
from tftp_fsm.capture.reading.ip import ICMP, UDP, Piece, piece_of
from tftp_fsm.wire.address import Address

Why = Literal["port-closed", "prohibited", "unreachable", "too-big", "torn"]
HEADER = 8  # octets of an ICMP message before the quote
PORTS = 4  # octets of the UDP header that a quote needs to tell the ports
UDP_HEADER = 8
LEAST_MTU = 68  # octets (RFC 791); a smaller number is not an MTU
# By type and code. Types 3 and 11 of ICMP, types 1 to 3 of ICMPv6.
ICMP_CODES: dict[tuple[int, int], tuple[Why, str]] = {
    (3, 0): ("unreachable", "network unreachable"),
    (3, 1): ("unreachable", "host unreachable"),
    (3, 2): ("unreachable", "protocol unreachable"),
    (3, 3): ("port-closed", "port unreachable"),
    (3, 4): ("too-big", "fragmentation needed"),
    (3, 5): ("unreachable", "source route failed"),
    (3, 6): ("unreachable", "network unknown"),
    (3, 7): ("unreachable", "host unknown"),
    (3, 8): ("unreachable", "source host isolated"),
    (3, 9): ("prohibited", "network prohibited"),
    (3, 10): ("prohibited", "host prohibited"),
    (3, 11): ("unreachable", "network unreachable for this type of service"),
    (3, 12): ("unreachable", "host unreachable for this type of service"),
    (3, 13): ("prohibited", "communication prohibited"),
    (3, 14): ("prohibited", "host precedence violation"),
    (3, 15): ("prohibited", "precedence cutoff in effect"),
    (11, 0): ("unreachable", "time to live exceeded"),
    (11, 1): ("torn", "fragment reassembly time exceeded"),
}
ICMPV6_CODES: dict[tuple[int, int], tuple[Why, str]] = {
    (1, 0): ("unreachable", "no route"),
    (1, 1): ("prohibited", "communication prohibited"),
    (1, 2): ("unreachable", "beyond the scope of the source address"),
    (1, 3): ("unreachable", "address unreachable"),
    (1, 4): ("port-closed", "port unreachable"),
    (1, 5): ("prohibited", "source address failed a policy"),
    (1, 6): ("prohibited", "reject route"),
    (2, 0): ("too-big", "packet too big"),
    (3, 0): ("unreachable", "hop limit exceeded"),
    (3, 1): ("torn", "fragment reassembly time exceeded"),
}


class Undelivered(NamedTuple):
    """An ICMP message that says that a datagram from `source` to `to` was not delivered.

    `message.source` has sent the message; ports are 0 there. `words` is its name. `octets` has the
    quoted octets of the datagram, and `size` is the length of the packet with all headers, in
    octets. If the quote is cut before the ports, they are 0. `mtu` is in octets.
    """

    message: Captured
    why: Why
    words: str
    mtu: int | None
    source: Address
    to: Address
    octets: bytes
    size: int

    @property
    def is_of_peer(self) -> bool:
        """Whether the datagram's destination sent the message, not a router on the way."""
        return self.message.source[0] == self.to[0]


def undelivered_of(
    piece: Piece, number: int, at: int | None, interface: int, network: int = 0
) -> Undelivered | None:
    """Read an ICMP message about a datagram. Return None for another or a wrong message.

    The message must go to the host that has sent the quoted datagram.
    """
    octets = piece.octets
    quote = piece_of(octets[HEADER:])
    if quote is None or quote.protocol != UDP or quote.source != piece.to:
        return None
    is_v4 = piece.protocol == ICMP
    meaning = (ICMP_CODES if is_v4 else ICMPV6_CODES).get((octets[0], octets[1]))
    if meaning is None and not is_v4 and octets[0] == 2:  # its code must be ignored
        meaning = ICMPV6_CODES[2, 0]
    if meaning is None:
        return None
    why, words = meaning
    hosts = address(piece.source, 0), address(piece.to, 0)
    message = Captured(number, at, interface, *hosts, octets, piece.size, network=network)
    mtu = int.from_bytes(octets[6:8] if is_v4 else octets[4:8], "big")
    ports, payload = _quoted(quote)
    return Undelivered(
        message,
        why,
        f"{'ICMP' if is_v4 else 'ICMPv6'} {words}",
        mtu if why == "too-big" and mtu >= LEAST_MTU else None,
        address(quote.source, ports[0]),
        address(quote.to, ports[1]),
        payload,
        _size(octets[HEADER:], is_v4),
    )


def _size(packet: bytes, is_v4: bool) -> int:
    """Return the length of the packet in its header."""
    if is_v4:
        return int.from_bytes(packet[2:4], "big")
    return 40 + int.from_bytes(packet[4:6], "big")


def _quoted(quote: Piece) -> tuple[tuple[int, int], bytes]:
    """Return the ports and the octets of TFTP. Only the first fragment of a packet has them."""
    octets = quote.octets
    if quote.offset or len(octets) < PORTS:
        return (0, 0), b""
    ports = int.from_bytes(octets[:2], "big"), int.from_bytes(octets[2:4], "big")
    return ports, octets[UDP_HEADER:]
