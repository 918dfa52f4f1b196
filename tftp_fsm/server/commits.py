"""Commits of uploads, each on a thread of its own, so that a slow disk holds one session only.

The sync of a file may take seconds. Meanwhile the loop serves the others. There are no more
threads than sessions, and a disk that hangs does not hold the commits on other disks.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeAlias

Done: TypeAlias = Callable[[BaseException | None], object]
"""Is called in the loop's thread after a commit, with the exception that it raised."""


class Commits:
    """The commits that are under way. `call_soon` has the loop call a function."""

    def __init__(self, call_soon: Callable[[Callable[[], object]], object]) -> None:
        self._call_soon = call_soon
        self._under_way: dict[_Commit, None] = {}

    def start(self, commit: Callable[[], None], done: Done) -> None:
        """Call `commit` in a thread, and then `done` in the loop."""
        one = _Commit(commit, done, lambda: self._call_soon(lambda: self._finish(one)))
        self._under_way[one] = None
        try:
            one.start()
        except RuntimeError:  # this system cannot start a thread
            one.run()

    @property
    def are_under_way(self) -> bool:
        """Whether a commit has not ended, or its end is not known to the loop."""
        return bool(self._under_way)

    def finish_all(self) -> None:
        """Wait for all of them: a sync cannot be broken off, and each client awaits its ACK."""
        for one in tuple(self._under_way):
            self._finish(one)

    def _finish(self, one: _Commit) -> None:
        if one in self._under_way:
            del self._under_way[one]
            if one.is_alive():
                one.join()
            one.done(one.failed)


class _Commit(threading.Thread):
    def __init__(self, commit: Callable[[], None], done: Done, tell: Callable[[], object]) -> None:
        super().__init__(name="tftp-fsm commit", daemon=True)
        self.done = done
        self.failed: BaseException | None = None
        self._commit = commit
        self._tell = tell

    def run(self) -> None:
        try:
            self._commit()
        except BaseException as failed:  # the loop's thread raises it
            self.failed = failed
        self._tell()
