"""Prediction in lock-step: answer what was foreseen at once, tell the machine afterwards.

In a quiet transfer with windowsize 1 the session knows how the next good DATA or ACK begins and
what its table will answer. While what arrives is exactly that, the answer goes out without a
step; then the whole run is handed in as one event. The machine must come to the same answers:
`Driver` compares them. Anything else takes the full way, after the run.

    octets, peer = transport.receive_into(run.slot)
    answer = run.answer(octets)        # None: not as predicted, so run.flush() and interpret
"""

from __future__ import annotations

from struct import Struct
from typing import TYPE_CHECKING, Protocol, TypeAlias, TypeGuard

from tftp_fsm.errors import LocalError
from tftp_fsm.events import (
    AckReceived,
    DataReceived,
    Effect,
    Send,
    SendAcks,
    SendBlocks,
    StorageFailed,
)
from tftp_fsm.packets import Ack
from tftp_fsm.receiving import Receiver
from tftp_fsm.sending import Sender
from tftp_fsm.transports import Address, Burst, Transport, Unreachable

if TYPE_CHECKING:
    from tftp_fsm.driver import Driver

LONGEST = 64  # exchanges; longer runs gain nothing measurable
MEMORY = 1 << 18  # octets that a run of DATA may take
SHOWN_EVERY = 0.02  # seconds; a run ends after about this long, for observers of progress
_HEADER = Struct(">HH")
_DATA, _ACK = 3, 4


class ReadRun:
    """DATA in, ACK out."""

    def __init__(self, driver: Driver, session: Receiver, length: int) -> None:
        self._driver = driver
        self._session = session
        self._full = session.blksize + 4
        room = self._full + 1  # one octet more, so that an oversized DATA is seen to be one
        memory = memoryview(bytearray(room * length))
        self._slots = [memory[at : at + room] for at in range(0, len(memory), room)]
        self._payloads = [slot[4 : self._full] for slot in self._slots]
        self._begin()

    def _begin(self) -> None:
        self.count = 0
        self._number = self._session.next_number
        self.slot = self._slots[0]

    @property
    def is_full(self) -> bool:
        """There is no room for another exchange: flush."""
        return self.count == len(self._slots)

    @property
    def is_stale(self) -> bool:
        """The session no longer predicts what this run was made for."""
        return self._session.prediction != self._number or self._session.blksize + 4 != self._full

    def answer(self, octets: int) -> bytes | None:
        """What answers the datagram in `slot`, if it is the one that was predicted."""
        number = (self._number + self.count) & 0xFFFF
        if octets != self._full or _HEADER.unpack_from(self.slot) != (_DATA, number):
            return None
        self.count += 1
        if self.count < len(self._slots):
            self.slot = self._slots[self.count]
        return _HEADER.pack(_ACK, number)

    def flush(self) -> None:
        """Hand the run to the machine, as one event."""
        count, first = self.count, self._number
        if not count:
            return
        event = DataReceived(first & 0xFFFF, self._full - 4, count, source=self._session.peer)
        said: Effect = Send(Ack(first & 0xFFFF)) if count == 1 else SendAcks(first, 1, count)
        self._driver.feed_run(event, said, self._payloads[:count])
        self._begin()


class WriteRun:
    """ACK in, DATA out."""

    def __init__(self, driver: Driver, session: Sender, length: int) -> None:
        self._driver = driver
        self._session = session
        self._length = length
        self.slot = memoryview(bytearray(5))  # one octet more than an ACK has
        self._begin()

    def _begin(self) -> None:
        session = self._session
        self.count = 0
        self._number = session.acked + 1
        self._blksize = session.blksize
        left = min(self._length, session.blocks - self._number)
        self._room = max(left, 0)
        self._data = memoryview(b"")

    @property
    def is_full(self) -> bool:
        """There is no room for another exchange: flush."""
        return self.count >= self._room

    @property
    def is_stale(self) -> bool:
        """The session no longer predicts what this run was made for."""
        return self._session.prediction != self._number or self._session.blksize != self._blksize

    def answer(self, octets: int) -> bytes | None:
        """The next DATA, if what is in `slot` is the ACK that was predicted."""
        number = self._number + self.count
        if octets != 4 or _HEADER.unpack_from(self.slot) != (_ACK, number & 0xFFFF):
            return None
        at = self.count * self._blksize
        if not self.count:
            self._data = self._driver.read_blocks(number + 1, self._room)
        self.count += 1
        payload = self._data[at : at + self._blksize]
        return b"".join((_HEADER.pack(_DATA, (number + 1) & 0xFFFF), payload))

    def flush(self) -> None:
        """Hand the run to the machine, as one event."""
        count, first = self.count, self._number
        if not count:
            return
        event = AckReceived(first & 0xFFFF, count, self._session.peer)
        self._driver.feed_run(event, SendBlocks(first + 1, count), [])
        self._begin()


Run: TypeAlias = ReadRun | WriteRun


class CheapTransport(Transport, Protocol):
    """A transport with a cheaper way for one datagram at a time; see `UdpTransport`."""

    def receive_into(self, buffer: memoryview) -> tuple[int, Address] | None:
        """The next datagram's length and peer, or None: ask `receive`."""

    def send_one(self, datagram: bytes, peer: Address) -> None:
        """Send one datagram."""

    def pin(self, peer: Address) -> None:
        """From now on this is the peer."""


def has_cheap_way(transport: Transport) -> TypeGuard[CheapTransport]:
    """Whether lock-step can be fast over `transport`."""
    return hasattr(transport, "receive_into")


class LockStep:
    """Runs of predicted exchanges for one blocking driver."""

    def __init__(self, driver: Driver, transport: CheapTransport) -> None:
        self._driver = driver
        self._transport = transport
        self._run: Run | None = None

    def exchange(self) -> bool:
        """Exchange what was predicted, as long as it comes; False: nothing was."""
        run, peer = self._current(), self._driver.session.peer
        if run is None or peer is None:
            return False
        self._transport.pin(peer)
        try:
            unforeseen = self._fill(run, peer)
        except LocalError as failed:
            run.flush()
            self._driver.feed(StorageFailed(failed.code, str(failed)))
            return True
        exchanged = run.count > 0
        run.flush()
        if unforeseen is None and exchanged:
            # Strangers and bad news wait where the cheap way does not look.
            unforeseen = self._transport.receive(self._transport.now())
        if unforeseen is not None and not self._driver.ended:
            self._driver.take(unforeseen)
        return exchanged or unforeseen is not None

    def _fill(self, run: Run, peer: Address) -> Burst | Unreachable | None:
        receive_into, send_one = self._transport.receive_into, self._transport.send_one
        try:
            while not run.is_full:
                came = receive_into(run.slot)
                if came is None:
                    return None
                octets, source = came
                answer = run.answer(octets) if source == peer else None
                if answer is None:
                    return Burst.of(bytes(run.slot[:octets]), source)
                send_one(answer, peer)
        except KeyboardInterrupt:
            run.flush()
            raise
        return None

    def _current(self) -> Run | None:
        if self._run is None or self._run.is_stale:
            self._run = predict(self._driver)
        return self._run


def predict(driver: Driver) -> Run | None:
    """A run to fill, where the session is quiet, in lock-step, and nobody watches each step."""
    session = driver.session
    if driver.observer is not None or session.prediction is None:
        return None
    srtt = session.timer.srtt or SHOWN_EVERY
    length = max(1, min(LONGEST, int(SHOWN_EVERY / srtt), MEMORY // session.blksize))
    match session:
        case Receiver():
            return ReadRun(driver, session, length)
        case Sender():
            return WriteRun(driver, session, length)
        case _:
            return None
