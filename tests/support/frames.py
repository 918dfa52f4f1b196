"""Make capture files by hand, with any byte order, clock, kind of link, and fragments."""

from __future__ import annotations

import struct
from collections.abc import Iterable

from tftp_fsm.capture.ip_headers import checksum_of, ip_header

IPV4, IPV6 = bytes.fromhex("0800"), bytes.fromhex("86dd")
NET = bytes.fromhex("20010db8") + bytes(11)
HOSTS = {
    4: (bytes((192, 0, 2, 9)), bytes((192, 0, 2, 1))),
    6: (NET + b"\x09", NET + b"\x01"),
}

Packet = tuple[int, bytes]  # nanoseconds since 1970, octets


def udp(payload: bytes, version: int = 4) -> bytes:
    """Return the UDP part of a packet, from port 1024 to port 69, with its checksum."""
    length = 8 + len(payload)
    pseudo = b"".join(HOSTS[version]) + struct.pack(">IHH", length, 0, 17)
    head = struct.pack(">HHH", 1024, 69, length)
    return head + struct.pack(">H", checksum_of(pseudo + head + b"\0\0" + payload)) + payload


def ip(payload: bytes, version: int = 4) -> bytes:
    """Return a whole packet."""
    part = udp(payload, version)
    return ip_header(*HOSTS[version], len(part)) + part


def extended(payload: bytes, headers: Iterable[tuple[int, bytes]]) -> bytes:
    """Return an IPv6 packet. An extension header is its number, and its octets from the second."""
    chain = list(headers)
    kinds = [kind for kind, _ in chain] + [17]
    rest = b"".join(bytes((kinds[n + 1],)) + body for n, (_, body) in enumerate(chain))
    part = rest + udp(payload, 6)
    head = struct.pack(">IHBB", 6 << 28, len(part), kinds[0], 64)
    return head + b"".join(HOSTS[6]) + part


def fragments(payload: bytes, size: int, version: int = 4, number: int = 7) -> list[bytes]:
    """Return the packet as fragments of `size` octets each, a multiple of eight."""
    part = udp(payload, version)
    found = []
    for at in range(0, len(part), size):
        piece, more = part[at : at + size], at + size < len(part)
        if version == 6:
            header = struct.pack(">BBHI", 17, 0, at | more, number)
            head = struct.pack(">IHBB", 6 << 28, 8 + len(piece), 44, 64)
            found.append(head + b"".join(HOSTS[6]) + header + piece)
            continue
        place = at // 8 | (0x2000 if more else 0)
        head = struct.pack(">BBHHHBB", 0x45, 0, 20 + len(piece), number, place, 64, 17)
        hosts = b"".join(HOSTS[4])
        found.append(head + struct.pack(">H", checksum_of(head + b"\0\0" + hosts)) + hosts + piece)
    return found


def numbered(packet: bytes, ident: int) -> bytes:
    """Return the IPv4 packet with this identification."""
    head = packet[:4] + struct.pack(">H", ident & 0xFFFF) + packet[6:10] + bytes(2) + packet[12:20]
    return head[:10] + struct.pack(">H", checksum_of(head)) + head[12:] + packet[20:]


def pcap(
    packets: Iterable[Packet],
    link: int = 1,
    order: str = "<",
    unit: int = 1000,
    kept: int = 1 << 18,
) -> bytes:
    """Return a pcap file with `kept` octets of each packet. Its clock counts `unit` nanoseconds."""
    magic = 0xA1B2C3D4 if unit == 1000 else 0xA1B23C4D
    parts = [struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, kept, link)]
    for at, octets in packets:
        seconds, rest = divmod(at, 1_000_000_000)
        head = seconds, rest // unit, min(kept, len(octets)), len(octets)
        parts.append(struct.pack(order + "IIII", *head) + octets[:kept])
    return b"".join(parts)


def block(kind: int, body: bytes, order: str = "<") -> bytes:
    body += bytes(-len(body) % 4)
    length = struct.pack(order + "I", len(body) + 12)
    return struct.pack(order + "I", kind) + length + body + length


def section(order: str = "<") -> bytes:
    return block(0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1), order)


def interface(link: int, order: str = "<", options: bytes = b"") -> bytes:
    return block(1, struct.pack(order + "HHI", link, 0, 0) + options, order)


def enhanced(number: int, units: int, octets: bytes, order: str = "<") -> bytes:
    """Return a packet of interface `number`, at this time in units of its clock."""
    head = struct.pack(order + "III", number, units >> 32, units & 0xFFFFFFFF)
    return block(6, head + struct.pack(order + "II", len(octets), len(octets)) + octets, order)
