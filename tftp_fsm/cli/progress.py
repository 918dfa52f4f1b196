"""A progress bar with the rate and the remaining time, if stderr is a terminal.

If no answer comes, one line takes its place. It says what is awaited, and how long still.
"""

from __future__ import annotations

import shutil
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

from tftp_fsm.borders import brief

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from tftp_fsm.client.result import Waiting

APPEARS_AFTER = 0.25  # seconds; a transfer that is over by then needs no bar
REFRESH = 10  # times a second


class Bar:
    """`update` and `wait` are for `progress` and `on_waiting`; `close` removes what is shown."""

    def __init__(self, what: str) -> None:
        self._what = brief(what)
        self._began: float | None = None
        self._next = 0.0
        self._progress: Progress | None = None
        self._task: TaskID | None = None
        self._line = ""

    def update(self, octets: int, total: int | None) -> None:
        """Show that `octets` of `total` octets have been moved."""
        from time import monotonic

        now = monotonic()
        if self._began is None:
            self._began, self._next = now, now + APPEARS_AFTER
        if now < self._next:
            return
        self._show_line("")
        self._next = now + 1 / REFRESH
        if self._progress is None:
            self._progress = _new_progress()
            self._task = self._progress.add_task(self._what, total=total)
            self._progress.start()
        assert self._task is not None
        self._progress.update(self._task, completed=octets, total=total, refresh=True)

    def wait(self, waiting: Waiting) -> None:
        """Show a line in place of the bar."""
        from tftp_fsm.cli.report import wait_words

        self.close()
        self._show_line(wait_words(waiting))

    def close(self) -> None:
        """Remove the bar or the line, before other text is printed."""
        self._show_line("")
        if self._progress is not None:
            self._progress.stop()
            self._progress = None

    def _show_line(self, words: str) -> None:
        """Write over the line that is there. Nothing happens if both are empty."""
        if not words and not self._line:
            return
        from tftp_fsm.ladder.columns import fit

        room = shutil.get_terminal_size().columns - 1
        erased = " " * min(len(self._line), room)
        self._line = fit(words, room)
        with suppress(OSError):
            sys.stderr.write(f"\r{erased}\r{self._line}")
            sys.stderr.flush()


def bar_for(what: str, *, quiet: bool) -> Bar | None:
    """A bar, or None if stderr is not a terminal or the user wants no output."""
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
