"""Removing hidden partial files whose writer was killed.

A writer holds an flock on its partial file; the kernel releases it when the process dies. So a
file that can be locked has no writer, except in the moment between its creation and the lock,
which is why its age counts too. Systems without such locks (Windows) have only the age: a day is
longer than any transfer.
"""

from __future__ import annotations

import contextlib
import os
import stat
import time
from collections.abc import Iterator

from tftp_fsm.storage.partial import can_lock, is_partial, lock

UNLOCKED_AGE = 60.0  # seconds since it was last written
AGE = 86400.0  # seconds, on systems without locks
_OPEN = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0)


def sweep(root: str) -> int:
    """Remove the leftovers below `root`, without following links. Return how many there were.

    A file that cannot be removed stays.
    """
    swept = 0
    with contextlib.suppress(OSError):  # a root that this process may not list
        for path, names, directory in _directories(root):
            swept += sum(_swept(name, path, directory) for name in names if is_partial(name))
    return swept


def _directories(root: str) -> Iterator[tuple[str, list[str], int | None]]:
    """Each directory: its path, its names, and its descriptor if the system has such."""
    if hasattr(os, "fwalk"):
        for path, _, names, directory in os.fwalk(root):
            yield path, names, directory
    else:
        for path, _, names in os.walk(root):
            yield path, names, None


def _swept(name: str, parent: str, directory: int | None) -> bool:
    path = os.path.join(parent, name) if directory is None else name
    with contextlib.suppress(OSError):
        fd = os.open(path, _OPEN, dir_fd=directory)
        try:
            left = _is_leftover(fd)
        finally:
            os.close(fd)
        if left:
            os.unlink(path, dir_fd=directory)
        return left
    return False


def _is_leftover(fd: int) -> bool:
    found = os.fstat(fd)
    age = time.time() - found.st_mtime
    if not stat.S_ISREG(found.st_mode) or age < UNLOCKED_AGE:
        return False
    return age >= AGE if not can_lock() else lock(fd)
