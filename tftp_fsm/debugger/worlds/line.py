"""The datagrams that are under way, in the order in which they were sent, and hands on them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from tftp_fsm.debugger.datagrams import Held
from tftp_fsm.errors import LocalError
from tftp_fsm.trace.trace import WireEvent
from tftp_fsm.wire.address import Address

COPY_LATER = 0.0001  # seconds; a copy comes after its original
SWAPPED_LATER = 0.0001  # seconds; one that is overtaken comes after the other


class Line:
    """`held` is what is under way. `meddled` and `notes` are what was done since `take_notes`."""

    def __init__(self) -> None:
        self.held: list[Held] = []
        self.sent = 0
        self.meddled: list[WireEvent] = []
        self.notes: list[str] = []

    def put(
        self,
        ends: tuple[str, str],
        way: tuple[Address, Address],
        octets: bytes,
        times: tuple[float, float],
    ) -> Held:
        """Another one: (sender, receiver), (source, to), and when it was sent and is due."""
        self.sent += 1
        held = Held(self.sent, *ends, *way, octets, *times, len(octets))
        self.held.append(held)
        return held

    def find(self, number: int) -> Held:
        """LocalError where no such datagram is under way."""
        for held in self.held:
            if held.number == number:
                return held
        here = ", ".join(f"{held.number}" for held in self.held) or "none"
        raise LocalError(f"no packet {number} is under way; these are: {here}")

    def first_due(self) -> Held | None:
        """The one that arrives next if nobody meddles."""
        return min(self.held, key=lambda held: (held.due, held.number), default=None)

    def take(self, number: int) -> Held:
        """It is under way no more."""
        held = self.find(number)
        self.held.remove(held)
        return held

    def lose(self, number: int, why: str = "dropped by hand") -> None:
        """It never arrives."""
        held = self.take(number)
        self.tell(held, "lost", ())
        self.notes.append(f"{held.words} of {held.sender}: {why}")

    def duplicate(self, number: int) -> Held:
        """A copy, a moment behind."""
        held = self.find(number)
        copy = self.copy(held, held.due + COPY_LATER)
        self.tell(held, "duplicated", (0.0, COPY_LATER))
        self.notes.append(f"{held.words} of {held.sender}: doubled by hand")
        return copy

    def delay(self, number: int, seconds: float) -> None:
        """It comes so much later."""
        held = self.find(number)
        late = replace(held, due=held.due + seconds).marked("delayed")
        self.exchange(held, late)
        self.tell(held, "delayed", (seconds,))
        self.notes.append(f"{held.words} of {held.sender}: {seconds:g} s later, by hand")

    def swap(self, number: int) -> None:
        """The next one of its direction comes first. LocalError where there is none."""
        held = self.find(number)
        behind = sorted(self.held, key=lambda other: (other.due, other.number))
        after = [h for h in behind[behind.index(held) + 1 :] if h.receiver == held.receiver]
        if not after:
            raise LocalError(
                f"nothing follows packet {number} to {held.receiver}: delay it instead"
            )
        self.exchange(held, replace(held, due=after[0].due + SWAPPED_LATER).marked("overtaken"))
        self.tell(held, "reordered", (after[0].due + SWAPPED_LATER - held.due,))
        self.notes.append(f"{held.words} of {held.sender}: overtaken by {after[0].words}")

    def replace(self, number: int, octets: bytes, why: str = "edited by hand") -> Held:
        """Other octets in its place."""
        held = self.find(number)
        other = replace(held, octets=octets, size=len(octets)).marked("edited")
        self.exchange(held, other)
        self.tell(held, "edited", (held.due - held.sent,))
        self.notes.append(f"{held.words} of {held.sender} is now {other.words}: {why}")
        return other

    def change_all(self, change: Callable[[Held], bytes]) -> None:
        """Each one's octets, without a word: what changed is told elsewhere."""
        self.held = [replace(held, octets=change(held)) for held in self.held]

    def tell(self, held: Held, fate: str, delays: tuple[float, ...]) -> None:
        """For the trace."""
        self.meddled.append(fate_of(held, (fate,), delays))

    def take_notes(self) -> tuple[tuple[str, ...], tuple[WireEvent, ...]]:
        """What was done since the last call."""
        told = tuple(self.notes), tuple(self.meddled)
        self.notes, self.meddled = [], []
        return told

    def exchange(self, old: Held, new: Held) -> Held:
        """`new` is under way in the place of `old`."""
        self.held[self.held.index(old)] = new
        return new

    def copy(self, held: Held, due: float) -> Held:
        """Another one like it, which arrives at `due` (seconds)."""
        self.sent += 1
        twin = replace(held, number=self.sent, due=due).marked(f"copy of {held.number}")
        self.held.insert(self.held.index(held) + 1, twin)
        return twin


def fate_of(
    held: Held, fate: tuple[str, ...], delays: tuple[float, ...], flipped: int | None = None
) -> WireEvent:
    """The trace's record of what befell a datagram. `delays`: seconds beyond the usual latency."""
    is_data = held.octets[:2] == b"\0\3"
    head = held.octets[:4] if is_data else held.octets
    return WireEvent(held.sent, held.sender, held.receiver, head, held.size, fate, delays, flipped)
