"""The packets of a recorded trace that were sent and not yet heard.

A trace has events and effects, and the beginning of each datagram with a fault. Packets are
reconstructed from these. A packet has the number of its record. If the trace has no numbers, it
gets the next number.
"""

from __future__ import annotations

import copy
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from tftp_fsm.capture.rebuilt_packets import heard_datagrams
from tftp_fsm.debugger.datagrams import NOBODY, Held
from tftp_fsm.debugger.variables import shifted
from tftp_fsm.protocol.events import Effect, EmptyReceived, Event, Send, SendAcks, SendBlocks
from tftp_fsm.protocol.sender import Sender
from tftp_fsm.protocol.session import Session
from tftp_fsm.trace.describe import came_from_wire
from tftp_fsm.trace.records import Recorded, WireEvent
from tftp_fsm.wire.address import Address
from tftp_fsm.wire.headers import ack_octets, data_header
from tftp_fsm.wire.packets import build

UNKNOWN: Address = ("?", 0)
UNDER_WAY = 1024  # datagrams at most that count as under way; each step has a list of them


class UnderWay:
    """The packets between `ends`. Their times count from `start`, in seconds."""

    def __init__(self, start: float, ends: frozenset[str]) -> None:
        self._start = start
        self._ends = ends
        self._sent = 0
        self._held: list[Held] = []

    @property
    def packets(self) -> tuple[Held, ...]:
        """The packets that the trace shows, in the order in which they were sent."""
        return tuple(self._held)

    def copy(self) -> UnderWay:
        """A copy. What happens to one of the two does not change the other."""
        other = copy.copy(self)
        other._held = list(self._held)
        return other

    def renumber(self, by: int) -> None:
        """Change the block numbers, because the user changed those of both ends."""
        self._held = [replace(held, octets=shifted(held.octets, by)) for held in self._held]

    def tamper(self, wire: WireEvent) -> None:
        """Remove a packet that the user has dropped."""
        for held in self._held:
            if held.number == wire.packet and not wire.delays:
                self._held.remove(held)
                return

    def hear(self, entry: Recorded, session: Session) -> Held | None:
        """Return the packet of the event. Changed octets are in the form that arrived."""
        end, step = entry.end, entry.step
        octets = _octets_heard(step.event, session)
        found = self._arrived(entry, octets)
        if found is not None:
            self._held.remove(found)
        if octets is None:
            return found
        if found is None:
            source = getattr(step.event, "source", None) or UNKNOWN
            ways = (_other(end), end), (source, UNKNOWN)
            return self._new(*ways, octets, step.now, entry.heard)
        if (found.octets, found.size) == octets:
            return found
        return replace(found, octets=octets[0], size=octets[1])

    def _arrived(self, entry: Recorded, octets: tuple[bytes, int] | None) -> Held | None:
        """Find the packet under way that this step heard, by its number or else by its octets."""
        if entry.heard is None and octets is None and not came_from_wire(entry.step.event):
            return None
        for held in self._held:
            if held.receiver != entry.end:
                continue
            if entry.heard is not None:
                if held.number == entry.heard:
                    return held
            elif octets is not None:
                if held.octets == octets[0]:
                    return held
            elif "corrupted" in held.fate:
                return held
        return None

    def say(
        self, entry: Recorded, session: Session, fates: tuple[WireEvent, ...]
    ) -> Iterator[Held]:
        """Return the packets that the step sent, each with its fate in `fates`."""
        end, step = entry.end, entry.step
        left, numbers = _by_packet(fates), iter(entry.sent)
        for effect in step.effects:
            for octets in _octets_sent(effect, session):
                number = next(numbers, None)
                to = _to(effect) or session.peer or UNKNOWN
                ways = (end, _other(end)), (UNKNOWN, to)
                held = self._new(*ways, octets, step.now, number)
                fate = next((left[name].popleft() for name in _names(held) if left.get(name)), None)
                if fate is not None:
                    held = held.marked(*fate.fate)
                if not (held.lost or held.is_uncaptured) and held.receiver != NOBODY:
                    self._held.append(held)
                    del self._held[:-UNDER_WAY]
                yield held

    def _new(
        self,
        ends: tuple[str, str],
        way: tuple[Address, Address],
        octets: tuple[bytes, int],
        now: float,
        number: int | None,
    ) -> Held:
        """Return a packet with its number in the trace, or else with the next number."""
        self._sent += 1
        sender, receiver = ends
        known = receiver if receiver in self._ends else NOBODY
        name = self._sent if number is None else number
        now -= self._start
        return Held(name, sender, known, *way, octets[0], now, now, octets[1], (), None)


def sent_by(entry: Recorded | None) -> Callable[[WireEvent], bool]:
    """Return a function that tells whether a record is of a packet that this step sent."""
    sent = frozenset(() if entry is None else entry.sent)
    when = None if entry is None else (entry.end, entry.step.now)
    return lambda wire: (
        (wire.sender, wire.now) == when if wire.packet is None else wire.packet in sent
    )


def _other(end: str) -> str:
    return "server" if end == "client" else "client"


def _to(effect: Effect) -> Address | None:
    return effect.to if isinstance(effect, Send) else None


def _by_packet(fates: Iterable[WireEvent]) -> dict[int | bytes, deque[WireEvent]]:
    """Return the records by the number of their packet, or else by its first octets."""
    found: defaultdict[int | bytes, deque[WireEvent]] = defaultdict(deque)
    for wire in fates:
        found[wire.head[:4] if wire.packet is None else wire.packet].append(wire)
    return found


def _names(held: Held) -> tuple[int | bytes, ...]:
    """Return the keys by which a record can name this packet."""
    return held.number, held.octets[:4]


def _octets_heard(event: Event, session: Session) -> tuple[bytes, int] | None:
    """Return the known octets of the packet that was heard, and its length, or None."""
    if getattr(event, "count", 1) > 1 or isinstance(event, EmptyReceived):
        return None
    return next(((one.octets, one.size) for one in heard_datagrams(event, session.request)), None)


def _octets_sent(effect: Effect, session: Session) -> Iterator[tuple[bytes, int]]:
    """Yield the known octets of each packet that the effect sends, and the packet's length."""
    match effect:
        case Send(packet):
            octets = build(packet)
            yield octets, len(octets)
        case SendAcks(first, stride, count):
            yield from ((ack_octets(first + n * stride), 4) for n in range(count))
        case SendBlocks(first, count):
            size = session.size if isinstance(session, Sender) else 0
            for block in range(first, first + count):
                left = size - (block - 1) * session.blksize
                yield data_header(block), 4 + max(0, min(session.blksize, left))
        case _:
            return
