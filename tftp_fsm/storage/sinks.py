"""Sinks for a received file: a path, a stream, or memory.

sink = open_sink("boot.img")
try:
    sink.write([b"first block", b"second block"])
    sink.commit()
finally:
    sink.discard()  # does nothing after a commit
"""

from __future__ import annotations

import io
import os
import stat
import sys

from tftp_fsm.borders import brief
from tftp_fsm.errors import LocalError
from tftp_fsm.language.sentences import layout, mark, marked, sentence
from tftp_fsm.storage.descriptors import STDOUT, own_descriptor
from tftp_fsm.storage.directory import Directory
from tftp_fsm.storage.failures import Refused, check_max_size, check_written, failing, local_error
from tftp_fsm.storage.leftovers import Sweeper
from tftp_fsm.storage.limits import LimitedSink
from tftp_fsm.storage.partial import FileSink
from tftp_fsm.storage.protocols import pieces
from tftp_fsm.storage.wrapped import HashingSink

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from tftp_fsm.storage.protocols import Buffer, Digest, Octets, Sink, Writable, WriteStream

_WHAT = mark("cannot write")


def open_sink(
    where: Writable,
    *,
    netascii: bool = False,
    digest: Digest | None = None,
    overwrite: bool = True,
    max_size: int | None = None,
    announced: Callable[[], int | None] = lambda: None,
) -> Sink:
    """Return the sink for a path (`str`, `PathLike`) or a binary file object, which stays open.

    `digest` gets the file's octets in the local form. `overwrite` is only for paths. `max_size`
    (octets of the local form) and the size that the peer has `announced` limit the file, see
    `limits`.
    """
    sink: Sink
    match where:
        case str() | os.PathLike():
            sink = open_target(os.fspath(where), overwrite=overwrite, reserve=max_size is None)
        case _:
            sink = StreamSink(where)
    return around(sink, netascii=netascii, digest=digest, max_size=max_size, announced=announced)


def around(
    sink: Sink,
    *,
    netascii: bool,
    digest: Digest | None,
    max_size: int | None,
    announced: Callable[[], int | None],
) -> Sink:
    """Return the sink with limits, digest and netascii around it, as `open_sink` describes."""
    sink = LimitedSink(sink, announced, max_size)
    if digest is not None:
        sink = HashingSink(sink, digest)
    if netascii:
        from tftp_fsm.storage.netascii import NetasciiSink  # imported late: few files are text

        sink = NetasciiSink(sink)
    return sink


def open_target(path: str, *, overwrite: bool = True, reserve: bool = False) -> Sink:
    """The sink for a file of this host. A device or FIFO is written directly."""
    where = brief(path)
    with failing(_WHAT, where):
        number = own_descriptor(path)
        if number is not None:
            return _on_descriptor(number, where)
        kind = _kind(path)
        if kind == stat.S_IFDIR or path.endswith(_SEPARATORS):
            raise Refused(sentence("it is a directory"))
        if kind not in (None, stat.S_IFREG):
            stream = io.FileIO(path, "w")
            return StreamSink(stream, owned=stream)
        return _beside(path, where, overwrite, reserve)


def _on_descriptor(number: int, where: str) -> StreamSink:
    if number == STDOUT:
        return StreamSink(sys.stdout.buffer)
    stream = io.FileIO(os.dup(number), "w")
    return StreamSink(stream, owned=stream, where=where)


_SEPARATORS = (os.sep, os.altsep or os.sep)
_SWEEPER = Sweeper()  # so that a thousand files in one directory cause only one sweep


def _kind(path: str) -> int | None:
    try:
        return stat.S_IFMT(os.stat(path).st_mode)
    except FileNotFoundError:
        return None


def _beside(path: str, where: str, overwrite: bool, reserve: bool) -> FileSink:
    """The sink for a regular file. If `path` is a link, its target is replaced."""
    parent, name = os.path.split(os.path.realpath(path))
    directory = Directory.at(parent)
    _SWEEPER.visit(directory)
    try:
        return FileSink(directory, name, where, overwrite=overwrite, reserve=reserve)
    except BaseException:
        directory.close()
        raise


class StreamSink:
    """A binary file object: stdout, a pipe, a device. Written octets cannot be removed."""

    __slots__ = ("_owned", "_stream", "_where", "size")

    def __init__(
        self, stream: WriteStream, *, owned: io.FileIO | None = None, where: str = ""
    ) -> None:
        self._stream = stream
        self._owned = owned
        self._where = where or brief(str(getattr(stream, "name", sentence("the stream"))))
        self.size = 0
        if isinstance(stream, io.TextIOBase):
            why = sentence("it was opened as text; open it in binary")
            raise LocalError(
                layout("{what}: {where}: {why}", what=marked(_WHAT), where=self._where, why=why)
            )

    def expect(self, size: int) -> None:
        """Do nothing, because the room of a stream is not known."""

    def write(self, octets: Octets) -> None:
        """Write all octets, even if the stream takes only some at a time."""
        with failing(_WHAT, self._where):
            for piece in pieces(octets):
                self._write_all(piece)

    def commit(self) -> None:
        """Flush the stream, and close it if it was opened here."""
        with failing(_WHAT, self._where):
            self._stream.flush()
            self._close()

    def discard(self) -> None:
        """Close the stream if it was opened here. The written octets stay."""
        try:
            self._close()
        except OSError as error:
            raise local_error(error, _WHAT, self._where) from None

    def _write_all(self, piece: Buffer) -> None:
        rest = memoryview(piece)
        while rest:
            written = check_written(self._stream.write(rest), len(rest))
            self.size += written
            rest = rest[written:]

    def _close(self) -> None:
        if self._owned is not None:
            self._owned.close()


class BytesSink:
    """A file in memory. `octets` is None until the file is whole."""

    __slots__ = ("_max_size", "_parts", "octets")

    def __init__(self, max_size: int | None = None) -> None:
        self._max_size = max_size
        self._parts = bytearray()
        self.octets: bytes | None = None

    @property
    def size(self) -> int:
        """The octets that were written so far."""
        return len(self._parts if self.octets is None else self.octets)

    def expect(self, size: int) -> None:
        """Fail if `size` is more than `max_size`."""
        with failing(_WHAT, sentence("memory")):
            check_max_size(size, self._max_size)

    def write(self, octets: Octets) -> None:
        """Append copies of the octets."""
        for piece in pieces(octets):
            self.expect(self.size + len(piece))
            self._parts += piece

    def commit(self) -> None:
        """Make the file whole."""
        self.octets = bytes(self._parts)
        self._parts.clear()  # this sink may exist for longer than it is used

    def discard(self) -> None:
        """Remove what was written, unless the file is whole."""
        if self.octets is None:
            self._parts.clear()
