"""A progress bar with the rate and the remaining time, if stderr is a terminal.

If no answer comes, a line replaces the bar. It names the awaited packet and the time left.
"""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager, suppress

from tftp_fsm.borders import brief
from tftp_fsm.language import shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rich.progress import Progress, TaskID

    from tftp_fsm.client.result import Waiting

APPEARS_AFTER = 0.25  # seconds; a shorter transfer needs no bar
REFRESH = 10  # times a second


class Bar:
    """`update` and `wait` are for `progress` and `on_waiting`. `close` removes the bar."""

    def __init__(self, what: str) -> None:
        self._what = brief(what)
        self._began: float | None = None
        self._next = 0.0
        self._progress: Progress | None = None
        self._task: TaskID | None = None
        self._line = Line()

    def update(self, octets: int, total: int | None) -> None:
        """Show that `octets` of `total` octets have been moved."""
        from time import monotonic

        now = monotonic()
        if self._began is None:
            self._began, self._next = now, now + APPEARS_AFTER
        if now < self._next:
            return
        self._line.show("")
        self._next = now + 1 / REFRESH
        if self._progress is None:
            self._progress = _new_progress()
            self._task = self._progress.add_task(self._what, total=total)
            self._progress.start()
        assert self._task is not None
        self._progress.update(self._task, completed=octets, total=total, refresh=True)

    def wait(self, waiting: Waiting) -> None:
        """Show a line in place of the bar."""
        from tftp_fsm.cli.transfer_output import wait_words

        self.close()
        self._line.show(shown(wait_words(waiting)))

    def close(self) -> None:
        """Remove the bar or the line, before other text is printed."""
        self._line.show("")
        if self._progress is not None:
            self._progress.stop()
            self._progress = None


class Line:
    """One line of the terminal. Each text replaces the one before."""

    def __init__(self) -> None:
        self._shown = ""

    def show(self, words: str) -> None:
        """Replace the text. Do nothing if both are empty."""
        if not words and not self._shown:
            return
        import shutil

        from tftp_fsm.borders.columns import columns, fit

        room = shutil.get_terminal_size().columns - 1
        erased = " " * min(columns(self._shown), room)
        self._shown = fit(words, room)
        with suppress(OSError):
            sys.stderr.write(f"\r{erased}\r{self._shown}")
            sys.stderr.flush()


@contextmanager
def one_line(*, quiet: bool = False) -> Iterator[Callable[[str], None]]:
    """Show texts in one line of a terminal, and remove it. Without a terminal show nothing."""
    if quiet or not can_redraw():
        yield lambda words: None
        return
    line = Line()
    try:
        yield line.show
    finally:
        line.show("")


def can_redraw() -> bool:
    """Return whether stderr is a terminal that can overwrite a line."""
    return sys.stderr.isatty() and os.environ.get("TERM") != "dumb"


def bar_for(what: str) -> Bar | None:
    """Return a bar, or None if stderr is no terminal that can overwrite a line."""
    return Bar(what) if can_redraw() else None


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
