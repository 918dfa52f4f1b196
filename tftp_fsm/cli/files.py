"""Files that a command reads or writes for its user. A failure is one line: what, and why."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TextIO

from tftp_fsm.errors import LocalError
from tftp_fsm.language import reason, sentence

Path = str | os.PathLike[str]

COMMANDS = 100_000  # lines of a script
COMMAND = 4097  # characters of one of them, with the end of the line


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Within, a file that cannot be written is a LocalError."""
    with _failing(lambda why: sentence("cannot write {path}: {why}", path=path, why=why)):
        yield


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Within, a file that cannot be read is a LocalError."""
    with _failing(lambda why: sentence("cannot read {path}: {why}", path=path, why=why)):
        yield


@contextmanager
def _failing(line: Callable[[str], str]) -> Iterator[None]:
    try:
        yield
    except UnicodeDecodeError:
        raise LocalError(line(sentence("the file is not UTF-8 text"))) from None
    except OSError as failed:
        raise LocalError(line(reason(failed))) from None
    except ValueError as failed:  # no file has such a name
        raise LocalError(line(str(failed))) from None


def write_text(path: Path, text: str) -> None:
    """Write a text file, with the same octets on every system."""
    with writing(path), open(path, "w", encoding="utf-8", newline="\n") as file:
        file.write(text)


def write_octets(path: Path, octets: bytes) -> None:
    """Write a file."""
    with writing(path), open(path, "wb") as file:
        file.write(octets)


def would_overwrite(out: Path | None, path: Path | None) -> bool:
    """Whether to write `out` would destroy what `path` has: both are one file, by whatever name.

    `path` may be `-`, which is stdin. None, and `-` as `out`, are no files.
    """
    if out is None or path is None or os.fspath(out) == "-":
        return False
    with suppress(OSError, ValueError):  # a file that is not there has nothing to lose
        there, here = os.stat(out), os.stat(0 if os.fspath(path) == "-" else path)
        return stat.S_ISREG(here.st_mode) and os.path.samestat(there, here)
    return False


def read_lines(path: str) -> list[str]:
    """The commands in a text file, or in stdin if the path is `-`. See `commands_of`."""
    if path == "-":
        return list(commands_of(sys.stdin, "stdin"))
    with reading(path), open(path, encoding="utf-8") as file:
        return list(commands_of(file, path))


def commands_of(stream: TextIO, name: str) -> Iterator[str]:
    """The lines of a script of commands. LocalError: the file is too long for a script.

    At most one character more than a command may have is read at once, also of a line without end.
    """
    for number, line in enumerate(iter(lambda: stream.readline(COMMAND + 1), ""), 1):
        if len(line.rstrip("\r\n")) > COMMAND - 1 or number > COMMANDS:
            why = sentence(
                "cannot read {name}: line {number} is too much; a script has at most {lines:,}"
                " lines of {characters:,} characters",
                name=name,
                number=number,
                lines=COMMANDS,
                characters=COMMAND - 1,
            )
            raise LocalError(why)
        yield line


def names_like(text: str, *, folders: bool = False) -> list[str]:
    """The files and folders here whose names go on from `text`, sorted; a folder ends in `/`."""
    folder, start = os.path.split(text)
    with suppress(OSError), os.scandir(folder or ".") as entries:
        return sorted(
            os.path.join(folder, entry.name) + ("/" if entry.is_dir() else "")
            for entry in entries
            if entry.name.startswith(start) and (entry.is_dir() or not folders)
        )
    return []
