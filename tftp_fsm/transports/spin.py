"""Looking before sleeping, for the loops that await one predicted datagram.

Where being woken takes longer than the rest of an exchange, a read had better look a few hundred
times before it sleeps. Elsewhere that takes from the peer: two ends that share a processor wake
each other at once, and looking would drive them apart. Which it is cannot be known, but measured:
where sleeping takes long, both ways are tried, and the faster one kept.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from typing import TypeVar

LOOKS = 200  # at most; some 250 us
TRIED_AGAIN = 50  # runs; some seconds' fiftieth is spent on the way that was slower
WOKEN_SOON = 40e-6  # seconds; receives that take no longer are left alone
ENOUGH = 16  # receives; a shorter run tells more of itself than of them
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


class SpinPolicy:
    """The account of one session: what a receive took with looks, and what it took without."""

    __slots__ = ("_began", "_costs", "_looking", "_most", "_runs", "count")

    def __init__(self) -> None:
        self._most = looks_at_first()
        self._costs: dict[bool, float] = {}  # seconds
        self._looking = False
        self._runs = 0
        self._began = 0.0
        self.count = 0

    def begin(self, now: float) -> int:
        """A run begins, and the one before has ended: how many looks a receive may take."""
        if self.count >= ENOUGH:
            cost = (now - self._began) / self.count
            self._costs[self._looking] = (cost + self._costs.get(self._looking, cost)) / 2
        self._began, self.count = now, 0
        self._runs += 1
        self._looking = self._most > 0 and self._pays()
        return self._most if self._looking else 0

    def _pays(self) -> bool:
        sleeping, looking = self._costs.get(False), self._costs.get(True)
        if sleeping is None or sleeping < WOKEN_SOON:
            return False
        pays = looking is None or looking < sleeping
        return pays if self._runs % TRIED_AGAIN else not pays


def spin_then_block(
    read: Callable[[_Buffer, int, int], _Read], room: int, looks: SpinPolicy, now: float
) -> Callable[[_Buffer], _Read]:
    """`read(buffer, room, flags)` for one run. Looks in vain are halved: a slow peer gets none."""
    most = left = looks.begin(now)

    def look_then_sleep(buffer: _Buffer) -> _Read:
        nonlocal left
        looks.count += 1
        for _ in range(left):
            try:
                came = read(buffer, room, AT_ONCE)
            except BlockingIOError:
                continue
            left = most
            return came
        left //= 2
        return read(buffer, room, 0)

    return look_then_sleep
