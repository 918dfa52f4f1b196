"""The address of this host that a datagram was sent to, and sending from that address.

A host with several addresses must answer from the address to which the request was sent: a client
ignores an answer from any other address. A request to a broadcast or multicast address is not
answered (RFC 1123 section 4.2.3.5). Linux tells the destination with IP_PKTINFO (ip(7)) and
IPV6_PKTINFO (RFC 3542).
On other systems the kernel chooses the address of the answer.
"""

from __future__ import annotations

import socket
import struct
import sys

from tftp_fsm.frozen import frozen
from tftp_fsm.transports.offload import ControlMessages

_IP_PKTINFO = getattr(socket, "IP_PKTINFO", 8)  # linux/in.h; Python names it since 3.14
_IPV6_PKTINFO = getattr(socket, "IPV6_PKTINFO", 50)
_IPV6_RECVPKTINFO = getattr(socket, "IPV6_RECVPKTINFO", 49)
_PKTINFO = struct.Struct("=I4s4s")  # struct in_pktinfo: interface, local address, destination
_PKTINFO6 = struct.Struct("=16sI")  # struct in6_pktinfo
_UNKNOWN = bytes(4)  # for a datagram that came before the option was set (socket activation)
_MAPPED = "::ffff:"
CONTROL_ROOM = 192  # octets; enough for these control messages and for that of `waited`


@frozen
class Destination:
    """`host` is None if the kernel does not tell it.

    `is_group` is true for a broadcast and for a multicast address.
    """

    host: str | None = None
    is_group: bool = False


def ask_for_destinations(sock: socket.socket) -> bool:
    """Ask the kernel for the destination of each datagram. Return False if it cannot tell."""
    if sys.platform != "linux":
        return False
    if sock.family == socket.AF_INET6:
        sock.setsockopt(socket.IPPROTO_IPV6, _IPV6_RECVPKTINFO, 1)
    # An IPv6 socket that a service manager has bound may receive IPv4 broadcasts too.
    sock.setsockopt(socket.IPPROTO_IP, _IP_PKTINFO, 1)
    return True


def destination_of(control: ControlMessages) -> Destination:
    """Return the destination in the control messages of one datagram."""
    found = Destination()
    for level, kind, octets in control:
        if (level, kind) == (socket.IPPROTO_IP, _IP_PKTINFO):
            _, here, there = _PKTINFO.unpack_from(octets)
            if here == _UNKNOWN:
                continue
            return Destination(socket.inet_ntop(socket.AF_INET, here), here != there)
        if (level, kind) == (socket.IPPROTO_IPV6, _IPV6_PKTINFO):
            found = _destination6(*_PKTINFO6.unpack_from(octets))
    return found


def _destination6(address: bytes, interface: int) -> Destination:
    host = socket.inet_ntop(socket.AF_INET6, address)
    link_local = address[0] == 0xFE and address[1] & 0xC0 == 0x80
    return Destination(f"{host}%{interface}" if link_local else unmapped(host), address[0] == 0xFF)


def sent_from(host: str | None, family: int) -> ControlMessages:
    """Return the control message that makes a socket of `family` send from the address `host`."""
    if host is None or sys.platform != "linux":
        return ()
    if ":" not in host and family == socket.AF_INET:
        here = socket.inet_pton(socket.AF_INET, host)
        return ((socket.IPPROTO_IP, _IP_PKTINFO, _PKTINFO.pack(0, here, b"")),)
    literal, _, interface = mapped(host).partition("%")
    packed = _PKTINFO6.pack(socket.inet_pton(socket.AF_INET6, literal), int(interface or 0))
    return ((socket.IPPROTO_IPV6, _IPV6_PKTINFO, packed),)


def unmapped(host: str) -> str:
    """Return the IPv4 address of an IPv4-mapped IPv6 address (RFC 4291 section 2.5.5.2)."""
    return host.removeprefix(_MAPPED) if "." in host else host


def mapped(host: str) -> str:
    """Return the IPv4-mapped form of an IPv4 address, which an IPv6 socket needs."""
    return host if ":" in host else _MAPPED + host
