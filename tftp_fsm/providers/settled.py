"""Turn the answer of a provider into a file that never makes the server's loop wait.

The loop reads a source and writes to a sink between the steps of all other transfers. So another
thread first reads the provider's file to its end, into memory or an unnamed file. An upload is kept
in the same way, and goes to the provider's sink when it is whole.
"""

from __future__ import annotations

import contextlib
import io
import os
import stat
import tempfile
from collections.abc import Callable
from typing import Any

from tftp_fsm.errors import LocalError
from tftp_fsm.language import mark, marked, sentence
from tftp_fsm.providers.asked import ReadAnswer, WriteAnswer
from tftp_fsm.providers.bounded import Bounded
from tftp_fsm.storage.failures import Refused, failing
from tftp_fsm.storage.partial import FileSink
from tftp_fsm.storage.protocols import Octets, Sink, Source, pieces
from tftp_fsm.storage.sinks import StreamSink, open_sink
from tftp_fsm.storage.sources import (
    SPOOL_MEMORY,
    STREAM_PIECE,
    BytesSource,
    FileSource,
    open_source,
    spooled,
)
from tftp_fsm.storage.wrapped import WrappedSink
from tftp_fsm.wire.packets import ErrorCode

READ, WRITE = "cannot read", "cannot write"
WHERE = "what the provider gave"
OTHER_SIZE = mark("its size is not the size that it announced")


def settle_source(answer: ReadAnswer, largest: int) -> Source | None:
    """Return the source of an answer, or None to ask the next provider. Raises LocalError."""
    if answer is None or isinstance(answer, FileSource | BytesSource):
        return answer
    if isinstance(answer, bytes | bytearray | memoryview):
        check_size(len(memoryview(answer).cast("B")), largest, READ)
        return BytesSource(bytes(answer))
    if isinstance(answer, os.PathLike):
        with failing(READ, WHERE):
            return _of_stream(open(answer, "rb"), largest)
    if isinstance(answer, str):
        raise _wrong(READ, "text: return octets, or a Path")
    return _of_stream(answer, largest)


def _of_stream(answer: Any, largest: int) -> Source:
    """Return the source of a stream. Only a regular file is not copied: others may wait."""
    if not isinstance(answer, io.BufferedReader) or not _is_regular(answer):
        return _copied(answer, largest)
    with answer, failing(READ, WHERE):
        return open_source(answer)


def _is_regular(stream: io.BufferedReader) -> bool:
    """Return whether this is a file with a known size. A file in /proc has the size 0."""
    if not isinstance(stream.raw, io.FileIO):
        return False
    found = os.fstat(stream.fileno())
    return stat.S_ISREG(found.st_mode) and found.st_size > 0


def _copied(answer: Any, largest: int) -> Source:
    """Copy a binary file object, or a source of a user's class. The answer is closed."""
    try:
        with failing(READ, WHERE):
            return spooled(_Limited(_reading(answer), largest), WHERE)
    finally:
        _close(answer)


def _reading(answer: Any) -> Callable[[int], Any]:
    """Return a function that reads at most the given number of octets."""
    if not callable(getattr(answer, "read", None)):
        raise _wrong(READ, type(answer).__name__)
    size = getattr(answer, "size", None)
    if not isinstance(size, int):
        return lambda count: answer.read(count)
    if size < 0:
        raise Refused(marked(OTHER_SIZE), ErrorCode.UNDEFINED)
    done = 0

    def read(count: int) -> Any:
        nonlocal done
        wanted = min(count, size - done)
        octets = answer.read(done, wanted) if wanted else b""
        if wanted and not 0 < len(octets) <= wanted:  # a client must not boot half a file
            raise Refused(marked(OTHER_SIZE), ErrorCode.UNDEFINED)
        done += len(octets)
        return octets

    return read


class _Limited:
    """A stream that raises a refusal after more than `largest` octets."""

    def __init__(self, read: Callable[[int], Any], largest: int) -> None:
        self._read = read
        self._left = largest

    def read(self, size: int, /) -> bytes | None:
        octets: Any = self._read(min(size, STREAM_PIECE))
        if octets:
            self._left -= len(octets)
        if self._left < 0:
            raise Refused(sentence("the file is larger than the limit"), ErrorCode.DISK_FULL)
        return octets  # type: ignore[no-any-return]


def check_size(size: int, largest: int, what: str) -> None:
    """Raise LocalError if a file of `size` octets is larger than `largest`."""
    if size > largest:
        why = sentence("the file is larger than the limit")
        raise LocalError(
            sentence(
                "{what}: {why}: {size}, not {largest}",
                what=marked(what),
                why=why,
                size=size,
                largest=largest,
            ),
            3,
            told=f"{what}: {why}",
        )


def settle_sink(answer: WriteAnswer, largest: int, calls: Bounded) -> Sink | None:
    """Return the sink of an answer, or None to ask the next provider. Raises LocalError."""
    if answer is None or (isinstance(answer, FileSink | WrappedSink) and _is_ours(answer)):
        return answer
    if isinstance(answer, str):
        raise _wrong(WRITE, "text: return a Path, a binary file object, or a sink")
    if isinstance(answer, os.PathLike):
        return open_sink(answer, max_size=largest)
    if all(callable(getattr(answer, name, None)) for name in ("write", "commit", "discard")):
        return LateSink(answer, largest, calls)  # type: ignore[arg-type]
    if callable(getattr(answer, "write", None)):
        return LateSink(_StreamSink(answer), largest, calls)
    raise _wrong(WRITE, type(answer).__name__)


def _is_ours(answer: object) -> bool:
    """Return whether it writes to a file of this host, not to a program that may wait."""
    while isinstance(answer, WrappedSink):
        answer = answer.inner
    return isinstance(answer, FileSink)


class _StreamSink(WrappedSink):
    """A sink that writes to a binary file object, and closes it at the end."""

    __slots__ = ("_stream",)

    def __init__(self, stream: Any) -> None:
        super().__init__(StreamSink(stream))
        self._stream = stream

    def commit(self) -> None:
        super().commit()
        _close(self._stream)

    def discard(self) -> None:
        super().discard()
        _close(self._stream)


class LateSink:
    """Keeps an upload. `commit` runs on another thread and hands the whole file to `inner`."""

    def __init__(self, inner: Sink, largest: int, calls: Bounded) -> None:
        self._inner: Sink | None = inner
        self._largest = largest
        self._calls = calls
        self._kept = tempfile.SpooledTemporaryFile(SPOOL_MEMORY)  # noqa: SIM115
        self.size = 0

    def expect(self, size: int) -> None:
        """Fail if the announced size is too large."""
        check_size(size, self._largest, WRITE)

    def write(self, octets: Octets) -> None:
        """Keep the octets."""
        parts = pieces(octets)
        size = self.size + sum(map(len, parts))
        check_size(size, self._largest, WRITE)
        with failing(WRITE, "the upload that is kept"):
            for part in parts:
                self._kept.write(part)
        self.size = size

    def commit(self) -> None:
        """Hand the octets to `inner`. Raises LocalError if that fails or takes too long."""
        inner, self._inner = self._inner, None
        assert inner is not None, "a sink is committed once"
        kept = self._kept
        self._calls.guarded(WRITE, lambda: _hand_over(kept, inner))

    def discard(self) -> None:
        """Drop the kept octets, and tell the inner sink on another thread."""
        inner, self._inner = self._inner, None
        if inner is None:
            return
        self._kept.close()
        self._calls.start(inner.discard)


def _hand_over(kept: Any, inner: Sink) -> None:
    try:
        with kept:
            kept.seek(0)
            while octets := kept.read(STREAM_PIECE):
                inner.write(octets)
        inner.commit()
    except BaseException:
        with contextlib.suppress(Exception):
            inner.discard()
        raise


def _close(stream: Any) -> None:
    close = getattr(stream, "close", None)
    if callable(close):
        with contextlib.suppress(Exception):
            close()


def _wrong(what: str, given: str) -> LocalError:
    return LocalError(
        sentence("{what}: the provider returned {given}", what=marked(what), given=given),
        told=f"{what}: the provider failed",
    )
