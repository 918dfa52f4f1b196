"""Runs of blocks send the same octets as single blocks, and end in the same way."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.playbook import oack, play
from tftp_fsm.driver.driver import Driver
from tftp_fsm.driver.joined_runs import unbroken_run
from tftp_fsm.protocol.events import DataReceived, Finished, OackReceived, Opened, Outcome, Step
from tftp_fsm.protocol.roles import ReadClient
from tftp_fsm.protocol.timing import RetryPolicy
from tftp_fsm.simulation import transfer as simulation
from tftp_fsm.simulation.ends import Setup
from tftp_fsm.simulation.network import SimulatedNetwork
from tftp_fsm.simulation.transfer import Simulation, Watcher
from tftp_fsm.storage import BytesSink
from tftp_fsm.transports import Burst
from tftp_fsm.transports.faults import Faults
from tftp_fsm.wire.address import Address
from tftp_fsm.wire.options import Options
from tftp_fsm.wire.packets import Data, Rrq, build

PEER = ("server", 2048)


# -- Recognising a run ----------------------------------------------------------------------------


@given(
    st.integers(0, 0xFFFF),
    st.integers(1, 9),
    st.integers(0, 5),
    st.integers(0, 5),
    st.one_of(st.none(), st.tuples(st.integers(0, 8), st.integers(0, 3), st.integers(0, 255))),
)
def test_a_run_is_what_parsing_each_packet_would_find(
    number: int, count: int, octets: int, last: int, damage: tuple[int, int, int] | None
) -> None:
    """`damage` writes one octet over one header."""
    last = min(last, octets)
    sizes = [octets] * (count - 1) + [last]
    datagrams = [
        bytearray(build(Data((number + at) & 0xFFFF, bytes(size)))) for at, size in enumerate(sizes)
    ]
    whole = True
    if damage is not None and damage[0] < count:
        index, column, octet = damage
        whole = datagrams[index][column] == octet
        datagrams[index][column] = octet
    run = unbroken_run(memoryview(b"".join(datagrams)), octets + 4, number, PEER)
    assert run == (DataReceived(number, octets, count, last, PEER) if whole else None)


def test_a_run_may_be_long_and_cross_the_wrap() -> None:
    octets = b"".join(build(Data(at & 0xFFFF, b"12345678")) for at in range(65000, 70000))
    assert unbroken_run(memoryview(octets), 12, 65000, PEER) == DataReceived(
        65000, 8, 5000, 8, PEER
    )
    assert unbroken_run(memoryview(octets), 12, 65001, PEER) is None


@pytest.mark.parametrize("cut", [1, 2, 3])
def test_a_datagram_without_a_whole_header_is_no_run(cut: int) -> None:
    octets = build(Data(1, b"12345678")) + build(Data(2, b""))[:cut]
    assert unbroken_run(memoryview(octets), 12, 1, PEER) is None
    assert unbroken_run(memoryview(octets[:cut]), cut, 1, PEER) is None


# -- One driver that is watched, one that is not --------------------------------------------------


class Recorder:
    """A transport whose clock stands still and that keeps what is sent."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []

    def send(self, burst: Burst) -> None:
        self.sent += burst.datagrams()

    def receive(self, deadline: float | None) -> None:
        return None

    def now(self) -> float:
        return 0.0

    def close(self) -> None:
        """Do nothing."""


def reader(blksize: int, windowsize: int, received: int, *, watched: bool) -> Driver:
    """Return a client in mid-transfer that has received `received` blocks."""
    request = Rrq(b"f", "octet", (("blksize", str(blksize)), ("windowsize", str(windowsize))))
    client = ReadClient(request, PEER, RetryPolicy(dally=1.0))
    agreed = oack(blksize=blksize, windowsize=windowsize)
    play(client, Opened(), OackReceived(agreed.options, PEER))
    for number in range(1, received + 1):
        play(client, DataReceived(number, blksize, source=PEER))
    watch = (lambda step: None) if watched else None
    return Driver(client, Recorder(), sink=BytesSink(), observer=watch)


def what_came_of_it(driver: Driver) -> tuple[object, ...]:
    transport, sink = driver.transport, driver.effects.sink
    assert isinstance(transport, Recorder)
    assert isinstance(sink, BytesSink)
    variables = driver.session.variables()
    return driver.finished, variables, sink.octets, sink.size, transport.sent


@st.composite
def bursts(draw: st.DrawFn, received: int, blksize: int) -> Burst:
    """Draw blocks that a peer may send together: mostly the next ones, mostly of the right size."""
    segment = 4 + draw(st.sampled_from([blksize, blksize, blksize, blksize - 1, blksize + 1, 0]))
    first = received + draw(st.sampled_from([1, 1, 1, 0, 2]))
    count = draw(st.integers(1, 12))
    strange = draw(st.sampled_from([None, None, None, *range(count)]))
    octets = b""
    for at in range(count):
        number = first + at + (draw(st.integers(-3, 3)) if at == strange else 0)
        octets += build(Data(number & 0xFFFF, bytes([at]) * (segment - 4)))
    cut = draw(st.integers(0, segment - 1))
    return Burst((octets[: len(octets) - cut],), segment, PEER)


@given(st.data(), st.integers(1, 5), st.integers(8, 10), st.integers(0, 6))
def test_a_burst_does_the_same_at_once_as_datagram_by_datagram(
    data: st.DataObject, windowsize: int, blksize: int, received: int
) -> None:
    arrived = data.draw(st.lists(bursts(received, blksize), min_size=1, max_size=2))
    watched = reader(blksize, windowsize, received, watched=True)
    unwatched = reader(blksize, windowsize, received, watched=False)
    for burst in arrived:
        watched.take(burst)
        unwatched.take(burst)
    assert what_came_of_it(unwatched) == what_came_of_it(watched)


@pytest.mark.parametrize("acknowledged, received, count", [(4, 6, 3), (4, 6, 4), (0, 3, 2)])
def test_blocks_beyond_the_window_are_judged_one_by_one(
    acknowledged: int, received: int, count: int
) -> None:
    driver = reader(8, 4, received, watched=False)
    session = driver.session
    assert isinstance(session, ReadClient)
    assert session.acknowledged == acknowledged
    blocks = range(received + 1, received + 1 + count)
    burst = b"".join(build(Data(number, bytes(8))) for number in blocks)
    driver.take(Burst((burst,), 12, PEER))
    assert [getattr(step.event, "count", None) for step in driver.recent] == [1] * count
    assert session.received == received + count


@pytest.mark.parametrize("received", [4, 6])
def test_blocks_that_fill_the_window_are_one_event(received: int) -> None:
    driver = reader(8, 4, received, watched=False)
    blocks = range(received + 1, 9)
    driver.take(Burst((b"".join(build(Data(n, bytes(8))) for n in blocks),), 12, PEER))
    assert [getattr(step.event, "count", None) for step in driver.recent] == [len(blocks)]


def test_short_blocks_in_one_burst_end_the_file_with_the_first_of_them() -> None:
    driver = reader(8, 4, 0, watched=False)
    short = b"".join(build(Data(number, b"abcd")) for number in (1, 2))
    driver.take(Burst((short,), 8, PEER))
    assert isinstance(driver.effects.sink, BytesSink)
    assert driver.effects.sink.octets == b"abcd"


def test_a_run_is_one_step_where_nobody_watches() -> None:
    for watched, steps in ((True, 4), (False, 1)):
        driver = reader(8, 4, 0, watched=watched)
        driver.take(Burst([build(Data(number, bytes(8))) for number in (1, 2, 3, 4)], 12, PEER))
        assert len(driver.recent) == steps
        assert what_came_of_it(driver)[-1] == [b"\0\4\0\4"]


@pytest.mark.parametrize("watched", [True, False])
def test_an_empty_datagram_moves_nothing_also_where_nobody_watches(watched: bool) -> None:
    driver = reader(8, 4, 0, watched=watched)
    driver.take(Burst.of(b"", PEER))
    assert driver.finished is None
    assert driver.session.counters.ignored == 1


@pytest.mark.parametrize("octets", [b"\0", b"\0\3", b"\0\3\0"], ids=repr)
def test_a_datagram_that_is_no_packet_is_refused_also_where_nobody_watches(octets: bytes) -> None:
    for watched in (True, False):
        driver = reader(8, 4, 0, watched=watched)
        driver.take(Burst.of(octets, PEER))
        assert driver.finished is not None
        assert driver.finished.outcome is Outcome.REFUSED


# -- Whole transfers ------------------------------------------------------------------------------


class JoiningNetwork(SimulatedNetwork):
    """Unharmed datagrams that were sent together arrive together; what is sent is kept."""

    def __init__(
        self, latency: float, faults: Faults, *, rate: float | None = None, log: object = None
    ) -> None:
        super().__init__(latency, faults, rate=rate, burst=True)
        self.wire: list[tuple[float, Address, bytes]] = []

    def carry(self, sender: Address, burst: Burst) -> None:
        for datagram in burst.datagrams():
            self.wire.append((self.now(), sender, datagram))
        super().carry(sender, burst)


def transfer(
    setup: Setup, watch: Watcher | None = None
) -> tuple[list[object], Finished | None, Finished | None, bytes | None]:
    with patch.object(simulation, "SimulatedNetwork", JoiningNetwork):
        run = Simulation(setup, watch=watch)
        result = run.run()
    assert isinstance(run.network, JoiningNetwork)
    return [*run.network.wire], result.client, result.server, result.received


def setups() -> Iterator[tuple[str, Options, Faults]]:
    for seed in range(12):
        options = Options(blksize=8 + seed, windowsize=(1, 2, 3, 8, 16, 64)[seed % 6])
        rate = 0.04 * (seed % 4)
        faults = Faults(loss=rate, duplicate=rate, reorder=rate, seed=seed)
        for verb in ("get", "put"):
            yield verb, options, faults


@pytest.mark.parametrize(("verb", "options", "faults"), list(setups()), ids=str)
def test_a_watched_transfer_is_the_same_on_the_wire(
    verb: Literal["get", "put"], options: Options, faults: Faults
) -> None:
    steps: list[Step] = []
    content = bytes(range(256)) * 5
    setup = Setup(verb, content, faults, options=options)
    watched = transfer(setup, watch=lambda end, step: steps.append(step))
    assert transfer(setup) == watched
    assert watched[3] == content, f"{watched[1]} {watched[2]}"
