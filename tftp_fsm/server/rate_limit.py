"""Limits on what requests without a session cause, because they may be forged: ERRORs and lines."""

from __future__ import annotations

RATE = 100.0  # answers a second, to all peers together
DEPTH = 100.0  # answers at once, after a quiet time
LINES_RATE = 1.0  # lines of the log a second
LINES_DEPTH = 10.0  # lines at once, after a quiet time


class TokenBucket:
    """Holds up to `depth` tokens, and gets `rate` new ones a second."""

    __slots__ = ("_at", "_depth", "_left", "_rate")

    def __init__(self, rate: float = RATE, depth: float = DEPTH) -> None:
        self._rate = rate
        self._depth = depth
        self._left = depth
        self._at = 0.0

    def take(self, now: float) -> bool:
        """Take a token, if there is one. `now` is in seconds on the caller's clock."""
        self._left = min(self._depth, self._left + (now - self._at) * self._rate)
        self._at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True
