"""A source and a sink that convert files to and from netascii on the wire."""

from __future__ import annotations

from bisect import bisect_right

from tftp_fsm.errors import LocalError
from tftp_fsm.language.sentences import sentence
from tftp_fsm.storage.protocols import check_range, pieces
from tftp_fsm.storage.wrapped import WrappedSink
from tftp_fsm.wire.netascii import Decoder, Encoder, encoded_size

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tftp_fsm.storage.protocols import Buffer, Octets, Sink, Source

PIECE = 64 * 1024  # octets of the local form that are encoded at a time


class NetasciiSource:
    """Converts another source to netascii.

    Its size on the wire is counted by reading the file. The count also notes the place on the wire
    where each piece begins, so a block can be read again without an encoded copy of the file. A
    file of up to `at_once` octets (any file if it is None) is counted when it is opened. A larger
    file is counted while it is sent. Until its end is found, `size` is the upper limit: two octets
    on the wire for each octet of the file.
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
        """The number of octets on the wire. It is an upper limit until `is_counted`."""
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
        """Return exactly these octets of the form on the wire."""
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
                why = sentence("cannot read: the file was changed while it was being sent")
                raise LocalError(why, told=why)
            self._number, self._encoded = number, encoded
        return self._encoded

    def _local(self, offset: int) -> Buffer:
        return self._inner.read(offset, min(PIECE, self._inner.size - offset))


class NetasciiSink(WrappedSink):
    """Converts netascii to the local form, and writes this to another sink."""

    __slots__ = ("_decoder",)

    def __init__(self, inner: Sink) -> None:
        super().__init__(inner)
        self._decoder = Decoder()

    def expect(self, size: int) -> None:
        """Expect at least half of `size`: two octets on the wire become one or two."""
        super().expect((size + 1) // 2)

    def write(self, octets: Octets) -> None:
        """Decode, and write to the inner sink."""
        super().write([self._decoder.decode(piece) for piece in pieces(octets)])

    def commit(self) -> None:
        """Write a CR that ended the file, and commit the inner sink."""
        super().write(self._decoder.decode(b"", final=True))
        super().commit()


def for_wire(sink: Sink, size: int | None, netascii: bool) -> Sink:
    """Return the sink for the form on the wire. The peer has announced `size` octets.

    Raises LocalError if they cannot fit. Then the file is discarded.
    """
    if netascii:
        sink = NetasciiSink(sink)
    if size is not None:
        try:
            sink.expect(size)
        except BaseException:
            sink.discard()
            raise
    return sink
