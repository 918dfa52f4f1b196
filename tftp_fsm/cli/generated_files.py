"""Directories of generated files: messages after writing or comparing them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tftp_fsm.borders import terminal
from tftp_fsm.cli.common import DONE, FAILED, say
from tftp_fsm.language import sentence, tr


def check_kept(wrong: Sequence[str], again: str) -> int:
    """Say which files are wrong, and how to write them again. Return the exit status."""
    for line in wrong:
        say(line)
    if wrong:
        say(sentence("to write the files again, run: {command}", command=again))
    return FAILED if wrong else DONE


def say_written(directory: Path, changed: Sequence[str]) -> int:
    """Say which files were written. Return the exit status."""
    done = ", ".join(changed) or tr("all files were up to date")
    print(terminal(f"{directory}: {done}"))
    return DONE
