"""Limit the effects of requests that may be forged: ERRORs, first answers and lines of the log."""

from __future__ import annotations

from collections import OrderedDict

from tftp_fsm.server.networks import Network

LINES_RATE = 1.0  # lines of the log a second
LINES_DEPTH = 10.0  # lines at once, after a quiet time
REMEMBERED = 4096  # networks; each of them takes about 300 octets of memory


class TokenBucket:
    """Holds up to `depth` tokens, and gets `rate` new tokens a second."""

    __slots__ = ("_at", "_depth", "_left", "_rate")

    def __init__(self, rate: float, depth: float) -> None:
        self._rate = rate
        self._depth = depth
        self._left = depth
        self._at = 0.0

    def has(self, tokens: float, now: float) -> bool:
        """Return whether `tokens` tokens are there. `now` is in seconds on the caller's clock."""
        self._left = min(self._depth, self._left + (now - self._at) * self._rate)
        self._at = now
        return self._left >= tokens

    def take(self, now: float, tokens: float = 1.0) -> bool:
        """Take the tokens if all of them are there. Return whether they were."""
        if not self.has(tokens, now):
            return False
        self._left -= tokens
        return True

    def borrow(self, tokens: float, now: float) -> float:
        """Take the tokens even if they are missing. Return the seconds until they are there."""
        self.has(tokens, now)
        self._left -= tokens
        return max(0.0, -self._left / self._rate)

    def give_back(self, tokens: float) -> None:
        """Put back tokens that were taken and are not needed."""
        self._left = min(self._depth, self._left + tokens)


class NetworkBuckets:
    """A TokenBucket for each network. Only the REMEMBERED last used buckets are kept."""

    def __init__(self, rate: float, depth: float) -> None:
        self._rate = rate
        self._depth = depth
        self._buckets: OrderedDict[Network, TokenBucket] = OrderedDict()

    def __len__(self) -> int:
        return len(self._buckets)

    def of(self, network: Network) -> TokenBucket:
        """Return the bucket of this network. For a new network it is full."""
        bucket = self._buckets.get(network)
        if bucket is not None:
            self._buckets.move_to_end(network)
            return bucket
        bucket = self._buckets[network] = TokenBucket(self._rate, self._depth)
        if len(self._buckets) > REMEMBERED:
            self._buckets.popitem(last=False)
        return bucket
