"""Commit uploads, each on a separate thread, so that a slow disk delays only one session.

The sync of a file may take seconds. Meanwhile the loop serves the other sessions. There are never
more threads than sessions. A disk that hangs does not delay the commits on other disks.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeAlias

Done: TypeAlias = Callable[[BaseException | None], object]
"""Called in the loop's thread after a commit, with the exception that it has raised, or None."""


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
        except RuntimeError:  # this system cannot start a thread
            one.run()

    @property
    def are_under_way(self) -> bool:
        """Whether any commit has not ended, or the loop has not heard of its end."""
        return bool(self._under_way)

    def finish_all(self) -> None:
        """Wait for all commits. A sync cannot be interrupted, and each client awaits its ACK."""
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
