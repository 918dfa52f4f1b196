"""Commit uploads, each on a separate thread, so that a slow disk delays only its own uploads.

The sync of a file may take seconds. Meanwhile the loop serves the other sessions. Each upload has
at most one thread. A disk that hangs does not delay the commits on other disks.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeAlias

Done: TypeAlias = Callable[[BaseException | None], object]
"""Called in the loop's thread after a commit, with the commit's exception, or with None."""


class Commits:
    """The commits that are under way. `call_soon` makes the loop call a function."""

    def __init__(self, call_soon: Callable[[Callable[[], object]], object]) -> None:
        self._call_soon = call_soon
        self._under_way: dict[_Commit, None] = {}

    def start(self, commit: Callable[[], None], done: Done) -> None:
        """Call `commit` in a thread, and then `done` in the loop."""
        one = _Commit(commit, done, lambda: self._call_soon(lambda: self._finish(one)))
        self._under_way[one] = None
        try:
            one.start()
        except RuntimeError:  # no thread can be started, so the loop waits for the disk
            one.run()

    @property
    def are_under_way(self) -> bool:
        """Whether a commit is running, or has ended and its `done` was not called yet."""
        return bool(self._under_way)

    def finish_all(self) -> None:
        """Wait for all commits, and call `done` for each: its client still awaits the final ACK."""
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
        except BaseException as failed:  # `done` gets it in the loop's thread
            self.failed = failed
        self._tell()
