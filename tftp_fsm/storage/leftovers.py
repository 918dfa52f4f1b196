"""Remove hidden partial files whose writer was killed.

A writer holds an flock on its partial file. The kernel releases the lock when the process dies. So
a file that can be locked has no writer, even if it is new. A writer needs a moment between the
creation and the lock of its file, so it checks after the lock that the file still exists
(`partial`). Without such locks (Windows, some file systems) only the age decides: a day is longer
than any transfer.
"""

from __future__ import annotations

import contextlib
import os
import stat
import time

from tftp_fsm.storage.directory import Directory
from tftp_fsm.storage.partial import PREFIX, SUFFIX, lock

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

AGE = 86400.0  # seconds since the last write, on systems without locks
PAUSE = 60.0  # seconds until a process may look through the same directory again
REMEMBERED = 1000  # directories
_LENGTH = len(PREFIX) + 16 + len(SUFFIX)
_HEX = "0123456789abcdef"
_OPEN = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0)


def sweep(root: str) -> int:
    """Remove the leftovers below `root`, without following links. Return how many there were.

    A file that cannot be removed stays.
    """
    swept = 0
    with contextlib.suppress(OSError):  # this process may have no right to list the root
        if hasattr(os, "fwalk"):
            for path, _, names, fd in os.fwalk(root):
                swept += _sweep(Directory(path, fd), names)
        else:
            for path, _, names in os.walk(root):
                swept += _sweep(Directory(path, None), names)
    return swept


def sweep_directory(directory: Directory) -> int:
    """Sweep one directory, but not the directories below it."""
    with contextlib.suppress(OSError):  # this process may have no right to list it
        return _sweep(directory, directory.names())
    return 0


class Sweeper:
    """Sweeps the directories that this process writes in, each at most once in PAUSE seconds."""

    def __init__(self) -> None:
        self._swept: dict[str, float] = {}

    def visit(self, directory: Directory) -> None:
        """Sweep `directory`, unless that was done a moment ago."""
        now = time.monotonic()
        if now - self._swept.get(directory.path, -PAUSE) >= PAUSE:
            if len(self._swept) >= REMEMBERED:
                self._swept.clear()
            self._swept[directory.path] = now
            sweep_directory(directory)


def _sweep(directory: Directory, names: Iterable[str]) -> int:
    return sum(_is_swept(directory, name) for name in names if _is_partial(name))


def _is_partial(name: str) -> bool:
    """Return whether `partial` makes such names. (A regular expression would be slower.)"""
    if len(name) != _LENGTH or not (name.startswith(PREFIX) and name.endswith(SUFFIX)):
        return False
    return not name[len(PREFIX) : -len(SUFFIX)].strip(_HEX)


def _is_swept(directory: Directory, name: str) -> bool:
    with contextlib.suppress(OSError):
        fd = directory.open(name, _OPEN)
        try:
            free, found = lock(fd), os.fstat(fd)
            if free and stat.S_ISREG(found.st_mode):
                directory.unlink(name)  # while the lock is held
                return True
        finally:
            os.close(fd)
        if free is None and stat.S_ISREG(found.st_mode) and time.time() - found.st_mtime >= AGE:
            directory.unlink(name)
            return True
    return False
