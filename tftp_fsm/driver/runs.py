"""Runs of predicted exchanges: receiving or sending, in lock-step or with windows.

In a quiet transfer the session knows how the next good DATA or ACK begins, and what its table
will answer. While exactly that arrives, `fill` answers it without a step. `take` then gives the
whole run as one event, for the table to confirm: the driver compares the table's effects with
what was done. Everything else is handled after the run, by a step of its own.

In lock-step a copy of the last block, or of the last ACK, does not end a run. The table ignores it
if it comes within `BURST` seconds, and the run only counts it.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from itertools import chain
from typing import TypeAlias

from tftp_fsm.driver.effects import Effects, Payload
from tftp_fsm.frozen import frozen
from tftp_fsm.protocol.events import (
    AckReceived,
    DataReceived,
    Deliver,
    Effect,
    Event,
    Send,
    SendAcks,
    SendBlocks,
)
from tftp_fsm.protocol.receiver import Receiver
from tftp_fsm.protocol.sender import Sender
from tftp_fsm.protocol.timing import BURST
from tftp_fsm.transports import JOINED
from tftp_fsm.wire.headers import HEADER, Opcode, headers_follow
from tftp_fsm.wire.packets import Ack

OTHERS = 1024  # octets; room for an ERROR with its message, which may come instead
_DATA, _ACK = int(Opcode.DATA), int(Opcode.ACK)

Joined: TypeAlias = tuple[bytes, int]
"""The octets that arrived, and the size of each datagram in them."""

Receive: TypeAlias = Callable[[memoryview], int]
ReceiveJoined: TypeAlias = Callable[[memoryview], tuple[int, int]]
Emit: TypeAlias = Callable[[bytes], int]


@frozen
class Taken:
    """A run that was exchanged: the one event that it was, and the effects that were carried out.

    The table must answer `event` with effects that begin with `done`. `payload` is the file data
    that has still to be written.
    """

    event: Event
    done: tuple[Effect, ...]
    payload: Payload = ()


def slot_room(blksize: int) -> int:
    """Octets for one datagram. One octet more than DATA has shows that a datagram is too long."""
    return max(blksize + 5, OTHERS)


class _Repeats:
    """Counts the copies of what came last, which the table would ignore.

    All answers of a run are sent after it begins. So a copy that comes within BURST seconds of the
    beginning comes within BURST seconds of its answer too.
    """

    count = 0
    repeats = 0
    _size = 0  # of a datagram
    _burst_ends = 0.0

    def __init__(self, effects: Effects) -> None:
        self._now = effects.transport.now

    @property
    def heard(self) -> int:
        """How many datagrams were taken."""
        return self.count + self.repeats

    def _expect(self, size: int) -> None:
        self._size, self.repeats = size, 0
        self._burst_ends = self._now() + BURST

    def _is_repeat(self, octets: int, slot: memoryview, header: tuple[int, int]) -> bool:
        opcode, block = header
        if not self.count or octets != self._size or self._now() >= self._burst_ends:
            return False
        return HEADER.unpack_from(slot) == (opcode, (block - 1) & 0xFFFF)


class ReadRun(_Repeats):
    """Receives DATA and sends ACKs, in lock-step."""

    def __init__(self, effects: Effects, session: Receiver, length: int) -> None:
        super().__init__(effects)
        self._session = session
        self._full = session.blksize + 4
        room = slot_room(session.blksize)
        memory = memoryview(bytearray(room * length))
        self._slots = [memory[at : at + room] for at in range(0, len(memory), room)]
        self._payloads = [slot[4 : self._full] for slot in self._slots]
        self._number = 0

    @property
    def is_foreseen(self) -> bool:
        """The session still predicts what this run was made for."""
        return self._session.prediction is not None and self._session.blksize + 4 == self._full

    @property
    def is_full(self) -> bool:
        """The run has no room for another exchange."""
        return self.count == len(self._slots)

    def fill(self, receive: Receive, emit: Emit, blocking: bool) -> Joined | None:
        """Exchange until the run is full; just once if receiving never blocks.

        Returns what arrived that was not predicted, or None.
        """
        if not self.count:
            self._number = self._session.next_number
            self._expect(self._full)
        number, full, header = self._number + self.count, self._full, HEADER
        for slot in self._slots[self.count : None if blocking else self.count + 1]:
            block = number & 0xFFFF
            ack = header.pack(_ACK, block)
            octets = receive(slot)
            while octets != full or header.unpack_from(slot) != (_DATA, block):
                if not self._is_repeat(octets, slot, (_DATA, block)):
                    return bytes(slot[:octets]), octets
                self.repeats += 1
                if not blocking:
                    return None
                octets = receive(slot)
            emit(ack)
            self.count += 1
            number += 1
        return None

    def take(self) -> Taken | None:
        """The run so far, as one event; None if nothing was exchanged. A new run begins."""
        count, first, self.count = self.count, self._number, 0
        if not count:
            return None
        event = DataReceived(
            first & 0xFFFF,
            self._full - 4,
            count,
            source=self._session.peer,
            repeats=self.repeats,
        )
        said: Effect = Send(Ack(first & 0xFFFF)) if count == 1 else SendAcks(first, 1, count)
        return Taken(event, (said,), self._payloads[:count])


class WindowRun:
    """Receives DATA, which may come joined, and sends an ACK for each whole window.

    A window is written after its ACK is sent, while the peer sends the next one. `memory` is lent
    for one `fill`. A window that does not fit in it is written in parts.
    """

    def __init__(
        self, effects: Effects, session: Receiver, length: int, memory: memoryview
    ) -> None:
        self._effects = effects
        self._session = session
        self._full = session.blksize + 4
        self._length = length
        self._memory = memory
        self._pending: list[memoryview] = []
        self._number = self._first_due = 0
        self.count = 0
        self._acks = 0

    @property
    def heard(self) -> int:
        """See `_Repeats`. A window that comes again ends the run."""
        return self.count

    @property
    def is_foreseen(self) -> bool:
        """The session still predicts what this run was made for."""
        return self._session.prediction is not None and self._session.blksize + 4 == self._full

    @property
    def is_full(self) -> bool:
        """The run has as many windows as it may have."""
        return self._acks >= self._length

    def fill(self, receive: ReceiveJoined, emit: Emit, blocking: bool) -> Joined | None:
        """Exchange until the run is full or nothing comes.

        Returns what arrived that was not predicted, or None.
        """
        if not self.count:
            self._begin()
        try:
            return self._fill(receive, emit)
        finally:
            self._deliver()

    def _fill(self, receive: ReceiveJoined, emit: Emit) -> Joined | None:
        full, memory, window = self._full, self._memory, self._session.windowsize
        number, due = self._number + self.count, self._first_due + self._acks * window
        at, most = 0, len(memory) - JOINED
        payloads: list[memoryview] = []  # of the blocks from the memory's beginning
        while self._acks < self._length:
            octets, segment = receive(memory[at : at + JOINED])
            came, known, end = memory[at : at + octets], len(payloads) * full, at + octets
            if segment != full or octets % full or not headers_follow(came, full, number):
                return bytes(came), segment
            payloads += [memory[start + 4 : start + full] for start in range(known, end, full)]
            self._pending += payloads[at // full : end // full]
            at = end
            number += octets // full
            self.count = number - self._number
            while number > due:
                with suppress(OSError):  # an ACK that cannot be sent counts as lost
                    emit(HEADER.pack(_ACK, due & 0xFFFF))
                self._acks += 1
                due += window
                at = most + 1
            if at > most:
                self._deliver()
                at = 0
        return None

    def _deliver(self) -> None:
        pending, self._pending = self._pending, []
        if pending:
            self._effects.write(pending)

    def _begin(self) -> None:
        session = self._session
        self._number = session.next_number
        pending = session.received - session.acknowledged
        self._first_due = self._number + session.windowsize - 1 - pending

    def take(self) -> Taken | None:
        """The run so far, as one event; None if nothing was exchanged. A new run begins."""
        count, first, acks = self.count, self._number, self._acks
        self.count = self._acks = 0
        if not count:
            return None
        blksize = self._session.blksize
        event = DataReceived(first & 0xFFFF, blksize, count, source=self._session.peer)
        done: list[Effect] = [Deliver(first, count, count * blksize)]
        if acks == 1:
            done.insert(0, Send(Ack(self._first_due & 0xFFFF)))
        elif acks:
            done.insert(0, SendAcks(self._first_due, self._session.windowsize, acks))
        return Taken(event, tuple(done))


class WriteRun(_Repeats):
    """Receives ACKs and sends DATA, in lock-step."""

    def __init__(self, effects: Effects, session: Sender, length: int) -> None:
        super().__init__(effects)
        self._effects = effects
        self._session = session
        self._length = length
        self._blksize = session.blksize
        self._slot = memoryview(bytearray(OTHERS))
        self._data = memoryview(b"")
        self._number = self._room = 0

    @property
    def is_foreseen(self) -> bool:
        """The session still predicts what this run was made for."""
        return self._session.prediction is not None and self._session.blksize == self._blksize

    @property
    def is_full(self) -> bool:
        """The run has no room for another exchange."""
        return self.count == self._room

    def fill(self, receive: Receive, emit: Emit, blocking: bool) -> Joined | None:
        """Exchange until the run is full; just once if receiving never blocks.

        Returns what arrived that was not predicted, or None.
        """
        if not self.count:
            self._begin()
        slot, blksize, header, data = self._slot, self._blksize, HEADER, self._data
        number = self._number + self.count
        end = self._room if blocking else min(self._room, self.count + 1)
        for at in range(self.count * blksize, end * blksize, blksize):
            block = number & 0xFFFF
            number += 1
            datagram = b"".join((header.pack(_DATA, number & 0xFFFF), data[at : at + blksize]))
            octets = receive(slot)
            while octets != 4 or header.unpack_from(slot) != (_ACK, block):
                if not self._is_repeat(octets, slot, (_ACK, block)):
                    return bytes(slot[:octets]), octets
                self.repeats += 1
                if not blocking:
                    return None
                octets = receive(slot)
            emit(datagram)
            self.count += 1
        return None

    def _begin(self) -> None:
        self._number = self._session.acked + 1
        self._room = min(self._length, self._session.blocks - self._number)
        self._expect(HEADER.size)
        self._data = self._effects.read_blocks(self._number + 1, self._room)

    def take(self) -> Taken | None:
        """The run so far, as one event; None if nothing was exchanged. A new run begins."""
        count, first, self.count = self.count, self._number, 0
        if not count:
            return None
        event = AckReceived(first & 0xFFFF, count, self._session.peer, repeats=self.repeats)
        return Taken(event, (SendBlocks(first + 1, count),))


class WindowWriteRun:
    """Receives ACKs and sends whole windows. A window is read while the ACK is on its way."""

    def __init__(self, effects: Effects, session: Sender, length: int) -> None:
        self._effects = effects
        self._session = session
        self._length = length
        self._slot = memoryview(bytearray(OTHERS))
        self._number = 0
        self.count = 0

    @property
    def heard(self) -> int:
        """See `_Repeats`."""
        return self.count

    @property
    def is_foreseen(self) -> bool:
        """The session still predicts what this run was made for."""
        return self._session.prediction is not None and self._session.windowsize > 1

    @property
    def is_full(self) -> bool:
        """The run has as many windows as it may have, or the file has no more."""
        return self.count >= self._length or self._next_number >= self._session.blocks

    @property
    def _next_number(self) -> int:
        return self._number + self.count * self._session.windowsize

    def fill(self, receive: ReceiveJoined, emit: Emit, blocking: bool) -> Joined | None:
        """Exchange until the run is full or nothing comes.

        Returns what arrived that was not predicted, or None.
        """
        slot, session = self._slot, self._session
        if not self.count:
            self._number = session.prediction or 0
        while not self.is_full:
            number = self._next_number
            left = session.blocks - number
            bursts = self._effects.bursts(number + 1, min(session.windowsize, left))
            first = next(bursts, None) if blocking else None
            octets, segment = receive(slot)
            if octets != 4 or HEADER.unpack_from(slot) != (_ACK, number & 0xFFFF):
                return bytes(slot[:octets]), segment
            for burst in bursts if first is None else chain((first,), bursts):
                self._effects.transport.send(burst)
            self.count += 1
        return None

    def take(self) -> Taken | None:
        """The run so far, as one event; None if nothing was exchanged. A new run begins."""
        count, first, self.count = self.count, self._number, 0
        if not count:
            return None
        window, blocks = self._session.windowsize, self._session.blocks
        event = AckReceived(first & 0xFFFF, count, self._session.peer)
        last = min(first + count * window, blocks)
        return Taken(event, (SendBlocks(first + 1, last - first),))


Run: TypeAlias = ReadRun | WindowRun | WriteRun | WindowWriteRun
