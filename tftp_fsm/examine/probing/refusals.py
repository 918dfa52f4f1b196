"""Which requests a server has refused with an ERROR that a busy server sends, and which not.

    refusals.note([talk, another])
    refusals.is_busy  # the same request was refused once, and answered another time

A server that refuses one request each time, and answers all others, does so for good.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from tftp_fsm.examine.probing.talk import Talk
from tftp_fsm.wire.packets import build


class Refusals:
    """Counts the refusals of each request. `is_busy` stays once it is true."""

    def __init__(self) -> None:
        self.is_busy = False
        self._refused: Counter[bytes] = Counter()
        self._answered: set[bytes] = set()

    def note(self, talks: Iterable[Talk]) -> None:
        """Note how the server has answered the requests of these talks."""
        for talk in talks:
            request = build(talk.request)
            if talk.was_refused_for_now:
                self._refused[request] += 1
            elif talk.heard():
                self._answered.add(request)
        self.is_busy |= not self._answered.isdisjoint(self._refused)

    def times(self, talks: Iterable[Talk]) -> int:
        """Return how often the server has refused what it refused in these talks, at the least."""
        refused = [build(talk.request) for talk in talks if talk.was_refused_for_now]
        return min((self._refused[request] for request in refused), default=0)
