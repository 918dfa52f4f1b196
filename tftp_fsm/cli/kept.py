"""Directories of generated files: what a command says when it has written or compared them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tftp_fsm.borders import terminal
from tftp_fsm.cli.common import DONE, FAILED, say


def check_kept(wrong: Sequence[str], again: str) -> int:
    """Say which files are wrong, and the command that writes them again; the exit status."""
    for line in wrong:
        say(line)
    if wrong:
        say(f"to write the files again, run: {again}")
    return FAILED if wrong else DONE


def say_written(directory: Path, changed: Sequence[str]) -> int:
    """Say which files were written; the exit status."""
    print(terminal(f"{directory}: {', '.join(changed) or 'all files were up to date'}"))
    return DONE
