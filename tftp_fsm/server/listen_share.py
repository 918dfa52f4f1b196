"""Decide how much of a turn of the loop belongs to the listening ports while sessions move.

Without a limit, a flood of requests would take all the time of the loop.
"""

from __future__ import annotations

MOST = 16  # datagrams of one listening port in a turn


class ListenShare:
    """While sessions move, a port gets as much time as they had, but at least one datagram.

    After a turn in which no session moved, a port gets twice as many datagrams as before, up to
    MOST. It does not get MOST at once, because in lock-step the next ACK comes a moment later.
    """

    def __init__(self) -> None:
        self._seconds = 0.0
        self._datagrams = MOST

    def after_sessions(self, moved: int, seconds: float) -> None:
        """Note that `moved` sessions took `seconds` of this turn."""
        self._seconds = seconds
        self._datagrams = 1 if moved else min(2 * self._datagrams, MOST)

    def goes_on(self, datagrams: int, seconds: float) -> bool:
        """Return whether a port may take one more datagram, after `datagrams` in `seconds`."""
        return datagrams < self._datagrams or seconds < self._seconds
