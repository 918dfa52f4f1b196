"""Limit the DATA to one network when an ACK does not prove that the client is real.

With `single_port` or a small `port_range` the server cannot distinguish a forged ACK from a real
one, and each ACK makes it send a block. So the sessions of a network (`networks`) together get
DEPTH octets at once, and then `network_rate` octets a second. DATA beyond that waits in order, so
all real clients of a network get a share of the rate. DATA that would wait for longer than HOLD is
dropped, as a full link drops it. The session sends it again.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from itertools import count
from typing import TypeAlias

from tftp_fsm.server.networks import network_of
from tftp_fsm.server.rate_limit import NetworkBuckets
from tftp_fsm.transports.burst import Burst
from tftp_fsm.wire.headers import Opcode, opcode_of

DEPTH = 64 << 20  # octets; enough for a kernel and its first disk at full speed
HOLD = 1.0  # seconds; no datagram waits longer
MOST = 16 << 20  # octets that may wait, for all networks together

Sending: TypeAlias = Callable[[Burst], object]


class Pacer:
    """Holds back DATA beyond `rate` octets a second to one network. Times are in seconds."""

    def __init__(self, rate: int) -> None:
        self.rate = rate
        self._held: list[tuple[float, int, int, Burst, Sending]] = []
        self._octets = 0
        self._order = count()

    @property
    def rate(self) -> int:
        """The octets a second. Each network gets a full depth again when this is changed."""
        return self._rate

    @rate.setter
    def rate(self, rate: int) -> None:
        if rate != getattr(self, "_rate", None):
            self._rate = rate
            self._buckets = NetworkBuckets(float(rate), float(DEPTH))

    def admit(self, burst: Burst, send: Sending, now: float) -> bool:
        """Return whether the burst may be sent now. If not, `send` gets a copy later, or none.

        Only DATA counts. Other packets are not much longer than the packets that they answer.
        """
        if opcode_of(bytes(burst.buffers[0][:2])) is not Opcode.DATA:
            return True
        octets = sum(map(len, burst.buffers))
        bucket = self._buckets.of(network_of(burst.peer[0]))
        wait = bucket.borrow(octets, now)
        if not wait:
            return True
        if wait > HOLD or self._octets + octets > MOST:
            bucket.give_back(octets)
            return False
        copy = Burst((b"".join(burst.buffers),), burst.segment, burst.peer)
        heapq.heappush(self._held, (now + wait, next(self._order), octets, copy, send))
        self._octets += octets
        return False

    def release(self, now: float) -> None:
        """Send the bursts that have waited for long enough."""
        while self._held and self._held[0][0] <= now:
            _, _, octets, burst, send = heapq.heappop(self._held)
            self._octets -= octets
            send(burst)

    @property
    def due(self) -> float | None:
        """Return the time at which the next waiting burst must be sent, or None."""
        return self._held[0][0] if self._held else None
