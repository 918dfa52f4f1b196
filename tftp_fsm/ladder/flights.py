"""Datagrams in flight: found again when they arrive, with what the wire did to them."""

from __future__ import annotations

from dataclasses import dataclass, field

from tftp_fsm.ladder.identity import Identity, identity_of_octets
from tftp_fsm.ladder.model import Moment
from tftp_fsm.trace.records import WireEvent


@dataclass(slots=True)
class Flight:
    """A datagram in flight. `due`: when each copy is expected (seconds); empty if unknown."""

    sender: str
    identity: Identity
    words: str
    sent: Moment
    again: bool
    why: str
    copies: int = 1
    due: list[float] = field(default_factory=list)
    fate: tuple[str, ...] = ()
    judged: bool = False
    arrived: list[Moment] = field(default_factory=list)
    arrived_why: str = ""
    moves: bool = True


class Flights:
    """All datagrams that were sent, in order. `latency` of the wire in seconds, None if unknown."""

    def __init__(self, latency: float | None) -> None:
        self.latency = latency
        self.all: list[Flight] = []
        self._under_way: list[Flight] = []

    def add(self, flight: Flight) -> None:
        """Add a datagram that is in flight now."""
        if self.latency is not None:
            flight.due = [flight.sent.at + self.latency]
        self.all.append(flight)
        self._under_way.append(flight)

    def is_under_way(self, flight: Flight) -> bool:
        """Whether a copy of it has not arrived yet."""
        return flight in self._under_way

    def lose_sight(self) -> None:
        """Forget the last one: it went to a stranger, who has no lane."""
        lost = self._under_way.pop()
        lost.copies, lost.fate = 0, ("unseen",)

    def find(self, end: str, identity: Identity, now: float) -> Flight | None:
        """The flight that most likely arrives here. One copy less of it is in flight."""
        fits = [f for f in self._under_way if f.sender != end and f.identity == identity]
        if not fits:
            return None
        found = min(fits, key=lambda f: min((abs(due - now) for due in f.due), default=0.0))
        found.copies -= 1
        if found.due:
            found.due.remove(min(found.due, key=lambda due: abs(due - now)))
        if not found.copies:
            self._under_way.remove(found)
        return found

    def impair(self, wire: WireEvent) -> None:
        """Apply what the wire did to the packet of this kind that was sent then, or last before.

        This can happen twice to a packet, in a debugger: it is delayed first, and dropped later.
        """
        identity = identity_of_octets(wire.head)
        same = [f for f in self._under_way if f.sender == wire.sender and f.identity == identity]
        before = [f for f in reversed(same) if f.sent.at <= wire.now]
        fresh = next((f for f in before if not f.judged), None)
        judged = next((f for f in before if f.judged and f.sent.at == wire.now), None)
        if fresh is not None and (judged is None or fresh.sent.at == wire.now):
            self._judge(fresh, wire)
        elif judged is not None:
            self._judge_again(judged, wire)

    def _judge_again(self, flight: Flight, wire: WireEvent) -> None:
        """Apply it to one copy. Each copy has a delay; a lost one has none."""
        flight.copies += len(wire.delays) - 1
        flight.fate = (*flight.fate, *wire.fate)
        if flight.due and self.latency is not None:
            flight.due[-1:] = [wire.now + self.latency + delay for delay in wire.delays]
        if not flight.copies:
            flight.fate = wire.fate
            self._under_way.remove(flight)

    def _judge(self, flight: Flight, wire: WireEvent) -> None:
        flight.judged = True
        flight.fate = wire.fate
        flight.copies = len(wire.delays)
        if self.latency is not None:
            flight.due = [wire.now + self.latency + delay for delay in wire.delays]
        if wire.flipped is not None and wire.flipped < 8 * len(wire.head):
            damaged = bytearray(wire.head)
            damaged[wire.flipped // 8] ^= 1 << wire.flipped % 8
            flight.identity = identity_of_octets(bytes(damaged))
        if not flight.copies:
            self._under_way.remove(flight)
