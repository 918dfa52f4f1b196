"""The interfaces of sources and sinks that a transfer uses."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Protocol, TypeAlias, TypeGuard
else:
    Protocol = object  # `typing` would take longer to import than all of `storage`

Buffer: TypeAlias = bytes | bytearray | memoryview
Octets: TypeAlias = "Buffer | Sequence[Buffer]"


class Source(Protocol):
    """A file to send. Every failure is a `LocalError`."""

    @property
    def size(self) -> int:
        """The number of octets on the wire. It is known from the start and does not change.

        The exception is a large file in netascii: see `NetasciiSource.is_counted`.
        """

    def read(self, offset: int, count: int) -> Buffer:
        """Return exactly `count` octets of the form on the wire. They stay valid.

        Reads may come in any order; those that go forward are fast. Raises `LocalError` if the
        file was changed in any way since it was opened, and `ValueError` for a read past the end.
        """

    def close(self) -> None:
        """Close the file. May be called again."""


class ScatteringSource(Source, Protocol):
    """A source that can read into several buffers at once."""

    def read_into(self, offset: int, places: Sequence[memoryview]) -> None:
        """Fill all of `places`, in order, from `offset` on. Raises what `read` does."""


def is_scattering(source: Source) -> TypeGuard[ScatteringSource]:
    """Whether `source` is a `ScatteringSource`."""
    return hasattr(source, "read_into") and hasattr(os, "preadv")


class Sink(Protocol):
    """A file to receive, which is not visible until it is whole. Every failure is a `LocalError`.

    After a failure nothing is left behind, and a file that was there before is unchanged.
    """

    @property
    def size(self) -> int:
        """The number of octets that were written so far, in the local form."""

    def expect(self, size: int) -> None:
        """Fail if `size` octets cannot fit. The peer has announced this size (tsize)."""

    def write(self, octets: Octets) -> None:
        """Append `octets`. The caller may use the buffers again after this."""

    def commit(self) -> None:
        """Make the file visible under its name, whole and safe on disk."""

    def discard(self) -> None:
        """Remove what was written. May be called again, and does nothing after `commit`."""


class ReadStream(Protocol):
    """A binary file object, buffered or raw."""

    def read(self, size: int, /) -> bytes | None:
        """Return at most `size` octets, and no octets at the end."""


class WriteStream(Protocol):
    """A binary file object, buffered or raw."""

    def write(self, octets: memoryview, /) -> int | None:
        """Write at least one octet, and return how many. None means that it is full (an error)."""

    def flush(self) -> None:
        """Write the buffered octets."""


Readable: TypeAlias = str | os.PathLike[str] | Buffer | ReadStream
Writable: TypeAlias = str | os.PathLike[str] | WriteStream


class Digest(Protocol):
    """A hash object, such as `hashlib.sha256()` returns."""

    def update(self, octets: Buffer, /) -> None:
        """Add these octets."""


def pieces(octets: Octets) -> Sequence[Buffer]:
    """The buffers of `octets` as a sequence."""
    return [octets] if isinstance(octets, bytes | bytearray | memoryview) else octets


def check_range(offset: int, count: int, size: int) -> None:
    """Raise ValueError for a read past the end, which is a mistake of the caller."""
    if offset < 0 or count < 0 or offset + count > size:
        raise ValueError(f"{count} octets at {offset} are not all within {size}")
