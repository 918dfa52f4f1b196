"""Predicted runs in lock-step: one DATA, then one ACK.

A copy of the last block or of the last ACK does not end a run. If it comes within `BURST` seconds,
the table would ignore it, so the run only counts it.

If receiving may wait, the clock ends a run, because a path may become slow.
"""

from __future__ import annotations

from tftp_fsm.driver.runs import OTHERS, PADDED, Taken, fill_ends, slot_room
from tftp_fsm.protocol.events import AckReceived, DataReceived, Send, SendAcks, SendBlocks
from tftp_fsm.protocol.timing import BURST
from tftp_fsm.wire.headers import HEADER, Opcode
from tftp_fsm.wire.kinds import Ack

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from tftp_fsm.driver.effects import Effects
    from tftp_fsm.driver.interfaces import Emit, Joined, Receive, Receives, Sends
    from tftp_fsm.protocol.events import Effect

READ_AT_ONCE = 1 << 15  # octets of the file, or one block; more was not faster
_DATA, _ACK = int(Opcode.DATA), int(Opcode.ACK)


class _Repeats:
    """Counts copies of the last datagram, which the table would ignore.

    All answers of a run are sent after it begins. So a copy that comes within BURST seconds of the
    beginning comes within BURST seconds of its answer too.
    """

    __slots__ = ("_burst_ends", "_now", "_size", "count", "heard", "moved_at", "repeats")

    def __init__(self, effects: Effects) -> None:
        self._now = effects.transport.now
        self.count = 0
        self.repeats = 0
        self.heard = 0  # datagrams of all its runs
        self.moved_at = 0.0  # the time of the last exchange, if receiving waits
        self._size = 0  # the size of a datagram
        self._burst_ends = 0.0

    def _expect(self, size: int) -> None:
        self._size, self.repeats = size, 0
        self._burst_ends = self._now() + BURST

    def _is_repeat(self, octets: int, slot: memoryview, header: tuple[int, int]) -> bool:
        opcode, block = header
        if not self.count or octets != self._size or self._now() >= self._burst_ends:
            return False
        return HEADER.unpack_from(slot) == (opcode, (block - 1) & 0xFFFF)


class ReadRun(_Repeats):
    """Receives DATA and sends ACKs, in lock-step.

    When it keeps `kept` blocks, it writes them to the file and goes on. The last ACK has been sent
    before that, so the next DATA is on its way meanwhile.
    """

    __slots__ = (
        "_blksize",
        "_effects",
        "_full",
        "_length",
        "_number",
        "_payloads",
        "_session",
        "_slots",
    )

    def __init__(self, effects: Effects, session: Receives, length: int, kept: int) -> None:
        super().__init__(effects)
        self._effects = effects
        self._session = session
        self._length = length
        self._blksize = session.blksize
        self._full = session.blksize + 4
        room = slot_room(session.blksize)
        memory = memoryview(bytearray(room * kept))
        self._slots = [memory[at : at + room] for at in range(0, len(memory), room)]
        self._payloads = [slot[4 : self._full] for slot in self._slots]
        self._number = 0

    @property
    def is_foreseen(self) -> bool:
        """Whether the session still predicts the datagrams of this run."""
        return self._session.prediction is not None and self._session.blksize + 4 == self._full

    @property
    def is_full(self) -> bool:
        """Whether the run has reached its length."""
        return self.count >= self._length

    def fill(self, receive: Receive, emit: Emit, blocking: bool) -> Joined | None:
        """Exchange until the run is full, or only once if receiving never blocks.

        Return the datagrams that arrived without being predicted, or None. Raise LocalError if the
        file cannot be written.
        """
        if not self.count:
            self._number = self._session.next_number
            self._expect(self._full)
        first, full, header, now = self._number + self.count, self._full, HEADER, self._now
        ends = fill_ends(now, blocking) if blocking else 0.0
        held = self._held
        for number in range(first, self._number + self._length if blocking else first + 1):
            slot = self._slots[held]
            block = number & 0xFFFF
            ack = header.pack(_ACK, block)
            octets = receive(slot)
            while octets != full or header.unpack_from(slot) != (_DATA, block):
                if not self._is_repeat(octets, slot, (_DATA, block)):
                    return bytes(slot[:octets]), octets
                self.repeats += 1
                self.heard += 1
                if not blocking:
                    return None
                octets = receive(slot)
            emit(ack)
            self.count += 1
            held += 1
            self.heard += 1
            if blocking:
                self.moved_at = now()
            if held == len(self._slots):
                held = 0
                self._effects.write_early(self._payloads)
            if blocking and self.moved_at >= ends:
                break
        return None

    def take(self) -> Taken | None:
        """Return the run so far as one event, or None without exchanges. Begin a new run."""
        held = self._held
        count, first, self.count = self.count, self._number, 0
        if not count:
            return None
        event = DataReceived(
            first & 0xFFFF, self._full - 4, count, source=self._session.peer, repeats=self.repeats
        )
        said: Effect = Send(Ack(first & 0xFFFF)) if count == 1 else SendAcks(first, 1, count)
        return Taken(event, (said,), self._payloads[:held])

    @property
    def _held(self) -> int:
        """How many blocks are not written yet. It is right even after Ctrl-C anywhere in `fill`."""
        return self.count - self._effects.early // self._blksize


class WriteRun(_Repeats):
    """Receives ACKs and sends DATA, in lock-step.

    The file is read in parts of up to READ_AT_ONCE octets. A server has as many open runs as
    sessions, and each of them keeps its part. The parts grow with what the peer has shown.
    """

    __slots__ = (
        "_blksize",
        "_datagram",
        "_datagrams",
        "_effects",
        "_length",
        "_number",
        "_room",
        "_session",
        "_slot",
        "_tolerated",
    )

    def __init__(self, effects: Effects, session: Sends, length: int) -> None:
        super().__init__(effects)
        self._effects = effects
        self._session = session
        self._length = length
        self._blksize = session.blksize
        self._slot = memoryview(bytearray(OTHERS))
        self._datagrams: Iterator[bytes] = iter(())
        self._datagram = b""  # the answer to the next ACK
        self._tolerated = ""
        self._number = self._room = 0

    @property
    def is_foreseen(self) -> bool:
        """Whether the session still predicts the datagrams of this run."""
        return self._session.prediction is not None and self._session.blksize == self._blksize

    @property
    def is_full(self) -> bool:
        """Whether the run has no room for another exchange."""
        return self.count == self._room

    def fill(self, receive: Receive, emit: Emit, blocking: bool) -> Joined | None:
        """Exchange until the run is full, or only once if receiving never blocks.

        Return the datagrams that arrived without being predicted, or None.
        """
        if not self.count:
            self._begin()
        slot, header, datagrams = self._slot, HEADER, self._datagrams
        number = self._number + self.count
        end, now = self._room if blocking else min(self._room, self.count + 1), self._now
        ends = fill_ends(now, blocking) if blocking else 0.0
        while self.count < end:
            block = number & 0xFFFF
            octets = receive(slot)
            while octets < 4 or header.unpack_from(slot) != (_ACK, block):
                if not self._is_repeat(octets, slot, (_ACK, block)):
                    return bytes(slot[:octets]), octets
                self.repeats += 1
                self.heard += 1
                if not blocking:
                    return None
                octets = receive(slot)
            emit(self._datagram)
            self.count += 1
            self.heard += 1
            number += 1
            if octets > 4:
                self._tolerated = PADDED
            self._datagram = next(datagrams, b"")  # while the ACK is on its way
            if blocking:
                self.moved_at = now()
                if self.moved_at >= ends:
                    break
        return None

    def _begin(self) -> None:
        self._tolerated = ""
        self._number = self._session.acked + 1
        self._room = min(self._length, self._session.blocks - self._number)
        self._expect(HEADER.size)
        self._datagrams = self._data(self._number + 1, self._room)
        self._datagram = next(self._datagrams)

    def _data(self, number: int, count: int) -> Iterator[bytes]:
        """The next `count` DATA packets. Raises LocalError if the file cannot be read."""
        blksize, pack, end = self._blksize, HEADER.pack, number + count
        at_once = max(1, READ_AT_ONCE // blksize)
        while number < end:
            some = min(number, at_once, end - number)
            octets = self._effects.read_blocks(number, some)
            for at in range(0, some * blksize, blksize):
                yield b"".join((pack(_DATA, number & 0xFFFF), octets[at : at + blksize]))
                number += 1

    def take(self) -> Taken | None:
        """Return the run so far as one event, or None without exchanges. Begin a new run."""
        count, first, self.count = self.count, self._number, 0
        if not count:
            return None
        source, padded = self._session.peer, self._tolerated
        event = AckReceived(first & 0xFFFF, count, source, padded, self.repeats)
        return Taken(event, (SendBlocks(first + 1, count),))
