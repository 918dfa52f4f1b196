"""Files that a command reads or writes for its user. A failure is one line: what, and why."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from os import PathLike

from tftp_fsm.errors import LocalError
from tftp_fsm.trace.reading import lines_of, read_trace
from tftp_fsm.trace.trace import Trace

Path = str | PathLike[str]


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
    """The lines of a text file, or of stdin if the path is `-`."""
    if path == "-":
        return list(sys.stdin)
    with reading(path), open(path, encoding="utf-8") as file:
        return list(file)


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
