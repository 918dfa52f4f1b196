"""How much DATA one network gets where an ACK proves nothing.

With `single_port` or a small `port_range` a forged ACK cannot be told from a real one, and each one
brings a block. So a network (`networks`) gets DEPTH octets at once, over all its sessions, and then
`network_rate` octets a second. What is more waits for its time, in order, so that the real clients
of a network share the rate and none starves. What would have to wait for longer than HOLD is
dropped, as a full link does it; the session sends it again.
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

DEPTH = 64 << 20  # octets: a kernel and its first disk come at full speed
HOLD = 1.0  # seconds; no datagram waits for longer
MOST = 16 << 20  # octets that wait, of all networks together

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
        """The octets a second. Each network begins anew when this is changed."""
        return self._rate

    @rate.setter
    def rate(self, rate: int) -> None:
        if rate != getattr(self, "_rate", None):
            self._rate = rate
            self._buckets = NetworkBuckets(float(rate), float(DEPTH))

    def admit(self, burst: Burst, send: Sending, now: float) -> bool:
        """Whether the burst may be sent now. Otherwise `send` gets a copy later, or it is dropped.

        Only DATA counts: no other packet is much longer than what it answers.
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
        """Send what has waited for long enough."""
        while self._held and self._held[0][0] <= now:
            _, _, octets, burst, send = heapq.heappop(self._held)
            self._octets -= octets
            send(burst)

    @property
    def due(self) -> float | None:
        """When the next one is to be sent, or None."""
        return self._held[0][0] if self._held else None
