"""A limit on the ERRORs for peers without a session, because their requests may be forged."""

from __future__ import annotations

RATE = 100.0  # answers a second, to all peers together
DEPTH = 100.0  # answers at once, after a quiet time


class TokenBucket:
    """Holds up to DEPTH tokens, and gets RATE new ones a second."""

    __slots__ = ("_at", "_left")

    def __init__(self) -> None:
        self._left = DEPTH
        self._at = 0.0

    def take(self, now: float) -> bool:
        """Take a token, if there is one. `now` is in seconds on the caller's clock."""
        self._left = min(DEPTH, self._left + (now - self._at) * RATE)
        self._at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True
