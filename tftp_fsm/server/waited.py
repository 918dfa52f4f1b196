"""How long a datagram has waited at its socket, as Linux tells it (SO_TIMESTAMPNS, socket(7)).

A server that is busy reads a copy of a request late. Only the time of its arrival tells whether the
client has been heard since. On other systems no datagram is known to have waited.
"""

from __future__ import annotations

import socket
import struct
import sys
import time
from contextlib import suppress

from tftp_fsm.transports.offload import ControlMessages

_SO_TIMESTAMPNS = 35  # asm-generic/socket.h; Python has no name for it
_TIMESPEC = struct.Struct("=qq")  # seconds since 1970, nanoseconds
MOST = 600.0  # seconds; a longer one means that somebody has set the clock


def ask_for_times(sock: socket.socket) -> None:
    """Ask the kernel for the time of arrival of each datagram."""
    if sys.platform == "linux" and struct.calcsize("l") == 8:
        with suppress(OSError):
            sock.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)


def waited(control: ControlMessages) -> float:
    """Seconds since the datagram with these control messages arrived; 0 if that is not known."""
    for level, kind, octets in control:
        if (level, kind, len(octets)) == (socket.SOL_SOCKET, _SO_TIMESTAMPNS, _TIMESPEC.size):
            seconds, nanoseconds = _TIMESPEC.unpack(octets)
            passed = time.time() - seconds - nanoseconds / 1e9
            return passed if 0 <= passed <= MOST else 0.0
    return 0.0
