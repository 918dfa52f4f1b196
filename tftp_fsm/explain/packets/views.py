"""Find second views of packets: a capture on several interfaces shows a packet on each.

So does a capture where several VLANs come together: at a trunk, or at a mirror of a trunk and of
another port.

If an interface shows a packet for the n-th time, and another one has shown it n times already, this
is a second view. So a copy that the network or an end has made still counts as a copy.
"""

from __future__ import annotations

from collections import Counter, OrderedDict, deque

from tftp_fsm.capture.reading.datagram import Captured
from tftp_fsm.explain.packets.doubled import NEAR, Doubled

KEPT = 4096  # datagrams that may still have a second view
LATE = 1_000_000_000  # nanoseconds; the second view of a packet comes much sooner
APART = 100_000_000  # nanoseconds; at a larger distance the packet was sent again
KEPT_GAPS = 32  # gaps that are kept for one transfer
AGREE = 3  # pairs of views with at least this distance prove it
BEGINNING = 16  # packets of a transfer; up to this number a single pair is enough


class Views:
    """Finds second views. With one interface there are none, and this takes almost no time."""

    def __init__(self) -> None:
        self._interface: int | None = None
        self._network = 0
        self._several = False
        self._recent: deque[Captured] = deque(maxlen=KEPT)
        self._seen: OrderedDict[object, tuple[Captured, int, Counter[object]]] = OrderedDict()
        self.doubled = Doubled()
        self.count = 0
        self.gap = 0  # nanoseconds between the first view of the last packet and its second one
        self.first_network = 0  # where it was seen first

    def is_second(self, datagram: Captured) -> bool:
        """Whether it was seen before: on another interface, in another VLAN, or twice here."""
        gap = self.doubled.gap(datagram) if self.doubled.copies else None
        if gap is not None:
            self.gap, self.first_network = gap, datagram.network
            return True
        if not self._several:
            self._recent.append(datagram)
            if datagram.interface == self._interface and datagram.network == self._network:
                return False
            if self._interface is None:
                self._interface, self._network = datagram.interface, datagram.network
                return False
            self._several = True
            for each in list(self._recent)[:-1]:
                self._note(each)
        is_second = self._note(datagram)
        self.count += is_second
        return is_second

    def _note(self, datagram: Captured) -> bool:
        at, view = datagram.at or 0, (datagram.interface, datagram.network)
        key: object = datagram.source, datagram.to, datagram.octets
        known = self._seen.get(key)
        if known is not None and not _may_be_one(known[0], datagram):
            key = key, datagram.network
        known = self._seen.pop(key, None)
        if known is None or at - known[1] > LATE:
            known = datagram, at, Counter[object]()
        first, _, counts = known
        counts[view] += 1
        others = (count for other, count in counts.items() if other != view)
        is_second = counts[view] <= max(others, default=0)
        if is_second:
            self.gap, self.first_network = at - (first.at or 0), first.network
        self._seen[key] = first if is_second else datagram, at, counts
        if len(self._seen) > KEPT:
            self._seen.popitem(last=False)
        return is_second


def _may_be_one(first: Captured, datagram: Captured) -> bool:
    """The two, which have the same octets, may be one packet. Two VLANs may have the same hosts.

    Then the numbers of the IP packets tell, or the time.
    """
    if first.network == datagram.network:
        return True
    if first.ident is not None and datagram.ident is not None:
        return first.ident == datagram.ident
    is_near = (datagram.at or 0) - (first.at or 0) <= NEAR
    return is_near or first.interface != datagram.interface


class Gaps:
    """The time between the views of several interfaces on the packets of one transfer.

    One direction may have larger gaps than the other, and few packets may go in this direction. So
    a large gap counts, but not the largest one. The reason is that a retransmitted packet, of which
    each interface has missed one, looks like a packet that was seen twice.
    """

    __slots__ = ("_gaps",)

    def __init__(self) -> None:
        self._gaps: list[int] = []

    def add(self, gap: int) -> None:
        """Add the gap between two views of one packet, in nanoseconds."""
        if gap <= APART:
            self._gaps.append(gap)
            del self._gaps[:-KEPT_GAPS]

    def __bool__(self) -> bool:
        """Whether several interfaces have shown packets of this transfer."""
        return bool(self._gaps)

    def apart(self, packets: int) -> int:
        """Return the usual gap in nanoseconds. `packets` is the transfer's number of packets."""
        gaps = self._gaps
        if not gaps or (len(gaps) < AGREE and packets > BEGINNING):
            return 0
        return sorted(gaps)[-min(AGREE, (len(gaps) + 1) // 2)]
