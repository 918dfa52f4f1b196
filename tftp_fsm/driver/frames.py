"""DATA packets of a file in one memory: header, block, header, block.

One system call reads the file to its places, and then a window is one piece of memory. This is
faster than a header and a view for each block. It needs a source with `read_into`.
"""

from __future__ import annotations

from tftp_fsm.transports.burst import Burst
from tftp_fsm.wire.headers import HEADER, lay_headers

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tftp_fsm.storage.protocols import ScatteringSource
    from tftp_fsm.wire.address import Address

LAID_AT_ONCE = 1 << 15  # octets, or one window; more is not faster, because a window waits for it
KNOWN = 16  # windows that are kept as bursts; a file needs few unless many packets are lost


class Frames:
    """The blocks of `source` in DATA packets of `blksize` octets for `peer`.

    A burst is valid until the next one is read.
    """

    __slots__ = (
        "_blksize",
        "_bursts",
        "_count",
        "_end",
        "_first",
        "_memory",
        "_peer",
        "_places",
        "_source",
    )

    def __init__(self, source: ScatteringSource, blksize: int, peer: Address) -> None:
        self._source = source
        self._blksize = blksize
        self._peer = peer
        self._memory = memoryview(b"")
        self._places: list[memoryview] = []  # the places of the blocks in the memory
        self._bursts: dict[tuple[int, int], Burst] = {}  # bursts of whole windows at these places
        self._first = self._count = self._end = 0

    def burst(self, first: int, count: int) -> Burst:
        """Return blocks from `first` on. The file's last one may be short. Raises LocalError."""
        full = self._blksize + HEADER.size
        at = first - self._first
        if not 0 <= at <= self._count - count:
            self._fill(first, count)
            at = 0
        known = self._bursts.get((at, count))
        if known is not None and (at + count) * full <= self._end:
            return known
        octets = self._memory[at * full : min((at + count) * full, self._end)]
        burst = Burst((octets,), full, self._peer)
        if len(self._bursts) < KNOWN and len(octets) == count * full:
            self._bursts[at, count] = burst
        return burst

    def _fill(self, first: int, count: int) -> None:
        """Read `count` blocks, or a multiple of them if they have few octets."""
        blksize = self._blksize
        offset = (first - 1) * blksize
        left = self._source.size - offset
        times = max(1, LAID_AT_ONCE // (count * blksize))
        count = min(count * times, left // blksize + 1)
        self._make_room(count)
        self._count = 0  # so that nothing counts as read if reading fails
        octets = min(count * blksize, left)
        self._source.read_into(offset, self._places_for(octets))
        lay_headers(self._memory, blksize + HEADER.size, first, count)
        self._first, self._count, self._end = first, count, octets + count * HEADER.size

    def _make_room(self, count: int) -> None:
        if len(self._places) < count:
            full = self._blksize + HEADER.size
            self._bursts.clear()
            self._memory = memory = memoryview(bytearray(full * count))
            self._places = [memory[at + 4 : at + full] for at in range(0, count * full, full)]

    def _places_for(self, octets: int) -> list[memoryview]:
        """Return the places for the blocks of `octets` octets."""
        whole, rest = divmod(octets, self._blksize)
        places = self._places if whole == len(self._places) else self._places[:whole]
        return [*places, self._places[whole][:rest]] if rest else places
