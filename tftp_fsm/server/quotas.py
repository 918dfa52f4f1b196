"""Limit the first answers and the refusals: their clients have not proved yet that they are real.

An attacker who forges requests chooses the victim that gets the answers. So each network
(`networks`) has a bound, over all of its requests and sessions:

- A session may send DATAGRAMS datagrams to a client that has not answered. The network is charged
  for them when the session begins, and gets them back when the client answers. At first a network
  has enough for all the sessions that it may have. It gets RATE new datagrams a second. A request
  beyond that gets no answer.
- ERRORs have a bound for each network, and another for all networks together. Beyond a bound no
  ERROR is sent.
"""

from __future__ import annotations

from collections.abc import Callable

from tftp_fsm.protocol.timing import UNPROVEN_RETRIES
from tftp_fsm.server.networks import network_of
from tftp_fsm.server.rate_limit import NetworkBuckets, TokenBucket
from tftp_fsm.wire.address import Address

DATAGRAMS = 1 + UNPROVEN_RETRIES  # for a client that never answers; at most 516 octets each
RATE = 8.0  # such datagrams a second to one network; about 4 KB/s
REFUSALS_RATE = 20.0  # ERRORs a second, to one network
REFUSALS_DEPTH = 100.0  # ERRORs at once: a boot loader tries a dozen names for its configuration
ALL_REFUSALS_RATE = 500.0  # ERRORs a second, to all together; they take a tenth of a CPU
ALL_REFUSALS_DEPTH = 1000.0


class Quotas:
    """The quotas of a server that has at most `sessions` sessions with one address."""

    def __init__(self, sessions: int) -> None:
        self._answers = NetworkBuckets(RATE, float(DATAGRAMS * sessions))
        self._refusals = NetworkBuckets(REFUSALS_RATE, REFUSALS_DEPTH)
        self._all_refusals = TokenBucket(ALL_REFUSALS_RATE, ALL_REFUSALS_DEPTH)

    def may_begin(self, peer: Address, now: float) -> bool:
        """Return whether a session with this peer may begin. `now` is in seconds."""
        return self._answers.of(network_of(peer[0])).has(DATAGRAMS, now)

    def charge_session(self, peer: Address, now: float) -> Callable[[], None]:
        """Charge the network of `peer` for a session. Call the result to give the charge back."""
        bucket = self._answers.of(network_of(peer[0]))
        bucket.take(now, DATAGRAMS)
        return lambda: bucket.give_back(DATAGRAMS)

    def charge_repetition(self, peer: Address, now: float) -> bool:
        """Charge it for one more answer to the same request. Return False if none is left."""
        return self._answers.of(network_of(peer[0])).take(now)

    def may_refuse(self, peer: Address, now: float) -> bool:
        """Return whether an ERROR is left for this peer."""
        bucket = self._refusals.of(network_of(peer[0]))
        return bucket.has(1.0, now) and self._all_refusals.has(1.0, now)

    def charge_refusal(self, peer: Address, now: float) -> bool:
        """Charge the network of `peer` for an ERROR. Return False if none is left."""
        if not self.may_refuse(peer, now):
            return False
        self._refusals.of(network_of(peer[0])).take(now)
        return self._all_refusals.take(now)
