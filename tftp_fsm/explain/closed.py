"""Pairs of addresses of ended transfers, so that a late packet does not begin a new transfer."""

from __future__ import annotations

from collections import OrderedDict

from tftp_fsm.capture.reading.datagram import Captured
from tftp_fsm.wire.address import Address

LINGER = 30_000_000_000  # nanoseconds in which packets of an ended transfer may come
KEPT = 10_000  # pairs; if there are more, the oldest are forgotten

Pair = tuple[Address, Address]


class Closed:
    """Remembers the pairs that were closed last, with their times."""

    def __init__(self) -> None:
        self._at: OrderedDict[Pair, int] = OrderedDict()

    def add(self, pair: Pair, now: int) -> None:
        """Note that the transfer of this pair is over. `now` is in nanoseconds since 1970."""
        self._at[pair] = now
        self._at.move_to_end(pair)
        if len(self._at) > KEPT:
            self._at.popitem(last=False)

    def has(self, datagram: Captured, now: int) -> bool:
        """Return whether it is a late packet of a closed transfer."""
        at = self._at.get((datagram.source, datagram.to))
        return at is not None and now - at <= LINGER
