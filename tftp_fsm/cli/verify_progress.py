"""The line with the progress of `tftp-fsm verify`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from tftp_fsm.language import shown, tr
from tftp_fsm.verify.case import states_words

if TYPE_CHECKING:
    from rich.progress import Progress


class SearchProgress:
    """A line with the cases and states so far, if stderr is a terminal.

    `counter` counts the states in its `value`.
    """

    def __init__(self, total: int, counter: Any) -> None:
        self.counter = counter
        self._total = total
        self._progress: Progress | None = None

    def __enter__(self) -> SearchProgress:
        if sys.stderr.isatty():
            self._progress = self._made()
            self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._progress is not None:
            self._progress.stop()

    def advance(self) -> None:
        """One more case is done."""
        if self._progress is not None:
            self._progress.advance(self._progress.task_ids[0])

    def say(self, line: str) -> None:
        """Print a line above the bar."""
        print(line, flush=True)

    def _made(self) -> Progress:
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            Progress,
            ProgressColumn,
            Task,
            TextColumn,
            TimeElapsedColumn,
        )
        from rich.text import Text

        counter = self.counter

        class States(ProgressColumn):
            def render(self, task: Task) -> Text:
                return Text(shown(states_words(counter.value)))

        progress = Progress(
            TextColumn(tr("cases")),
            BarColumn(),
            MofNCompleteColumn(),
            States(),
            TimeElapsedColumn(),
            console=Console(stderr=True),
            transient=True,
        )
        progress.add_task("", total=self._total)
        return progress
