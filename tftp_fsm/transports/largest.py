"""The largest datagram that this system sends, found by sending it to ourselves.

macOS sends no more than a socket has room for, 9216 octets unless it asks for more
(net.inet.udp.maxdgram). A block that never leaves would end each transfer in time-outs.
"""

from __future__ import annotations

import contextlib
import errno
import socket
from bisect import bisect_left

MOST = 65507  # octets of payload that fit into an IPv4 packet
LEAST = 516  # octets of a plain DATA packet
ROOM = 1 << 16  # octets
_TOO_LONG = {errno.EMSGSIZE, 10040}  # the latter: Windows


def make_room(sock: socket.socket) -> None:
    """Room for the largest datagram, where there is less."""
    if sock.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF) < ROOM:
        with contextlib.suppress(OSError):
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, ROOM)


def largest_datagram() -> int:
    """Octets of payload, LEAST to MOST; MOST where the loopback cannot be asked."""
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
