"""What the kernel was told by ICMP, and about which peer (Linux: ip(7), IP_RECVERR).

A socket that is not connected hears only that *something* could not be delivered. Linux keeps
the refused datagram's destination in an error queue, so that the right peer can be blamed.
"""

from __future__ import annotations

import errno
import socket
import struct
import sys
from collections.abc import Iterator

from tftp_fsm.wire.address import Address

UNREACHABLE = frozenset(
    getattr(errno, name)
    for name in (
        "ECONNREFUSED",
        "ECONNRESET",
        "EHOSTUNREACH",
        "ENETUNREACH",
        "EHOSTDOWN",
    )
    if hasattr(errno, name)
) | {10054, 10052}  # WSAECONNRESET and WSAENETRESET, raised by recvfrom on Windows

_OPTIONS = {
    socket.AF_INET: (socket.IPPROTO_IP, 11),  # IP_RECVERR
    socket.AF_INET6: (socket.IPPROTO_IPV6, 25),  # IPV6_RECVERR
}
_EXTENDED_ERROR = struct.Struct("=IBBBBII")  # linux/errqueue.h, struct sock_extended_err
_FROM_ICMP = (2, 3)  # SO_EE_ORIGIN_ICMP, SO_EE_ORIGIN_ICMP6; 1 is this host itself


def ask_for_errors(sock: socket.socket) -> None:
    """Have the kernel keep what ICMP says about datagrams of `sock`."""
    if sys.platform == "linux":
        sock.setsockopt(*_OPTIONS[sock.family], 1)


def queued_errors(sock: socket.socket) -> Iterator[tuple[int, Address]]:
    """Each ICMP error that waits, as errno and the peer whose datagram it was."""
    while sys.platform == "linux":
        try:
            _, control, _, peer = sock.recvmsg(0, 256, socket.MSG_ERRQUEUE | socket.MSG_DONTWAIT)
        except OSError:
            return
        for level, kind, octets in control:
            if (level, kind) == _OPTIONS[sock.family]:
                number, origin, *_ = _EXTENDED_ERROR.unpack_from(octets)
                if origin in _FROM_ICMP:
                    yield number, peer
