"""Files that grow while a capture is read. There may be many, but only a few are open.

The first octets of a file are kept in memory. When there are more, the file is made under a hidden
name. If too many files are open, the one that was written longest ago is closed. It is opened again
only if it is still the same file, and not a link.
"""

from __future__ import annotations

import errno
import os
import stat
import tempfile
from collections import OrderedDict
from contextlib import suppress
from pathlib import Path

from tftp_fsm.language import mark
from tftp_fsm.storage.partial import write_all

MOST_OPEN = 64  # files; some systems give a process 256 descriptors
KEPT = 8192  # octets of a file that are kept in memory before they are written
PREFIX = ".tftp-fsm-"
_APPEND = (
    os.O_WRONLY
    | os.O_APPEND
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_NONBLOCK", 0)  # a pipe in its place must not block us
    | getattr(os, "O_BINARY", 0)
)


class Growing:
    """A file in `folder`, which still has a hidden name. All methods may raise OSError."""

    def __init__(self, folder: Path, opened: OpenFiles) -> None:
        self._folder = folder
        self._opened = opened
        self._kept = bytearray()
        self._path: Path | None = None
        self._identity = (0, 0)

    def write(self, octets: bytes) -> None:
        """Append these octets."""
        self._kept += octets
        if len(self._kept) >= KEPT:
            self._flush()

    def finish(self) -> Path:
        """Write the kept octets, and close. Return the path of the file."""
        self._flush()
        self._opened.close(self)
        assert self._path is not None
        self._check(os.lstat(self._path))
        return self._path

    def drop(self) -> None:
        """Remove it. This never fails, and never removes another file in its place."""
        with suppress(OSError):
            self._opened.close(self)
        path, self._path = self._path, None
        self._kept.clear()
        with suppress(OSError):
            if path is not None:
                self._check(os.lstat(path))
                path.unlink()

    def open(self) -> int:
        """Return a new descriptor that appends to it."""
        if self._path is None:
            return self._made()
        descriptor = os.open(self._path, _APPEND)
        try:
            self._check(os.fstat(descriptor))
        except OSError:
            os.close(descriptor)
            raise
        return descriptor

    def _made(self) -> int:
        descriptor, path = tempfile.mkstemp(prefix=PREFIX, dir=self._folder)
        found = os.fstat(descriptor)
        self._path, self._identity = Path(path), (found.st_dev, found.st_ino)
        return descriptor

    def _check(self, found: os.stat_result) -> None:
        is_file = stat.S_ISREG(found.st_mode)  # a link may have the same number
        if not is_file or (found.st_dev, found.st_ino) != self._identity:
            raise OSError(errno.ESTALE, mark("another program has replaced the unfinished file"))

    def _flush(self) -> None:
        if self._kept or self._path is None:
            write_all(self._opened.descriptor(self), [bytes(self._kept)], len(self._kept))
            self._kept.clear()


class OpenFiles:
    """The open files. The first is the one that was written longest ago."""

    def __init__(self, most: int = MOST_OPEN) -> None:
        self._most = most
        self._descriptors: OrderedDict[Growing, int] = OrderedDict()

    def descriptor(self, file: Growing) -> int:
        """Return the descriptor of `file`, and open it if necessary. Raises OSError."""
        known = self._descriptors.get(file)
        if known is None:
            while len(self._descriptors) >= self._most:
                os.close(self._descriptors.popitem(last=False)[1])
            known = self._descriptors[file] = file.open()
        self._descriptors.move_to_end(file)
        return known

    def close(self, file: Growing) -> None:
        """Close `file` if it is open. Raises OSError."""
        descriptor = self._descriptors.pop(file, None)
        if descriptor is not None:
            os.close(descriptor)
