"""How much of a turn of the loop belongs to the listening ports, while sessions move.

A flood of requests would take all the time of the loop, because there is always one more of them.
"""

from __future__ import annotations

MOST = 16  # datagrams of one listening port in a turn


class ListenShare:
    """While sessions move, a port gets as much time as they had, and one datagram in any case.

    After a turn in which no session moved it gets twice as many datagrams as before, up to MOST. In
    lock-step the next ACK of a client is always a moment away.
    """

    def __init__(self) -> None:
        self._seconds = 0.0
        self._datagrams = MOST

    def after_sessions(self, moved: int, seconds: float) -> None:
        """`moved` sessions had `seconds` of this turn."""
        self._seconds = seconds
        self._datagrams = 1 if moved else min(2 * self._datagrams, MOST)

    def goes_on(self, datagrams: int, seconds: float) -> bool:
        """Whether a port may take one more, after so many that took so many seconds."""
        return datagrams < self._datagrams or seconds < self._seconds
