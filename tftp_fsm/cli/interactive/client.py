"""The interactive client's loop: it reads a line and runs it.

Python's `readline` edits the line and keeps the history. It exists on Linux and macOS, it loads in
a millisecond, and it is not a dependency. On Windows, where it is missing, the console itself edits
lines.
"""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from tftp_fsm.cli.common import DONE, FAILED, Interruptible, interrupted_once
from tftp_fsm.cli.files import commands_of, names_like
from tftp_fsm.cli.interactive.lines import COMMANDS, Lines, Quit, Start
from tftp_fsm.trace.failed_transfer import state_folder

PROMPT = "tftp> "
HISTORY = 500  # lines that are kept


def client_for(args: Namespace, start: Start) -> Client | None:
    """Return the client if the command line has only a host. None: stdin has no commands.

    `start` runs one transfer. Raises Wrong for an option that is only for one transfer.
    """
    if sys.stdin.isatty():
        within = Interruptible()
        return Client(args, start, _typed(within), within)
    lines = commands_of(sys.stdin, "stdin")
    with suppress(OSError, StopIteration):  # a closed stdin has no commands
        return Client(args, start, _after(next(lines), lines))
    return None


class Client:
    """Runs lines until `quit` or the end of the input.

    `typed` is None for a script. For a person it is what Ctrl-C interrupts.
    """

    def __init__(
        self,
        args: Namespace,
        start: Start,
        source: Iterable[str],
        typed: Interruptible | None = None,
    ) -> None:
        self._lines = Lines(args, start)
        self._source = source
        self._typed = typed

    def run(self) -> int:
        """Return the exit status. It is 1 only if a line of a script failed."""
        with suppress(Quit):
            if self._typed is None:
                self._run_script()
            else:
                self._run_typed(self._typed)
        return FAILED if self._lines.failed and self._typed is None else DONE

    def _run_script(self) -> None:
        for line in self._source:
            with interrupted_once():  # an interrupt ends the whole script
                self._lines.run(line)

    def _run_typed(self, within: Interruptible) -> None:
        with within.installed():
            for line in self._source:
                try:
                    with within:
                        self._lines.run(line)
                except KeyboardInterrupt:
                    self._lines.interrupted()


def _after(first: str, rest: Iterable[str]) -> Iterator[str]:
    yield first
    yield from rest


def _typed(within: Interruptible) -> Iterator[str]:
    """Yield the lines that a person types. Ctrl-C begins a new line."""
    with _editing():
        while True:
            try:
                with within:
                    line = input(PROMPT)
            except EOFError:
                print()
                return
            except KeyboardInterrupt:
                print()
                continue
            yield line


@contextmanager
def _editing() -> Iterator[None]:
    """Turn on line editing, completion of commands and file names, and a saved history."""
    if find_spec("readline") is None:
        yield
        return
    readline = import_module("readline")
    is_libedit = "libedit" in (readline.__doc__ or "")
    readline.parse_and_bind("bind ^I rl_complete" if is_libedit else "tab: complete")
    readline.set_completer_delims(" \t")
    readline.set_completer(lambda text, number: _completed(readline, text, number))
    folder = state_folder()
    place = None if folder is None else os.path.join(folder, "history")
    with _kept_history(readline, place):
        yield


@contextmanager
def _kept_history(readline: Any, place: str | None) -> Iterator[None]:
    """Load the history, and save it at the end. Failures of this are ignored."""
    if place is not None:
        with suppress(OSError):
            readline.read_history_file(place)
    try:
        yield
    finally:
        if place is not None:
            with suppress(OSError):
                os.makedirs(os.path.dirname(place), mode=0o700, exist_ok=True)
                readline.set_history_length(HISTORY)
                readline.write_history_file(place)


def _quoted(names: list[str]) -> list[str]:
    """Return the names. A name with a space needs quotation marks to be one word."""
    return [f'"{name}"' if " " in name else name for name in names]


def _completed(readline: Any, text: str, number: int) -> str | None:
    """Return the completion with this number: of a command first, then of files here."""
    is_first = not readline.get_line_buffer()[: readline.get_begidx()].strip()
    found = (
        sorted(name for name in COMMANDS if name.startswith(text))
        if is_first
        else _quoted(names_like(text))
    )
    return found[number] if number < len(found) else None
