"""A link with a latency and, if it has a rate, one datagram after the other in each direction."""

from __future__ import annotations


class Link:
    """`latency` is in seconds, `rate` in bits per second; None is a link of any rate.

    Only the octets of TFTP count, not those of the headers of UDP and IP. What waits is not lost:
    the queue has no end.
    """

    def __init__(self, latency: float, rate: float | None = None) -> None:
        self.latency = latency
        self.rate = rate
        self._free: dict[object, float] = {}  # when the link is free again, by its sender

    def arrival(self, sender: object, octets: int, now: float) -> float:
        """When a datagram arrives that `sender` gives to the link now (seconds)."""
        if self.rate is None:
            return now + self.latency
        leaves = max(now, self._free.get(sender, now)) + octets * 8 / self.rate
        self._free[sender] = leaves
        return leaves + self.latency
