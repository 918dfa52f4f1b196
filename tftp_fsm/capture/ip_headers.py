"""Add the IP and UDP headers of a capture to a UDP datagram, with right checksums.

The kernel makes the real headers, so the program does not see them. These headers have the real
addresses, ports and lengths. Unknown fields (TTL, identification, fragments) have usual values.
"""

from __future__ import annotations

import socket
import struct

from tftp_fsm.wire.address import Address

HOPS, UDP = 64, 17
DONT_FRAGMENT = 0x4000
UDP_HEADER, IPV4_HEADER, IPV6_HEADER = 8, 20, 40  # octets
MOST = 0xFFFF  # the largest length in a header; a debugger may hold longer datagrams
# The hosts of a simulation have names. These addresses are for documentation (RFC 5737, RFC 3849).
NAMED = {"client": "192.0.2.9", "server": "192.0.2.1"}
UNKNOWN = {4: "192.0.2.9", 16: "2001:db8::9"}


def udp_packet(source: Address, to: Address, payload: bytes, size: int | None = None) -> bytes:
    """Return the packet. `size` is the length of the payload if `payload` is only its beginning.

    Then there is no UDP checksum, because it would need the whole payload.
    """
    hosts = _hosts(source[0], to[0])
    length = min(UDP_HEADER + (len(payload) if size is None else size), MOST)
    ports = struct.pack(">HHH", source[1], to[1], length)
    checksum = 0
    if size is None or size == len(payload):
        pseudo = b"".join(hosts) + struct.pack(">IHH", length, 0, UDP)
        checksum = checksum_of(pseudo + ports + b"\0\0" + payload) or 0xFFFF  # 0 means none
    return ip_header(*hosts, length) + ports + struct.pack(">H", checksum) + payload


def header_octets(source: Address, to: Address) -> int:
    """Return the number of octets before the payload."""
    is_ipv4 = len(_hosts(source[0], to[0])[0]) == 4
    return UDP_HEADER + (IPV4_HEADER if is_ipv4 else IPV6_HEADER)


def ip_header(source: bytes, to: bytes, length: int) -> bytes:
    """The header of IPv4 (RFC 791) or IPv6 (RFC 8200) before `length` octets of UDP."""
    if len(source) == 16:
        return struct.pack(">IHBB", 6 << 28, length, UDP, HOPS) + source + to
    total = min(IPV4_HEADER + length, MOST)
    first = struct.pack(">BBHHHBB", 0x45, 0, total, 0, DONT_FRAGMENT, HOPS, UDP)
    checksum = checksum_of(first + b"\0\0" + source + to)
    return first + struct.pack(">H", checksum) + source + to


def checksum_of(octets: bytes) -> int:
    """Return the Internet checksum (RFC 1071) of octets in which the checksum itself is 0.

    The sum of 16-bit words with end-around carry is the remainder by 65535.
    """
    number = int.from_bytes(octets + bytes(len(octets) % 2), "big")
    return 0xFFFF - (number % 0xFFFF or (0xFFFF if number else 0))


def _hosts(source: str, to: str) -> tuple[bytes, bytes]:
    """Return both addresses in octets, of one family. Unknown ones get an address of the family."""
    pair = _octets(source), _octets(to)
    length = max(len(host) for host in pair) or 4
    known = [host if len(host) == length else _packed(UNKNOWN[length]) for host in pair]
    return known[0], known[1]


def _octets(host: str) -> bytes:
    host = NAMED.get(host, host).partition("%")[0]
    try:
        return _packed(host)
    except (OSError, ValueError):  # ValueError: a NUL in a name
        return b""


def _packed(host: str) -> bytes:
    return socket.inet_pton(socket.AF_INET6 if ":" in host else socket.AF_INET, host)
