"""What one side of a transfer has sent, and how long it took to answer."""

from __future__ import annotations

from dataclasses import dataclass, field

from tftp_fsm.explain.look import Seen
from tftp_fsm.explain.spread import Spread

NO_TIMER = 100_000_000  # nanoseconds; hardly any program waits for less before it sends again
PROMPT = 2_000_000  # nanoseconds; an answer that comes so soon is no time-out
QUIET = 5_000_000_000  # nanoseconds; a silence that tells something
STARTED_AGAIN = 2_000_000_000  # nanoseconds; no copy of a request comes so late
COPY = 20_000_000  # nanoseconds; no timer is shorter, so the same packet is a copy


@dataclass(slots=True)
class Side:
    """Counts of packets, and times in nanoseconds since 1970.

    `turn` has the durations from a packet that asks for an answer to the answer, both as captured;
    those with a retransmission between them are left out. `slept` is the time before its
    retransmissions. `alone` counts what it has sent since the other side was seen last; blocks that
    follow one another count once. `lost` were captured and seem not to have arrived. `went_back`
    counts blocks that it has sent again because an ACK has reported a gap.
    """

    name: str
    packets: int = 0
    again: int = 0
    copies: int = 0
    went_back: int = 0
    lost: int = 0
    missing: int = 0
    late: int = 0  # answers to what had to come again, long after that
    unseen: int = 0  # ACKs of blocks that the capture has not, and that were acknowledged
    turn: Spread = field(default_factory=Spread)
    slept: int = 0
    asked_at: int | None = None
    last: Seen | None = None
    before: Seen | None = None  # its last packet
    last_at: int = 0
    first_at: int = 0
    alone: int = 0
    repeats: int = 0  # of its last packet
    longest_wait: int = 0  # before one of its retransmissions
    alone_again: int = 0  # retransmissions since the other side was seen last
    may_be_copy: bool = False  # its last packet, if that was not heard after all
    shortest_wait: int = 2 * NO_TIMER  # before one of its retransmissions

    def heard(self) -> None:
        """The other side was seen."""
        self.alone = self.alone_again = 0

    @property
    def insists(self) -> int:
        """How often it has sent the same again at the end, whatever the other side sent."""
        return max(self.repeats, self.alone_again)

    @property
    def no_timer(self) -> int:
        """A packet that comes again sooner than this was not sent by a timer."""
        return self.shortest_wait // 2

    @property
    def prompt(self) -> int:
        """An answer comes so soon, in nanoseconds, and hardly any time-out."""
        return max(PROMPT, 4 * (self.turn.median or 0))

    def may_be_timer(self, waited: int) -> bool:
        """It waits for so many nanoseconds before it sends again, and not before it answers."""
        return waited >= max(self.no_timer, self.prompt)

    def is_soon(self, at: int) -> bool:
        """Too soon for a timer after its last packet."""
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
        """The packet is its last one once more, too soon for a timer: the network has copied it."""
        return self.last is not None and _alike(self.last, seen) and self.is_soon(at)

    def precedes(self, seen: Seen) -> bool:
        """The packet is the block behind its last one."""
        last = self.last
        is_data = last is not None and last.kind == seen.kind == "DATA"
        return is_data and last is not None and last.block + 1 & 0xFFFF == seen.block

    def is_late(self, at: int, asked: Side) -> bool:
        """It answers what the other side, `asked`, has sent again, and not soon after that."""
        waited = at - asked.last_at
        usual = 2 * (self.turn.median or 0)
        return asked.repeats > 0 and waited >= max(NO_TIMER, usual)

    def answered(self, at: int) -> None:
        """It has answered what it was asked."""
        if self.asked_at is not None:
            self.turn.add(at - self.asked_at)
            self.asked_at = None

    def repeated(self, seen: Seen, at: int, since: int) -> bool:
        """It has sent a packet again. Returns whether this is only a copy on the wire."""
        self.asked_at = None
        waited = at - self.last_at
        if self.is_copy(seen, at) or (seen.kind == "ACK" and waited < COPY):
            self.copies += 1
            return True
        self.again += 1
        self.alone_again += 1
        self.slept += max(0, at - since)
        self.longest_wait = max(self.longest_wait, waited)
        if waited >= COPY:  # sooner it is no timer: a gap was reported
            self.shortest_wait = min(self.shortest_wait, waited)
        return False


def _alike(one: Seen, other: Seen) -> bool:
    return (one.kind, one.block, one.size) == (other.kind, other.block, other.size)
