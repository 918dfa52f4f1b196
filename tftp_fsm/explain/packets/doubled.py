"""Find packets that a capture has twice: from a mirror port (SPAN), or from merged files.

A retransmitted packet has another identification in its IP header (RFC 791). With the same
identification and the same octets it is the same packet. But a network may copy a packet, too, and
its receiver may answer both. So copies are left out only if nearly all packets between two hosts
come twice, in both directions.

IPv6 has no such number, and some senders leave it 0. Then the other direction must prove it.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable

from tftp_fsm.capture.reading.datagram import Captured
from tftp_fsm.explain.packets.seen import is_request, is_tftp
from tftp_fsm.language import sentence_n

KEPT = 1024  # pairs of hosts, and datagrams in each of two dicts: their copies may still come
APART = 100_000_000  # nanoseconds; a sender's numbers begin again after much longer
NEAR = 1_000_000  # nanoseconds; without a number only what is so close may be the same packet
ENOUGH = 3  # copies of which one at the least goes each way
NO_PORTS: frozenset[int] = frozenset()

Key = tuple[object, ...]


class _Pair:
    """Two hosts: the numbers of their packets and of their doubled packets, for each direction."""

    __slots__ = ("has_numbers", "proven", "sent", "twice")

    def __init__(self) -> None:
        self.sent, self.twice, self.proven = [0, 0], [0, 0], 0
        self.has_numbers = True

    @property
    def is_doubled(self) -> bool:
        """Return whether nearly all packets, nine of ten, came twice."""
        twice = sum(self.twice)
        return (
            self.has_numbers
            and self.proven > 0
            and min(self.twice) > 0
            and twice >= ENOUGH
            and 10 * twice >= 9 * sum(self.sent)
        )


class Doubled:
    """Examines packets before they are taken, and finds the copies among them.

    `copies` has the possible copies by the numbers of their packets. `count` is the number of those
    that `gap` has found to be copies.
    """

    def __init__(self) -> None:
        self._seen: dict[Key, tuple[Captured, bool]] = {}
        self._seen_earlier: dict[Key, tuple[Captured, bool]] = {}
        self._pairs: OrderedDict[Key, _Pair] = OrderedDict()
        self.copies: dict[int, tuple[int, _Pair]] = {}
        self.count = 0

    def look_ahead(self, datagrams: Iterable[Captured]) -> None:
        """Examine the datagrams that will be taken next, in this order."""
        self.copies.clear()
        for datagram in datagrams:
            if is_tftp(datagram) or is_request(datagram, NO_PORTS):
                self._look(datagram)

    def gap(self, datagram: Captured) -> int | None:
        """Return the nanoseconds since the same packet was seen, or None if it is not a copy."""
        found = self.copies.get(datagram.number)
        if found is None or not found[1].is_doubled:
            return None
        self.count += 1
        return found[0]

    @property
    def remarks(self) -> list[str]:
        """Return a sentence with the number of copies, if there are any."""
        if not self.count:
            return []
        return [
            sentence_n(
                "{count:,} packet is in it twice, and is counted once (a mirror port, SPAN, or "
                "merged files show a packet twice)",
                "{count:,} packets are in it twice, and are counted once (a mirror port, SPAN, "
                "or merged files show packets twice)",
                self.count,
            )
        ]

    def _look(self, datagram: Captured) -> None:
        source, to, ident = datagram.source, datagram.to, datagram.ident
        way = source[0] < to[0] or (source[0] == to[0] and source[1] < to[1])
        interface, network = datagram.interface, datagram.network
        ends = (source[0], to[0]) if way else (to[0], source[0])
        pair = self._pair((interface, network, *ends))
        key = interface, network, source, to, ident or datagram.octets
        seen = self._seen
        known = seen.get(key) or self._seen_earlier.get(key)
        before, is_first = known or (datagram, False)
        gap = (datagram.at or 0) - (before.at or 0)
        is_near = gap <= (APART if ident else NEAR)
        is_same = before.octets == datagram.octets
        is_copy = is_same and is_near and is_first
        if is_copy:
            pair.twice[way] += 1
            pair.proven += ident is not None
            self.copies[datagram.number] = gap, pair
        else:
            pair.sent[way] += 1
            if is_near and not is_same:
                pair.has_numbers = False  # this sender gives all packets the same number
        seen[key] = datagram, not is_copy
        if len(seen) > KEPT:
            self._seen_earlier, self._seen = seen, {}

    def _pair(self, hosts: Key) -> _Pair:
        pair = self._pairs.get(hosts)
        if pair is None:
            pair = self._pairs[hosts] = _Pair()
            if len(self._pairs) > KEPT:
                self._pairs.popitem(last=False)
        return pair
