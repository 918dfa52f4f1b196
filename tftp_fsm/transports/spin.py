"""Poll before blocking, in loops that wait for one predicted datagram.

On some machines waking a process takes longer than the rest of an exchange. There a read is faster
if it polls a few hundred times before it blocks. On other machines both ends share a processor.
There polling takes the processor from the peer, and waking is fast. A transport cannot know its
machine, so it measures. If blocking takes long, both ways are tried, and the faster way is kept.

Other work of the machine, such as writing a file to its disk, can make one run ten times slower.
This says nothing about the way of the run. So the cost of a way is the lower one of its last two
runs, and polling that was slower is soon tried again. Blocking is not, because a run that blocks in
vain may take twice as long.
"""

from __future__ import annotations

import os
import socket

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeVar

    _Buffer = TypeVar("_Buffer")
    _Read = TypeVar("_Read")

MOST_POLLS = 200  # polls in one receive; about 250 us
TRIED_AGAIN = 50  # one run in 50 tries the slower way again
TRIED_SOON = 4  # runs; polling that was slower is tried after 4 runs, then after 8, 16 and 32
WOKEN_SOON = 40e-6  # seconds; if receives do not take longer, the session never polls
ENOUGH = 16  # receives; a shorter run is not measured
AT_ONCE = getattr(socket, "MSG_DONTWAIT", 0)


def most_polls() -> int:
    """Return how often a receive may poll, or 0 if the peer may need the same processor."""
    if not AT_ONCE:
        return 0
    affinity = getattr(os, "sched_getaffinity", None)
    processors = len(affinity(0)) if affinity is not None else os.cpu_count() or 1
    return MOST_POLLS if processors > 1 else 0


class SpinPolicy:
    """Measures one session: how long a receive takes with polling, and how long without.

    `count` is the number of receives of the run, which the caller counts.
    """

    __slots__ = (
        "_began",
        "_costs",
        "_last",
        "_left",
        "_most",
        "_polls",
        "_prefers",
        "_wait",
        "count",
    )

    def __init__(self) -> None:
        self._most = most_polls()
        self._costs: dict[bool, float] = {}  # seconds of a receive, by whether it polls
        self._last: dict[bool, float] = {}  # the same for the last run only
        self._polls = False
        self._prefers = False
        self._wait = self._left = TRIED_SOON  # runs between two tries, and until the next try
        self._began = 0.0
        self.count = 0

    def begin(self, now: float) -> int:
        """Begin a run, and end the run before. Return how often a receive may poll."""
        if self.count >= ENOUGH:
            self._note((now - self._began) / self.count)
        self._began, self.count = now, 0
        self._polls = self._most > 0 and self._should_poll()
        return self._most if self._polls else 0

    def _note(self, cost: float) -> None:
        self._costs[self._polls] = min(cost, self._last.get(self._polls, cost))
        self._last[self._polls] = cost

    def _should_poll(self) -> bool:
        blocking, polling = self._costs.get(False), self._costs.get(True)
        if blocking is None or blocking < WOKEN_SOON:
            return False
        is_faster = polling is None or polling < blocking
        if is_faster is not self._prefers:
            self._prefers = is_faster
            self._wait = self._left = TRIED_AGAIN if is_faster else TRIED_SOON
        self._left -= 1
        if self._left:
            return is_faster
        self._wait = self._left = min(2 * self._wait, TRIED_AGAIN)
        return not is_faster


def spin_then_block(
    read: Callable[[_Buffer, int, int], _Read], room: int, policy: SpinPolicy, now: float
) -> Callable[[_Buffer], _Read]:
    """Return a receive for one run. It polls with `read(buffer, room, flags)` and then blocks.

    Each time that polling finds nothing, the number of polls is halved, so for a slow peer it soon
    is 0. A poll that finds something restores the number.
    """
    most = left = policy.begin(now)

    def receive(buffer: _Buffer) -> _Read:
        nonlocal left
        policy.count += 1
        for _ in range(left):
            try:
                found = read(buffer, room, AT_ONCE)
            except BlockingIOError:
                continue
            left = most
            return found
        left //= 2
        return read(buffer, room, 0)

    return receive
