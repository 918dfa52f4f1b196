"""What a transfer needs of the place that a file comes from, and of the place it goes to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeAlias

Buffer: TypeAlias = bytes | bytearray | memoryview
Octets: TypeAlias = Buffer | Sequence[Buffer]


class Source(Protocol):
    """A file to send. Every failure is a `LocalError`."""

    @property
    def size(self) -> int:
        """Octets on the wire; known before the first is read, and fixed.

        A large file in netascii is the exception: see `NetasciiSource.is_counted`.
        """

    def read(self, offset: int, count: int) -> Buffer:
        """Exactly these octets of the wire's form. They stay as they are while they are held.

        Any order will do; going forward is fast. A file that was changed in any way since it was
        opened is a `LocalError`, past the end is a `ValueError`.
        """

    def close(self) -> None:
        """Let go of the file. May be called again."""


class Sink(Protocol):
    """A file to receive, which nobody sees until it is whole. Every failure is a `LocalError`.

    After a failure nothing is left behind and a file that was there before is unchanged.
    """

    @property
    def size(self) -> int:
        """Octets written so far, in the local form."""

    def expect(self, size: int) -> None:
        """The peer says that `size` octets will come (tsize): refuse now what cannot fit."""

    def write(self, octets: Octets) -> None:
        """Append, in order. The buffers may be used again once this returns."""

    def commit(self) -> None:
        """Make the file whole, safe on disk, and seen under its name."""

    def discard(self) -> None:
        """Forget what was written. May be called again, and does nothing after `commit`."""


class Digest(Protocol):
    """What `hashlib.sha256()` gives."""

    def update(self, octets: Buffer, /) -> None:
        """Take in these octets."""


def pieces(octets: Octets) -> Sequence[Buffer]:
    """The buffers to write, also when there is just one."""
    return [octets] if isinstance(octets, bytes | bytearray | memoryview) else octets


def check_range(offset: int, count: int, size: int) -> None:
    """A read past the end is a mistake of the caller, not of the file."""
    if offset < 0 or count < 0 or offset + count > size:
        raise ValueError(f"{count} octets at {offset} are not all within {size}")
