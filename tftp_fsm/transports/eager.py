"""Looking before sleeping, for the loops that await one predicted datagram.

On a fast link the answer comes before a sleeper would have been put to sleep and woken, which
costs more than the rest of an exchange. So a read looks a few times first; where that was in
vain it looks half as often the next time, and soon not at all: a slow peer costs nothing.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from typing import TypeVar

LOOKS = 200  # at most; some 250 us
AT_ONCE = getattr(socket, "MSG_DONTWAIT", 0)

_Buffer = TypeVar("_Buffer")
_Read = TypeVar("_Read")


def looks_at_first() -> int:
    """None where the peer might need the processor on which this side looks."""
    if not AT_ONCE:
        return 0
    affinity = getattr(os, "sched_getaffinity", None)
    processors = len(affinity(0)) if affinity is not None else os.cpu_count() or 1
    return LOOKS if processors > 1 else 0


def eagerly(
    read: Callable[[_Buffer, int, int], _Read], room: int, looks: int
) -> Callable[[_Buffer], _Read]:
    """`read(buffer, room, flags)`, after at most so many looks whether there is something."""
    left = looks

    def look_then_sleep(buffer: _Buffer) -> _Read:
        nonlocal left
        for _ in range(left):
            try:
                came = read(buffer, room, AT_ONCE)
            except BlockingIOError:
                continue
            left = looks
            return came
        left //= 2
        return read(buffer, room, 0)

    return look_then_sleep
