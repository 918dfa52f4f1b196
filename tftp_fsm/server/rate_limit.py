"""How many answers may go to those who have no session: a bucket that fills again."""

from __future__ import annotations

RATE = 100.0  # answers a second, to all together
DEPTH = 100.0


class TokenBucket:
    """`now` is seconds on the caller's clock."""

    __slots__ = ("_at", "_left")

    def __init__(self) -> None:
        self._left = DEPTH
        self._at = 0.0

    def take(self, now: float) -> bool:
        """Whether one more may go."""
        self._left = min(DEPTH, self._left + (now - self._at) * RATE)
        self._at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True
