"""Find the UDP datagram or ICMP message in an IP packet: IPv4, and IPv6 with extensions."""

from __future__ import annotations

import socket
import struct
from functools import lru_cache
from typing import NamedTuple

UDP = 17
ICMP, ICMPV6 = 1, 58
MOST_HEADERS = 16  # extension headers of one packet; real ones have two or three
FRAGMENT, AUTHENTICATION = 44, 51
# Hop-by-hop, routing, destination options, mobility, HIP, shim6 (RFC 8200, RFC 7045).
EXTENSIONS = frozenset((0, 43, 60, 135, 139, 140))
_IPV4 = struct.Struct(">BBHHHBBH4s4s")
_UDP = struct.Struct(">HHHH")


class Piece(NamedTuple):
    """The UDP or ICMP part of an IP packet, or a fragment of it. `size` is its length on the wire.

    `key` identifies the packet of a fragment; it is None if this is the whole packet. `offset` is
    the fragment's place in octets. `is_last` is true for the last fragment. `ident` is the
    identification of IPv4, or None if the sender has set none.
    """

    source: str
    to: str
    octets: bytes
    size: int
    key: tuple[object, ...] | None = None
    offset: int = 0
    is_last: bool = True
    protocol: int = UDP
    ident: int | None = None


def piece_of(packet: bytes) -> Piece | None:
    """Return the UDP or ICMP part of an IP packet, or None without one."""
    version = packet[0] >> 4 if packet else 0
    if version == 4:
        return _ipv4(packet)
    return _ipv6(packet) if version == 6 else None


def udp_of(octets: bytes, size: int) -> tuple[int, int, bytes, int] | None:
    """Return the datagram in a UDP part of `size` octets, or None if it is not valid.

    The result has the two ports, the captured octets, and the number of octets on the wire.

    If the kernel of a host has joined datagrams, or the packet is a jumbogram, the length is 0.
    """
    if len(octets) < _UDP.size:
        return None
    source, to, length, _ = _UDP.unpack_from(octets)
    length = length or size
    if not _UDP.size <= length <= size:
        return None
    return source, to, octets[8:length], length - 8


def _ipv4(packet: bytes) -> Piece | None:
    if len(packet) < _IPV4.size:
        return None
    first, _, total, number, flags, _, protocol, _, source, to = _IPV4.unpack_from(packet)
    header = (first & 15) * 4
    total = total or len(packet)  # 0: the network card would cut it into packets later
    if protocol not in (UDP, ICMP) or not _IPV4.size <= header <= total:
        return None
    hosts = _host(source), _host(to)
    octets, size = packet[header:total], total - header
    if not flags & 0x3FFF:  # nearly always
        return Piece(*hosts, octets, size, protocol=protocol, ident=number or None)
    key, place = (source, to, number, protocol), (flags & 0x1FFF) * 8
    is_last = not flags & 0x2000
    return Piece(*hosts, octets, size, key, place, is_last, protocol, number or None)


def _ipv6(packet: bytes) -> Piece | None:
    if len(packet) < 40:
        return None
    length, kind = int.from_bytes(packet[4:6], "big"), packet[6]
    end = 40 + length if length else len(packet)  # 0: a jumbogram
    source, to = packet[8:24], packet[24:40]
    at, fragment = 40, None
    for _ in range(MOST_HEADERS):
        head = packet[at : at + 8]
        if kind == FRAGMENT and fragment is None and len(head) == 8:
            fragment = int.from_bytes(head[2:4], "big"), head[4:]
            kind, at = head[0], at + 8
            if fragment[0] & 0xFFF8:
                break  # the rest of a later fragment has no headers
        elif kind == AUTHENTICATION and len(head) == 8:
            kind, at = head[0], at + (head[1] + 2) * 4
        elif kind in EXTENSIONS and len(head) == 8:
            kind, at = head[0], at + (head[1] + 1) * 8
        else:
            break
    if kind not in (UDP, ICMPV6) or at > end:
        return None
    hosts = _host(source), _host(to)
    octets, size = packet[at:end], end - at
    if fragment is None:
        return Piece(*hosts, octets, size, protocol=kind)
    place, number = fragment
    return Piece(
        *hosts, octets, size, (source, to, number), place & 0xFFF8, not place & 1, protocol=kind
    )


@lru_cache(maxsize=4096)
def _host(octets: bytes) -> str:
    return socket.inet_ntop(socket.AF_INET if len(octets) == 4 else socket.AF_INET6, octets)
