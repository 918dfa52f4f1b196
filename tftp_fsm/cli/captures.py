"""Captures that a command reads: from files and from pipes."""

from __future__ import annotations

import os
import select
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from shutil import copyfileobj
from tempfile import TemporaryFile
from time import monotonic
from typing import BinaryIO, cast

from tftp_fsm.storage.named import reading

MAGICS = frozenset(
    bytes.fromhex(word)
    for word in (
        *("0a0d0d0a", "a1b2c3d4", "d4c3b2a1", "a1b23c4d", "4d3cb2a1", "a1b2cd34", "34cdb2a1"),
    )
)
GRACE = 0.5  # seconds after Ctrl-C; the interrupted writer of the pipe ends in this time
GZIP = b"\x1f\x8b"


def is_capture(first: bytes) -> bool:
    """Return whether these first octets are of a capture, or of a compressed file."""
    return first[:4] in MAGICS or first[:2] == GZIP


def open_capture(path: str) -> BinaryIO:
    """Open a capture, or stdin if the path is `-`. Raises LocalError."""
    if path == "-":
        return open(sys.stdin.fileno(), "rb", closefd=False)
    with reading(path):
        return open(path, "rb")


@contextmanager
def spooled(stream: BinaryIO) -> Iterator[BinaryIO]:
    """Yield a file with the octets of `stream`, which can be read twice."""
    if stream.seekable():
        yield stream
        return
    with TemporaryFile(prefix="tftp-fsm-") as copy:
        copyfileobj(stream, copy)
        copy.seek(0)
        yield cast("BinaryIO", copy)


class Waiting:
    """A pipe that calls `idle` when nothing was heard for `seconds`, and then waits on.

    Much of the data in the pipe may be of no interest. So the reader calls `heard` for the rest.
    """

    def __init__(self, stream: BinaryIO, idle: Callable[[], None], seconds: float) -> None:
        self._stream = stream
        self._idle = idle
        self._seconds = seconds
        self._until = monotonic() + seconds
        self._ends: float | None = None
        self.ended_by: BaseException | None = None

    def end(self, ended_by: BaseException) -> None:
        """Read only the data of the next moment, because the user wants the results so far.

        A signal handler may call this. `ended_by` is the exception that is raised afterwards.
        """
        self._ends = monotonic() + GRACE
        self.ended_by = ended_by

    def heard(self) -> None:
        """Note that something of interest has just come."""
        self._until = monotonic() + self._seconds

    def read(self, size: int) -> bytes:
        """Read at most `size` octets. Return b"" at the end, or soon after an interrupt."""
        number = self._stream.fileno()
        while self._ends is None or monotonic() < self._ends:
            left = self._until - monotonic()
            if left <= 0:
                self._idle()
                self.heard()
            elif select.select([number], [], [], left)[0]:
                return os.read(number, size)
        return b""
