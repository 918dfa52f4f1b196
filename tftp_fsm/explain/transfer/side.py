"""Counts of the packets of one side of a transfer, and the times of its answers."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from tftp_fsm.explain.packets.seen import Seen
from tftp_fsm.explain.transfer.spread import Spread

NO_TIMER = 100_000_000  # nanoseconds; hardly any program retransmits sooner
PROMPT = 2_000_000  # nanoseconds; an answer within this time is not a time-out
QUIET = 5_000_000_000  # nanoseconds; a silence of this length has a meaning
STARTED_AGAIN = 2_000_000_000  # nanoseconds; a copy of a request does not come this late
COPY = 20_000_000  # nanoseconds; no timer is shorter, so the same packet is a copy


@dataclass(slots=True)
class Side:
    """Counts of packets, and times in nanoseconds since 1970.

    `turn` has the times from a packet that needs an answer to the answer, without those that have a
    retransmission in between. `slept` is the time before its retransmissions. `alone` counts its
    packets since the other side's last one, and consecutive blocks count once. `lost` counts
    captured packets that seem not to have arrived. `went_back` counts blocks that it has sent again
    because an ACK has reported a gap.
    """

    name: str
    packets: int = 0
    again: int = 0
    copies: int = 0
    went_back: int = 0
    lost: int = 0
    missing: int = 0
    late: int = 0  # answers long after a packet that had to be repeated
    unseen: int = 0  # ACKs of blocks that the capture has missed
    turn: Spread = field(default_factory=Spread)
    slept: int = 0
    asked_at: int | None = None
    last: Seen | None = None
    before: Seen | None = None  # its last packet
    last_at: int = 0
    first_at: int = 0
    alone: int = 0
    repeats: int = 0  # repetitions of its last packet
    longest_wait: int = 0  # before one of its retransmissions
    alone_again: int = 0  # retransmissions since the other side was seen last
    may_be_copy: bool = False  # whether its last packet may be a copy
    is_lone: bool = False  # whether this packet continues no window that is sent again
    shortest_wait: int = 2 * NO_TIMER  # before one of its retransmissions
    windows_again: int = 0  # runs of DATA that it has sent again, one block after the other

    def copy(self) -> Side:
        """A copy. What is counted in one of the two does not change the other."""
        return replace(self, turn=self.turn.copy())

    def heard(self) -> None:
        """Note that the other side was seen."""
        self.alone = self.alone_again = 0

    @property
    def insists(self) -> int:
        """How often it has repeated the same packet at the end, in spite of other packets."""
        return max(self.repeats, self.alone_again)

    @property
    def no_timer(self) -> int:
        """The nanoseconds before which a repeated packet cannot come from its timer."""
        return self.shortest_wait // 2

    @property
    def prompt(self) -> int:
        """The nanoseconds within which a packet is an answer, and hardly a time-out."""
        return max(PROMPT, 4 * (self.turn.median or 0))

    def may_be_timer(self, waited: int) -> bool:
        """Return whether this wait (nanoseconds) fits its timer, and not its answers."""
        return waited >= max(self.no_timer, self.prompt)

    def is_soon(self, at: int) -> bool:
        """Return whether it is too soon for a timer after its last packet."""
        return at - self.last_at < COPY

    def sent(self, seen: Seen, at: int) -> None:
        """Count a packet."""
        if not self.packets:
            self.first_at = at
        self.packets += 1
        is_same = self.last is not None and _alike(self.last, seen)
        if not is_same:
            self.repeats = 0
        elif at - self.last_at >= COPY:
            self.repeats += 1
        self.alone += not self.alone or not self.precedes(seen)
        self.before = self.last
        self.last, self.last_at = seen, at

    def is_copy(self, seen: Seen, at: int) -> bool:
        """Return whether it repeats its last packet too soon for a timer: a copy of the network."""
        return self.last is not None and _alike(self.last, seen) and self.is_soon(at)

    def precedes(self, seen: Seen) -> bool:
        """Return whether the packet is the block after its last one."""
        last = self.last
        is_data = last is not None and last.kind == seen.kind == "DATA"
        return is_data and last is not None and last.block + 1 & 0xFFFF == seen.block

    def is_late(self, at: int, asked: Side) -> bool:
        """Return whether it answers late a packet that the other side, `asked`, has repeated."""
        waited = at - asked.last_at
        usual = 2 * (self.turn.median or 0)
        return asked.repeats > 0 and waited >= max(NO_TIMER, usual)

    def answered(self, at: int) -> None:
        """Note that it has answered."""
        if self.asked_at is not None:
            self.turn.add(at - self.asked_at)
            self.asked_at = None

    def may_repeat(self, seen: Seen) -> None:
        """Note a packet that came again. The next packet tells if the network has copied it."""
        self._was_repeated()
        self.asked_at, self.may_be_copy, self.is_lone = None, True, not self.precedes(seen)

    def goes_on(self, seen: Seen, *, was_seen: bool, was_copy: bool) -> None:
        """Note a packet that was due.

        `was_seen` is true for a block of a window that it had sent before. With `was_copy` its
        packet before counts as a copy on the wire, if it may be one.
        """
        if self.may_be_copy and was_copy and self.is_lone:
            self.copies += 1
            self.may_be_copy = False
        self._was_repeated()
        self.went_back += was_seen
        self.windows_again += was_seen and self._begins_run(seen)

    def _was_repeated(self) -> None:
        """If its packet before might be a copy, count it as sent again."""
        self.again += self.may_be_copy
        self.windows_again += self.may_be_copy and self.is_lone
        self.may_be_copy = False

    def _begins_run(self, seen: Seen) -> bool:
        return seen.kind == "DATA" and not self.precedes(seen)

    def repeated(self, seen: Seen, at: int, since: int) -> bool:
        """Note a repeated packet. Return whether it is only a copy on the wire."""
        self.asked_at = None
        waited = at - self.last_at
        if self.is_copy(seen, at) or (seen.kind == "ACK" and waited < COPY):
            self.copies += 1
            return True
        self.again += 1
        self.windows_again += self._begins_run(seen)
        self.alone_again += 1
        self.slept += max(0, at - since)
        self.longest_wait = max(self.longest_wait, waited)
        if waited >= COPY:  # a sooner one is not from a timer: a gap was reported
            self.shortest_wait = min(self.shortest_wait, waited)
        return False


def _alike(one: Seen, other: Seen) -> bool:
    return (one.kind, one.block, one.size) == (other.kind, other.block, other.size)
