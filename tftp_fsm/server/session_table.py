"""All conversations of a server: found by peer, limited in number, woken by the clock."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import count

from tftp_fsm.server.transfer import ActiveTransfer, Key
from tftp_fsm.wire.address import Address


class SessionTable:
    """At most `most` conversations, and `most_of_one` with one address.

    Where there is no room, dallying ones give way, and then those whose client has not shown that
    it is there, the oldest first: forged requests cannot keep real clients out.
    """

    def __init__(self, most: int, most_of_one: int) -> None:
        self._most = most
        self._most_of_one = most_of_one
        self._all: set[ActiveTransfer] = set()
        self._unproven: dict[ActiveTransfer, None] = {}  # the oldest first; some have moved on
        self._dallying: dict[ActiveTransfer, None] = {}
        self._by_key: dict[Key, ActiveTransfer] = {}
        self._of_one: Counter[str] = Counter()
        self._clock: list[tuple[float, int, ActiveTransfer]] = []
        self._order = count()

    def __len__(self) -> int:
        return len(self._all)

    def __iter__(self) -> Iterator[ActiveTransfer]:
        return iter(tuple(self._all))

    def __contains__(self, one: ActiveTransfer) -> bool:
        return one in self._all

    def find(self, key: Key) -> ActiveTransfer | None:
        """The latest conversation with this peer at this address of ours."""
        return self._by_key.get(key)

    def has_room_for(self, peer: Address) -> bool:
        """Whether one more may begin."""
        return len(self._all) < self._most and self._of_one[peer[0]] < self._most_of_one

    def spare(self, peer: Address) -> ActiveTransfer | None:
        """One that would make room for `peer` by going, and has nothing left to lose."""
        crowded = self._of_one[peer[0]] >= self._most_of_one
        host = peer[0] if crowded else None
        dallying = _first(self._dallying, lambda one: one.is_dallying, host)
        return dallying or _first(self._unproven, lambda one: one.is_unproven, host)

    def add(self, one: ActiveTransfer) -> None:
        """From now on it is found by its peer."""
        self._all.add(one)
        self._unproven[one] = None
        self._by_key[one.key] = one
        self._of_one[one.peer[0]] += 1

    def remove(self, one: ActiveTransfer) -> None:
        """Forget it, in every place."""
        self._all.discard(one)
        self._unproven.pop(one, None)
        self._dallying.pop(one, None)
        if self._by_key.get(one.key) is one:
            del self._by_key[one.key]
        self._of_one[one.peer[0]] -= 1
        if not self._of_one[one.peer[0]]:
            del self._of_one[one.peer[0]]
        one.due = None
        if len(self._clock) > 64 and len(self._clock) > 4 * len(self._all):
            self._clock = [entry for entry in self._clock if entry[2].due == entry[0]]
            heapq.heapify(self._clock)

    def schedule(self, one: ActiveTransfer) -> None:
        """Note its deadline; a later one than is noted is found out when the noted one comes."""
        if one.is_dallying:
            self._dallying[one] = None
        deadline = one.deadline
        if deadline is not None and (one.due is None or deadline < one.due):
            one.due = deadline
            heapq.heappush(self._clock, (deadline, next(self._order), one))

    def next_due(self) -> float | None:
        """When the clock must be looked at."""
        return self._clock[0][0] if self._clock else None

    def expired(self, now: float) -> Iterator[ActiveTransfer]:
        """Those whose deadline has come, once each."""
        while self._clock and self._clock[0][0] <= now:
            noted, _, one = heapq.heappop(self._clock)
            if one.due != noted:
                continue
            one.due = None
            if one.deadline is not None and one.deadline <= now:
                yield one
            else:
                self.schedule(one)


def _first(
    ones: dict[ActiveTransfer, None], fits: Callable[[ActiveTransfer], bool], host: str | None
) -> ActiveTransfer | None:
    """The oldest with that host, or with any, that still fits; those that do not are left out."""
    gone = []
    found = None
    for one in ones:
        if not fits(one):
            gone.append(one)
        elif host is None or one.peer[0] == host:
            found = one
            break
    for one in gone:
        del ones[one]
    return found
