"""Paths that name an open descriptor of this process: /dev/stdout, /dev/fd/N, /proc/self/fd/N.

Opening such a path again would overwrite the start of a redirected file, or replace that file. So
the octets are written to the descriptor itself.
"""

from __future__ import annotations

import os

STDOUT = 1
_NAMED = {"/dev/stdout": STDOUT, "/dev/stderr": 2}
_FOLDERS = ("/dev/fd", "/proc/self/fd", "/proc/thread-self/fd")
_MOST_LINKS = 40


def own_descriptor(path: str) -> int | None:
    """Return the descriptor that `path` names, directly or through links, or None."""
    if os.name != "posix" or path in _NAMED:
        return _NAMED.get(path)
    for _ in range(_MOST_LINKS):
        parent, name = os.path.split(path)
        if name.isascii() and name.isdigit() and _has_own(parent):
            return int(name[:9])
        if not os.path.islink(path):
            return None
        path = os.path.join(parent, os.readlink(path))
    return None


def _has_own(folder: str) -> bool:
    """Whether `folder` has the descriptors of this process. This takes some thirty system calls."""
    return os.path.realpath(folder) in map(os.path.realpath, _FOLDERS)
