"""Settings of a socket that only the kernel knows or may refuse: its buffers, and its ports."""

from __future__ import annotations

import contextlib
import socket
import struct
import sys
from functools import cache

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

EPHEMERAL_PORTS = 1 << 14  # those of IANA, 49152 to 65535 (RFC 6335 section 6)
_LINUX_RANGE = "/proc/sys/net/ipv4/ip_local_port_range"
READ_TIMEOUT = sys.platform == "linux"  # SO_RCVTIMEO is a struct timeval of two longs


@cache
def ephemeral_ports() -> int:
    """Return the least number of ports for TIDs of the kernel. Linux has more than IANA."""
    try:
        with open(_LINUX_RANGE, encoding="ascii") as file:
            first, last = map(int, file.read().split())
    except (OSError, ValueError):  # another system
        return EPHEMERAL_PORTS
    return min(EPHEMERAL_PORTS, last - first + 1)


def wait_at_most(sock: socket.socket, seconds: float) -> None:
    """Limit a blocking read to `seconds`. With settimeout a read would take two system calls."""
    if READ_TIMEOUT:
        whole, part = divmod(round(seconds * 1_000_000), 1_000_000)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("ll", whole, part))


def grow_buffers(
    sock: socket.socket, octets: int, options: Sequence[int] = (socket.SO_RCVBUF, socket.SO_SNDBUF)
) -> None:
    """Ask the kernel for room for `octets` in each direction. The room never shrinks."""
    for option in options:
        if sock.getsockopt(socket.SOL_SOCKET, option) < octets:
            with contextlib.suppress(OSError):  # macOS refuses large values, and Linux gives less
                sock.setsockopt(socket.SOL_SOCKET, option, octets)
