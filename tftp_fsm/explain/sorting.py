"""Put packets into the order of their times if a capture has another order.

Programs that capture on several interfaces, or from several queues of one, write the packets of
each in turn. So a packet may come after one that is a little later. Packets are held until a later
packet shows that no earlier one will come:

    order = Sorting(take, undelivered)
    order.take(datagram)
    order.flush()               # nothing more comes, or nothing has come for a while

The number of held packets is limited. If the clock goes back by more than `BACK`, it was set. Then
the order of the file is right.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from operator import attrgetter

from tftp_fsm.capture.reading.datagram import Captured
from tftp_fsm.capture.reading.icmp import Undelivered
from tftp_fsm.explain.judging.quiet import BACK

KEPT = 256  # the most packets that stay held after others were handed over
ROOM = 2 * KEPT  # packets that are sorted together
_time = attrgetter("at")


class Sorting:
    """Takes datagrams and ICMP messages, and hands them to `take` and `undelivered`.

    `look_ahead` is called with the datagrams that are handed over next.
    """

    def __init__(
        self,
        take: Callable[[Captured], None],
        undelivered: Callable[[Undelivered], None],
        look_ahead: Callable[[list[Captured]], None] = lambda _: None,
    ) -> None:
        self._take = take
        self._look_ahead = look_ahead
        self._undelivered = undelivered
        self._held: list[Captured] = []
        self._messages: dict[int, Undelivered] = {}
        self._latest = 0
        self._is_live = False

    def be_live(self) -> None:
        """Hold no packet that is older than the latest by 2 * BACK, because a user waits."""
        self._is_live = True

    def take(self, datagram: Captured) -> None:
        """Take the next datagram of the file."""
        at, latest = datagram.at, self._latest
        if at is None:  # only its place in the file is known
            self.flush()
            self._hand_over([datagram])
            return
        if at < latest - BACK:
            self.flush()
            self._latest = at
        elif at > latest:
            self._latest = at
        held = self._held
        held.append(datagram)
        if len(held) >= ROOM or self._is_live:
            self._let_go()

    def undelivered(self, told: Undelivered) -> None:
        """Take the next ICMP message of the file."""
        self._messages[told.message.number] = told
        self.take(told.message)

    def flush(self) -> None:
        """Hand over all held packets."""
        held, self._held = self._held, []
        held.sort(key=_time)
        self._hand_over(held)

    def _let_go(self) -> None:
        held, limit = self._held, self._latest - BACK
        if len(held) < ROOM and held[0].at > limit - BACK:  # type: ignore[operator]
            return
        held.sort(key=_time)
        ready = max(bisect_right(held, limit, key=_time), len(held) - KEPT)
        self._held = held[ready:]
        self._hand_over(held[:ready])

    def _hand_over(self, ready: list[Captured]) -> None:
        take, messages = self._take, self._messages
        self._look_ahead(ready)
        for datagram in ready:
            if messages and (told := messages.pop(datagram.number, None)) is not None:
                self._undelivered(told)
            else:
                take(datagram)
