"""A link with a latency. With a rate, it sends the datagrams of a direction one after another."""

from __future__ import annotations


class Link:
    """`latency` is in seconds, `rate` in bits per second. With None the rate has no limit.

    Only the octets of TFTP count, without the headers of UDP and IP. The queue has no limit, so no
    datagram is lost in it.
    """

    def __init__(self, latency: float, rate: float | None = None) -> None:
        self.latency = latency
        self.rate = rate
        self._free: dict[object, float] = {}  # when the link is free again, by its sender

    def arrival(self, sender: object, octets: int, now: float) -> float:
        """Return the arrival time of a datagram that `sender` sends at `now` (both in seconds)."""
        if self.rate is None:
            return now + self.latency
        leaves = max(now, self._free.get(sender, now)) + octets * 8 / self.rate
        self._free[sender] = leaves
        return leaves + self.latency
