"""Predicted runs with windows: several DATA, then one ACK.

The clock ends each `fill`, because the number of datagrams until then cannot be known: round trips
of steps are longer than round trips within a run, and a path may become slow.
"""

from __future__ import annotations

from contextlib import suppress

from tftp_fsm.driver.parts import Parts
from tftp_fsm.driver.runs import OTHERS, PADDED, Taken, fill_ends
from tftp_fsm.protocol.events import AckReceived, DataReceived, Deliver, Send, SendAcks, SendBlocks
from tftp_fsm.transports.burst import JOINED
from tftp_fsm.wire.headers import HEADER, Opcode, headers_follow
from tftp_fsm.wire.kinds import Ack

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tftp_fsm.driver.effects import Effects
    from tftp_fsm.driver.interfaces import Emit, Joined, Receives, Sends
    from tftp_fsm.protocol.events import Effect
    from tftp_fsm.transports.protocol import ReceiveJoined

_ACK = int(Opcode.ACK)


class WindowReadRun:
    """Receives DATA, which may come joined, and sends an ACK for each whole window.

    A window is written after its ACK is sent, while the peer sends the next one. Its end may be
    written with the next window, see `parts`. The run may use `memory` only during one `fill`. A
    window that does not fit into it is written before its ACK.
    """

    def __init__(
        self, effects: Effects, session: Receives, length: int, memory: memoryview
    ) -> None:
        self._effects = effects
        self._now = effects.transport.now
        self._session = session
        self._full = session.blksize + 4
        self._length = length
        self._memory = memory
        self._parts = Parts(memory, session.blksize, effects.write)
        self._number = self._first_due = 0
        self.count = 0
        self.moved_at = 0.0  # the time of the last DATA
        self._acks = 0

    @property
    def heard(self) -> int:
        """The number of datagrams that were taken. A repeated window ends the run."""
        return self.count

    @property
    def is_foreseen(self) -> bool:
        """Whether the session still predicts the datagrams of this run."""
        return self._session.prediction is not None and self._session.blksize + 4 == self._full

    @property
    def is_full(self) -> bool:
        """Whether the run has its most windows."""
        return self._acks >= self._length

    def fill(self, receive: ReceiveJoined, emit: Emit, blocking: bool) -> Joined | None:
        """Exchange until the run is full or nothing comes.

        Return the datagrams that arrived without being predicted, or None.
        """
        if not self.count:
            self._begin()
        self._parts.begin((self._session.received + self.count) * self._session.blksize)
        try:
            return self._fill(receive, emit, blocking)
        finally:
            self._parts.write_all()
            self._parts.forget()

    def _fill(self, receive: ReceiveJoined, emit: Emit, blocking: bool) -> Joined | None:
        full, memory, window = self._full, self._memory, self._session.windowsize
        parts, ends = self._parts, fill_ends(self._now, blocking)
        number, due = self._number + self.count, self._first_due + self._acks * window
        at, most = 0, len(memory) - JOINED
        while self._acks < self._length:
            octets, segment = receive(memory[at : at + JOINED], full, (due - number + 1) * full)
            came = memory[at : at + octets]
            if segment != full or octets % full or not headers_follow(came, full, number):
                return bytes(came), segment
            parts.held = at = at + octets
            number += octets // full
            self.count = number - self._number
            # Without blocking, one window comes in a `fill`. In two parts it would take longer.
            may_wait = at <= most and (number <= due or not blocking)
            while number > due:  # this comes first, because the peer waits for it
                with suppress(OSError):  # an ACK that cannot be sent counts as lost
                    emit(HEADER.pack(_ACK, due & 0xFFFF))
                self._acks += 1
                due += window
            if not may_wait:
                parts.write_whole()
                if parts.held > most:
                    parts.write_all()
                at = parts.held
            self.moved_at = self._now()
            if self.moved_at >= ends:  # also within a window: its DATA may come slowly
                break
        return None

    def _begin(self) -> None:
        session = self._session
        self._number = session.next_number
        pending = session.received - session.acknowledged
        self._first_due = self._number + session.windowsize - 1 - pending

    def take(self) -> Taken | None:
        """Return the run so far as one event, or None without exchanges. Begin a new run.

        An ACK that Ctrl-C has prevented counts as sent. Then it is as if it was lost.
        """
        count, first = self.count, self._number
        self.count = self._acks = 0
        if not count:
            return None
        blksize, window = self._session.blksize, self._session.windowsize
        acks = (first + count - 1 - self._first_due) // window + 1
        event = DataReceived(first & 0xFFFF, blksize, count, source=self._session.peer)
        done: list[Effect] = [Deliver(first, count, count * blksize)]
        if acks == 1:
            done.insert(0, Send(Ack(self._first_due & 0xFFFF)))
        elif acks:
            done.insert(0, SendAcks(self._first_due, window, acks))
        return Taken(event, tuple(done))


class WindowWriteRun:
    """Receives ACKs and sends whole windows. A window is read while the ACK is on its way."""

    def __init__(self, effects: Effects, session: Sends, length: int) -> None:
        self._effects = effects
        self._now = effects.transport.now
        self._session = session
        self._length = length
        self._slot = memoryview(bytearray(OTHERS))
        self._tolerated = ""
        self._number = 0
        self.count = 0
        self.moved_at = 0.0  # the time at which the last window was sent

    @property
    def heard(self) -> int:
        """The number of datagrams that were taken."""
        return self.count

    @property
    def is_foreseen(self) -> bool:
        """Whether the session still predicts the datagrams of this run."""
        return self._session.prediction is not None and self._session.windowsize > 1

    @property
    def is_full(self) -> bool:
        """Whether the run has its most windows, or the file has no more blocks."""
        return self.count >= self._length or self._next_number >= self._session.blocks

    @property
    def _end(self) -> int:
        return self._number + self._length * self._session.windowsize

    @property
    def _next_number(self) -> int:
        return self._number + self.count * self._session.windowsize

    def fill(self, receive: ReceiveJoined, emit: Emit, blocking: bool) -> Joined | None:
        """Exchange until the run is full or nothing comes.

        Return the datagrams that arrived without being predicted, or None.
        """
        slot, session, send = self._slot, self._session, self._effects.transport.send
        if not self.count:
            self._number = session.prediction or 0
            self._tolerated = ""
        window, blocks, ends = session.windowsize, session.blocks, fill_ends(self._now, blocking)
        for number in range(self._next_number, min(self._end, blocks), window):
            bursts = iter(self._effects.bursts_at_once(number + 1, min(window, blocks - number)))
            first = next(bursts) if blocking else None
            octets, segment = receive(slot)
            is_one = octets == segment >= HEADER.size
            if not is_one or HEADER.unpack_from(slot) != (_ACK, number & 0xFFFF):
                return bytes(slot[:octets]), segment
            if octets > HEADER.size:
                self._tolerated = PADDED
            if first is not None:
                send(first)
            for burst in bursts:
                send(burst)
            self.count += 1
            self.moved_at = self._now()
            if self.moved_at >= ends:
                break
        return None

    def take(self) -> Taken | None:
        """Return the run so far as one event, or None without exchanges. Begin a new run."""
        count, first, self.count = self.count, self._number, 0
        if not count:
            return None
        window, blocks = self._session.windowsize, self._session.blocks
        event = AckReceived(first & 0xFFFF, count, self._session.peer, self._tolerated)
        last = min(first + count * window, blocks)
        return Taken(event, (SendBlocks(first + 1, last - first),))
