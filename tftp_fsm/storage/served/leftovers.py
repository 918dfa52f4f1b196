"""Hidden partial files whose writer was killed: who they are, and away with them.

A writer holds a lock on its partial file (`hold`), which the kernel gives back however it ends. So
one that can be locked is nobody's, but for the moment between making and locking it: hence its
age. Where there are no locks (Windows) only age tells, and a day is longer than any transfer.
"""

from __future__ import annotations

import contextlib
import os
import stat
import time
from collections.abc import Iterator

from tftp_fsm.storage.partial import can_lock, is_partial, lock

UNLOCKED_AGE = 60.0  # seconds since it was last written
AGE = 86400.0  # seconds, where nobody can lock
_OPEN = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0)


def sweep(root: str) -> int:
    """Remove those under `root`, links not followed; how many. What resists is left."""
    swept = 0
    with contextlib.suppress(OSError):  # a root that may be passed through and not be listed
        for path, names, directory in _directories(root):
            swept += sum(_swept(name, path, directory) for name in names if is_partial(name))
    return swept


def _directories(root: str) -> Iterator[tuple[str, list[str], int | None]]:
    """Path, names, and where there is one the descriptor that the names are in."""
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
            left = _is_left(fd)
        finally:
            os.close(fd)
        if left:
            os.unlink(path, dir_fd=directory)
        return left
    return False


def _is_left(fd: int) -> bool:
    found = os.fstat(fd)
    age = time.time() - found.st_mtime
    if not stat.S_ISREG(found.st_mode) or age < UNLOCKED_AGE:
        return False
    return age >= AGE if not can_lock() else lock(fd)
