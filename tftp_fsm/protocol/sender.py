"""Guards and actions of the side that sends the file: WRITE_CLIENT and READ_SERVER."""

from __future__ import annotations

from enum import Enum, auto

from tftp_fsm.language.sentences import sentence
from tftp_fsm.protocol.events import AckReceived, EndFound, Event, SendBlocks
from tftp_fsm.protocol.operands import compares
from tftp_fsm.protocol.rows import State
from tftp_fsm.protocol.session import Session
from tftp_fsm.protocol.timing import RetryPolicy
from tftp_fsm.wire.address import Address
from tftp_fsm.wire.headers import HALF_RING
from tftp_fsm.wire.kinds import Request
from tftp_fsm.wire.options import Options

PARTS = 4  # the most parts in which a window is sent after losses
NOTHING = -1  # no ACK yet, not even that of block 0, which answers a WRQ or an OACK


class AckMeaning(Enum):
    """The meaning of an ACK for the sender."""

    FILE = auto()
    WINDOW = auto()
    GAP = auto()
    PART = auto()
    STALE = auto()
    UNSENT = auto()


class Sender(Session):
    """The sending side. Its counts of blocks do not wrap at 65535.

    `acked` is the last block that was acknowledged. ACK 0 answers a WRQ or an OACK. `sent` is the
    last block that was ever sent, `blocks` is the number of the file's blocks, and `burst` is the
    number of blocks that are sent at once. `size` is in octets on the wire. If `is_counted` is
    false, it is an upper limit until `EndFound` tells the true size.
    """

    def __init__(
        self,
        request: Request,
        size: int,
        peer: Address | None = None,
        retry_policy: RetryPolicy | None = None,
        is_counted: bool = True,
    ) -> None:
        super().__init__(request, peer, retry_policy)
        self.size: int = size
        self.is_counted: bool = is_counted
        self.acked: int = NOTHING
        self.sent: int = 0
        self.burst: int = 1
        self._next = 1
        self._resent = NOTHING
        self._run_from = 0
        self._timed = 0
        self._heard_ack = False

    @property
    def blocks(self) -> int:
        """The number of the file's blocks. A multiple of blksize ends with an empty block."""
        return self.size // self.blksize + 1

    @property
    def window_end(self) -> int:
        """The last block of this window. After its ACK the next window may be sent."""
        return 0 if self.acked < 0 else min(self.acked + self.windowsize, self.blocks)

    @property
    def prediction(self) -> int | None:
        """See `Session.prediction`. The ACK of the last block is not predicted."""
        quiet = self.state is State.AWAITING_ACK and self.burst == self.windowsize
        whole = quiet and self.acked >= 0 and self.sent == self.window_end == self._next - 1
        return self.sent if whole and self.is_counted and self.sent < self.blocks else None

    @property
    def reach(self) -> int:
        """The last block that the answer to the next event may send."""
        is_opening = self.state is State.IDLE  # a request is answered by OACK or by one block
        return self.sent + (1 if is_opening else self.windowsize)

    @property
    def awaits(self) -> str:
        if self.state is not State.AWAITING_ACK:
            return super().awaits
        if self.acked < 0:
            return sentence("the ACK of the OACK")
        return sentence("the ACK of block {block}", block=self.sent)

    def variables(self) -> dict[str, object]:
        block = {"block": self.acked, "sent": self.sent, "blocks": self.blocks}
        return {**block, **super().variables(), "burst": self.burst}

    def renumber(self, by: int) -> None:
        """Count as if `by` more blocks had been sent before. So a debugger can reach 65535."""
        self.size += by * self.blksize
        self.acked += by
        self.sent += by
        self._next += by
        self._run_from += by
        self._timed += by
        self._resent += by if self._resent >= 0 else 0

    def _use_options(self, options: Options) -> None:
        super()._use_options(options)
        self.burst = self.windowsize

    # -- Operands of the guards -------------------------------------------------------------------

    @property
    def next_to_send(self) -> int:
        """The block after the last block that was sent."""
        return self._next

    @property
    def resent(self) -> int | None:
        """The last block that was ever sent twice, or None."""
        return self._resent if self._resent > NOTHING else None

    @property
    def heard_ack(self) -> bool:
        """Whether any ACK with something new has come."""
        return self._heard_ack

    def run(self, event: AckReceived) -> str | None:
        """Words for a run of several ACKs, each of one window: `3 x 4 blocks`, or None."""
        if event.count == 1:
            return None
        return sentence("{number} x {blocks} blocks", number=event.count, blocks=self.windowsize)

    # -- Guards ---------------------------------------------------------------------------------

    @compares("block", "acked", "sent", "blocks", "run")
    def acknowledges_file(self, event: AckReceived) -> bool:
        """It names the last block."""
        return self._place(event) is AckMeaning.FILE

    @compares("block", "acked", "sent", "window_end", "blocks", "run")
    def acknowledges_window(self, event: AckReceived) -> bool:
        """It names the last block of the window."""
        return self._place(event) is AckMeaning.WINDOW

    @compares("block", "acked", "sent", "window_end", "blocks", "run", "windowsize", "resent")
    def reports_gap(self, event: AckReceived) -> bool:
        """It names a block before the last one that was sent: as if the next block was lost."""
        return self._place(event) is AckMeaning.GAP

    @compares("block", "acked", "sent", "window_end", "blocks", "run")
    def acknowledges_part(self, event: AckReceived) -> bool:
        """It names the last block that was sent, and the window goes on after it."""
        return self._place(event) is AckMeaning.PART

    @compares("block", "acked", "sent", "windowsize", "resent")
    def is_stale_ack(self, event: AckReceived) -> bool:
        """It names a block that was acknowledged before."""
        return self._place(event) is AckMeaning.STALE

    @compares("block", "acked", "sent")
    def is_ack_of_unsent(self, event: AckReceived) -> bool:
        """It names a block that was never sent."""
        return self._place(event) is AckMeaning.UNSENT

    @compares("next_to_send", "window_end", "acked")
    def is_pacing(self, event: Event) -> bool:
        """A part of the window is still to be sent."""
        return self._next <= self.window_end and self.acked >= 0

    @compares("sent", "blocks")
    def has_sent_all(self, event: Event) -> bool:
        """The last block of the file has been sent."""
        return self.sent == self.blocks

    @compares("heard_ack")
    def is_at_start(self, event: Event) -> bool:
        """No ACK has come yet."""
        return not self._heard_ack

    def _place(self, event: AckReceived) -> AckMeaning:
        behind = (self.acked - event.block) & 0xFFFF
        first = self.acked + (-behind & 0xFFFF)
        last = first + (event.count - 1) * self.windowsize
        if self.acked < first <= self.sent:
            return self._progress(first, last)
        if behind == 0 and self.acked >= 0:
            return AckMeaning.GAP if self._reports_loss() else AckMeaning.STALE
        return AckMeaning.STALE if behind < min(self.acked + 1, HALF_RING) else AckMeaning.UNSENT

    def _progress(self, first: int, last: int) -> AckMeaning:
        if last == self.blocks:
            return AckMeaning.FILE
        if first == self.window_end:
            return AckMeaning.WINDOW
        return AckMeaning.PART if last == self.sent else AckMeaning.GAP

    def _reports_loss(self) -> bool:
        """Return whether a repeated ACK means a lost block: no block of the window was sent twice.

        Otherwise the ACK may answer a retransmission. If the sender answered such an ACK, it would
        send every later block twice (RFC 1123 section 4.2.3.1; compare `recover` in RFC 6582).
        """
        return self.windowsize > 1 and self.sent > self.acked > self._resent

    # -- Actions ----------------------------------------------------------------------------------

    def advance(self, event: AckReceived) -> None:
        """Note that everything up to this block has arrived."""
        self._run_from = self.acked + ((event.block - self.acked) & 0xFFFF)
        acked = self._run_from + (event.count - 1) * self.windowsize
        self.counters.blocks += acked - max(self.acked, 0)
        self.counters.duplicates += event.repeats
        self.acked = acked
        self.counters.octets = min(self.acked * self.blksize, self.size)
        self._heard_ack = True
        if acked < self._timed:  # it answers an earlier packet (RFC 6298 section 3)
            self._sent_at = None
        self._note_progress(event.count)

    def advance_to_start(self, event: Event) -> None:
        """Begin with DATA 1. There is no ACK of block 0 in this opening."""
        self.acked = self._run_from = 0
        self._note_progress()

    def speed_up(self, event: AckReceived) -> None:
        """Send twice as many blocks at once, up to a whole window."""
        self.burst = min(self.windowsize, self.burst * 2)

    def slow_down(self, event: Event) -> None:
        """Send half as many blocks at once (RFC 8085 section 3.1)."""
        least = -(-self.windowsize // PARTS)
        self.burst = max(least, self.burst // 2)
        self._run_from = self.acked

    def note_gap(self, event: AckReceived) -> None:
        """Count the loss that the peer reports."""
        self.counters.gaps += 1

    def note_end(self, event: EndFound) -> None:
        """From now on the size of the file is known."""
        self.size, self.is_counted = event.size, True

    def send_window(self, event: Event) -> None:
        """Send on from the block after the last acknowledged one."""
        if self.acked < 0:
            self._send_opening()
            return
        self._next = self._run_from + 1
        last = self.window_end if self.burst >= self.windowsize else self.acked + self.burst
        self._send_blocks(min(last, self.window_end))

    def send_rest_of_window(self, event: Event) -> None:
        """Send the next part of a window that is sent in parts."""
        self._send_blocks(min(self._next + self.burst - 1, self.window_end))

    def repeat_answer(self, event: Event) -> None:
        """Send the answer to the request again. The deadline stays as it was."""
        self._run_from, due = self.acked, self.deadline
        self.send_window(event)
        self.deadline: float | None = due

    def _send_opening(self) -> None:
        """Send the OACK again. Only a server has an OACK."""

    def _send_blocks(self, last: int) -> None:
        """Send the blocks up to `last`, and note which of them were sent before."""
        first, self._next = self._next, last + 1
        self._timed = first
        again = max(0, min(last, self.sent) - first + 1)
        self._effects.append(SendBlocks(first, last - first + 1))
        self._resending = again > 0
        if again:
            self._resent = max(self._resent, min(last, self.sent))
        self._note_sent(again)
        self.sent = max(self.sent, last)
        if self._next > self.window_end:
            self._arm()
        else:
            pause = self.timer.srtt or self.timer.rto / PARTS
            self.deadline = self._now + min(pause, self.timer.rto)
