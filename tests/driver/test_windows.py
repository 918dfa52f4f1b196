"""When a run writes the windows that it receives. `test_prediction` tests the runs themselves."""

from __future__ import annotations

from dataclasses import dataclass

from tftp_fsm.driver.effects import Effects
from tftp_fsm.driver.parts import PART
from tftp_fsm.driver.windows import WindowReadRun
from tftp_fsm.protocol.rows import State
from tftp_fsm.storage import BytesSink
from tftp_fsm.storage.protocols import Octets
from tftp_fsm.transports.burst import WINDOWS_MEMORY, Burst
from tftp_fsm.wire.address import Address
from tftp_fsm.wire.headers import data_header

BLKSIZE, WINDOWSIZE = 1428, 16
WINDOW = BLKSIZE * WINDOWSIZE
PEER = ("192.0.2.1", 2000)


@dataclass(frozen=True)
class Receiving:
    """What a run reads of its session. The session itself hears of the run at its end."""

    state: State = State.RECEIVING
    peer: Address | None = PEER
    blksize: int = BLKSIZE
    windowsize: int = WINDOWSIZE
    prediction: int | None = 1
    next_number: int = 1
    received: int = 0
    acknowledged: int = 0


class Quiet:
    """A transport whose clock stands still."""

    def send(self, burst: Burst) -> None: ...

    def receive(self, deadline: float | None) -> None: ...

    def now(self) -> float:
        return 0.0

    def close(self) -> None: ...


class Noting(BytesSink):
    """Notes the size of each write, and how many ACKs were sent before it."""

    def __init__(self) -> None:
        super().__init__()
        self.writes: list[int] = []
        self.acks = 0
        self.acks_before: list[int] = []

    def write(self, octets: Octets) -> None:
        super().write(octets)
        self.writes.append(self.size - sum(self.writes))
        self.acks_before.append(self.acks)


class Windows:
    """A run, and a peer that sends so many windows and then falls silent."""

    def __init__(self, count: int) -> None:
        session = Receiving()
        self.sink = Noting()
        self.left, self.next = count, 1
        effects = Effects(session, Quiet(), None, self.sink)
        memory = memoryview(bytearray(WINDOWS_MEMORY))
        self.run = WindowReadRun(effects, session, 1024, memory)

    def receive(self, buffer: memoryview, segment: int = 0, enough: int = 0) -> tuple[int, int]:
        if not self.left:
            raise BlockingIOError
        self.left -= 1
        blocks = range(self.next, self.next + WINDOWSIZE)
        octets = b"".join(data_header(block) + bytes(BLKSIZE) for block in blocks)
        self.next += WINDOWSIZE
        buffer[: len(octets)] = octets
        return len(octets), BLKSIZE + 4

    def emit(self, datagram: bytes) -> int:
        self.sink.acks += 1
        return len(datagram)

    def fill(self, *, blocking: bool) -> None:
        try:
            self.run.fill(self.receive, self.emit, blocking)
        except BlockingIOError:
            return
        raise AssertionError("the peer falls silent")


def test_a_run_that_waits_writes_up_to_round_places_and_the_rest_at_its_end() -> None:
    windows = Windows(40)
    windows.fill(blocking=True)
    *whole, rest = windows.sink.writes
    assert set(whole) == {PART}
    assert (sum(whole) + rest, rest < PART) == (40 * WINDOW, True)


def test_each_ack_is_sent_before_its_window_is_written() -> None:
    windows = Windows(40)
    windows.fill(blocking=True)
    written = 0
    for octets, acks in zip(windows.sink.writes, windows.sink.acks_before, strict=True):
        written += octets
        assert acks >= written // WINDOW


def test_where_receiving_never_waits_a_window_is_written_at_once() -> None:
    windows = Windows(0)
    for _ in range(5):  # the session does not hear of them, so the run goes on
        windows.left = 1
        windows.fill(blocking=False)
    assert windows.sink.writes == [WINDOW] * 5
