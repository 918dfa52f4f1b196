"""Find out how long a datagram has waited at its socket (Linux: SO_TIMESTAMPNS, socket(7)).

A busy server may read a copy of a request late. The time of the copy's arrival shows whether a
later packet of the client was read before it. On other systems, and on 32-bit Linux, the waiting
time counts as 0.
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
MOST = 600.0  # seconds; a longer wait means that the clock was set


def ask_for_times(sock: socket.socket) -> None:
    """Ask the kernel for the time of arrival of each datagram."""
    if sys.platform == "linux" and struct.calcsize("l") == 8:
        with suppress(OSError):
            sock.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)


def waited(control: ControlMessages) -> float:
    """Return the seconds since this datagram arrived. The result is 0 if the time is not known."""
    for level, kind, octets in control:
        if (level, kind, len(octets)) == (socket.SOL_SOCKET, _SO_TIMESTAMPNS, _TIMESPEC.size):
            seconds, nanoseconds = _TIMESPEC.unpack(octets)
            passed = time.time() - seconds - nanoseconds / 1e9
            return passed if 0 <= passed <= MOST else 0.0
    return 0.0
