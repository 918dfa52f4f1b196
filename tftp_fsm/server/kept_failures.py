"""Which failures of a server are kept, so that nobody can push out those that are worth a look.

A request of a forged address fails too: its client never answers. These failures have a quota of
files of their own. And one network gets few files in a minute, whatever its sessions have proved.
"""

from __future__ import annotations

import os

from tftp_fsm.errors import LocalError
from tftp_fsm.server.networks import network_of
from tftp_fsm.server.rate_limit import NetworkBuckets, TokenBucket
from tftp_fsm.server.transfer import ActiveTransfer

RATE = 1 / 60  # files a second, for one network
DEPTH = 10.0  # files at once, for one network: a fifth of those that a folder keeps
UNPROVEN_RATE = 0.1  # files a second, for all clients that never answered
UNPROVEN_DEPTH = 10.0


class KeptFailures:
    """The folder that `keep_failures` names."""

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self._folder = folder
        self._of_network = NetworkBuckets(RATE, DEPTH)
        self._unproven = TokenBucket(UNPROVEN_RATE, UNPROVEN_DEPTH)

    def keep(self, transfer: ActiveTransfer, now: float) -> str:
        """Write the last steps of a session that has failed. Return where they are, or why not.

        Return "" for a session without a second step, and for one beyond the quotas. `now` is in
        seconds.
        """
        from tftp_fsm.trace.kept import FAILED, UNPROVEN, hint, keep_among

        driver, unproven = transfer.driver, transfer.is_unproven
        if len(driver.recent) < 2 or not self._has_quota(transfer, now, unproven):
            return ""
        kind = UNPROVEN if unproven else FAILED
        try:
            return hint(keep_among(driver.last_steps(), self._folder, kind))
        except LocalError as failed:
            return str(failed)

    def _has_quota(self, transfer: ActiveTransfer, now: float, unproven: bool) -> bool:
        of_network = self._of_network.of(network_of(transfer.peer[0]))
        return of_network.take(now) and (not unproven or self._unproven.take(now))
