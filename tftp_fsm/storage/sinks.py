"""Where a received file goes: a path, a stream, or memory.

sink = open_sink("boot.img")
try:
    sink.write([b"first block", b"second block"])
    sink.commit()
finally:
    sink.discard()  # nothing, after a commit
"""

from __future__ import annotations

import io
import os
import stat
import sys
from typing import Protocol, TypeAlias

from tftp_fsm.errors import LocalError
from tftp_fsm.storage.directory import Directory
from tftp_fsm.storage.failures import Refused, failing, local_error
from tftp_fsm.storage.partial import FileSink
from tftp_fsm.storage.protocols import Buffer, Digest, Octets, Sink, pieces
from tftp_fsm.storage.wrapped import HashingSink, NetasciiSink
from tftp_fsm.wire.packets import ErrorCode, printable


class WriteStream(Protocol):
    """A binary file object, buffered or raw."""

    def write(self, octets: memoryview, /) -> int | None:
        """How many it took; None when it is non-blocking and full."""

    def flush(self) -> None:
        """Pass on what is held."""


Writable: TypeAlias = str | os.PathLike[str] | WriteStream

_WHAT = "cannot write"


def open_sink(
    where: Writable,
    *,
    netascii: bool = False,
    digest: Digest | None = None,
    overwrite: bool = True,
    max_size: int | None = None,
) -> Sink:
    """The sink for a path (`str`, `PathLike`) or a binary file object, which is never closed.

    `digest` is fed with the file's octets in the local form. `max_size` (octets, local form)
    and `overwrite` are for paths.
    """
    match where:
        case str() | os.PathLike():
            sink = open_target(os.fspath(where), overwrite=overwrite, max_size=max_size)
        case _:
            sink = StreamSink(where)
    if digest is not None:
        sink = HashingSink(sink, digest)
    return NetasciiSink(sink) if netascii else sink


def open_target(path: str, *, overwrite: bool = True, max_size: int | None = None) -> Sink:
    """A file of this host. Devices and FIFOs are written straight through."""
    where = printable(path)
    with failing(_WHAT, where):
        if path == "/dev/stdout":  # opened anew, a redirected one would begin at its start
            return StreamSink(sys.stdout.buffer)
        kind = _kind(path)
        if kind == stat.S_IFDIR or path.endswith(_SEPARATORS):
            raise Refused("it is a directory")
        if kind not in (None, stat.S_IFREG):
            stream = io.FileIO(path, "w")
            return StreamSink(stream, owned=stream)
        return _beside(path, where, overwrite, max_size)


_SEPARATORS = (os.sep, os.altsep or os.sep)


def _kind(path: str) -> int | None:
    try:
        return stat.S_IFMT(os.stat(path).st_mode)
    except FileNotFoundError:
        return None


def _beside(path: str, where: str, overwrite: bool, max_size: int | None) -> FileSink:
    """A link is kept: what is replaced is the file that it leads to."""
    parent, name = os.path.split(os.path.realpath(path))
    directory = Directory.at(parent)
    try:
        return FileSink(directory, name, where, overwrite=overwrite, max_size=max_size)
    except BaseException:
        directory.close()
        raise


class StreamSink:
    """A binary file object: stdout, a pipe, a device. What was written cannot be taken back."""

    __slots__ = ("_owned", "_stream", "_where", "size")

    def __init__(self, stream: WriteStream, *, owned: io.FileIO | None = None) -> None:
        self._stream = stream
        self._owned = owned
        self._where = printable(str(getattr(stream, "name", "the stream")))
        self.size = 0
        if isinstance(stream, io.TextIOBase):
            raise LocalError(f"{_WHAT}: {self._where}: it was opened as text; open it in binary")

    def expect(self, size: int) -> None:
        """Nothing is known of the room that a stream has."""

    def write(self, octets: Octets) -> None:
        """Write it all, also where the stream takes only some at a time."""
        with failing(_WHAT, self._where):
            for piece in pieces(octets):
                self._write_all(piece)

    def commit(self) -> None:
        """Flush; a stream of somebody else's stays open."""
        with failing(_WHAT, self._where):
            self._stream.flush()
            self._close()

    def discard(self) -> None:
        """What is out is out."""
        try:
            self._close()
        except OSError as error:
            raise local_error(error, _WHAT, self._where) from None

    def _write_all(self, piece: Buffer) -> None:
        rest = memoryview(piece)
        while rest:
            written = self._stream.write(rest)
            if written is None:
                raise Refused("it is non-blocking and full", ErrorCode.UNDEFINED)
            self.size += written
            rest = rest[written:]

    def _close(self) -> None:
        if self._owned is not None:
            self._owned.close()


class BytesSink:
    """In memory: the file is `octets` once it is whole, and None before."""

    __slots__ = ("_max_size", "_parts", "octets")

    def __init__(self, max_size: int | None = None) -> None:
        self._max_size = max_size
        self._parts = bytearray()
        self.octets: bytes | None = None

    @property
    def size(self) -> int:
        """Octets."""
        return len(self._parts)

    def expect(self, size: int) -> None:
        """Refuse what is more than `max_size`."""
        if self._max_size is not None and size > self._max_size:
            why = f"the file is larger than the {self._max_size} octets that are allowed"
            raise LocalError(f"{_WHAT}: memory: {why}", int(ErrorCode.DISK_FULL))

    def write(self, octets: Octets) -> None:
        """Append copies."""
        for piece in pieces(octets):
            self.expect(self.size + len(piece))
            self._parts += piece

    def commit(self) -> None:
        """The file is whole."""
        self.octets = bytes(self._parts)

    def discard(self) -> None:
        """Nothing is kept, unless the file is whole."""
        if self.octets is None:
            self._parts.clear()
