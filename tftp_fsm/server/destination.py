"""Which address of this host a datagram was sent to, and sending from that address.

A host with several addresses must answer from the one that was asked, or its client hears a
stranger. A request to a broadcast or multicast address is for nobody, and is not answered
(RFC 1123 section 4.2.3.5). Linux tells both by ip(7)'s IP_PKTINFO and its like for IPv6 (RFC 3542);
where that is missing, the kernel's own choice must do.
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
_UNKNOWN = bytes(4)  # of a datagram that came before anybody asked, as with socket activation
_MAPPED = "::ffff:"
ROOM = 128  # octets; more than both control messages need


@frozen
class Destination:
    """`host` is None where the kernel does not tell. `is_group`: broadcast or multicast."""

    host: str | None = None
    is_group: bool = False


def ask_for_destinations(sock: socket.socket) -> bool:
    """Have the kernel tell with each datagram where it was sent to; False where it cannot."""
    if sys.platform != "linux":
        return False
    if sock.family == socket.AF_INET6:
        sock.setsockopt(socket.IPPROTO_IPV6, _IPV6_RECVPKTINFO, 1)
    # Also for IPv6: a socket from elsewhere may hear IPv4, and then only this tells broadcasts.
    sock.setsockopt(socket.IPPROTO_IP, _IP_PKTINFO, 1)
    return True


def destination_of(control: ControlMessages) -> Destination:
    """What the kernel told."""
    told = Destination()
    for level, kind, octets in control:
        if (level, kind) == (socket.IPPROTO_IP, _IP_PKTINFO):
            _, here, there = _PKTINFO.unpack_from(octets)
            if here == _UNKNOWN:
                continue
            return Destination(socket.inet_ntop(socket.AF_INET, here), here != there)
        if (level, kind) == (socket.IPPROTO_IPV6, _IPV6_PKTINFO):
            told = _destination6(*_PKTINFO6.unpack_from(octets))
    return told


def _destination6(address: bytes, interface: int) -> Destination:
    host = socket.inet_ntop(socket.AF_INET6, address)
    link_local = address[0] == 0xFE and address[1] & 0xC0 == 0x80
    return Destination(f"{host}%{interface}" if link_local else unmapped(host), address[0] == 0xFF)


def sent_from(host: str | None, family: int) -> ControlMessages:
    """The control message that has a datagram leave from `host`, out of a socket of `family`."""
    if host is None or sys.platform != "linux":
        return ()
    if ":" not in host and family == socket.AF_INET:
        here = socket.inet_pton(socket.AF_INET, host)
        return ((socket.IPPROTO_IP, _IP_PKTINFO, _PKTINFO.pack(0, here, b"")),)
    literal, _, interface = mapped(host).partition("%")
    packed = _PKTINFO6.pack(socket.inet_pton(socket.AF_INET6, literal), int(interface or 0))
    return ((socket.IPPROTO_IPV6, _IPV6_PKTINFO, packed),)


def unmapped(host: str) -> str:
    """An IPv4 address that came through an IPv6 socket, as IPv4 (RFC 4291 section 2.5.5.2)."""
    return host.removeprefix(_MAPPED) if "." in host else host


def mapped(host: str) -> str:
    """The other way: as an IPv6 socket wants it."""
    return host if ":" in host else _MAPPED + host
