"""The packets that an end should send now, by its machine, and those of them that were seen."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import reduce

from tftp_fsm.explain.packets.words import the_packet
from tftp_fsm.language import sentence
from tftp_fsm.protocol.events import Effect, Send, SendAcks, SendBlocks
from tftp_fsm.wire.kinds import Ack, Data

MOST = 64  # items that are kept; older ones are not needed
RING = 0xFFFF


@dataclass(slots=True)
class Item:
    """Packets of one kind: `count` of them, from block `first`, `stride` blocks apart."""

    kind: str
    first: int = -1
    count: int = 1
    stride: int = 1

    def place_of(self, kind: str, block: int) -> int | None:
        """Return the index of the packet among these, from 0, or None."""
        if kind != self.kind:
            return None
        if self.first < 0:
            return 0
        place, rest = divmod((block - self.first) & RING, self.stride)
        return place if not rest and place < self.count else None

    @property
    def words(self) -> str:
        """Return words such as `DATA 3`, `DATA 3..6`, `the OACK`."""
        if self.first < 0:
            return the_packet(self.kind)
        last = self.first + (self.count - 1) * self.stride
        first = f"{self.kind} {self.first & RING}"
        return first if self.count == 1 else f"{first}..{last & RING}"


class Due:
    """The packets that are due, the oldest first."""

    def __init__(self, items: Iterable[Item] = (), taken: tuple[str, int] | None = None) -> None:
        self.items = [replace(item) for item in items]
        self._taken = taken

    def copy(self) -> Due:
        """A copy. What happens to one of the two does not change the other."""
        return Due(self.items, self._taken)

    def add(self, effects: Iterable[Effect]) -> None:
        """Add the packets of a step. New blocks replace earlier ones."""
        for item in items_of(effects):
            if item.kind == "DATA":
                self.items = [other for other in self.items if other.kind != "DATA"]
            self.items.append(item)
        del self.items[:-MOST]

    def take(self, kind: str, block: int) -> int | None:
        """Take a sent packet. Return how many due packets before it were not seen, or None.

        After a repeated packet the answer may be repeated, but need not be. So such repetitions are
        not counted.
        """
        for at, item in enumerate(self.items):
            place = item.place_of(kind, block)
            if place is not None:
                skipped = place + self._new_before(at, (kind, block))
                self._take(at, place)
                self._taken = kind, block
                return skipped
        return None

    def without(self, kind: str) -> Due:
        """A copy without the packets of this kind."""
        return Due((item for item in self.items if item.kind != kind), self._taken)

    def has(self, kind: str, block: int) -> bool:
        """Whether such a packet is due."""
        return any(item.place_of(kind, block) is not None for item in self.items)

    def _new_before(self, at: int, now: tuple[str, int]) -> int:
        """Return how many packets before this item differ from the packets that were seen."""
        count, seen = 0, {now, self._taken}
        for item in self.items[:at]:
            if item.count > 1:
                count += item.count
                continue
            told = item.kind, item.first & RING if item.first >= 0 else -1
            count += told not in seen
            seen.add(told)
        return count

    def _take(self, at: int, place: int) -> None:
        item = self.items[at]
        del self.items[:at]
        item.count -= place + 1
        item.first += (place + 1) * item.stride if item.first >= 0 else 0
        if item.count < 1:
            del self.items[0]

    @property
    def words(self) -> str:
        """Return the due packets in words: `ACK 5`, `DATA 3..6`, or `nothing`."""
        words = [item.words for item in self.items[:3]] or [sentence("nothing")]
        return reduce(_both, words)


def _both(first: str, second: str) -> str:
    return sentence("{first} and {second}", first=first, second=second)


def items_of(effects: Iterable[Effect]) -> list[Item]:
    """The packets that these effects send to the peer."""
    found = []
    for effect in effects:
        match effect:
            case Send(Ack(block)):
                found.append(Item("ACK", block))
            case Send(Data(block)):
                found.append(Item("DATA", block))
            case Send(packet):
                found.append(Item(type(packet).__name__.upper()))
            case SendAcks(first, stride, count):
                found.append(Item("ACK", first, count, stride))
            case SendBlocks(first, count):
                found.append(Item("DATA", first, count))
    return found
