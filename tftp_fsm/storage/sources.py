"""Sources for a file to send: a path, octets in memory, or a stream of unknown length.

    source = open_source("boot.img", netascii=True)
    source.size, source.read(offset=0, count=512)
    source.close()

The size must be known before the first block is sent, because tsize and the number of blocks depend
on it. Therefore anything except a regular file is first copied to a temporary file.
"""

from __future__ import annotations

import io
import os
import stat

from tftp_fsm.borders import brief
from tftp_fsm.language.sentences import mark, sentence
from tftp_fsm.storage.failures import Refused, failing, local_error
from tftp_fsm.storage.protocols import check_range
from tftp_fsm.storage.wrapped import HashingSource
from tftp_fsm.wire.kinds import ErrorCode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from tftp_fsm.storage.protocols import Buffer, Digest, Readable, ReadStream, Source

READ_AHEAD = 16 * 1024  # the least octets of a read; each session of a server keeps this many
STREAM_PIECE = 256 * 1024  # octets that are read of a stream at once
SPOOL_MEMORY = 4 * 1024 * 1024  # octets; a longer stream is copied to a file
_VECTORS = 1024  # places that one preadv fills, on Linux (IOV_MAX)
_READ = os.O_RDONLY | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
_WHAT = mark("cannot read")
_SHRANK = sentence("the file became shorter while it was being sent")
_CHANGED = sentence("the file was changed while it was being sent")


def open_source(what: Readable, *, netascii: bool = False, digest: Digest | None = None) -> Source:
    """Return the source for a path (`str`, `PathLike`), for octets, or for a binary file object.

    A file object is read from its position to its end and is never closed. `digest` gets the
    file's octets in the local form, each once and in order.
    """
    source: Source = _octet_source(what)
    if digest is not None:
        source = HashingSource(source, digest)
    if netascii:
        from tftp_fsm.storage.netascii import NetasciiSource  # imported late: few files are text

        source = NetasciiSource(source)
    return source


def _octet_source(what: Readable) -> Source:
    match what:
        case bytes() | bytearray() | memoryview():
            return BytesSource(what)
        case str() | os.PathLike():
            return open_path(os.fspath(what))
        case _:
            return open_stream(what)


class BytesSource:
    """Octets in memory."""

    __slots__ = ("_octets",)

    def __init__(self, octets: Buffer) -> None:
        self._octets = memoryview(octets).cast("B")

    @property
    def size(self) -> int:
        """The number of octets."""
        return len(self._octets)

    def read(self, offset: int, count: int) -> memoryview:
        """Return a view of these octets without a copy."""
        check_range(offset, count, self.size)
        return self._octets[offset : offset + count]

    def close(self) -> None:
        """Do nothing, because no file is open."""


class FileSource:
    """A regular file. Its descriptor is closed with the source.

    It reads a little ahead with pread. The views that it returns are of immutable octets, so a
    slow transport may keep them. (An mmap was not faster, and reading its pages raises SIGBUS if
    another program truncates the file.)
    """

    __slots__ = (
        "_begin",
        "_fd",
        "_held",
        "_length",
        "_modified",
        "_start",
        "_where",
        "size",
    )

    def __init__(self, fd: int, where: str, start: int = 0) -> None:
        self._fd = fd
        self._where = where
        self._start = start
        self._begin = 0
        self._held = memoryview(b"")
        found = os.fstat(fd)
        self._length = found.st_size
        self.size = max(0, found.st_size - start)
        self._modified = found.st_mtime_ns

    def read(self, offset: int, count: int) -> memoryview:
        """Return exactly these octets. Raises `LocalError` if the file has changed."""
        first = offset - self._begin
        if first < 0 or count < 0 or first + count > len(self._held):
            check_range(offset, count, self.size)
            self._fill(offset, count)
            first = 0
        return self._held[first : first + count]

    def read_into(self, offset: int, places: Sequence[memoryview]) -> None:
        """Fill all of `places` from `offset` on, with preadv. Raises what `read` does."""
        wanted, first = sum(map(len, places)), offset - self._begin
        if 0 <= first <= len(self._held) - wanted:
            _scatter(self._held[first:], places)
            return
        check_range(offset, wanted, self.size)
        self._held = memoryview(b"")
        try:
            self._check(_read_into(self._fd, places, wanted, self._start + offset) - wanted)
        except (OSError, Refused) as error:
            raise local_error(error, _WHAT, self._where) from None

    def close(self) -> None:
        """Close the descriptor."""
        fd, self._fd = self._fd, -1
        self._held = memoryview(b"")
        if fd >= 0:
            os.close(fd)

    def _fill(self, offset: int, count: int) -> None:
        wanted = min(max(count, READ_AHEAD), self.size - offset)
        try:
            octets = _pread(self._fd, wanted, self._start + offset)
            self._check(len(octets) - wanted)
        except (OSError, Refused) as error:
            raise local_error(error, _WHAT, self._where) from None
        self._begin, self._held = offset, memoryview(octets)

    def _check(self, missing: int) -> None:
        """Raise an error if the file has changed.

        This is called after each read, so all octets that were read are older than any change. A
        file that has grown is refused too. A growing log looks the same as a file that is being
        rewritten, and such a file would arrive as a mixture of old and new octets.
        """
        found = os.fstat(self._fd)
        if missing or found.st_size < self._length:
            raise Refused(_SHRANK, ErrorCode.UNDEFINED)
        if (found.st_size, found.st_mtime_ns) != (self._length, self._modified):
            raise Refused(_CHANGED, ErrorCode.UNDEFINED)


def _pread(fd: int, count: int, offset: int) -> bytes:
    octets = _pread_once(fd, count, offset)
    while len(octets) < count:  # a read may stop short at 2 GiB, or at a signal
        more = _pread_once(fd, count - len(octets), offset + len(octets))
        if not more:
            break
        octets += more
    return octets


def _read_into(fd: int, places: Sequence[memoryview], wanted: int, offset: int) -> int:
    """Fill `places` with up to `wanted` octets of the file. Return how many the file had."""
    # BSD and macOS refuse an empty list of buffers, which an empty last block has.
    if 0 < len(places) <= _VECTORS and os.preadv(fd, places, offset) == wanted:
        return wanted
    octets = memoryview(_pread(fd, wanted, offset))  # a short read, or the end of the file
    _scatter(octets, places)
    return len(octets)


def _scatter(octets: memoryview, places: Sequence[memoryview]) -> None:
    for place in places:
        some = octets[: len(place)]
        place[: len(some)], octets = some, octets[len(some) :]


def _pread_once(fd: int, count: int, offset: int) -> bytes:
    if hasattr(os, "pread"):
        return os.pread(fd, count, offset)
    os.lseek(fd, offset, os.SEEK_SET)
    return os.read(fd, count)


def open_path(path: str) -> Source:
    """Return the source for a file of this host. A file that is not regular is copied first."""
    where = brief(path)
    with failing(_WHAT, where):
        if stat.S_ISDIR(os.stat(path).st_mode):
            raise Refused(sentence("it is a directory"))
        fd = os.open(path, _READ)
    with failing(_WHAT, where):
        try:
            if _tells_its_size(fd):
                return FileSource(fd, where)
        except BaseException:
            os.close(fd)
            raise
        with open(fd, "rb", buffering=0) as stream:
            return spooled(stream, where)


def _tells_its_size(fd: int) -> bool:
    """Return whether fstat tells the size. It does not for pipes, devices and files of /proc."""
    found = os.fstat(fd)
    if not stat.S_ISREG(found.st_mode):
        return False
    return found.st_size > 0 or not _pread(fd, 1, 0)


def open_stream(stream: ReadStream) -> Source:
    """Return the source for a file object, from its position to its end. It stays open."""
    where = brief(str(getattr(stream, "name", sentence("the stream"))))
    with failing(_WHAT, where):
        if isinstance(stream, io.TextIOBase):
            raise Refused(sentence("it was opened as text; open it in binary"))
        # A GzipFile has a fileno() too, but its descriptor gives other octets.
        if isinstance(stream, io.BufferedReader) and _is_plain_file(stream):
            return _rest_of_file(stream, where)
        return spooled(stream, where)


def _is_plain_file(stream: io.BufferedReader) -> bool:
    if not hasattr(os, "pread") or not isinstance(stream.raw, io.FileIO):
        return False
    found = os.fstat(stream.fileno())
    return stat.S_ISREG(found.st_mode) and found.st_size > 0


def _rest_of_file(stream: io.BufferedReader, where: str) -> FileSource:
    start = stream.tell()
    source = FileSource(os.dup(stream.fileno()), where, start)
    stream.seek(start + source.size)
    return source


def spooled(stream: ReadStream, where: str) -> Source:
    """Return a source with a copy of the stream's rest: in memory, or in an unnamed file."""
    head = bytearray()
    while len(head) <= SPOOL_MEMORY:
        octets = _next_of(stream)
        if not octets:
            return BytesSource(bytes(head))
        head += octets
    import tempfile  # imported late, because most transfers do not need it

    with tempfile.TemporaryFile() as spool:
        while octets:
            spool.write(head)
            head = bytearray(octets := _next_of(stream))
        spool.flush()
        return FileSource(os.dup(spool.fileno()), where)


def _next_of(stream: ReadStream) -> bytes:
    octets = stream.read(STREAM_PIECE)
    if octets is None:
        why = sentence("it is non-blocking and has nothing to read yet")
        raise Refused(why, ErrorCode.UNDEFINED)
    if isinstance(octets, str):
        raise Refused(sentence("it was opened as text; open it in binary"))
    if not isinstance(octets, bytes | bytearray | memoryview):
        kind = type(octets).__name__
        why = sentence("its read returned {kind}, not octets", kind=kind)
        raise Refused(why, ErrorCode.UNDEFINED)
    return bytes(octets)
