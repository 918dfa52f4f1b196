"""The datagrams that are under way, in the order in which they were sent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from tftp_fsm.debugger.datagrams import Held, whose
from tftp_fsm.debugger.refusals import not_under_way
from tftp_fsm.errors import LocalError
from tftp_fsm.language import sentence
from tftp_fsm.protocol.gloss import end_word
from tftp_fsm.trace.records import ByHand, WireEvent, wire_event
from tftp_fsm.transports.faults import LOST, Fate
from tftp_fsm.wire.address import Address

COPY_LATER = 0.0001  # seconds; a copy comes after its original
SWAPPED_LATER = 0.0001  # seconds; a datagram that is overtaken comes after the other


class Line:
    """`held` are the datagrams under way.

    `tampered` and `notes` have the user's changes to them since the last `take_notes`, and `hands`
    has the variables that the user set.
    """

    def __init__(self) -> None:
        self.held: list[Held] = []
        self.sent = 0
        self.tampered: list[WireEvent] = []
        self.notes: list[str] = []
        self.hands: list[ByHand] = []

    def put(
        self,
        ends: tuple[str, str],
        way: tuple[Address, Address],
        octets: bytes,
        times: tuple[float, float],
    ) -> Held:
        """Add a datagram: (sender, receiver), (source, to), octets, (sent, due)."""
        self.sent += 1
        held = Held(self.sent, *ends, *way, octets, *times, len(octets))
        self.held.append(held)
        return held

    def mark(self, held: Held, *fate: str) -> Held:
        """Note what happened to a datagram on its way."""
        marked = held.marked(*fate)
        self.held[self.held.index(held)] = marked
        return marked

    def find(self, number: int) -> Held:
        """The datagram of this number. LocalError: it is not under way."""
        for held in self.held:
            if held.number == number:
                return held
        raise not_under_way(number, [held.number for held in self.held])

    def first_due(self) -> Held | None:
        """The datagram that arrives next if the user does nothing."""
        return min(self.held, key=lambda held: (held.due, held.number), default=None)

    def take(self, number: int) -> Held:
        """Remove a datagram from the line, because it arrives now or is lost."""
        held = self.find(number)
        self.held.remove(held)
        return held

    def apply(self, held: Held, fate: Fate) -> Held:
        """Apply this fate to `held`. Return the changed datagram."""
        if not fate.delays:
            return self.take(held.number).marked(*fate.mishaps)
        octets = fate.applied_to(held.octets)
        size = held.size + len(octets) - len(held.octets)
        due = held.due + fate.delays[0]
        changed = replace(held, octets=octets, size=size, due=due).marked(*fate.mishaps)
        self.held[self.held.index(held)] = changed
        for delay in fate.delays[1:]:
            self._copy(changed, held.due + delay)
        return changed

    # -- Actions of the user ----------------------------------------------------------------------

    def lose(self, number: int) -> None:
        """Lose the datagram."""
        held = self.find(number)
        self._tamper(held, LOST, sentence("{packet}: dropped by hand", packet=whose(held)))

    def duplicate(self, number: int) -> None:
        """Let a copy arrive a moment later."""
        twice = Fate((0.0, COPY_LATER), mishaps=("duplicated",))
        held = self.find(number)
        self._tamper(held, twice, sentence("{packet}: doubled by hand", packet=whose(held)))

    def delay(self, number: int, seconds: float) -> None:
        """Let the datagram arrive `seconds` later."""
        late = Fate((seconds,), mishaps=("delayed",))
        held = self.find(number)
        words = sentence(
            "{packet}: {seconds:g} s later, by hand", packet=whose(held), seconds=seconds
        )
        self._tamper(held, late, words)

    def swap(self, number: int) -> None:
        """Let the next datagram of its direction arrive first. LocalError: there is none."""
        held = self.find(number)
        in_time = sorted(self.held, key=lambda other: (other.due, other.number))
        after = [h for h in in_time[in_time.index(held) + 1 :] if h.receiver == held.receiver]
        if not after:
            raise LocalError(
                sentence(
                    "no packet follows packet {number} to {end}: use `delay`",
                    number=number,
                    end=end_word(held.receiver),
                )
            )
        late = Fate((after[0].due + SWAPPED_LATER - held.due,), mishaps=("reordered",))
        words = sentence("{packet}: overtaken by {other}", packet=whose(held), other=after[0].words)
        self._tamper(held, late, words)

    def replace(self, number: int, octets: bytes) -> None:
        """Let other octets arrive in its place."""
        held = self.find(number)
        other = replace(held, octets=octets, size=len(octets))
        edited = Fate(mishaps=("edited",), octets=octets)
        words = sentence(
            "{packet} is now {other}: edited by hand", packet=whose(held), other=other.words
        )
        self._tamper(held, edited, words)

    def change_all(self, change: Callable[[Held], bytes]) -> None:
        """Change the octets of all datagrams. The caller makes the note about it."""
        self.held = [replace(held, octets=change(held)) for held in self.held]

    def take_notes(self) -> tuple[tuple[str, ...], tuple[WireEvent, ...], tuple[ByHand, ...]]:
        """Return the user's changes since the last call, in words and as records of a trace."""
        done = tuple(self.notes), tuple(self.tampered), tuple(self.hands)
        self.notes, self.tampered, self.hands = [], [], []
        return done

    def set_by_hand(self, hand: ByHand) -> None:
        """Note that the user set a variable."""
        self.hands.append(hand)
        self.notes.append(hand.note)

    def _tamper(self, held: Held, fate: Fate, words: str) -> None:
        self.apply(held, fate)
        self.tampered.append(fate_record(held, fate))
        self.notes.append(words)

    def _copy(self, held: Held, due: float) -> None:
        self.sent += 1
        twin = replace(held, number=self.sent, due=due, copy_of=held.origin)
        twin = twin.marked(f"copy of {held.number}")
        self.held.insert(self.held.index(held) + 1, twin)


def fate_record(held: Held, fate: Fate) -> WireEvent:
    """Return the trace's record of a datagram with this fate."""
    ends = held.sender, held.receiver
    return wire_event(held.sent, *ends, held.octets, fate, held.size, held.origin)
