"""Choose the failures that a server keeps, so that an attacker cannot push out the useful ones.

A request from a forged address fails too, because its client never answers. Such failures have a
separate quota of files. A network also gets few files in a minute, even if its sessions have proved
that their clients are real.
"""

from __future__ import annotations

import os

from tftp_fsm.server.networks import network_of
from tftp_fsm.server.rate_limit import NetworkBuckets, TokenBucket
from tftp_fsm.wire.address import Address

RATE = 1 / 60  # files a second, for one network
DEPTH = 10.0  # files at once, for one network: a fifth of those that a folder keeps
UNPROVEN_RATE = 0.1  # files a second, for all clients that never answered
UNPROVEN_DEPTH = 10.0


class KeptFailures:
    """The folder that `keep_failures` names, and the quotas of its files."""

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self.folder = folder
        self._of_network = NetworkBuckets(RATE, DEPTH)
        self._unproven = TokenBucket(UNPROVEN_RATE, UNPROVEN_DEPTH)

    def take(self, peer: Address, now: float, *, unproven: bool) -> bool:
        """Return whether one more failure of `peer` may be kept. `now` is in seconds."""
        of_network = self._of_network.of(network_of(peer[0]))
        return of_network.take(now) and (not unproven or self._unproven.take(now))
