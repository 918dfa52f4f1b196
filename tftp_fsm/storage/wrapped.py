"""Sources and sinks around others: for a digest, and for a file of an exact size."""

from __future__ import annotations

from tftp_fsm.errors import LocalError
from tftp_fsm.language.sentences import sentence
from tftp_fsm.storage.protocols import pieces

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import NoReturn

    from tftp_fsm.storage.protocols import Buffer, Digest, Octets, Sink, Source


class HashingSource:
    """Another source. Its octets also go to a digest, in order and each once."""

    __slots__ = ("_digest", "_hashed", "_inner", "size")

    def __init__(self, inner: Source, digest: Digest) -> None:
        self._inner = inner
        self._digest = digest
        self._hashed = 0
        self.size = inner.size

    def read(self, offset: int, count: int) -> Buffer:
        """Read. Octets that are read again are not hashed again."""
        octets = self._inner.read(offset, count)
        if offset <= self._hashed < offset + count:
            self._digest.update(memoryview(octets)[self._hashed - offset :])
            self._hashed = offset + count
        return octets

    def close(self) -> None:
        """Close the inner source."""
        self._inner.close()


class WrappedSink:
    """A sink around another one. Calls that a subclass does not override go to the inner sink."""

    __slots__ = ("_inner",)

    def __init__(self, inner: Sink) -> None:
        self._inner = inner

    @property
    def inner(self) -> Sink:
        """The inner sink."""
        return self._inner

    @property
    def size(self) -> int:
        """The number of octets of the local form so far."""
        return self._inner.size

    def expect(self, size: int) -> None:
        self._inner.expect(size)

    def write(self, octets: Octets) -> None:
        self._inner.write(octets)

    def commit(self) -> None:
        self._inner.commit()

    def discard(self) -> None:
        self._inner.discard()


class HashingSink(WrappedSink):
    """Another sink. Its octets also go to a digest."""

    __slots__ = ("_digest",)

    def __init__(self, inner: Sink, digest: Digest) -> None:
        super().__init__(inner)
        self._digest = digest

    def write(self, octets: Octets) -> None:
        """Write to the inner sink. If that succeeds, hash the octets."""
        super().write(octets)
        for piece in pieces(octets):
            self._digest.update(piece)


class ExactSink(WrappedSink):
    """Another sink. Its file must have exactly `wanted()` octets, or any number if that is None."""

    __slots__ = ("_wanted",)

    def __init__(self, inner: Sink, wanted: Callable[[], int | None]) -> None:
        super().__init__(inner)
        self._wanted = wanted

    def write(self, octets: Octets) -> None:
        """Write to the inner sink, unless the file would become too long."""
        parts = pieces(octets)
        wanted, size = self._wanted(), self.size + sum(map(len, parts))
        if wanted is not None and size > wanted:
            self._refuse(wanted, sentence("{size:,} or more", size=size))
        super().write(parts)

    def commit(self) -> None:
        """Commit the inner sink, unless the file is too short."""
        wanted = self._wanted()
        if wanted is not None and self.size < wanted:
            self._refuse(wanted, f"{self.size:,}")
        super().commit()

    def _refuse(self, wanted: int, found: str) -> NoReturn:
        """Discard the file and raise an error: the caller may not discard it."""
        self.discard()
        why = sentence(
            "the file has {found} octets, but the server announced {wanted:,}",
            found=found,
            wanted=wanted,
        )
        raise LocalError(why, told=why)
