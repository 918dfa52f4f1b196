"""Read the octets of a file or pipe. It may be compressed, and it may end early."""

from __future__ import annotations

import gzip
import zlib
from typing import Protocol, cast

from tftp_fsm.errors import LocalError
from tftp_fsm.language import sentence

GZIP = b"\x1f\x8b"
AT_ONCE = 1 << 16  # octets


class OctetsIn(Protocol):
    """A binary stream for reading. It may return fewer octets than requested."""

    def read(self, size: int, /) -> bytes:
        """Return at most `size` octets, and no octets at the end."""


class CutShort(Exception):
    """The file ends too early."""


class Octets:
    """Reads exactly the requested number of octets."""

    def __init__(self, stream: OctetsIn) -> None:
        self._stream = stream
        self._left = b""
        self._at = 0
        self._is_cut = False
        self.is_packed = False
        if self._peek(2) == GZIP:
            self._unpack()

    def exactly(self, size: int) -> bytes:
        """Return `size` octets. Raises CutShort if the file ends before."""
        end = self._at + size
        if end > len(self._left):
            self._fill(size)
            end = self._at + size
            if end > len(self._left):
                raise CutShort
        found = self._left[self._at : end]
        self._at = end
        return found

    def or_end(self, size: int) -> bytes | None:
        """Return `size` octets, or None at the end.

        Raises CutShort if there are only some octets, or if the compressed data is incomplete.
        """
        if len(self._left) - self._at >= size or self._peek(1):
            return self.exactly(size)
        if self._is_cut:
            raise CutShort
        return None

    def skip(self, size: int) -> None:
        """Skip octets without keeping them."""
        while size > 0:
            part = min(size, AT_ONCE)
            self.exactly(part)
            size -= part

    def begins_with(self, octets: bytes) -> bool:
        """Return whether these octets come next, without taking them."""
        return self._peek(len(octets)) == octets

    def _peek(self, size: int) -> bytes:
        if len(self._left) - self._at < size:
            self._fill(size)
        return self._left[self._at : self._at + size]

    def _fill(self, size: int) -> None:
        """Read until there are `size` octets, or the end of the file."""
        parts = [self._left[self._at :]]
        have = len(parts[0])
        while have < size:
            more = self._read(max(size - have, AT_ONCE))
            if not more:
                break
            parts.append(more)
            have += len(more)
        self._left, self._at = b"".join(parts), 0

    def _read(self, size: int) -> bytes:
        try:
            read = getattr(self._stream, "read1", self._stream.read)  # does not block on a pipe
            return cast("bytes", read(size))
        except EOFError:  # the end marker of the compressed data is missing
            self._is_cut = True
            return b""
        except (zlib.error, gzip.BadGzipFile) as damaged:
            raise LocalError(
                sentence("the gzip data is damaged: {why}", why=str(damaged))
            ) from None

    def _unpack(self) -> None:
        packed = _Rejoined(self._left, self._stream)
        self._stream = cast(
            "OctetsIn", gzip.GzipFile(fileobj=cast("gzip._ReadableFileobj", packed))
        )
        self._left, self._at = b"", 0
        self.is_packed = True


class _Rejoined:
    """A stream with its first octets put back."""

    def __init__(self, first: bytes, stream: OctetsIn) -> None:
        self._first = first
        self._stream = stream

    def read(self, size: int) -> bytes:
        if self._first:
            part, self._first = self._first[:size], self._first[size:]
            return part
        return self._stream.read(size)
