"""A progress bar with the rate and the remaining time, if stderr is a terminal."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

APPEARS_AFTER = 0.25  # seconds; a transfer that is over by then needs no bar
REFRESH = 10  # times a second


class Bar:
    """`update` is the `progress` of a transfer; `close` removes the bar."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._began: float | None = None
        self._next = 0.0
        self._progress: Progress | None = None
        self._task: TaskID | None = None

    def update(self, octets: int, total: int | None) -> None:
        """Show that so many octets have been moved."""
        from time import monotonic

        now = monotonic()
        if self._began is None:
            self._began, self._next = now, now + APPEARS_AFTER
        if now < self._next:
            return
        self._next = now + 1 / REFRESH
        if self._progress is None:
            self._progress = _new_progress()
            self._task = self._progress.add_task(self._what, total=total)
            self._progress.start()
        assert self._task is not None
        self._progress.update(self._task, completed=octets, total=total, refresh=True)

    def close(self) -> None:
        """Remove the bar, before other text is printed."""
        if self._progress is not None:
            self._progress.stop()
            self._progress = None


def bar_for(what: str, *, quiet: bool) -> Bar | None:
    """A bar, or None if stderr is no terminal or the user wants no output."""
    return None if quiet or not sys.stderr.isatty() else Bar(what)


def _new_progress() -> Progress:
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        DownloadColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
        TransferSpeedColumn,
    )

    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        auto_refresh=False,
        transient=True,
    )
