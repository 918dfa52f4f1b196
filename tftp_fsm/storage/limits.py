"""Limit the size of a received file, because a peer may never end.

Without `max_size` there are two limits. First, a file may become twice as large as its peer has
announced (tsize), or a mebibyte larger if that is more. The reasons are that a log may grow while
it is sent, and that the size of netascii on the wire is up to twice the size on disk. Second, a
twentieth of the free room of the disk stays free (`partial.FileSink`), because other programs need
room too. With `max_size` the user has decided, and it is the only limit.
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

MARGIN = 1 << 20  # octets that may always come beyond the announced size
MEMORY_LIMIT = 1 << 30  # octets of a file that is received into memory


def most_for(announced: int) -> int:
    """Return the most octets of a file that was announced with `announced` octets."""
    return announced + max(announced, MARGIN)


class LimitedSink(WrappedSink):
    """A limit around a sink. `announced` returns the announced octets, or None or 0."""

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
        # Adding the lengths takes time in each window, so it is done only near a limit.
        if self._max_size is not None or (announced and self.size > announced):
            self._check(self.size + sum(map(len, parts)), announced)
        super().write(parts)

    def _check(self, size: int, announced: int | None) -> None:
        """Fail and discard the file if it is too large: the caller may not discard it."""
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
