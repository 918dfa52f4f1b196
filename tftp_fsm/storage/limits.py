"""How large a received file may become, if its peer never ends.

Without `max_size` two limits hold. A file may become twice as large as its peer announced (tsize),
or a mebibyte larger if that is more: a log grows while it is sent, and in netascii a size on the
wire is up to twice that on disk. And a twentieth of the free room of the disk stays free
(`partial.FileSink`), because other programs need room too. With `max_size` the user
has decided, and this number alone holds.
"""

from __future__ import annotations

from tftp_fsm.errors import LocalError
from tftp_fsm.language.sentences import sentence
from tftp_fsm.storage.protocols import pieces
from tftp_fsm.storage.wrapped import WrappedSink
from tftp_fsm.wire.kinds import ErrorCode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from tftp_fsm.storage.protocols import Octets, Sink

MARGIN = 1 << 20  # octets; so much more than announced may always come
MEMORY_LIMIT = 1 << 30  # octets of a file that is received into memory


def most_for(announced: int) -> int:
    """How many octets may come of a file that was announced with so many."""
    return announced + max(announced, MARGIN)


class LimitedSink(WrappedSink):
    """Another sink. `announced` returns the octets that the peer has announced, or None or 0."""

    __slots__ = ("_announced", "_max_size")

    def __init__(
        self, inner: Sink, announced: Callable[[], int | None], max_size: int | None = None
    ) -> None:
        super().__init__(inner)
        self._announced = announced
        self._max_size = max_size

    def expect(self, size: int) -> None:
        """Fail if `size` is more than `max_size`, or too much for the inner sink."""
        self._check(size, None)
        super().expect(size)

    def write(self, octets: Octets) -> None:
        """Write to the inner sink, unless the file would become too large."""
        parts, announced = pieces(octets), self._announced()
        # The lengths cost time in each window, so they are added only when a limit may be near.
        if self._max_size is not None or (announced and self.size > announced):
            self._check(self.size + sum(map(len, parts)), announced)
        super().write(parts)

    def _check(self, size: int, announced: int | None) -> None:
        """Discard the file if it is too large, because the caller may not."""
        if self._max_size is not None:
            if size <= self._max_size:
                return
            why = sentence(
                "the file is larger than the {limit:,} octets that are allowed",
                limit=self._max_size,
            )
        elif not announced or size <= most_for(announced):
            return
        else:
            why = sentence(
                "the peer sends more than the {announced:,} octets that it announced",
                announced=announced,
            )
        self.discard()
        raise LocalError(why, int(ErrorCode.DISK_FULL), told=why)
