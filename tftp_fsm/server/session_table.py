"""The sessions of a server: found by peer, limited in number, woken by the clock."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import count

from tftp_fsm.server.transfer import ActiveTransfer, Key
from tftp_fsm.wire.address import Address


class SessionTable:
    """At most `limit` sessions, and at most `limit_per_host` with one address.

    If there is no room, a session that dallies gives way, and then one whose client has not shown
    that it is there, the oldest first. So forged requests cannot keep real clients out.
    """

    def __init__(self, limit: int, limit_per_host: int) -> None:
        self._limit = limit
        self._limit_per_host = limit_per_host
        self._all: set[ActiveTransfer] = set()
        # The oldest first. `_first` removes sessions that no longer belong here.
        self._unproven: dict[ActiveTransfer, None] = {}
        self._dallying: dict[ActiveTransfer, None] = {}
        self._by_key: dict[Key, ActiveTransfer] = {}
        self._per_host: Counter[str] = Counter()
        self._clock: list[tuple[float, int, ActiveTransfer]] = []
        self._order = count()

    def __len__(self) -> int:
        return len(self._all)

    def __iter__(self) -> Iterator[ActiveTransfer]:
        return iter(tuple(self._all))

    def __contains__(self, transfer: ActiveTransfer) -> bool:
        return transfer in self._all

    def find(self, key: Key) -> ActiveTransfer | None:
        """The latest session with this peer at this address of ours."""
        return self._by_key.get(key)

    def has_room_for(self, peer: Address) -> bool:
        """Whether one more session with `peer` may begin."""
        return len(self._all) < self._limit and self._per_host[peer[0]] < self._limit_per_host

    def spare(self, peer: Address) -> ActiveTransfer | None:
        """A session that loses nothing by being dropped, and whose place `peer` could have."""
        is_crowded = self._per_host[peer[0]] >= self._limit_per_host
        host = peer[0] if is_crowded else None
        dallying = _first(self._dallying, lambda transfer: transfer.is_dallying, host)
        return dallying or _first(self._unproven, lambda transfer: transfer.is_unproven, host)

    def add(self, transfer: ActiveTransfer) -> None:
        """Take up a new session."""
        self._all.add(transfer)
        self._unproven[transfer] = None
        self._by_key[transfer.key] = transfer
        self._per_host[transfer.peer[0]] += 1

    def remove(self, transfer: ActiveTransfer) -> None:
        """Forget the session."""
        self._all.discard(transfer)
        self._unproven.pop(transfer, None)
        self._dallying.pop(transfer, None)
        if self._by_key.get(transfer.key) is transfer:
            del self._by_key[transfer.key]
        self._per_host[transfer.peer[0]] -= 1
        if not self._per_host[transfer.peer[0]]:
            del self._per_host[transfer.peer[0]]
        transfer.due = None
        if len(self._clock) > 64 and len(self._clock) > 4 * len(self._all):
            self._clock = [entry for entry in self._clock if entry[2].due == entry[0]]
            heapq.heapify(self._clock)

    def schedule(self, transfer: ActiveTransfer) -> None:
        """Note the session's deadline, unless an earlier one is noted already.

        `expired` finds out that a deadline was moved to later, when the earlier one comes.
        """
        if transfer.is_dallying:
            self._dallying[transfer] = None
        deadline = transfer.deadline
        if deadline is not None and (transfer.due is None or deadline < transfer.due):
            transfer.due = deadline
            heapq.heappush(self._clock, (deadline, next(self._order), transfer))

    def next_due(self) -> float | None:
        """When `expired` must be asked next; None if no deadline is noted."""
        return self._clock[0][0] if self._clock else None

    def expired(self, now: float) -> Iterator[ActiveTransfer]:
        """Each session whose deadline has come, once."""
        while self._clock and self._clock[0][0] <= now:
            noted, _, transfer = heapq.heappop(self._clock)
            if transfer.due != noted:
                continue
            transfer.due = None
            if transfer.deadline is not None and transfer.deadline <= now:
                yield transfer
            else:
                self.schedule(transfer)


def _first(
    transfers: dict[ActiveTransfer, None], fits: Callable[[ActiveTransfer], bool], host: str | None
) -> ActiveTransfer | None:
    """The oldest session that still fits, of `host` if that is given.

    The sessions before it that do not fit any more are removed from `transfers`.
    """
    gone = []
    found = None
    for transfer in transfers:
        if not fits(transfer):
            gone.append(transfer)
        elif host is None or transfer.peer[0] == host:
            found = transfer
            break
    for transfer in gone:
        del transfers[transfer]
    return found
