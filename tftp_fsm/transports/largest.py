"""The largest datagram that this system can send. It is found by sending datagrams to itself.

macOS sends no datagram that is larger than the send buffer of the socket, which has 9216 octets
unless the socket asks for more (net.inet.udp.maxdgram). If a server agreed to larger blocks, the
transfer would end in time-outs.
"""

from __future__ import annotations

import errno
import socket
from bisect import bisect_left

from tftp_fsm.transports.kernel import grow_buffers

MOST = 65507  # octets; the longest UDP payload over IPv4
LEAST = 516  # octets; DATA of RFC 1350
ROOM = 1 << 16  # octets
_TOO_LONG = {errno.EMSGSIZE, 10040}  # the latter: Windows


def make_room(sock: socket.socket) -> None:
    """Ask the kernel for room to send the largest datagram."""
    grow_buffers(sock, ROOM, (socket.SO_SNDBUF,))


def largest_datagram() -> int:
    """The octets of its payload, from LEAST to MOST; MOST if the loopback cannot be used."""
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.bind(("127.0.0.1", 0))
            sock.setblocking(False)
            make_room(sock)
            return _largest(sock)
    except OSError:
        return MOST


def _largest(sock: socket.socket) -> int:
    if not _is_too_long(sock, MOST):
        return MOST
    sizes = range(LEAST, MOST + 1)
    return sizes[bisect_left(sizes, True, key=lambda size: _is_too_long(sock, size)) - 1]


def _is_too_long(sock: socket.socket, size: int) -> bool:
    try:
        sock.sendto(bytes(size), sock.getsockname())
    except OSError as error:
        return error.errno in _TOO_LONG
    return False
