"""Find the hardware address of a client in the kernel's table of neighbours.

The table has the hosts on the links of this host. It comes from ARP for IPv4 (RFC 826), and from
neighbour discovery for IPv6 (RFC 4861). Linux returns it by rtnetlink(7). On other systems no
address is known.
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator

from tftp_fsm.wire.address import Address

_GET_NEIGHBOURS, _NEIGHBOUR, _DONE, _ERROR = 30, 28, 3, 2
_DUMP = 0x301  # NLM_F_REQUEST and NLM_F_DUMP
_HEADER = struct.Struct("=IHHII")  # length, type, flags, sequence, port
_ENTRY = struct.Struct("=B3xiHBB")  # family, interface, state, flags, type
_ATTRIBUTE = struct.Struct("=HH")  # length, type
_DESTINATION, _HARDWARE = 1, 2
_USABLE = 0x02 | 0x04 | 0x08 | 0x10 | 0x80  # reachable, stale, delay, probe, permanent
_ROOM = 1 << 16  # octets of one answer
_ANSWERS = 1000  # the most answers that are read
_WAIT = 0.5  # seconds; the kernel answers at once
_ETHERNET = 6  # octets of its addresses


def hexadecimal(host: str) -> str:
    """Return an address in hexadecimal digits, such as C0000207, or "" for another text."""
    packed = _packed(host)
    return "" if packed is None else packed.hex().upper()


def hardware_address(peer: Address) -> str | None:
    """The hardware address of `peer`, such as 02:00:00:00:00:07, or None if it is not known."""
    wanted = _packed(str(peer[0]).partition("%")[0])
    if wanted is None or not hasattr(socket, "AF_NETLINK"):
        return None
    family = socket.AF_INET if len(wanted) == 4 else socket.AF_INET6
    interface = peer[3] if len(peer) > 3 else 0
    try:
        for found, index, address in _neighbours(family):
            if found == wanted and interface in (0, index):
                return address.hex(":")
    except (OSError, struct.error):
        pass
    return None


def _packed(host: str) -> bytes | None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.inet_pton(family, host)
    except OSError:
        return None


def _neighbours(family: int) -> Iterator[tuple[bytes, int, bytes]]:
    """Yield the address, the interface and the hardware address of each neighbour."""
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0) as sock:
        sock.settimeout(_WAIT)
        length = _HEADER.size + _ENTRY.size
        header = _HEADER.pack(length, _GET_NEIGHBOURS, _DUMP, 1, 0)
        sock.send(header + _ENTRY.pack(family, 0, 0, 0, 0))
        for _ in range(_ANSWERS):
            answer = sock.recv(_ROOM)
            for kind, message in _messages(answer):
                if kind in (_DONE, _ERROR):
                    return
                if kind == _NEIGHBOUR:
                    yield from _entry(message)


def _messages(answer: bytes) -> Iterator[tuple[int, bytes]]:
    while len(answer) >= _HEADER.size:
        length, kind, *_ = _HEADER.unpack_from(answer)
        if length < _HEADER.size:
            return
        yield kind, answer[_HEADER.size : length]
        answer = answer[(length + 3) & ~3 :]


def _entry(message: bytes) -> Iterator[tuple[bytes, int, bytes]]:
    _, interface, state, _, _ = _ENTRY.unpack_from(message)
    found = dict(_attributes(message[_ENTRY.size :]))
    address, hardware = found.get(_DESTINATION), found.get(_HARDWARE)
    if state & _USABLE and address and hardware and len(hardware) == _ETHERNET:
        yield address, interface, hardware


def _attributes(octets: bytes) -> Iterator[tuple[int, bytes]]:
    while len(octets) >= _ATTRIBUTE.size:
        length, kind = _ATTRIBUTE.unpack_from(octets)
        if length < _ATTRIBUTE.size:
            return
        yield kind, octets[_ATTRIBUTE.size : length]
        octets = octets[(length + 3) & ~3 :]
