"""Sources and sinks around others: netascii on the wire, and a digest of what passes."""

from __future__ import annotations

from bisect import bisect_right

from tftp_fsm.errors import LocalError
from tftp_fsm.storage.protocols import (
    Buffer,
    Digest,
    Octets,
    Sink,
    Source,
    check_range,
    pieces,
)
from tftp_fsm.wire.netascii import Decoder, Encoder, encoded_size

PIECE = 64 * 1024  # octets of the local form that are encoded at a time


class NetasciiSource:
    """Another source, as netascii.

    Its size on the wire is counted by reading the file, which also notes where each piece begins
    there. So no encoded copy is kept, and a block can be read again. Files of up to `at_once`
    octets are counted when they are opened (None: all are), others on the way: until their end
    is found `size` is the most that it can be, every octet being two.
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
        """Octets on the wire; the most that they can be unless `is_counted`."""
        return self._counted + 2 * (self._inner.size - self._local_counted)

    @property
    def is_counted(self) -> bool:
        """The end has been found."""
        return self._local_counted == self._inner.size

    def count_to(self, offset: int) -> None:
        """Count so many octets of the wire's form, or to the end."""
        while self._counted < offset and not self.is_counted:
            octets = self._local(self._local_counted)
            self._starts.append(self._counted)
            self._counted += encoded_size(octets)
            self._local_counted += len(octets)

    def read(self, offset: int, count: int) -> memoryview:
        """Exactly these octets of the wire's form."""
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
        """Close the source within."""
        self._inner.close()

    def _piece(self, number: int) -> bytes:
        if number != self._number:
            encoded = Encoder().encode(self._local(number * PIECE))
            ends = self._starts[number + 1] if number + 1 < len(self._starts) else self._counted
            if self._starts[number] + len(encoded) != ends:
                raise LocalError("cannot read: the file was changed while it was being sent")
            self._number, self._encoded = number, encoded
        return self._encoded

    def _local(self, offset: int) -> Buffer:
        return self._inner.read(offset, min(PIECE, self._inner.size - offset))


class HashingSource:
    """Another source, whose octets are also fed to a digest: in order, each once."""

    __slots__ = ("_digest", "_hashed", "_inner", "size")

    def __init__(self, inner: Source, digest: Digest) -> None:
        self._inner = inner
        self._digest = digest
        self._hashed = 0
        self.size = inner.size

    def read(self, offset: int, count: int) -> Buffer:
        """Read on; what is read again is not hashed again."""
        octets = self._inner.read(offset, count)
        if offset <= self._hashed < offset + count:
            self._digest.update(memoryview(octets)[self._hashed - offset :])
            self._hashed = offset + count
        return octets

    def close(self) -> None:
        """Close the source within."""
        self._inner.close()


class NetasciiSink:
    """Another sink, which is given the local form of the netascii that arrives here."""

    __slots__ = ("_decoder", "_inner")

    def __init__(self, inner: Sink) -> None:
        self._inner = inner
        self._decoder = Decoder()

    @property
    def size(self) -> int:
        """Octets of the local form so far."""
        return self._inner.size

    def expect(self, size: int) -> None:
        """At worst every two octets on the wire become one."""
        self._inner.expect((size + 1) // 2)

    def write(self, octets: Octets) -> None:
        """Decode and pass on."""
        self._inner.write([self._decoder.decode(piece) for piece in pieces(octets)])

    def commit(self) -> None:
        """A CR that ended the file is a CR."""
        self._inner.write(self._decoder.decode(b"", final=True))
        self._inner.commit()

    def discard(self) -> None:
        """Forget."""
        self._inner.discard()


class HashingSink:
    """Another sink, whose octets are also fed to a digest."""

    __slots__ = ("_digest", "_inner")

    def __init__(self, inner: Sink, digest: Digest) -> None:
        self._inner = inner
        self._digest = digest

    @property
    def size(self) -> int:
        """Octets so far."""
        return self._inner.size

    def expect(self, size: int) -> None:
        """Pass on."""
        self._inner.expect(size)

    def write(self, octets: Octets) -> None:
        """Pass on, and take in what could be written."""
        self._inner.write(octets)
        for piece in pieces(octets):
            self._digest.update(piece)

    def commit(self) -> None:
        """Pass on."""
        self._inner.commit()

    def discard(self) -> None:
        """Pass on."""
        self._inner.discard()
