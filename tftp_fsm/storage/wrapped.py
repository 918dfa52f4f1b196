"""Sources and sinks around others: for netascii on the wire, and for a digest."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from typing import NoReturn

from tftp_fsm.errors import LocalError
from tftp_fsm.storage.protocols import Buffer, Digest, Octets, Sink, Source, check_range, pieces
from tftp_fsm.wire.netascii import Decoder, Encoder, encoded_size

PIECE = 64 * 1024  # octets of the local form; so many are encoded at a time


class NetasciiSource:
    """Another source, as netascii.

    Its size on the wire is counted by reading the file. The count also notes where each piece
    begins on the wire, so a block can be read again without an encoded copy of the file. Files of
    up to `at_once` octets (all files if it is None) are counted when they are opened. Others are
    counted while they are sent: until the end is found, `size` is the upper limit, two octets on
    the wire for each of the file.
    """

    __slots__ = ("_counted", "_encoded", "_inner", "_local_counted", "_number", "_starts")

    def __init__(self, inner: Source, at_once: int | None = None) -> None:
        self._inner = inner
        self._number = -1
        self._encoded = b""
        self._starts: list[int] = []
        self._counted = self._local_counted = 0
        try:
            if at_once is None or inner.size <= at_once:
                self.count_to(2 * inner.size)
        except BaseException:
            inner.close()
            raise

    @property
    def size(self) -> int:
        """The octets on the wire, or an upper limit unless `is_counted`."""
        return self._counted + 2 * (self._inner.size - self._local_counted)

    @property
    def is_counted(self) -> bool:
        """Whether the end has been found."""
        return self._local_counted == self._inner.size

    def count_to(self, offset: int) -> None:
        """Count up to `offset` on the wire, or to the end."""
        while self._counted < offset and not self.is_counted:
            octets = self._local(self._local_counted)
            self._starts.append(self._counted)
            self._counted += encoded_size(octets)
            self._local_counted += len(octets)

    def read(self, offset: int, count: int) -> memoryview:
        """Exactly these octets of the form on the wire."""
        self.count_to(offset + count)
        check_range(offset, count, self._counted)
        if not count:
            return memoryview(b"")
        number = bisect_right(self._starts, offset) - 1
        begin = offset - self._starts[number]
        octets = self._piece(number)
        while len(octets) < begin + count:
            number += 1
            octets += self._piece(number)
        return memoryview(octets)[begin : begin + count]

    def close(self) -> None:
        """Close the inner source."""
        self._inner.close()

    def _piece(self, number: int) -> bytes:
        if number != self._number:
            encoded = Encoder().encode(self._local(number * PIECE))
            ends = self._starts[number + 1] if number + 1 < len(self._starts) else self._counted
            if self._starts[number] + len(encoded) != ends:
                why = "cannot read: the file was changed while it was being sent"
                raise LocalError(why, told=why)
            self._number, self._encoded = number, encoded
        return self._encoded

    def _local(self, offset: int) -> Buffer:
        return self._inner.read(offset, min(PIECE, self._inner.size - offset))


class HashingSource:
    """Another source, whose octets also go to a digest, in order and each once."""

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
    """Another sink. What a subclass does not change goes to the inner one."""

    __slots__ = ("_inner",)

    def __init__(self, inner: Sink) -> None:
        self._inner = inner

    @property
    def size(self) -> int:
        """The octets of the local form so far."""
        return self._inner.size

    def expect(self, size: int) -> None:
        self._inner.expect(size)

    def write(self, octets: Octets) -> None:
        self._inner.write(octets)

    def commit(self) -> None:
        self._inner.commit()

    def discard(self) -> None:
        self._inner.discard()


class NetasciiSink(WrappedSink):
    """Another sink, which gets the local form of the netascii that is written here."""

    __slots__ = ("_decoder",)

    def __init__(self, inner: Sink) -> None:
        super().__init__(inner)
        self._decoder = Decoder()

    def expect(self, size: int) -> None:
        """Expect at least half: two octets on the wire become one or two."""
        super().expect((size + 1) // 2)

    def write(self, octets: Octets) -> None:
        """Decode, and write to the inner sink."""
        super().write([self._decoder.decode(piece) for piece in pieces(octets)])

    def commit(self) -> None:
        """Write a CR that ended the file, and commit the inner sink."""
        super().write(self._decoder.decode(b"", final=True))
        super().commit()


class HashingSink(WrappedSink):
    """Another sink, whose octets also go to a digest."""

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
    """Another sink, whose file must have exactly as many octets as `wanted` says; None: any."""

    __slots__ = ("_wanted",)

    def __init__(self, inner: Sink, wanted: Callable[[], int | None]) -> None:
        super().__init__(inner)
        self._wanted = wanted

    def write(self, octets: Octets) -> None:
        """Write to the inner sink, unless the file would become too long."""
        parts = pieces(octets)
        wanted, size = self._wanted(), self.size + sum(map(len, parts))
        if wanted is not None and size > wanted:
            self._refuse(wanted, f"{size:,} or more")
        super().write(parts)

    def commit(self) -> None:
        """Commit the inner sink, unless the file is too short."""
        wanted = self._wanted()
        if wanted is not None and self.size < wanted:
            self._refuse(wanted, f"{self.size:,}")
        super().commit()

    def _refuse(self, wanted: int, found: str) -> NoReturn:
        """Discard the file, because the caller may not."""
        self.discard()
        why = f"the file has another size than the server told: {found} octets, not {wanted:,}"
        raise LocalError(why, told=why)
