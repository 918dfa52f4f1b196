"""Datagrams in flight: find them again when they arrive, and note the faults of the wire."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from tftp_fsm.ladder.identity import Identity, identity_of_octets
from tftp_fsm.ladder.model import Moment
from tftp_fsm.trace.records import WireEvent

FATES = 16  # faults of one datagram that are kept
LIKELY = 32  # of many equal flights, only this many of the first and of the last are candidates


@dataclass(slots=True, eq=False)
class Flight:
    """A datagram in flight. `due` has the expected arrival of each copy (seconds), if known.

    `number` is its name in a debugger's run, or None. `copies` have not arrived yet.
    """

    sender: str
    identity: Identity
    words: str
    sent: Moment
    again: bool
    why: str
    number: int | None = None
    copies: int = 1
    due: list[float] = field(default_factory=list)
    fate: tuple[str, ...] = ()
    judged: bool = False
    arrived: list[Moment] = field(default_factory=list)
    arrived_why: str = ""
    moves: bool = True


class Flights:
    """All datagrams that were sent, in order. `latency` is in seconds, or None if unknown.

    A datagram with a number is found by the number. The others are found by kind and block, so each
    search looks only at equal ones.
    """

    def __init__(self, latency: float | None) -> None:
        self.latency = latency
        self.all: list[Flight] = []
        self._numbered: dict[int, Flight] = {}
        self._alike: defaultdict[Identity, list[Flight]] = defaultdict(list)

    def add(self, flight: Flight) -> None:
        """Add a datagram that is in flight now."""
        if self.latency is not None:
            flight.due = [flight.sent.at + self.latency]
        self.all.append(flight)
        if flight.number is None:
            self._alike[flight.identity].append(flight)
        else:
            self._numbered[flight.number] = flight

    def lose_sight(self) -> None:
        """Forget the last datagram: it went to a stranger, who has no lane."""
        lost = self.all[-1]
        lost.copies, lost.fate = 0, ("unseen", "elsewhere")
        self._retire(lost)

    def find(self, end: str, identity: Identity, now: float) -> Flight | None:
        """Return the flight that most likely arrives here, and take one copy out of it."""
        fits = [f for f in self._likely(identity) if f.sender != end]
        if not fits:
            return None
        found = min(fits, key=lambda f: min((abs(due - now) for due in f.due), default=0.0))
        self._land(found, now)
        return found

    def _likely(self, identity: Identity) -> list[Flight]:
        """Return the flights of this kind and block. If there are many: the first and the last."""
        alike = self._alike[identity]
        return alike if len(alike) <= 2 * LIKELY else alike[:LIKELY] + alike[-LIKELY:]

    def numbered(self, number: int, now: float) -> Flight | None:
        """The flight of this number, or None if its sender is not in the trace."""
        found = self._numbered.get(number)
        if found is not None:
            self._land(found, now)
        return found

    def _land(self, flight: Flight, now: float) -> None:
        flight.copies -= 1
        if flight.due:
            flight.due.remove(min(flight.due, key=lambda due: abs(due - now)))
        self._retire(flight)

    def _retire(self, flight: Flight) -> None:
        """Remove a flight that has no copy left from the search."""
        if flight.copies < 1 and flight.number is None:
            _remove(self._alike[flight.identity], flight)

    def impair(self, wire: WireEvent) -> None:
        """Apply a fault of the wire to its packet. Without a number `_alike_flight` finds it.

        In a debugger one packet can have two faults: it is delayed first, and dropped later.
        """
        if wire.packet is None:
            flight = self._alike_flight(wire)
        else:
            flight = self._numbered.get(wire.packet)
        if flight is not None and flight.judged:
            self._judge_again(flight, wire)
        elif flight is not None:
            self._judge(flight, wire)

    def _alike_flight(self, wire: WireEvent) -> Flight | None:
        """Return the packet of this kind and block that was sent at that time, or last before."""
        alike = reversed(self._likely(identity_of_octets(wire.head)))
        before = [f for f in alike if f.sender == wire.sender and f.sent.at <= wire.now]
        fresh = next((f for f in before if not f.judged), None)
        judged = next((f for f in before if f.judged and f.sent.at == wire.now), None)
        if fresh is not None and (judged is None or fresh.sent.at == wire.now):
            return fresh
        return judged

    def _judge_again(self, flight: Flight, wire: WireEvent) -> None:
        """Apply the fault to one copy. Each copy has a delay, and a lost one has none."""
        flight.copies += len(wire.delays) - 1
        flight.fate = (*flight.fate, *wire.fate)[-FATES:]
        if flight.due and self.latency is not None:
            flight.due[-1:] = [wire.now + self.latency + delay for delay in wire.delays]
        if not flight.copies:
            flight.fate = wire.fate
            self._retire(flight)

    def _judge(self, flight: Flight, wire: WireEvent) -> None:
        flight.judged = True
        flight.fate = wire.fate
        flight.copies = len(wire.delays)
        if self.latency is not None:
            flight.due = [wire.now + self.latency + delay for delay in wire.delays]
        if flight.number is None:
            _remove(self._alike[flight.identity], flight)
            flight.identity = _damaged(flight.identity, wire)
            self._alike[flight.identity].append(flight)
        self._retire(flight)


def _remove(alike: list[Flight], flight: Flight) -> None:
    """Remove a flight. First look among the first ones and the last ones, which is faster."""
    likely = (*range(min(LIKELY, len(alike))), *range(-min(LIKELY, len(alike)), 0))
    at = next((at for at in likely if alike[at] is flight), None)
    del alike[alike.index(flight) if at is None else at]


def _damaged(identity: Identity, wire: WireEvent) -> Identity:
    """The identity of a packet after a bit of it was changed on the way."""
    if wire.flipped is None or wire.flipped >= 8 * len(wire.head):
        return identity
    damaged = bytearray(wire.head)
    damaged[wire.flipped // 8] ^= 1 << wire.flipped % 8
    return identity_of_octets(bytes(damaged))
