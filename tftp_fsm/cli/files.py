"""Scripts of commands, and names of files."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from itertools import combinations
from typing import TextIO

from tftp_fsm.errors import LocalError
from tftp_fsm.language import sentence
from tftp_fsm.storage.named import Path, reading

COMMANDS = 100_000  # lines of a script
COMMAND = 4097  # characters of one of them, with the end of the line


def would_overwrite(out: Path | None, path: Path | None) -> bool:
    """Return whether writing `out` would destroy `path`: both are one file, with any names.

    `path` may be `-`, which is stdin. None, and `-` as `out`, are not files.
    """
    if out is None or path is None or os.fspath(out) == "-":
        return False
    with suppress(OSError, ValueError):  # a file that does not exist cannot be destroyed
        there, here = os.stat(out), os.stat(0 if os.fspath(path) == "-" else path)
        return stat.S_ISREG(here.st_mode) and os.path.samestat(there, here)
    return False


def is_one_file(one: Path | None, other: Path | None) -> bool:
    """Return whether two outputs would go to one file, even if it does not exist yet.

    `-` is stdout. The null device does not count, because its output is lost anyway.
    """
    if one is None or other is None:
        return False
    one, other = ("/dev/stdout" if os.fspath(path) == "-" else path for path in (one, other))
    with suppress(OSError, ValueError):
        place = os.path.realpath(one)
        if place == os.path.realpath(other):
            return place != os.devnull
    return would_overwrite(one, other)


def collision(writes: Mapping[str, Path | None], *reads: Path | None) -> str | None:
    """Return an option of `writes` that would destroy a file of `reads` or of another option.

    Return None if all files are different.
    """
    for option, out in writes.items():
        for path in reads:
            if would_overwrite(out, path):
                return sentence(
                    "{option} would overwrite {path}, which is an input: name another file",
                    option=option,
                    path="stdin" if path == "-" else path,
                )
    for (one, out), (other, also) in combinations(writes.items(), 2):
        if is_one_file(out, also):
            return sentence(
                "{one} and {other} would write the same file: name two files",
                one=one,
                other=other,
            )
    return None


def read_lines(path: str) -> list[str]:
    """Read the commands in a text file, or in stdin if the path is `-`. See `commands_of`."""
    if path == "-":
        return list(commands_of(sys.stdin, "stdin"))
    with reading(path), open(path, encoding="utf-8") as file:
        return list(commands_of(file, path))


def commands_of(stream: TextIO, name: str) -> Iterator[str]:
    """Yield the lines of a script of commands. LocalError: the file is too long for a script.

    A read has at most one character more than a command may have, even if a line never ends.
    """
    for number, line in enumerate(iter(lambda: stream.readline(COMMAND + 1), ""), 1):
        if len(line.rstrip("\r\n")) > COMMAND - 1 or number > COMMANDS:
            why = sentence(
                "cannot read {name}: line {number} is over the limit; a script has at most "
                "{lines:,} lines of {characters:,} characters",
                name=name,
                number=number,
                lines=COMMANDS,
                characters=COMMAND - 1,
            )
            raise LocalError(why)
        yield line


def names_like(text: str, *, folders: bool = False) -> list[str]:
    """Return files and folders whose names begin with `text`, sorted. Folders end in `/`."""
    folder, start = os.path.split(text)
    with suppress(OSError), os.scandir(folder or ".") as entries:
        return sorted(
            os.path.join(folder, entry.name) + ("/" if entry.is_dir() else "")
            for entry in entries
            if entry.name.startswith(start) and (entry.is_dir() or not folders)
        )
    return []
