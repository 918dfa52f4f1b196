"""Receive DATA that comes datagram by datagram into one buffer, as if the kernel had joined it.

All waiting datagrams are read into one buffer without being examined. So each takes one system
call, and everything else is done only once. While the next datagram of a window is under way, the
reader polls for a moment instead of sleeping, because waking a process takes time, also from the
sender.
"""

from __future__ import annotations

from tftp_fsm.transports.spin import AT_ONCE, most_polls

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

MOST_POLLS = 16  # for one datagram; about 20 us
ALONE = 64  # datagrams; after this many in a row without joining, the kernel need not try to join

ReadInto: TypeAlias = "Callable[[memoryview, int, int], int]"
"""`socket.recv_into`: a buffer, how many octets of it, flags."""


class Gathering:
    """Receives with `first`, which may wait, and then with `read` as long as more is there.

    A datagram that is longer than the others goes to `aside`, and an error to `on_error`. After
    either the next call raises InterruptedError, so that the order is kept.
    """

    __slots__ = (
        "_aside",
        "_first",
        "_is_over",
        "_is_within",
        "_left",
        "_most",
        "_on_error",
        "_read",
    )

    def __init__(
        self,
        read: ReadInto,
        first: Callable[[memoryview], int],
        aside: Callable[[bytes], object],
        on_error: Callable[[OSError], object],
    ) -> None:
        self._read = read
        self._first = first
        self._aside = aside
        self._on_error = on_error
        self._is_over = False
        self._is_within = False  # the last buffer was full, so more is on its way
        self._most = self._left = min(MOST_POLLS, most_polls())

    def __call__(self, buffer: memoryview, segment: int = 0, enough: int = 0) -> tuple[int, int]:
        """Return the number of octets, and the size of each datagram. The last may be shorter.

        After a datagram of `segment` octets it goes on until there are `enough` octets, until no
        more datagrams come, or until a datagram of another size comes.
        """
        if self._is_over:
            raise InterruptedError
        octets = self._poll_first(buffer) if self._is_within else self._first(buffer)
        self._is_within = False
        if octets != segment or enough <= octets:
            return octets, octets
        end = min(enough, len(buffer) - segment)
        octets = self._go_on(buffer, segment, end)
        self._is_within = end <= octets < enough
        return octets, segment

    def _poll_first(self, buffer: memoryview) -> int:
        """Receive the first datagram without sleeping, if it comes soon."""
        for _ in range(self._left):
            try:
                return self._read(buffer, len(buffer), AT_ONCE)
            except BlockingIOError:
                continue
        return self._first(buffer)

    def _go_on(self, buffer: memoryview, segment: int, end: int) -> int:
        """Read more datagrams after the first one. Return the number of octets now."""
        read, octets, polls = self._read, segment, self._left
        while octets < end:
            try:
                came = read(buffer[octets:], segment + 1, AT_ONCE)
            except BlockingIOError:
                if not polls:
                    self._left //= 2  # for a slow sender, polling soon ends
                    break
                polls -= 1
                continue
            except OSError as error:
                self._is_over = True
                self._on_error(error)
                break
            if came > segment:
                self._is_over = True
                self._aside(bytes(buffer[octets : octets + came]))
                break
            octets += came
            if came < segment:
                break
            polls = self._left = self._most
        return octets
