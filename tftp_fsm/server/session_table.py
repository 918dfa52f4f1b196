"""The sessions of a server: find them by peer, limit their number, and list expired ones."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterator
from itertools import count
from typing import Generic, Protocol, TypeAlias, TypeVar

from tftp_fsm.server.networks import Network, network_of
from tftp_fsm.server.spares import Holder, Spares
from tftp_fsm.wire.address import Address

STILL = 3.0  # seconds without anything new; then another session may take the place

Key: TypeAlias = tuple[Address, str | None]
"""The peer, and our address that received its request (None if that is not known)."""


class Entry(Holder, Protocol):
    """The members of a session that the table uses. See `ActiveTransfer`."""

    due: float | None

    @property
    def key(self) -> Key: ...

    @property
    def deadline(self) -> float | None: ...

    @property
    def moved_at(self) -> float: ...

    @property
    def is_running(self) -> bool: ...

    @property
    def is_committing(self) -> bool: ...

    def is_still(self, now: float) -> bool: ...


_Counted = TypeVar("_Counted")
_Transfer = TypeVar("_Transfer", bound=Entry)


class SessionTable(Generic[_Transfer]):
    """At most `limit` sessions, and at most `limit_per_host` with one address.

    If there is no room, another session gives way (`spare`). So other clients are not kept out by
    forged requests, nor by clients that hold sessions without moving.
    """

    def __init__(self, limit: int, limit_per_host: int) -> None:
        self._limit = limit
        self._limit_per_host = limit_per_host
        self._all: dict[_Transfer, None] = {}  # the oldest first
        self._spares: Spares[_Transfer] = Spares()
        self._by_key: dict[Key, _Transfer] = {}
        self._per_host: Counter[str] = Counter()
        self._per_network: Counter[Network] = Counter()
        self._none_is_still_before = 0.0
        self._clock: list[tuple[float, int, _Transfer]] = []
        self._order = count()

    def limit(self, limit: int, limit_per_host: int) -> None:
        """Set other limits. This ends no session."""
        self._limit, self._limit_per_host = limit, limit_per_host

    def __len__(self) -> int:
        return len(self._all)

    def __iter__(self) -> Iterator[_Transfer]:
        return iter(tuple(self._all))

    def __contains__(self, transfer: _Transfer) -> bool:
        return transfer in self._all

    def find(self, key: Key) -> _Transfer | None:
        """Return the latest session with this peer at this address of ours, or None."""
        return self._by_key.get(key)

    def has_room_for(self, peer: Address) -> bool:
        """Return whether one more session with `peer` may begin."""
        return len(self._all) < self._limit and self._per_host[peer[0]] < self._limit_per_host

    def spare(self, peer: Address, now: float) -> _Transfer | None:
        """Return a session that should give its place to `peer`, or None. `now` is in seconds.

        The first choice is a session that dallies. The second is a session whose client has never
        answered, of the network with most such sessions. The third is a session that has not moved
        for STILL seconds, of the network with most sessions. The last is a moving session of a
        network with more than its share, if the network of `peer` has less than its share. Of
        several sessions, the oldest one or the one that has waited longest gives way.
        """
        is_crowded = self._per_host[peer[0]] >= self._limit_per_host
        host = peer[0] if is_crowded else None
        found = self._spares.dallying(host) or self._spares.unproven(host) or self._still(host, now)
        return found or (None if is_crowded else self._beyond_share(network_of(peer[0])))

    def has_more_than_its_share(self, peer: Address, asking: Address) -> bool:
        """Return whether the network of `peer` must leave a place to that of `asking`.

        Each network with a session, and also that of `asking`, has the same share.

        So an attacker who moves all his sessions a little keeps only his share of the places.
        """
        return self._is_beyond_share(network_of(peer[0]), network_of(asking[0]))

    def add(self, transfer: _Transfer) -> None:
        """Add a new session."""
        self._all[transfer] = None
        self._spares.add_unproven(transfer)
        self._by_key[transfer.key] = transfer
        self._per_host[transfer.peer[0]] += 1
        self._per_network[network_of(transfer.peer[0])] += 1

    def remove(self, transfer: _Transfer) -> None:
        """Forget the session."""
        self._all.pop(transfer, None)
        self._spares.remove(transfer)
        if self._by_key.get(transfer.key) is transfer:
            del self._by_key[transfer.key]
        _count_out(self._per_host, transfer.peer[0])
        _count_out(self._per_network, network_of(transfer.peer[0]))
        transfer.due = None
        if len(self._clock) > 64 and len(self._clock) > 4 * len(self._all):
            self._clock = [entry for entry in self._clock if entry[2].due == entry[0]]
            heapq.heapify(self._clock)

    def schedule(self, transfer: _Transfer) -> None:
        """Note the session's deadline, unless an earlier deadline of it is noted already.

        When the earlier time comes, `expired` sees that the deadline is later now.
        """
        if transfer.is_dallying:
            self._spares.add_dallying(transfer)
        deadline = transfer.deadline
        if deadline is not None and (transfer.due is None or deadline < transfer.due):
            transfer.due = deadline
            heapq.heappush(self._clock, (deadline, next(self._order), transfer))

    def next_due(self) -> float | None:
        """Return the time at which `expired` must be called next, or None without deadlines."""
        return self._clock[0][0] if self._clock else None

    def expired(self, now: float) -> Iterator[_Transfer]:
        """Yield each session whose deadline has come, once."""
        while self._clock and self._clock[0][0] <= now:
            noted, _, transfer = heapq.heappop(self._clock)
            if transfer.due != noted:
                continue
            transfer.due = None
            if transfer.deadline is not None and transfer.deadline <= now:
                yield transfer
            else:
                self.schedule(transfer)

    def _still(self, host: str | None, now: float) -> _Transfer | None:
        """Return the longest unmoved session of the largest network, or None if all move."""
        if host is None and now < self._none_is_still_before:
            return None  # do not search a thousand sessions for each request of a flood
        of_host = [t for t in self._all if host is None or t.peer[0] == host]
        still = [transfer for transfer in of_host if transfer.is_still(now)]
        if not still and host is None:
            moved = min((transfer.moved_at for transfer in of_host), default=now)
            self._none_is_still_before = moved + STILL
        return max(still, key=self._dispensable, default=None)

    def _beyond_share(self, asking: Network) -> _Transfer | None:
        """Return the longest unmoved session of the largest network, if it exceeds its share."""
        most = max(self._per_network, key=self._per_network.__getitem__, default=asking)
        if not self._is_beyond_share(most, asking):
            return None
        its = (t for t in self._all if network_of(t.peer[0]) == most)
        able = (t for t in its if t.is_running and not t.is_committing)
        return min(able, key=lambda transfer: transfer.moved_at, default=None)

    def _is_beyond_share(self, network: Network, asking: Network) -> bool:
        share = self._limit // len({*self._per_network, asking})
        return self._per_network[network] > share > self._per_network[asking]

    def _dispensable(self, transfer: _Transfer) -> tuple[int, float]:
        return self._per_network[network_of(transfer.peer[0])], -transfer.moved_at


def _count_out(counter: Counter[_Counted], key: _Counted) -> None:
    counter[key] -= 1
    if not counter[key]:
        del counter[key]
