"""Predict the next DATA and ACK of a transfer without faults: nearly all packets of a capture.

Asking both machines for each packet takes twenty times longer than reading it. As long as each
packet is the predicted one, it is only counted. This is header prediction, as in `driver`. The
first other packet ends the run: both machines take the whole run as one event each, and this packet
is handled normally.
"""

from __future__ import annotations

from tftp_fsm.capture.reading.datagram import Captured
from tftp_fsm.explain.packets.seen import look
from tftp_fsm.explain.transfer.due import Due, Item
from tftp_fsm.explain.transfer.endpoint import Endpoint, receiver_of, sender_of
from tftp_fsm.explain.transfer.transfer import Transfer
from tftp_fsm.protocol.events import AckReceived, DataReceived
from tftp_fsm.protocol.rows import State
from tftp_fsm.wire.headers import HEADER

_DATA, _ACK = 3, 4
BACK = 100_000_000  # nanoseconds; captures of several queues are out of order by much less
AHEAD = 600_000_000_000  # nanoseconds; no end waits this long
ONE_BY_ONE = 64  # blocks of an open window that the receiver's machine hears one by one


class Quiet:
    """A run. It begins when block `acked` is acknowledged and nothing else is under way."""

    __slots__ = (
        "_asked",
        "_data_head",
        "_last_ack",
        "_last_data",
        "_on_block",
        "_room",
        "_turn_of_receiver",
        "_turn_of_sender",
        "_window",
        "acked",
        "full",
        "kept",
        "sender",
        "sent",
        "since",
        "start",
        "transfer",
    )

    def __init__(self, transfer: Transfer, acked: int, kept: int, since: int) -> None:
        self.transfer, self.sender = transfer, transfer.sender
        self.acked = self.sent = self.start = acked
        self.kept = kept
        self.full = transfer.blksize + HEADER.size
        self._window = self._room = transfer.windowsize
        self.since = since
        self._asked = transfer.sides[transfer.sender].asked_at or 0
        self._turn_of_sender = transfer.sides[transfer.sender].turn
        self._turn_of_receiver = transfer.sides[transfer.receiver].turn
        self._on_block = transfer.on_block
        self._last_data: Captured | None = None
        self._last_ack: Captured | None = None
        self._data_head = HEADER.pack(_DATA, (acked + 1) & 0xFFFF)

    def data(self, datagram: Captured) -> bool:
        """Take a datagram of the sender. Return False if it is not the predicted DATA."""
        octets = datagram.octets
        if octets[:4] != self._data_head or datagram.size != self.full or not self._room:
            return False
        at = datagram.at
        if at is None or datagram.fragments > 1 or not -BACK <= at - self.since <= AHEAD:
            return False
        if self._asked and self._room == self._window:
            self._turn_of_sender.add(at - self._asked)
        self._room -= 1
        self.sent = sent = self.sent + 1
        self._data_head = HEADER.pack(_DATA, (sent + 1) & 0xFFFF)
        self.since = at
        self._last_data = datagram
        if self._on_block is not None:
            self.kept += 1
            self._on_block(self.kept, octets[4:], datagram.is_cut)
        return True

    def ack(self, datagram: Captured) -> bool:
        """Take a datagram of the receiver. Return False if it is not the ACK of a whole window."""
        if self._room or datagram.octets != HEADER.pack(_ACK, self.sent & 0xFFFF):
            return False
        at = datagram.at
        if at is None or not -BACK <= at - self.since <= AHEAD:
            return False
        self._turn_of_receiver.add(at - self.since)
        self._room = self._window
        self.acked = self.sent
        self.since = self._asked = at
        self._last_ack = datagram
        return True

    # -- The end of the run -----------------------------------------------------------------------

    def leave(self) -> None:
        """Let both machines take the run."""
        transfer = self.transfer
        sender, receiver = transfer.ends[transfer.sender], transfer.ends[transfer.receiver]
        now = transfer.seconds(self.since)
        if self.sent > self.start:
            self._hear_data(receiver, now)
            self._hear_acks(sender, now)
            self._count()

    def _hear_data(self, receiver: Endpoint, now: float) -> None:
        """Let the receiver hear the run. Only acknowledged blocks are known to have arrived."""
        source = receiver.session.peer
        blocks = self.acked - self.start
        if blocks:
            event = DataReceived(
                (self.start + 1) & 0xFFFF, self.transfer.blksize, count=blocks, source=source
            )
            receiver.session.handle(event, now)
            receiver.due = Due()
            receiver.confirm()
        rest = self.sent - self.acked
        each = 1 if rest <= ONE_BY_ONE else rest
        for block in range(self.acked + 1, self.sent + 1, each):
            event = DataReceived(block & 0xFFFF, self.transfer.blksize, count=each, source=source)
            receiver.hear(event, now)

    def _hear_acks(self, sender: Endpoint, now: float) -> None:
        """Let the sender hear the ACKs. The last one is confirmed only by later DATA."""
        windows = (self.acked - self.start) // self._window
        source = sender.session.peer
        if windows > 1:
            first = (self.start + self._window) & 0xFFFF
            sender.session.handle(AckReceived(first, windows - 1, source), now)
            sender.due = Due((Item("DATA", self.acked - self._window + 1, self._window),))
        if windows:
            sender.due.take("DATA", self.acked & 0xFFFF)
            sender.confirm()
            sender.hear(AckReceived(self.acked & 0xFFFF, source=source), now)
        if self.sent > self.acked:
            sender.due.take("DATA", self.sent & 0xFFFF)
            sender.confirm()

    def _count(self) -> None:
        transfer = self.transfer
        sender, receiver = transfer.sides[transfer.sender], transfer.sides[transfer.receiver]
        sender.packets += self.sent - self.start
        receiver.packets += (self.acked - self.start) // self._window
        for side, last in ((sender, self._last_data), (receiver, self._last_ack)):
            if last is not None:
                side.last, side.last_at = look(last), last.at or 0
                side.repeats = 0
        open_blocks = self.sent - self.acked
        sender.alone, receiver.alone = (1, 0) if open_blocks else (0, 1)
        sender.alone_again = receiver.alone_again = 0
        transfer.top[transfer.sender] = self.sent
        transfer.top[transfer.receiver] = self.acked
        transfer.last_at = self.since
        sender.asked_at = self.since if not open_blocks else None
        receiver.asked_at = None if self._room else self.since


def quiet_of(transfer: Transfer) -> Quiet | None:
    """Return a run if only the next window is due, both ends agree, and no question is open."""
    if not _may_be_quiet(transfer):
        return None
    server = transfer.ends["server"]
    ends = {True: server, False: transfer.ends["client"]}
    sending, receiving = ends[transfer.sender == "server"], ends[transfer.receiver == "server"]
    sender, receiver = sender_of(sending), receiver_of(receiving)
    if sender is None or receiver is None:
        return None
    agree = sender.acked > 0 and receiver.received == receiver.acknowledged
    agree &= (receiver.next_number - sender.acked - 1) & 0xFFFF == 0
    agree &= transfer.top[transfer.sender] <= sender.acked  # else blocks come that were seen before
    states = sender.state is State.AWAITING_ACK and receiver.state is State.RECEIVING
    due = sending.due.items
    whole = len(due) == 1 and (due[0].kind, due[0].count) == ("DATA", sender.windowsize)
    if not (agree and states and whole and not receiving.due.items):
        return None
    kept = receiver.received + transfer.before_first
    return Quiet(transfer, sender.acked, kept, transfer.last_at)


def _may_be_quiet(transfer: Transfer) -> bool:
    plain = transfer.watch is None and not transfer.log.is_kept and transfer.text is None
    doubts = transfer.doubts
    open_doubts = doubts.ahead, doubts.stranger, doubts.gap, doubts.mover, doubts.moved
    no_doubt = all(each is None for each in open_doubts) and not doubts.early
    known = transfer.file_size is None and "server" in transfer.ends and not transfer.clock_shift
    return plain and no_doubt and known and transfer.error is None
