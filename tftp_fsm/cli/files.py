"""Files that a command reads or writes for its user. A failure is one line: what, and why."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from os import PathLike
from typing import TextIO

from tftp_fsm.errors import LocalError
from tftp_fsm.trace.reading import lines_of, read_trace
from tftp_fsm.trace.trace import Trace

Path = str | PathLike[str]

COMMANDS = 100_000  # lines of a script
COMMAND = 4097  # characters of one of them, with the end of the line


@contextmanager
def writing(path: Path, verb: str = "write") -> Iterator[None]:
    """Within, a file that cannot be written is a LocalError. `verb` is what cannot be done."""
    try:
        yield
    except UnicodeDecodeError:
        raise LocalError(f"cannot {verb} {path}: the file is not UTF-8 text") from None
    except (OSError, ValueError) as failed:  # ValueError: no file has such a name
        why = getattr(failed, "strerror", None) or failed
        raise LocalError(f"cannot {verb} {path}: {why}") from None


def reading(path: Path) -> AbstractContextManager[None]:
    """Within, a file that cannot be read is a LocalError."""
    return writing(path, "read")


def write_text(path: Path, text: str) -> None:
    """Write a text file, with the same octets on every system."""
    with writing(path), open(path, "w", encoding="utf-8", newline="\n") as file:
        file.write(text)


def write_octets(path: Path, octets: bytes) -> None:
    """Write a file."""
    with writing(path), open(path, "wb") as file:
        file.write(octets)


def read_lines(path: str) -> list[str]:
    """The commands in a text file, or in stdin if the path is `-`. See `commands_of`."""
    if path == "-":
        return list(commands_of(sys.stdin, "stdin"))
    with reading(path), open(path, encoding="utf-8") as file:
        return list(commands_of(file, path))


def commands_of(stream: TextIO, name: str) -> Iterator[str]:
    """The lines of a script of commands. LocalError: it is too long, so it is none.

    At most one character more than a command may have is read at once, also of a line without end.
    """
    for number, line in enumerate(iter(lambda: stream.readline(COMMAND + 1), ""), 1):
        if len(line.rstrip("\r\n")) > COMMAND - 1 or number > COMMANDS:
            why = f"a script has at most {COMMANDS:,} lines of {COMMAND - 1:,} characters"
            raise LocalError(f"cannot read {name}: line {number} is too much; {why}")
        yield line


def load_trace(path: str) -> Trace:
    """The trace in a file, or in stdin if the path is `-`. It may be of a mutant's table."""
    from tftp_fsm.verify.mutants import KNOWN

    with reading(path):
        # A trace is ASCII. Other octets are replaced, so that the error names their line.
        source = nullcontext(sys.stdin) if path == "-" else open(path, errors="replace")  # noqa: SIM115
        with source as lines:
            try:
                return read_trace(lines_of(lines), KNOWN)
            except LocalError as wrong:
                raise LocalError(f"{path}: {wrong}") from None
