"""Prediction saves time, and is no second set of rules: the same octets, the same end."""

from __future__ import annotations

import subprocess
import sys
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import tftp_fsm
from tftp_fsm.client.attempt import Attempt, Job
from tftp_fsm.client.settings import Settings
from tftp_fsm.driver import parts
from tftp_fsm.driver.driver import Driver
from tftp_fsm.driver.effects import Effects
from tftp_fsm.driver.lockstep import READ_AT_ONCE, ReadRun
from tftp_fsm.driver.parts import Parts
from tftp_fsm.driver.prediction import SHARED_EVERY, kept_by
from tftp_fsm.driver.runs import SHARED_TURN, SHOWN_EVERY, slot_room
from tftp_fsm.driver.windows import WindowReadRun
from tftp_fsm.errors import LocalError, PredictionError
from tftp_fsm.protocol.events import (
    Aborted,
    AckReceived,
    DataReceived,
    Finished,
    Opened,
    Outcome,
    RequestReceived,
    Step,
    TimeoutExpired,
)
from tftp_fsm.protocol.roles import ReadClient, WriteClient, WriteServer
from tftp_fsm.storage import BytesSink, BytesSource
from tftp_fsm.transports.burst import JOINED, LONGEST_RUN, RUN_MEMORY, Burst, Unreachable
from tftp_fsm.transports.gathered import Gathering
from tftp_fsm.transports.protocol import ReceiveJoined
from tftp_fsm.wire.address import Address
from tftp_fsm.wire.headers import ack_octets
from tftp_fsm.wire.options import Options, offer
from tftp_fsm.wire.packets import Ack, Data, Error, Oack, Rrq, Wrq, build

SERVER: Address = ("192.0.2.1", 69)
PEER: Address = ("192.0.2.1", 2048)
STRANGER: Address = ("192.0.2.66", 2048)
BLKSIZE = 8
COPIES = {"twice": 1, "six times": 5, "for long": 20}  # 20 take less time than a burst


class Wire:
    """Arriving and sent packets are lists. `cheap` has the way of lock-step."""

    def __init__(self, arrivals: list[tuple[bytes, Address]], *, blocking: bool = True) -> None:
        self.arrivals = deque(arrivals)
        self.sent: list[tuple[bytes, Address]] = []
        self.blocking = blocking
        self.run_memory = RUN_MEMORY
        self.memory = memoryview(bytearray(JOINED))
        self.strange: Burst | None = None
        self._now = 0.0
        self.tick = 0.001  # seconds that pass whenever somebody looks at the clock

    @property
    def left(self) -> int:
        """Return how many packets the driver has not received yet."""
        return len(self.arrivals) + (self.strange is not None)

    def send(self, burst: Burst) -> None:
        self.sent += [(datagram, burst.peer) for datagram in burst.datagrams()]

    def receive(self, deadline: float | None) -> Burst | Unreachable | None:
        if self.strange is not None:
            strange, self.strange = self.strange, None
            return strange
        return Burst.of(*self.arrivals.popleft()) if self.arrivals else None

    def pause(self, seconds: float) -> None:
        self._now += seconds

    def now(self) -> float:
        self._now += self.tick
        return self._now

    def close(self) -> None: ...


class CheapWire(Wire):
    driver: Driver  # that uses it

    def fast_path(
        self, peer: Address
    ) -> tuple[Callable[[memoryview], int], Callable[[bytes], int]]:
        return lambda buffer: self._into(buffer, peer), lambda octets: self._emit(octets, peer)

    def joined_fast_path(
        self, peer: Address
    ) -> tuple[ReceiveJoined, Callable[[bytes], int]] | None:
        def receive(buffer: memoryview, segment: int = 0, enough: int = 0) -> tuple[int, int]:
            octets = self._into(buffer, peer)
            return octets, octets

        return receive, lambda octets: self._emit(octets, peer)

    def on_error(self, error: OSError) -> None: ...

    def _into(self, buffer: memoryview, peer: Address) -> int:
        if not self.arrivals:
            raise BlockingIOError
        octets, source = self.arrivals.popleft()
        if source != peer:
            self.strange = Burst.of(octets, source)
            raise InterruptedError
        kept = octets[: len(buffer)]
        buffer[: len(kept)] = kept
        return len(kept)

    def _emit(self, octets: bytes, peer: Address) -> int:
        self.sent.append((octets, peer))
        return len(octets)


class GatheringWire(CheapWire):
    """Receives all packets that have come at once, as UDP does without joined datagrams."""

    def joined_fast_path(
        self, peer: Address
    ) -> tuple[ReceiveJoined, Callable[[bytes], int]] | None:
        if self.strange is not None:
            return None

        def read(buffer: memoryview, octets: int, flags: int) -> int:
            return self._into(buffer[:octets], peer)

        def aside(octets: bytes) -> None:
            self.strange = Burst.of(octets, peer)

        receive = Gathering(read, lambda buffer: self._into(buffer, peer), aside, self.on_error)
        return receive, lambda octets: self._emit(octets, peer)


def turn_until_silent(driver: Driver, wire: Wire) -> None:
    driver.feed(Opened())
    while wire.arrivals and not driver.ended:
        left = wire.left
        if not driver.exchange():
            driver.take(wire.receive(None))
        is_over = driver.finished is not None
        assert is_over or wire.left < left, "a turn that takes nothing would never end"
    while not driver.ended and (strange := wire.receive(None)) is not None:
        driver.take(strange)


def reader(wire: Wire, options: Options, watch: bool) -> tuple[Driver, BytesSink]:
    sink = BytesSink()
    session = ReadClient(Rrq(b"f", "octet", options.pairs()), SERVER)
    observer: Callable[[Step], None] | None = (lambda step: None) if watch else None
    return Driver(session, wire, sink=sink, observer=observer), sink


def data(number: int, octets: int = BLKSIZE) -> bytes:
    return build(Data(number & 0xFFFF, bytes([number & 0xFF]) * octets))


def outcome_of(driver: Driver, sink: BytesSink | None) -> tuple[object, ...]:
    session = driver.session
    told = {k: v for k, v in session.variables().items() if k not in ("rto", "srtt", "deadline")}
    return told, session.outcome, session.counters, None if sink is None else sink.octets


def disturbed(numbers: list[int], oddities: dict[int, str]) -> list[tuple[bytes, Address]]:
    """Return DATA of these numbers, each followed by what `oddities` has for its index."""
    arrivals: list[tuple[bytes, Address]] = []
    for index, number in enumerate(numbers):
        odd = oddities.get(index, "")
        if odd != "lost":
            arrivals.append((data(number), PEER))
        if odd in COPIES:
            arrivals += [(data(number), PEER)] * COPIES[odd]
        if odd == "stranger":
            arrivals.append((data(number + 1), STRANGER))
        if odd == "late":
            arrivals.append((data(max(1, number - 2)), PEER))
        if odd == "oversized":
            arrivals.append((data(number + 1, BLKSIZE + 1), PEER))
        if odd == "garbage":
            arrivals.append((b"\0\7", PEER))
    return arrivals


ODDITIES = st.dictionaries(
    st.integers(0, 40),
    st.sampled_from(["lost", "stranger", "late", "oversized", "garbage", *COPIES]),
    max_size=4,
)


@given(
    ODDITIES,
    st.integers(1, 40),
    st.sampled_from([1, 1, 2, 4, 7]),
    st.booleans(),
    st.integers(0, BLKSIZE - 1),
    st.sampled_from([1, 3, 1000]),
)
def test_a_reader_says_and_keeps_the_same_with_prediction_and_without(
    oddities: dict[int, str], blocks: int, windowsize: int, blocking: bool, last: int, kept: int
) -> None:
    options = offer(blksize=BLKSIZE, windowsize=windowsize)
    arrivals = [(build(Oack(options.pairs())), PEER)]
    arrivals += disturbed(list(range(1, blocks + 1)), oddities)
    arrivals += [(data(blocks + 1, last), PEER)]
    told = []
    for kind, watch in ((Wire, True), (CheapWire, False), (GatheringWire, False)):
        wire = kind(arrivals, blocking=blocking)
        wire.run_memory = kept * slot_room(BLKSIZE)
        wire.tick = 0.0004  # so that all the copies together take less time than a burst
        driver, sink = reader(wire, options, watch)
        turn_until_silent(driver, wire)
        driver.feed(Aborted())
        told.append((wire.sent, outcome_of(driver, sink)))
    assert told[0] == told[1] == told[2]


ACKS = st.dictionaries(
    st.integers(0, 40),
    st.sampled_from(["lost", "stranger", "garbage", "padded", *COPIES]),
    max_size=4,
)


@given(ACKS, st.integers(0, 300), st.sampled_from([1, 1, 2, 5]), st.booleans())
def test_a_writer_says_the_same_with_prediction_and_without(
    oddities: dict[int, str], size: int, windowsize: int, blocking: bool
) -> None:
    options = offer(blksize=BLKSIZE, windowsize=windowsize)
    arrivals = [(build(Oack(options.pairs())), PEER)]
    last = size // BLKSIZE + 1
    for number in [*range(windowsize, last, windowsize), last]:
        odd = oddities.get(number, "")
        if odd != "lost":
            arrivals.append((build(Ack(number)), PEER))
        if odd in COPIES:
            arrivals += [(build(Ack(number)), PEER)] * COPIES[odd]
        if odd == "padded":
            arrivals[-1] = (build(Ack(number)) + bytes(25), PEER)
        if odd == "stranger":
            arrivals.append((build(Ack(number)), STRANGER))
        if odd == "garbage":
            arrivals.append((b"\0\4", PEER))
    told = []
    for kind, watch in ((Wire, True), (CheapWire, False)):
        wire = kind(arrivals, blocking=blocking)
        source = BytesSource(bytes(range(256)) * 2)
        session = WriteClient(Wrq(b"f", "octet", options.pairs()), size, SERVER)
        driver = Driver(
            session, wire, source=source, observer=(lambda step: None) if watch else None
        )
        turn_until_silent(driver, wire)
        driver.feed(Aborted())
        told.append((wire.sent, outcome_of(driver, None)))
    assert told[0] == told[1]


def test_prediction_moves_the_machine_once_a_run() -> None:
    wire = CheapWire([(data(number), PEER) for number in range(1, 101)])
    options = offer(blksize=BLKSIZE)
    wire.arrivals.appendleft((build(Oack(options.pairs())), PEER))
    driver, _ = reader(wire, options, watch=False)
    turn_until_silent(driver, wire)
    driver.feed(Aborted())
    assert driver.session.counters.blocks == 100
    assert len(driver.recent) < 20


@pytest.mark.parametrize("blocking", [True, False])
@pytest.mark.parametrize("copies", [1, 5])
def test_copies_end_no_run_of_a_reader(copies: int, blocking: bool) -> None:
    numbers = [number for number in range(1, 101) for _ in range(1 + copies)]
    arrivals = [build(Oack(offer(blksize=BLKSIZE).pairs())), *map(data, numbers)]
    wire = CheapWire([(octets, PEER) for octets in arrivals], blocking=blocking)
    wire.tick = 0.00001
    driver, _ = reader(wire, offer(blksize=BLKSIZE), watch=False)
    turn_until_silent(driver, wire)
    driver.feed(Aborted())
    acks = [octets for octets, _ in wire.sent[1:-1]]
    assert acks == [ack_octets(number) for number in range(101)], "none is repeated"
    assert driver.session.counters.blocks == 100
    assert driver.session.counters.duplicates == 100 * copies
    assert len(driver.recent) < 12 + 5 * copies  # the copies after the last block of each run


@pytest.mark.parametrize("blocking", [True, False])
@pytest.mark.parametrize("windowsize", [None, 4])
def test_acks_of_old_switches_end_no_run_of_a_writer(
    windowsize: int | None, blocking: bool
) -> None:
    """They are padded to 29 octets."""
    options = offer(blksize=BLKSIZE, windowsize=windowsize)
    numbers = range(0, 101, windowsize or 1)
    padded = [ack_octets(number) + b"\xaa" * 25 for number in numbers if number]
    arrivals = [(octets, PEER) for octets in (build(Oack(options.pairs())), *padded)]
    wire = CheapWire(arrivals, blocking=blocking)
    wire.tick = 0.00001
    source = BytesSource(bytes(BLKSIZE * 120))
    session = WriteClient(Wrq(b"f", "octet", options.pairs()), source.size, SERVER)
    driver = Driver(session, wire, source=source)
    turn_until_silent(driver, wire)
    driver.feed(Aborted())
    assert session.acked == 100
    assert len(driver.recent) < 20
    heard = [step.event for step in driver.recent if isinstance(step.event, AckReceived)]
    assert any("padding ignored" in event.tolerated for event in heard if event.count > 1)


@pytest.mark.parametrize("blocking", [True, False])
@pytest.mark.parametrize("copies", [1, 5])
def test_copies_end_no_run_of_a_writer(copies: int, blocking: bool) -> None:
    options = offer(blksize=BLKSIZE)
    numbers = [number for number in range(1, 101) for _ in range(1 + copies)]
    arrivals = [build(Oack(options.pairs())), *map(ack_octets, numbers)]
    wire = CheapWire([(octets, PEER) for octets in arrivals], blocking=blocking)
    wire.tick = 0.00001
    session = WriteClient(Wrq(b"f", "octet", options.pairs()), 2000, SERVER)
    driver = Driver(session, wire, source=BytesSource(bytes(2000)))
    turn_until_silent(driver, wire)
    driver.feed(Aborted())
    assert len(wire.sent) == 1 + 101 + 1, "no block is sent twice"
    assert driver.session.counters.duplicates == 100 * copies
    assert len(driver.recent) < 12 + 5 * copies  # the copies after the last block of each run


def test_what_a_run_keeps_in_lock_step_grows_with_what_the_peer_has_shown() -> None:
    """Thousands of peers that ask and then wait must cost little memory."""
    session = ReadClient(Rrq(b"f", "octet"), SERVER)
    session.timer.srtt = 1e-6
    lengths = []
    for shown in (0, 8, 100, 10_000):
        session.received = shown
        lengths.append(kept_by(session, 1 << 30))
    assert lengths == [8, 16, 108, LONGEST_RUN]


@pytest.mark.parametrize("verb", ["read", "write"])
def test_the_clock_ends_a_run_in_windows_and_not_the_round_trips_of_steps(verb: str) -> None:
    """Between two runs more is done than within one, so those round trips are longer."""
    options = offer(blksize=BLKSIZE, windowsize=4)
    windows, tick = 1500, 0.0001
    if verb == "read":
        arrivals = [data(number) for number in range(1, 4 * windows + 1)]
        session: Any = ReadClient(Rrq(b"f", "octet", options.pairs()), SERVER)
    else:
        arrivals = [ack_octets(4 * number) for number in range(1, windows + 1)]
        size = 4 * (windows + 1) * BLKSIZE
        session = WriteClient(Wrq(b"f", "octet", options.pairs()), size, SERVER)
    wire = CheapWire([(octets, PEER) for octets in (build(Oack(options.pairs())), *arrivals)])
    wire.tick = tick
    source = None if verb == "read" else BytesSource(bytes(size))
    driver = Driver(session, wire, source=source, sink=BytesSink())
    session.timer.sample = lambda rtt: setattr(session.timer, "srtt", SHOWN_EVERY)
    turn_until_silent(driver, wire)
    counts = [step.event.count for step in driver.recent if hasattr(step.event, "count")]
    # Here each DATA is written, and each ACK answered, separately and with a look at the clock.
    assert max(counts) == pytest.approx(SHOWN_EVERY / tick, abs=4)


class SlowWire(CheapWire):
    """The first `fast` datagrams come at once. Each later one takes `seconds`."""

    fast = 600
    seconds = 0.003
    in_vain = 0.0  # seconds of a receive to which nothing comes
    came_at = 0.0  # when the last datagram came

    def _into(self, buffer: memoryview, peer: Address) -> int:
        self.fast -= 1
        if self.fast < 0:
            self.pause(self.seconds)
        if not self.arrivals:
            self.pause(self.in_vain)
        else:
            self.came_at = self.now()
        return super()._into(buffer, peer)


def long_transfer(verb: str, windowsize: int, *, blocking: bool) -> tuple[Driver, SlowWire]:
    """A transfer of 1200 blocks over a slow wire, in the middle of which the peer falls silent."""
    options = offer(blksize=BLKSIZE, windowsize=windowsize)
    session: ReadClient | WriteClient
    if verb == "read":
        arrivals = [data(number) for number in range(1, 1201)]
        session, source = ReadClient(Rrq(b"f", "octet", options.pairs()), SERVER), None
    else:
        arrivals = [ack_octets(number) for number in range(windowsize, 1201, windowsize)]
        source = BytesSource(bytes(1300 * BLKSIZE))
        session = WriteClient(Wrq(b"f", "octet", options.pairs()), source.size, SERVER)
    arrived = [(octets, PEER) for octets in (build(Oack(options.pairs())), *arrivals)]
    wire = SlowWire(arrived, blocking=blocking)
    wire.tick = 1e-6
    wire.memory = memoryview(bytearray(4 * JOINED))  # whole windows, as over UDP
    return Driver(session, wire, source=source, sink=BytesSink()), wire


@pytest.mark.parametrize(
    ("verb", "windowsize"), [("read", 1), ("write", 1), ("read", 64), ("write", 2)]
)
def test_a_run_that_waits_ends_in_time_on_a_path_that_becomes_slow(
    verb: str, windowsize: int
) -> None:
    """Meanwhile a server with one session does nothing else, and a client shows no progress."""
    driver, wire = long_transfer(verb, windowsize, blocking=True)
    wire.fast //= windowsize if verb == "write" else 1
    driver.feed(Opened())
    longest, before = 0.0, wire.now()
    while wire.arrivals:
        driver.turn()
        longest, before = max(longest, wire.now() - before), wire.now()
    assert SHOWN_EVERY <= longest < SHOWN_EVERY + 3 * wire.seconds


@pytest.mark.parametrize("verb", ["read", "write"])
@pytest.mark.parametrize("windowsize", [1, 4])
def test_a_wait_in_vain_at_the_end_of_a_run_moves_no_deadline(verb: str, windowsize: int) -> None:
    """A transport waits for up to 0.1 s; the RTO begins when the last datagram came."""
    driver, wire = long_transfer(verb, windowsize, blocking=True)
    wire.fast, wire.in_vain = len(wire.arrivals), 0.1
    driver.feed(Opened())
    while wire.arrivals:
        driver.turn()
    session = driver.session
    assert wire.now() - wire.came_at > wire.in_vain and session.deadline is not None
    assert session.deadline == pytest.approx(wire.came_at + session.timer.rto, abs=0.01)


@pytest.mark.parametrize("verb", ["read", "write"])
def test_a_turn_with_windows_ends_in_time_where_receiving_never_waits(verb: str) -> None:
    """The other sessions of a server or an event loop wait for it. The run itself goes on."""
    driver, wire = long_transfer(verb, 2, blocking=False)
    wire.fast, wire.seconds = 4, SHARED_TURN / 8
    driver.feed(Opened())
    turns, before = [], wire.now()
    while wire.arrivals:
        driver.take_waiting(16)
        turns.append(wire.now() - before)
        before = wire.now()
    assert SHARED_TURN <= max(turns) < SHARED_TURN + 3 * wire.seconds
    assert driver.is_mid_run and len(driver.recent) < len(turns) // 2


def test_what_a_run_reads_of_its_file_grows_with_what_the_peer_has_shown() -> None:
    """A server that sends reads each octet once, and few octets at a time."""
    wire = CheapWire([(ack_octets(number), PEER) for number in range(258)], blocking=False)
    wire.tick = 1e-6
    source = PartsSource(bytes(512 * 300))
    session = WriteClient(Wrq(b"f", "octet"), source.size, SERVER)
    driver = Driver(session, wire, source=source)
    turn_until_silent(driver, wire)
    assert len(driver.recent) < 6
    offsets = [offset for offset, _ in source.parts]
    assert offsets == sorted(set(offsets)), "nothing is read twice"
    sizes = [count // 512 for _, count in source.parts]
    assert sizes[:5] == [1, 2, 4, 8, 16] and max(sizes) == READ_AT_ONCE // 512


def test_a_run_over_a_transport_that_never_waits_ends_after_some_time() -> None:
    """Without this limit, a slow peer would be measured too seldom."""
    wire = CheapWire([(ack_octets(number), PEER) for number in range(20)], blocking=False)
    wire.tick = SHARED_EVERY / 8
    session = WriteClient(Wrq(b"f", "octet"), 512 * 300, SERVER)
    driver = Driver(session, wire, source=BytesSource(bytes(session.size)))
    turn_until_silent(driver, wire)
    counts = [step.event.count for step in driver.recent if isinstance(step.event, AckReceived)]
    assert max(counts) == 1 + 8


class PartsSource(BytesSource):
    """Records each read."""

    def __init__(self, octets: bytes) -> None:
        super().__init__(octets)
        self.parts: list[tuple[int, int]] = []

    def read(self, offset: int, count: int) -> memoryview:
        self.parts.append((offset, count))
        return super().read(offset, count)


@pytest.mark.parametrize("windowsize", [1, 4])
def test_a_run_goes_on_over_the_wrap_of_block_numbers(windowsize: int) -> None:
    options = offer(blksize=BLKSIZE, windowsize=windowsize)
    numbers = range(1, 65536 + 9)
    wire = CheapWire([(build(Oack(options.pairs())), PEER), *((data(n), PEER) for n in numbers)])
    driver, _ = reader(wire, options, watch=False)
    turn_until_silent(driver, wire)
    driver.feed(Aborted())
    assert driver.session.counters.blocks == 65536 + 8
    due = list(range(windowsize, 65536 + 9, windowsize))
    assert [sent for sent, _ in wire.sent[1 : len(due) + 2]] == [
        ack_octets(0),
        *map(ack_octets, due),
    ]


class Interrupted(CheapWire):
    """When nothing arrives any more, it raises KeyboardInterrupt like Ctrl-C."""

    def _into(self, buffer: memoryview, peer: Address) -> int:
        if not self.arrivals:
            raise KeyboardInterrupt
        return super()._into(buffer, peer)


@pytest.mark.parametrize("windowsize", [1, 2])
def test_an_exception_ends_a_run_and_the_session_hears_of_it(windowsize: int) -> None:
    options = offer(blksize=BLKSIZE, windowsize=windowsize)
    arrivals = [build(Oack(options.pairs())), *map(data, range(1, 7))]
    wire = Interrupted([(octets, PEER) for octets in arrivals])
    driver, sink = reader(wire, options, watch=False)
    driver.feed(Opened())
    driver.take(wire.receive(None))
    with pytest.raises(KeyboardInterrupt):
        driver.turn()
    assert not driver.is_mid_run
    assert driver.session.counters.blocks == 6
    assert sink.size == 6 * BLKSIZE


class Written(BytesSink):
    """Keeps the written octets, also of a file that was discarded."""

    written = b""

    def write(self, octets: Any) -> None:
        super().write(octets)
        self.written += b"".join(octets)


@pytest.mark.parametrize("windowsize", [1, 4])
@pytest.mark.parametrize("blocking", [True, False])
def test_an_interrupt_anywhere_in_a_run_leaves_the_beginning_of_the_file(
    blocking: bool, windowsize: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C may come between any two lines, and nothing else is raised because of it."""
    monkeypatch.setattr(parts, "PART", 3 * BLKSIZE + 1)
    options, blocks = offer(blksize=BLKSIZE, windowsize=windowsize), 12
    whole = b"".join(data(number)[4:] for number in range(1, blocks + 1))
    for line in count(1):
        arrivals = [build(Oack(options.pairs())), *map(data, range(1, blocks + 1))]
        wire = CheapWire([(octets, PEER) for octets in arrivals], blocking=blocking)
        wire.tick, wire.run_memory = 1e-6, 3 * slot_room(BLKSIZE)
        sink = Written()
        driver = Driver(ReadClient(Rrq(b"f", "octet", options.pairs()), SERVER), wire, sink=sink)
        try:
            with interrupted_at(line, *RECEIVING):
                turn_until_silent(driver, wire)
            break
        except KeyboardInterrupt:
            driver.feed(Aborted())
        assert whole.startswith(sink.written), line
    assert line > 100, "each line was tried"
    assert sink.written == whole


RECEIVING = (
    ReadRun.fill,
    Effects.write_early,
    WindowReadRun._fill,
    Parts.write_whole,
    Parts.write_all,
    Parts._write_up_to,
)


@contextmanager
def interrupted_at(line: int, *functions: Callable[..., object]) -> Iterator[None]:
    """Raise KeyboardInterrupt before the given line, counted over all lines of these functions."""
    left, codes = line, {function.__code__ for function in functions}

    def trace(frame: FrameType, event: str, argument: object) -> Any:
        nonlocal left
        left -= event == "line"
        if not left:
            left = -1
            raise KeyboardInterrupt
        return trace

    before = sys.gettrace()
    sys.settrace(lambda frame, event, argument: trace if frame.f_code in codes else None)
    try:
        yield
    finally:
        sys.settrace(before)


@pytest.mark.parametrize("windowsize", [1, 4])
def test_a_datagram_that_is_taken_while_a_run_is_open_keeps_its_octets(windowsize: int) -> None:
    options = offer(blksize=BLKSIZE, windowsize=windowsize)
    arrivals = [build(Oack(options.pairs())), *map(data, range(1, 6))]
    wire = CheapWire([(octets, PEER) for octets in arrivals], blocking=False)
    driver, sink = reader(wire, options, watch=False)
    turn_until_silent(driver, wire)
    assert driver.is_mid_run
    driver.take(Burst.of(data(6), PEER))
    driver.take(Burst.of(data(7, 3), PEER))
    assert driver.finished == Finished(Outcome.SUCCEEDED)
    whole = [*map(data, range(1, 7)), data(7, 3)]
    assert sink.octets == b"".join(octets[4:] for octets in whole)


# -- A prediction that the table does not confirm --------------------------------------------------


class Forgetful(ReadClient):
    """The rows of this client omit one ACK that they should send."""

    forgets = False

    def send_due_acks(self, event: DataReceived) -> None:
        if self.forgets:
            self.forgets = False
        else:
            super().send_due_acks(event)


def disagreement() -> tuple[str, list[bytes], bool]:
    """Return the error of a wrong prediction, what is sent after it, and if the file is used."""
    wire = CheapWire([(data(number), PEER) for number in (1, 2)])
    session = Forgetful(Rrq(b"f"), SERVER)
    driver = Driver(session, wire, sink=BytesSink())
    driver.feed(Opened())
    session.agreed = Options(blksize=BLKSIZE)
    session.blksize = BLKSIZE
    driver.take(wire.receive(None))
    session.forgets = True
    try:
        driver.turn()
        said = ""
    except PredictionError as wrong:
        said = str(wrong)
    before = len(wire.sent)
    wire.pause(10.0)
    driver.feed(TimeoutExpired())
    wire.arrivals.append((data(3), PEER))
    return said, [octets for octets, _ in wire.sent[before:]], driver.exchange()


def test_an_answer_that_the_table_does_not_give_is_an_error() -> None:
    said, sent, predicts = disagreement()
    assert said.startswith("a fault of this program: to DataReceived(block=2")
    assert "Send(packet=Ack(block=2)" in said
    assert sent == [ack_octets(2)], "what was predicted in vain does not swallow the next ACK"
    assert not predicts


def test_no_assertion_is_needed_to_see_it() -> None:
    """`python -O` strips assertions."""
    code = "import tests.driver.test_prediction as t; print(t.disagreement()[0])"
    command = [sys.executable, "-O", "-c", code]
    root = Path(__file__).resolve().parents[2]
    ran = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)
    assert ran.stdout.startswith("a fault of this program")


class SlowSource(BytesSource):
    """Records at each read how much was sent before."""

    def __init__(self, octets: bytes, wire: Wire) -> None:
        super().__init__(octets)
        self._wire = wire
        self.read_after: list[int] = []

    def read(self, offset: int, count: int) -> memoryview:
        self.read_after.append(len(self._wire.arrivals))
        return super().read(offset, count)


@pytest.mark.parametrize("blocking, acks_left", [(True, [2, 1, 0]), (False, [1, 0])])
def test_the_next_window_is_read_while_its_ack_is_on_the_way(
    blocking: bool, acks_left: list[int]
) -> None:
    options = offer(blksize=BLKSIZE, windowsize=2)
    arrivals = [build(Oack(options.pairs())), build(Ack(2)), build(Ack(4))]
    wire = CheapWire([(octets, PEER) for octets in arrivals], blocking=blocking)
    source = SlowSource(bytes(99), wire)
    session = WriteClient(Wrq(b"f", "octet", options.pairs()), 99, SERVER)
    turn_until_silent(Driver(session, wire, source=source), wire)
    assert source.read_after[1:] == acks_left, "the first window goes with the OACK"


@pytest.mark.parametrize("room", [JOINED, 2 * JOINED])
@pytest.mark.parametrize("blocking", [True, False])
def test_a_window_is_written_as_it_comes_and_not_again_with_its_run(
    blocking: bool, room: int
) -> None:
    options = offer(blksize=BLKSIZE, windowsize=4)
    arrivals = [build(Oack(options.pairs())), *map(data, range(1, 7))]
    wire = CheapWire([(octets, PEER) for octets in arrivals], blocking=blocking)
    wire.memory = memoryview(bytearray(room))
    driver, sink = reader(wire, options, watch=False)
    driver.feed(Opened())
    driver.take(wire.receive(None))
    sizes = []
    while wire.arrivals:
        driver.exchange()
        sizes.append(sink.size)
    assert sizes[-1] == 6 * BLKSIZE
    driver.take(Burst.of(data(7, 0), PEER))
    assert sink.octets == b"".join(data(number)[4:] for number in range(1, 7))


def lock_step_run_of(blocks: int, sink: BytesSink, kept: int, *, blocking: bool) -> CheapWire:
    """Run a lock-step get of so many full blocks. A run keeps `kept` of them."""
    options = offer(blksize=BLKSIZE)
    arrivals = [build(Oack(options.pairs())), *map(data, range(1, blocks + 1))]
    wire = CheapWire([(octets, PEER) for octets in arrivals], blocking=blocking)
    wire.tick = 1e-6
    wire.run_memory = kept * slot_room(BLKSIZE)
    wire.driver = Driver(ReadClient(Rrq(b"f", "octet", options.pairs()), SERVER), wire, sink=sink)
    turn_until_silent(wire.driver, wire)
    return wire


@pytest.mark.parametrize("blocking", [True, False])
def test_a_run_writes_what_it_cannot_keep_and_goes_on(blocking: bool) -> None:
    """A server keeps 16 KiB of each upload. A step costs as much as so few blocks."""
    sink = BytesSink()
    driver = lock_step_run_of(200, sink, 4, blocking=blocking).driver
    assert len(driver.recent) < 8
    assert 0 <= 200 * BLKSIZE - sink.size <= 4 * BLKSIZE
    driver.take(Burst.of(data(201, 3), PEER))
    whole = [*map(data, range(1, 201)), data(201, 3)]
    assert sink.octets == b"".join(octets[4:] for octets in whole), "nothing is written twice"


@pytest.mark.parametrize("kept", [1, 2, 4])
def test_a_server_that_keeps_few_blocks_has_long_runs_too(kept: int) -> None:
    """Its first run has one exchange, because no round trip is known. Later runs have many."""
    wire = CheapWire([(data(number), PEER) for number in range(1, 201)], blocking=False)
    wire.tick, wire.run_memory = 1e-6, kept * slot_room(BLKSIZE)
    options = offer(blksize=BLKSIZE)
    session = WriteServer(Wrq(b"f", "octet", options.pairs()), options, PEER)
    driver, steps = Driver(session, wire, sink=BytesSink()), 0
    driver.feed(RequestReceived(PEER))
    while wire.arrivals:
        driver.exchange()
        steps += not driver.is_mid_run
    assert steps < 8
    driver.feed(Aborted())
    assert session.counters.blocks == 200


class FullDisk(BytesSink):
    """A disk with room for so many octets."""

    room = 50 * BLKSIZE
    refused = 0

    def write(self, octets: Any) -> None:
        if self.size + sum(map(len, octets)) > self.room:
            self.refused += 1
            raise LocalError("cannot write: no space left on device", code=3)
        super().write(octets)


@pytest.mark.parametrize("blocking", [True, False])
def test_a_disk_that_is_full_within_a_run_ends_the_session_once(blocking: bool) -> None:
    sink = FullDisk()
    wire = lock_step_run_of(200, sink, 4, blocking=blocking)
    finished = wire.driver.finished
    assert finished is not None and finished.outcome is Outcome.NO_ROOM
    assert sink.refused == 1, "what could not be written is not written again"
    assert [octets[:2] for octets, _ in wire.sent].count(b"\0\5") == 1
    assert wire.sent[-1][0][:4] == b"\0\5\0\3"


@pytest.mark.parametrize("windowsize", [1, 2])
def test_silence_after_an_open_run_belongs_to_no_round_trip_and_times_out_at_once(
    windowsize: int,
) -> None:
    options = offer(blksize=BLKSIZE, windowsize=windowsize)
    arrivals = [build(Oack(options.pairs())), *map(data, range(1, 7))]
    wire = CheapWire([(octets, PEER) for octets in arrivals], blocking=False)
    driver, _ = reader(wire, options, watch=False)
    turn_until_silent(driver, wire)
    assert driver.is_mid_run
    wire.pause(10.0)
    driver.feed(TimeoutExpired())
    session = driver.session
    assert session.counters.blocks == 6 and session.timer.srtt is not None
    assert session.timer.srtt < 1.0
    assert session.counters.retransmissions == 1, "the ACK is said again, not awaited once more"


def test_an_open_run_moves_the_deadline_on_but_a_copy_does_not() -> None:
    options = offer(blksize=BLKSIZE)
    arrivals = [build(Oack(options.pairs())), *map(data, range(1, 7))]
    wire = CheapWire([(octets, PEER) for octets in arrivals], blocking=False)
    driver, _ = reader(wire, options, watch=False)
    turn_until_silent(driver, wire)
    session, moved_at, deadline = driver.session, driver.moved_at, driver.deadline
    assert driver.is_mid_run and session.deadline is not None
    assert moved_at > session.moved_at
    assert deadline == moved_at + session.timer.base > session.deadline
    wire.arrivals.append((data(6), PEER))
    driver.exchange()
    assert (driver.moved_at, driver.deadline) == (moved_at, deadline)
    wire.pause(deadline - wire.now())
    driver.feed(TimeoutExpired())  # this ends the run
    assert (driver.moved_at, driver.deadline) == (session.moved_at, session.deadline)
    wire.pause(1.0)
    driver.feed(TimeoutExpired())
    assert session.counters.retransmissions == 1


def test_who_waits_for_a_transfer_waits_for_its_open_run() -> None:
    """Over a slow path a run lasts longer than the RTO that the session had when it began."""
    options = offer(blksize=BLKSIZE)
    arrivals = [build(Oack(options.pairs())), *map(data, range(1, 7))]
    wire = CheapWire([(octets, PEER) for octets in arrivals], blocking=False)
    session = ReadClient(Rrq(b"f", "octet", options.pairs()), SERVER)
    job = Job("get", session, None, sink=BytesSink())
    attempt = Attempt(job, wire, Settings(), prepare=lambda octets: None)
    attempt.begin()
    while wire.arrivals:
        attempt.driver.take_waiting(1)
        attempt.look()
    driver = attempt.driver
    assert driver.is_mid_run and session.deadline is not None and driver.deadline is not None
    assert attempt.due == driver.deadline > session.deadline
    wire.pause(session.deadline - wire.now())
    assert not driver.is_due
    wire.pause(attempt.due - wire.now())
    assert driver.is_due


def test_who_has_a_driver_asks_it_for_the_deadline_and_not_the_session() -> None:
    root = Path(tftp_fsm.__file__).parent
    texts = {path.relative_to(root).as_posix(): path.read_text() for path in root.rglob("*.py")}
    del texts["driver/driver.py"]
    having = {name for name, text in texts.items() if "import Driver\n" in text}
    assert {"client/attempt.py", "simulation/ends.py", "debugger/worlds/held.py"} <= having
    assert [name for name in having if "session.deadline" in texts[name]] == []


@pytest.mark.parametrize("goes_on", [False, True])
def test_what_comes_while_a_file_is_committed_waits_behind_a_run(goes_on: bool) -> None:
    """Until then the session must get nothing. A datagram that is received then is lost."""
    options = offer(blksize=BLKSIZE)
    arrivals = [build(Oack(options.pairs())), *map(data, range(1, 9)), data(9, 0), data(9, 0)]
    wire = CheapWire([(octets, PEER) for octets in arrivals], blocking=False)
    driver, _ = reader(wire, options, watch=False)
    commits: list[Callable[[], None]] = []
    driver.effects.commit_aside = commits.append
    driver.feed(Opened())
    while not driver.is_committing:
        driver.take_waiting(len(arrivals), goes_on=goes_on)
    assert wire.left == 1 and wire.sent[-1] == (ack_octets(8), PEER)
    commits.pop()()
    driver.resume(None)
    assert wire.sent[-1] == (ack_octets(9), PEER)


def test_a_server_that_never_waits_gives_the_lent_memory_back_with_what_came() -> None:
    options = offer(blksize=BLKSIZE, windowsize=4)
    arrivals = [build(Oack(options.pairs())), *map(data, (1, 2, 3))]
    wire = CheapWire([(octets, PEER) for octets in arrivals], blocking=False)
    driver, sink = reader(wire, options, watch=False)
    turn_until_silent(driver, wire)
    wire.memory[:] = bytes(len(wire.memory))  # another session receives there now
    wire.arrivals.append((data(4, 0), PEER))
    while wire.arrivals:
        if not driver.exchange():
            driver.take(wire.receive(None))
    assert sink.octets == b"".join(data(number)[4:] for number in (1, 2, 3))


@pytest.mark.parametrize("windowsize", [1, 4])
def test_an_error_in_the_middle_of_a_run_keeps_its_message(windowsize: int) -> None:
    message = "the disk of this server has caught fire, and nobody is there to put it out"
    options = offer(blksize=BLKSIZE, windowsize=windowsize)
    arrivals = [build(Oack(options.pairs())), *map(data, range(1, 9)), build(Error(0, message))]
    wire = CheapWire([(octets, PEER) for octets in arrivals])
    driver, _ = reader(wire, options, watch=False)
    turn_until_silent(driver, wire)
    assert driver.finished == Finished(Outcome.PEER_ERROR, message, 0)


def test_an_error_instead_of_an_ack_keeps_its_message() -> None:
    options = offer(blksize=BLKSIZE)
    arrivals = [build(Oack(options.pairs())), build(Ack(1)), build(Error(3, "no more room here"))]
    wire = CheapWire([(octets, PEER) for octets in arrivals])
    session = WriteClient(Wrq(b"f", "octet", options.pairs()), 99, SERVER)
    driver = Driver(session, wire, source=BytesSource(bytes(99)))
    turn_until_silent(driver, wire)
    assert driver.finished == Finished(Outcome.PEER_ERROR, "no more room here", 3)
