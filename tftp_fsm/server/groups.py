"""The sockets of the sessions, in groups. The groups take turns.

The memory that a session needs for its next block is in the processor's caches only if its last
block was a moment ago. If a thousand sessions get one turn after the other, the caches never help,
and each block takes nearly twice as long. So a group with ready sockets is polled several times in
a row.
"""

from __future__ import annotations

import contextlib
import selectors
import socket
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

SIZE = 64  # sockets in a group
ROUNDS = 4  # the most times that a group is polled in its turn
FEW = 8  # members; if fewer have moved in a round, or less than half, the next group has its turn
MANY = 32  # ready groups; beyond it each has one round, so that no ACK waits here for an RTO


_Member = TypeVar("_Member")


class Group(Generic[_Member]):
    """Up to SIZE sockets, in a selector that is itself a member of a selector."""

    def __init__(self) -> None:
        self.selector = selectors.DefaultSelector()

    def __len__(self) -> int:
        return len(self.selector.get_map())

    def ready(self) -> list[_Member]:
        """Return the members with ready sockets. An only member is ready: its group was ready."""
        if len(self) == 1:
            return [key.data for key in self.selector.get_map().values()]
        return [key.data for key, _ in self.selector.select(0)]


class Groups(Generic[_Member]):
    """The sockets of all sessions. Each group is registered in `outer`, with itself as data.

    If the system's selectors cannot be nested, or no descriptor is left for one more group, the
    sockets themselves are registered in `outer`.
    """

    def __init__(self, outer: selectors.BaseSelector) -> None:
        self._outer = outer
        self._can_nest = hasattr(outer, "fileno")
        self._all: list[Group[_Member]] = []
        self._group_of: dict[int, Group[_Member]] = {}

    def register(self, sock: socket.socket, member: _Member) -> None:
        """Wait for `sock`, the socket of `member`."""
        group = self._with_room()
        selector = self._outer if group is None else group.selector
        selector.register(sock, selectors.EVENT_READ, member)
        if group is not None:
            self._group_of[sock.fileno()] = group

    def unregister(self, sock: socket.socket) -> None:
        """Wait for `sock` no longer."""
        group = self._group_of.pop(sock.fileno(), None)
        (self._outer if group is None else group.selector).unregister(sock)

    def close(self) -> None:
        """Close the groups. The members stay as they are."""
        for group in self._all:
            self._outer.unregister(group.selector)
            group.selector.close()
        self._all.clear()
        self._group_of.clear()

    def _with_room(self) -> Group[_Member] | None:
        for group in self._all:
            if len(group) < SIZE:
                return group
        return self._one_more() if self._can_nest else None

    def _one_more(self) -> Group[_Member] | None:
        with contextlib.suppress(OSError):  # no descriptor is left
            group = Group[_Member]()
            self._outer.register(group.selector, selectors.EVENT_READ, group)
            self._all.append(group)
            return group
        return None


def give_turns(ready: Sequence[Group[_Member]], take_turn: Callable[[_Member], bool]) -> int:
    """Give each member its turn, and some members several turns. Return the number of turns.

    `take_turn` returns whether something new has come to the member. Copies of old ACKs do not
    count.
    """
    rounds, count = ROUNDS if len(ready) <= MANY else 1, 0
    for group in ready:
        for _ in range(rounds):
            members = group.ready()
            moved = sum(map(take_turn, members))
            count += len(members)
            if moved < max(FEW, len(members) // 2):
                break
    return count
