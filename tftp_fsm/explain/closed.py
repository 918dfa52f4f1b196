"""Pairs of addresses of transfers that are over: a late packet of one begins no transfer."""

from __future__ import annotations

from collections import OrderedDict

from tftp_fsm.capture.reading.datagram import Captured
from tftp_fsm.wire.address import Address

LINGER = 30_000_000_000  # nanoseconds; packets of an ended transfer may come so long
KEPT = 10_000  # pairs; of more the first are forgotten

Pair = tuple[Address, Address]


class Closed:
    """Remembers the pairs that were closed last, and when."""

    def __init__(self) -> None:
        self._at: OrderedDict[Pair, int] = OrderedDict()

    def add(self, pair: Pair, now: int) -> None:
        """The transfer between these two is over. `now` is in nanoseconds since 1970."""
        self._at[pair] = now
        self._at.move_to_end(pair)
        if len(self._at) > KEPT:
            self._at.popitem(last=False)

    def has(self, datagram: Captured, now: int) -> bool:
        """Whether it is a late packet of a transfer that is closed."""
        at = self._at.get((datagram.source, datagram.to))
        return at is not None and now - at <= LINGER
