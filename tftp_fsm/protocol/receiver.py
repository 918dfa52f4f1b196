"""Guards and actions of the side that gets the file: READ_CLIENT and WRITE_SERVER."""

from __future__ import annotations

from enum import Enum, auto
from typing import ClassVar

from tftp_fsm.protocol.events import (
    Commit,
    DataReceived,
    Deliver,
    Event,
    Outcome,
    SendAcks,
)
from tftp_fsm.protocol.rows import State
from tftp_fsm.protocol.session import Session
from tftp_fsm.protocol.timing import RetryPolicy
from tftp_fsm.wire.address import Address
from tftp_fsm.wire.packets import Ack, Request

DALLY_RTOS = 3  # how many RTOs to stay: the sender's first two retransmissions are heard
DALLY_LIMIT = 4  # how many dally times at the most, however often the sender repeats itself
HALF_RING = 0x8000  # block numbers this far behind or more are ahead (16-bit arithmetic)


class BlockPosition(Enum):
    """Where a DATA's number stands, seen from the last block received in order."""

    NEXT = auto()
    REPEAT = auto()
    OLD = auto()
    GAP = auto()
    AHEAD = auto()
    OVERSIZED = auto()


class Receiver(Session):
    """Counts blocks in full: `received` in order, `acknowledged` of them."""

    accepts_data: ClassVar[bool] = True

    def __init__(
        self, request: Request, peer: Address | None = None, retry_policy: RetryPolicy | None = None
    ) -> None:
        super().__init__(request, peer, retry_policy)
        self.received = 0
        self.acknowledged = 0
        self.gap_reported = False
        self._skew = 0
        self._due = 0
        self._dally_ends: float | None = None

    @property
    def next_number(self) -> int:
        """What the peer calls the block that is awaited, before it is cut to 16 bits."""
        return self._number(self.received + 1)

    @property
    def room(self) -> int:
        """How many blocks the peer may send before it hears from us again."""
        return self.acknowledged + self.windowsize - self.received

    @property
    def prediction(self) -> int | None:
        """See `Session.prediction`."""
        quiet = self.state is State.RECEIVING and not self.gap_reported
        return self.next_number if quiet else None

    def variables(self) -> dict[str, object]:
        """See `Session.variables`."""
        block = {"block": self.received, "acknowledged": self.acknowledged}
        return {**block, **super().variables(), "gap_reported": self.gap_reported}

    def renumber(self, by: int) -> None:
        """As if `by` more blocks had come before: a debugger's way to the roll-over."""
        self.received += by
        self.acknowledged += by

    # -- Guards ---------------------------------------------------------------------------------

    def is_next_run(self, event: DataReceived) -> bool:
        """It begins with the block after the last one, and none is too long."""
        return self._place(event) is BlockPosition.NEXT

    def holds_last_block(self, event: DataReceived) -> bool:
        """Shorter than blksize, so the file ends with it (RFC 1350 section 6)."""
        return event.final_octets < self.blksize

    def is_repeat(self, event: DataReceived) -> bool:
        """The block that our last ACK named, again."""
        return self._place(event) is BlockPosition.REPEAT

    def is_old(self, event: DataReceived) -> bool:
        """An earlier block, again."""
        return self._place(event) is BlockPosition.OLD

    def opens_gap(self, event: DataReceived) -> bool:
        """A later block of this window, the first sign that one was lost."""
        return self._place(event) is BlockPosition.GAP and not self.gap_reported

    def is_ahead(self, event: DataReceived) -> bool:
        """A block of the future: of this window after a reported gap, or beyond it."""
        place = self._place(event)
        return place is BlockPosition.AHEAD or (place is BlockPosition.GAP and self.gap_reported)

    def is_oversized(self, event: DataReceived) -> bool:
        """Longer than blksize."""
        return self._place(event) is BlockPosition.OVERSIZED

    def is_unproven(self, event: Event) -> bool:
        """No data has come yet."""
        return self.received == 0

    def _place(self, event: DataReceived) -> BlockPosition:
        if max(event.octets, event.final_octets) > self.blksize:
            return BlockPosition.OVERSIZED
        ahead = (event.block - self.next_number) & 0xFFFF
        behind = (self._number(self.received) - event.block) & 0xFFFF
        if ahead == 0 or self._wraps_to_one(event):
            return BlockPosition.NEXT
        if behind == 0 and self.received:
            return BlockPosition.REPEAT if self.acknowledged == self.received else BlockPosition.OLD
        if ahead < min(self.windowsize, HALF_RING):
            return BlockPosition.GAP
        return BlockPosition.OLD if behind < min(self.received, HALF_RING) else BlockPosition.AHEAD

    def _wraps_to_one(self, event: DataReceived) -> bool:
        """Some peers go from 65535 to 1. In lock-step nothing else can be meant by it."""
        expected = self.next_number & 0xFFFF
        return self.windowsize == 1 and expected == 0 and event.block == 1 and self.received > 0

    def _number(self, block: int) -> int:
        """What the peer calls this block, before it is cut to 16 bits."""
        return block + self._skew

    # -- Actions ----------------------------------------------------------------------------------

    def send_due_acks(self, event: DataReceived) -> None:
        """An ACK for every window that this run fills, before the disk is asked to work."""
        self._follow_wrap(event)
        windows = (self.received + event.count - self.acknowledged) // self.windowsize
        first = self.acknowledged + self.windowsize
        if windows == 1:
            self._send(Ack(self._number(first) & 0xFFFF))
        elif windows > 1:
            self._effects.append(SendAcks(self._number(first), self.windowsize, windows))
        self._due = windows

    def _follow_wrap(self, event: DataReceived) -> None:
        if self._wraps_to_one(event):
            self._skew += 1

    def deliver_run(self, event: DataReceived) -> None:
        """These blocks belong to the file."""
        self._follow_wrap(event)
        self._effects.append(Deliver(self.received + 1, event.count, event.total))
        self.received += event.count
        self.counters.blocks += event.count
        self.counters.octets += event.total
        self.gap_reported = False
        self._note_progress(event.count if self.windowsize == 1 else max(self._due, 1))
        if self._due:
            self.acknowledged += self._due * self.windowsize
            self._note_sent()
        self._due = 0

    def commit(self, event: Event) -> None:
        """Make the file safe."""
        self._effects.append(Commit())

    def send_ack(self, event: Event) -> None:
        """Acknowledge the last block in order; 0 before the first."""
        self.acknowledged = self.received
        self._send(Ack(self._number(self.received) & 0xFFFF))
        self._note_sent()
        if self.deadline is None or not self._resending:
            self._arm()

    def note_gap(self, event: DataReceived) -> None:
        """One report for each gap."""
        self.gap_reported = True
        self.counters.gaps += 1
        self._resending = True

    def repeat_answer(self, event: Event) -> None:
        """Say our last word again; from a time-out on, a gap may be reported anew."""
        self.gap_reported = False
        self._send_answer(event)

    def _send_answer(self, event: Event) -> None:
        self.send_ack(event)

    def dally(self, event: Event) -> None:
        """Tell the user, and stay a while for the final ACK's sake (RFC 1350 section 6)."""
        seconds = self._dally_seconds()
        self.deadline = self._now + seconds
        self._dally_ends = self._now + DALLY_LIMIT * seconds
        self._finish(Outcome.SUCCEEDED)

    def dally_on(self, event: Event) -> None:
        """The sender is still there: stay a while more, within a limit."""
        ends = self._dally_ends if self._dally_ends is not None else self._now
        self.deadline = min(self._now + self._dally_seconds(), ends)

    def _dally_seconds(self) -> float:
        if self.retry_policy.dally is not None:
            return self.retry_policy.dally
        return 0.0 if self.counters.quiet else DALLY_RTOS * self.timer.rto
