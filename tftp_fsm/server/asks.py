"""Requests wait for their providers on other threads than the loop's: a provider may be slow.

There are at most THREADS threads, and one network has at most half of them. So if a provider hangs
for the clients of one network, the clients of other networks still get answers. Further requests
wait for a free thread, and the networks take turns.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Generic, Protocol, TypeVar

from tftp_fsm.server.commits import Commits
from tftp_fsm.server.networks import Network, network_of
from tftp_fsm.server.session_table import Key

THREADS = 32
STALE = 10.0  # seconds that a request waits for a thread; its client has asked again by then


class Closing(Protocol):
    """A file that a provider has found. It is closed if its request was forgotten."""

    def close(self) -> None: ...


Found = TypeVar("Found", bound=Closing)


class Asks(Generic[Found]):
    """The requests that wait for a provider.

    At most `most` requests wait, and at most `most_per_network` of one network. `call_soon` makes
    the loop call a function.
    """

    def __init__(
        self,
        call_soon: Callable[[Callable[[], object]], object],
        most: int,
        most_per_network: int,
    ) -> None:
        self._threads = Commits(call_soon)
        self._most = most
        self._most_per_network = most_per_network
        self._by_key: dict[Key, _Ask[Found]] = {}
        self._waiting: dict[Network, deque[_Ask[Found]]] = {}
        self._running: dict[Network, int] = {}
        self._of_network: dict[Network, int] = {}

    def __len__(self) -> int:
        return len(self._by_key)

    def limit(self, most: int, most_per_network: int) -> None:
        """Set other limits from now on."""
        self._most = most
        self._most_per_network = most_per_network

    def is_waiting(self, key: Key, request: bytes) -> bool:
        """Return whether this request of this client waits already, so the datagram is a copy."""
        found = self._by_key.get(key)
        return found is not None and found.request == request

    def add(
        self,
        key: Key,
        request: bytes,
        find: Callable[[], Found],
        done: Callable[[Found], object],
        hold: object = None,
    ) -> bool:
        """Call `find` on a thread, and then `done` in the loop. Return False if too many wait.

        An earlier request of the same client is forgotten. `hold` is kept until `find` has
        returned.
        """
        self.leave(key)
        network = network_of(key[0][0])
        is_crowded = self._of_network.get(network, 0) >= self._most_per_network
        if is_crowded or len(self._by_key) >= self._most:
            return False
        one = _Ask(network, request, find, done, hold)
        self._by_key[key] = one
        _count(self._of_network, network, 1)
        one.forget = lambda: self._forget(key, one)
        self._waiting.setdefault(network, deque()).append(one)
        self._start()
        return True

    def leave(self, key: Key) -> None:
        """Forget the request of this client. A file that its provider finds is closed."""
        one = self._by_key.get(key)
        if one is not None:
            one.leave()
            one.forget()

    def close(self) -> None:
        """Forget all requests. This does not wait for their providers."""
        for key in tuple(self._by_key):
            self.leave(key)
        self._waiting.clear()

    def _forget(self, key: Key, one: _Ask[Found]) -> None:
        if self._by_key.get(key) is one:
            del self._by_key[key]
            _count(self._of_network, one.network, -1)

    def _start(self) -> None:
        """Start waiting requests, as long as there are free threads."""
        while (one := self._next()) is not None:
            if one.is_stale:
                one.leave()
                one.forget()
            if not one.is_left:
                _count(self._running, one.network, 1)
                self._threads.start(one.run, partial(self._end, one))

    def _next(self) -> _Ask[Found] | None:
        """Return the first request of the next network that may have a thread, or None."""
        if sum(self._running.values()) >= THREADS:
            return None
        for network, line in tuple(self._waiting.items()):
            if self._running.get(network, 0) < THREADS // 2:
                one = line.popleft()
                del self._waiting[network]
                if line:
                    self._waiting[network] = line  # now the last of the networks
                return one
        return None

    def _end(self, one: _Ask[Found], failed: BaseException | None) -> None:
        _count(self._running, one.network, -1)
        one.forget()
        try:
            if failed is not None:
                raise failed
            one.hand_over()
        finally:
            self._start()


class _Ask(Generic[Found]):
    """One request, and the file that was found for it."""

    def __init__(
        self,
        network: Network,
        request: bytes,
        find: Callable[[], Found],
        done: Callable[[Found], object],
        hold: object,
    ) -> None:
        self.network = network
        self.request = request
        self.is_left = False
        self.forget: Callable[[], object] = lambda: None
        self._find: Callable[[], Found] | None = find
        self._done = done
        # Not passed to `find`, because the traceback of a failure would keep it alive.
        self._hold = hold
        self._came_at = time.monotonic()
        self._found: Found | None = None
        self._lock = threading.Lock()

    @property
    def is_stale(self) -> bool:
        return time.monotonic() > self._came_at + STALE

    def run(self) -> None:
        """Find the file. This runs on a thread."""
        find, self._find = self._find, None
        if find is None:
            return
        try:
            found = find()
        finally:
            self._hold = None
        with self._lock:
            if not self.is_left:
                self._found = found
                return
        found.close()

    def leave(self) -> None:
        """Stop waiting. A file that was found, or that is found later, is closed."""
        with self._lock:
            self.is_left, self._find = True, None
            found, self._found = self._found, None
        if found is not None:
            found.close()

    def hand_over(self) -> None:
        """Give the file to `done`."""
        found, self._found = self._found, None
        if found is not None:
            self._done(found)


def _count(counts: dict[Network, int], network: Network, more: int) -> None:
    counts[network] = counts.get(network, 0) + more
    if not counts[network]:
        del counts[network]
