"""Prediction in lock-step: answer what was foreseen at once, tell the machine afterwards.

In a quiet transfer with windowsize 1 the session knows how the next good DATA or ACK begins and
what its table will answer. While what arrives is exactly that, the answer goes out without a
step; then the whole run is handed in as one event. The machine must come to the same answers:
`Driver` compares them. Anything else takes the full way, after the run.

    unforeseen = run.fill(socket.recv_into, socket.send)
    run.flush()                        # one event for all of them; then what was not foreseen
"""

from __future__ import annotations

from collections.abc import Callable
from struct import Struct
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, TypeGuard

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
from tftp_fsm.runs import headers_follow
from tftp_fsm.sending import Sender
from tftp_fsm.transports import LONGEST_RUN, Address, Burst, Transport, Unreachable

if TYPE_CHECKING:
    from tftp_fsm.driver import Driver

MEMORY = 1 << 18  # octets that a run of DATA may take
JOINED = 1 << 16  # octets; no run that the kernel joins is longer
SHOWN_EVERY = 0.02  # seconds; a run ends after about this long, for observers of progress
_HEADER = Struct(">HH")
_DATA, _ACK = 3, 4

Joined: TypeAlias = tuple[bytes, int]
"""Octets as they came, and the size of each datagram in them."""

Receive: TypeAlias = Callable[[memoryview], int]
ReceiveJoined: TypeAlias = Callable[[memoryview], tuple[int, int]]
Emit: TypeAlias = Callable[[bytes], int]


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
        self._number = 0
        self.count = 0

    @property
    def is_foreseen(self) -> bool:
        """The session predicts what this run was made for."""
        return self._session.prediction is not None and self._session.blksize + 4 == self._full

    def fill(self, receive: Receive, emit: Emit) -> Joined | None:
        """Exchange until the run is full; the first datagram that was not predicted, if any."""
        if not self.count:
            self._number = self._session.next_number
        number, full, header = self._number + self.count, self._full, _HEADER
        for slot in self._slots[self.count :]:
            octets = receive(slot)
            block = number & 0xFFFF
            if octets != full or header.unpack_from(slot) != (_DATA, block):
                return bytes(slot[:octets]), octets
            emit(header.pack(_ACK, block))
            self.count += 1
            number += 1
        return None

    def flush(self) -> None:
        """Hand the run to the machine, as one event."""
        count, first, self.count = self.count, self._number, 0
        if not count:
            return
        event = DataReceived(first & 0xFFFF, self._full - 4, count, source=self._session.peer)
        said: Effect = Send(Ack(first & 0xFFFF)) if count == 1 else SendAcks(first, 1, count)
        self._driver.feed_run(event, said, self._payloads[:count])


class WindowRun:
    """DATA in, an ACK out for each whole window; datagrams may come joined."""

    def __init__(self, driver: Driver, session: Receiver) -> None:
        self._driver = driver
        self._session = session
        self._full = session.blksize + 4
        self._memory = memoryview(bytearray(MEMORY + JOINED))
        self._payloads: list[memoryview] = []
        self._number = self._first_due = 0
        self.count = 0
        self._acks = 0

    @property
    def is_foreseen(self) -> bool:
        """The session predicts what this run was made for."""
        return self._session.prediction is not None and self._session.blksize + 4 == self._full

    def fill(self, receive: ReceiveJoined, emit: Emit) -> Joined | None:
        """Exchange until the memory is full; what was not predicted, if anything."""
        session, full, memory, window = (
            self._session,
            self._full,
            self._memory,
            self._session.windowsize,
        )
        self._number = number = session.next_number
        due = number + window - 1 - (session.received - session.acknowledged)
        self._first_due, at = due, 0
        while at < MEMORY:
            octets, segment = receive(memory[at : at + JOINED])
            came = memory[at : at + octets]
            if segment != full or octets % full or not headers_follow(came, full, number):
                return bytes(came), segment
            self._payloads += [came[start + 4 : start + full] for start in range(0, octets, full)]
            at += octets
            number += octets // full
            self.count = number - self._number
            while number > due:
                emit(_HEADER.pack(_ACK, due & 0xFFFF))
                self._acks += 1
                due += window
        return None

    def flush(self) -> None:
        """Hand the run to the machine, as one event."""
        count, first, acks = self.count, self._number, self._acks
        payloads, self._payloads, self.count, self._acks = self._payloads, [], 0, 0
        if not count:
            return
        event = DataReceived(first & 0xFFFF, self._full - 4, count, source=self._session.peer)
        said: Effect | None = None
        if acks == 1:
            said = Send(Ack(self._first_due & 0xFFFF))
        elif acks:
            said = SendAcks(self._first_due, self._session.windowsize, acks)
        self._driver.feed_run(event, said, payloads)


class WriteRun:
    """ACK in, DATA out."""

    def __init__(self, driver: Driver, session: Sender, length: int) -> None:
        self._driver = driver
        self._session = session
        self._length = length
        self._blksize = session.blksize
        self._slot = memoryview(bytearray(5))  # one octet more than an ACK has
        self._data = memoryview(b"")
        self._number = self._room = 0
        self.count = 0

    @property
    def is_foreseen(self) -> bool:
        """The session predicts what this run was made for."""
        return self._session.prediction is not None and self._session.blksize == self._blksize

    def fill(self, receive: Receive, emit: Emit) -> Joined | None:
        """Exchange until the run is full; the first datagram that was not predicted, if any."""
        if not self.count:
            self._begin()
        slot, blksize, header, data = self._slot, self._blksize, _HEADER, self._data
        number = self._number + self.count
        for at in range(self.count * blksize, self._room * blksize, blksize):
            octets = receive(slot)
            if octets != 4 or header.unpack_from(slot) != (_ACK, number & 0xFFFF):
                return bytes(slot[:octets]), octets
            number += 1
            emit(b"".join((header.pack(_DATA, number & 0xFFFF), data[at : at + blksize])))
            self.count += 1
        return None

    def _begin(self) -> None:
        self._number = self._session.acked + 1
        self._room = min(self._length, self._session.blocks - self._number)
        self._data = self._driver.read_blocks(self._number + 1, self._room)

    def flush(self) -> None:
        """Hand the run to the machine, as one event."""
        count, first, self.count = self.count, self._number, 0
        if not count:
            return
        event = AckReceived(first & 0xFFFF, count, self._session.peer)
        self._driver.feed_run(event, SendBlocks(first + 1, count), [])


Run: TypeAlias = ReadRun | WindowRun | WriteRun


class CheapTransport(Transport, Protocol):
    """A transport with a cheaper way for one datagram at a time; see `UdpTransport`."""

    def calls(self, peer: Address) -> tuple[Receive, Emit] | None:
        """Receive into a buffer, and send, at this peer; None: ask `receive`."""

    def joined_calls(self, peer: Address) -> tuple[ReceiveJoined, Emit] | None:
        """The same, where datagrams may come joined: octets, and the size of each."""

    def heard(self, error: OSError) -> None:
        """What one of `calls` raised."""

    @property
    def waits(self) -> bool:
        """Receiving waits a moment for the next datagram; False: it never does."""

    @property
    def longest(self) -> int:
        """How many exchanges a run may have: memory for speed."""


def has_cheap_way(transport: Transport) -> TypeGuard[CheapTransport]:
    """Whether lock-step can be fast over `transport`."""
    return hasattr(transport, "calls")


class LockStep:
    """Runs of predicted exchanges for one driver."""

    def __init__(self, driver: Driver, transport: CheapTransport) -> None:
        self._driver = driver
        self._transport = transport
        self._run: Run | None = None
        self._longest = 0

    def flush(self) -> None:
        """What is pending goes to the machine, before anything else does."""
        if self._run is not None:
            self._run.flush()

    def exchange(self) -> bool:
        """Exchange what was predicted, as long as it comes; False: nothing was.

        Where the transport never waits, a run stays open until it is full, something else comes,
        or the driver is fed an event.
        """
        run, peer = self._current(), self._driver.session.peer
        way = None if run is None or peer is None else self._way(run, peer)
        if run is None or peer is None or way is None:
            return False
        before = run.count
        try:
            unforeseen = run.fill(*way)
        except OSError as error:
            unforeseen = None
            idle = isinstance(error, BlockingIOError) and not self._transport.waits
            if idle and run.count > before:
                return True
            self._transport.heard(error)
        except LocalError as failed:
            self._driver.feed(StorageFailed(failed.code, str(failed)))
            return True
        except BaseException:
            run.flush()
            raise
        exchanged = run.count > 0
        run.flush()
        return self._hear_others(unforeseen, peer) or exchanged

    def _hear_others(self, unforeseen: Joined | None, peer: Address) -> bool:
        """Strangers and bad news wait where the cheap way does not look."""
        arrived: Burst | Unreachable | None = (
            self._transport.receive(self._transport.now())
            if unforeseen is None
            else Burst((unforeseen[0],), unforeseen[1], peer)
        )
        if arrived is not None and not self._driver.ended:
            self._driver.take(arrived)
        return arrived is not None

    def _way(self, run: Run, peer: Address) -> tuple[Callable[..., Any], Emit] | None:
        if isinstance(run, WindowRun):
            return self._transport.joined_calls(peer)
        return self._transport.calls(peer)

    def _current(self) -> Run | None:
        longest = self._transport.longest
        if self._run is None or not self._run.is_foreseen or longest != self._longest:
            self.flush()
            self._run, self._longest = predict(self._driver, longest), longest
        return self._run


def predict(driver: Driver, longest: int) -> Run | None:
    """A run to fill, where the session is quiet and nobody watches each step."""
    session = driver.session
    if driver.observer is not None or session.prediction is None:
        return None
    srtt = session.timer.srtt or SHOWN_EVERY
    length = max(1, min(longest, int(SHOWN_EVERY / srtt), MEMORY // session.blksize))
    match session:
        case Receiver() if session.windowsize > 1:
            return WindowRun(driver, session) if longest >= LONGEST_RUN else None
        case Receiver():
            return ReadRun(driver, session, length)
        case Sender() if session.windowsize == 1:
            return WriteRun(driver, session, length)
        case _:
            return None
