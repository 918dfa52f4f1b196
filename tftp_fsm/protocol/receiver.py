"""Guards and actions of the side that receives the file: READ_CLIENT and WRITE_SERVER."""

from __future__ import annotations

from enum import Enum, auto

from tftp_fsm.language.sentences import sentence
from tftp_fsm.lazy import ClassVar
from tftp_fsm.protocol.events import Commit, DataReceived, Deliver, Event, Outcome, SendAcks
from tftp_fsm.protocol.operands import compares
from tftp_fsm.protocol.rows import State
from tftp_fsm.protocol.session import Session
from tftp_fsm.protocol.timing import BURST, RetryPolicy
from tftp_fsm.wire.address import Address
from tftp_fsm.wire.headers import HALF_RING
from tftp_fsm.wire.kinds import Ack, Request

DALLY_RTOS = 3  # RTOs to dally: long enough for the sender's first two retransmissions
DALLY_MOST = 3.0  # seconds; the file is safe, and the user waits
DALLY_LIMIT = 4  # dally times at most, even if the sender repeats the last block more often


class BlockPosition(Enum):
    """The position of a DATA's number, relative to the last block received in order."""

    NEXT = auto()
    REPEAT = auto()
    OLD = auto()
    GAP = auto()
    AHEAD = auto()
    OVERSIZED = auto()


class Receiver(Session):
    """The receiving side. Its counts of blocks do not wrap at 65535.

    `received` blocks have arrived in order, and `acknowledged` of them are acknowledged.
    """

    accepts_data: ClassVar[bool] = True

    def __init__(
        self, request: Request, peer: Address | None = None, retry_policy: RetryPolicy | None = None
    ) -> None:
        super().__init__(request, peer, retry_policy)
        self.received: int = 0
        self.acknowledged: int = 0
        self.gap_reported: bool = False
        self._skew = 0
        self._due = 0
        self._acknowledged_at: float | None = None
        self._dally_ends: float | None = None

    @property
    def next_number(self) -> int:
        """The peer's number of the next block, before it is cut to 16 bits."""
        return self._number(self.received + 1)

    @property
    def room(self) -> int:
        """The number of blocks that the peer may send before it needs another ACK."""
        return self.acknowledged + self.windowsize - self.received

    @property
    def prediction(self) -> int | None:
        quiet = self.state is State.RECEIVING and not self.gap_reported
        return self.next_number if quiet else None

    @property
    def awaits(self) -> str:
        if self.state is not State.RECEIVING:
            return super().awaits
        return sentence("block {block}", block=self.received + 1)

    def variables(self) -> dict[str, object]:
        block = {"block": self.received, "acknowledged": self.acknowledged}
        return {**block, **super().variables(), "gap_reported": self.gap_reported}

    def renumber(self, by: int) -> None:
        """Count as if `by` more blocks had come before. So a debugger can reach block 65535."""
        self.received += by
        self.acknowledged += by

    # -- Operands of the guards -------------------------------------------------------------------

    @property
    def wanted(self) -> int | str:
        """The number of the next block on the wire. At a wrap there are two possible numbers."""
        return "0 or 1" if self._may_wrap_to_one() else self.next_number & 0xFFFF

    @property
    def last_block(self) -> int | None:
        """The number of the last block in order, or None before the first."""
        return self._number(self.received) & 0xFFFF if self.received else None

    @property
    def unacknowledged(self) -> int:
        """The number of blocks that have come in order since the last ACK."""
        return self.received - self.acknowledged

    @property
    def burst_left(self) -> float | None:
        """The seconds for which the last ACK still answers copies of its block, or None."""
        at = self._acknowledged_at
        left = 0.0 if at is None else at + BURST - self._now
        return left if left > 0 else None

    def excess_octets(self, event: DataReceived) -> int | None:
        """The number of octets that the longest block has beyond blksize, or None."""
        excess = event.longest - self.blksize
        return excess if excess > 0 else None

    # -- Guards ---------------------------------------------------------------------------------

    @compares("block", "wanted", "excess_octets")
    def is_next_run(self, event: DataReceived) -> bool:
        """It begins with the next block, and no block is longer than blksize."""
        return self._place(event) is BlockPosition.NEXT

    @compares("final_octets", "blksize")
    def holds_last_block(self, event: DataReceived) -> bool:
        """Its last block is shorter than blksize: the file ends (RFC 1350 section 6)."""
        return event.final_octets < self.blksize

    @compares("block", "last_block", "unacknowledged", "excess_octets", "burst_left")
    def is_repeat(self, event: DataReceived) -> bool:
        """The block of the last ACK came again, and that ACK may be lost."""
        return self._place(event) is BlockPosition.REPEAT and not self._was_just_answered()

    @compares("block", "last_block", "unacknowledged", "excess_octets", "burst_left")
    def is_burst(self, event: DataReceived) -> bool:
        """It is that block too, but it came directly after its first copy: one ACK answers both."""
        return self._place(event) is BlockPosition.REPEAT and self._was_just_answered()

    @compares("block", "wanted", "received", "unacknowledged", "windowsize", "excess_octets")
    def is_old(self, event: DataReceived) -> bool:
        """An earlier block came again."""
        return self._place(event) is BlockPosition.OLD

    @compares("block", "wanted", "windowsize", "gap_reported", "excess_octets")
    def opens_gap(self, event: DataReceived) -> bool:
        """It is a later block of this window, and no gap has been reported yet."""
        return self._place(event) is BlockPosition.GAP and not self.gap_reported

    @compares("block", "wanted", "received", "windowsize", "gap_reported", "excess_octets")
    def is_ahead(self, event: DataReceived) -> bool:
        """It is a later block of this window after a reported gap, or a block beyond the window."""
        place = self._place(event)
        return place is BlockPosition.AHEAD or (place is BlockPosition.GAP and self.gap_reported)

    @compares("longest", "blksize")
    def is_oversized(self, event: DataReceived) -> bool:
        """A block is longer than blksize."""
        return self._place(event) is BlockPosition.OVERSIZED

    @compares("received")
    def is_at_start(self, event: Event) -> bool:
        """No data has come yet."""
        return self.received == 0

    def _was_just_answered(self) -> bool:
        """Return whether DATA was acknowledged a moment ago.

        An ACK after a time-out does not count: a copy that comes then is a retransmission.
        """
        return self.burst_left is not None

    def _place(self, event: DataReceived) -> BlockPosition:
        if self.excess_octets(event) is not None:
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
        """Return whether the peer gives number 1 to the block after 65535 (in lock-step)."""
        return event.block == 1 and self._may_wrap_to_one()

    def _may_wrap_to_one(self) -> bool:
        return self.windowsize == 1 and self.next_number & 0xFFFF == 0 and self.received > 0

    def _number(self, block: int) -> int:
        """Return the peer's number of this block, before it is cut to 16 bits."""
        return block + self._skew

    # -- Actions ----------------------------------------------------------------------------------

    def send_due_acks(self, event: DataReceived) -> None:
        """Send an ACK for every window that this run completes, before the blocks are written."""
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
        """Append these blocks to the file."""
        self._follow_wrap(event)
        self._effects.append(Deliver(self.received + 1, event.count, event.total))
        self.received += event.count
        self.counters.blocks += event.count
        self.counters.octets += event.total
        self.counters.duplicates += event.repeats
        self.gap_reported = False
        self._note_progress(event.count if self.windowsize == 1 else max(self._due, 1))
        if self._due:
            self.acknowledged += self._due * self.windowsize
            self._acknowledged_at = self._now
            self._note_sent()
        self._due = 0

    def commit(self, event: Event) -> None:
        """Save the file under its name."""
        self._effects.append(Commit())

    def send_ack(self, event: Event) -> None:
        """Acknowledge the last block in order, or block 0 before the first has come."""
        self.acknowledged = self.received
        self._acknowledged_at = self._now if isinstance(event, DataReceived) else None
        self._send(Ack(self._number(self.received) & 0xFFFF))
        self._note_sent()
        if self.deadline is None or not self._resending:
            self._arm()

    def note_gap(self, event: DataReceived) -> None:
        """Note that this gap is reported. Each gap is reported once."""
        self.gap_reported = True
        self.counters.gaps += 1
        self._resending = True

    def repeat_answer(self, event: Event) -> None:
        """Send the last answer again. The next gap may be reported again."""
        self.gap_reported = False
        self._send_answer(event)

    def _send_answer(self, event: Event) -> None:
        self.send_ack(event)

    def dally(self, event: Event) -> None:
        """Tell the user, and dally in case the final ACK is lost (RFC 1350 section 6)."""
        seconds = self._dally_seconds()
        self.deadline: float | None = self._now + seconds
        self._dally_ends = self._now + DALLY_LIMIT * seconds
        self._finish(Outcome.SUCCEEDED)

    def dally_on(self, event: Event) -> None:
        """The sender is still there: dally longer, but not past the limit."""
        ends = self._dally_ends if self._dally_ends is not None else self._now
        self.deadline = min(self._now + self._dally_seconds(), ends)

    def _dally_seconds(self) -> float:
        if self.retry_policy.dally is not None:
            return self.retry_policy.dally
        return 0.0 if self.counters.quiet else min(DALLY_RTOS * self.timer.rto, DALLY_MOST)
