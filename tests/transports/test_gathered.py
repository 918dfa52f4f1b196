"""Datagrams that come one by one are received as if the kernel had joined them."""

from __future__ import annotations

from contextlib import ExitStack

import pytest

from tests.transports.test_udp import closer, linux, opened  # noqa: F401
from tftp_fsm.transports.burst import WINDOWS_MEMORY, Burst
from tftp_fsm.transports.gathered import ALONE, Gathering
from tftp_fsm.transports.protocol import ReceiveJoined
from tftp_fsm.transports.session_transport import SessionTransport
from tftp_fsm.transports.udp import UdpTransport

SIZE = 16  # octets of each datagram


class Line:
    """The arrivals: datagrams, errors, and None if a poll finds nothing."""

    def __init__(self, *arrivals: bytes | OSError | None) -> None:
        self.arrivals = list(arrivals)
        self.aside: list[bytes] = []
        self.errors: list[OSError] = []

    def read(self, buffer: memoryview, octets: int, flags: int) -> int:
        found = self.arrivals.pop(0) if self.arrivals else None
        if found is None:
            raise BlockingIOError
        if isinstance(found, OSError):
            raise found
        kept = found[:octets]
        buffer[: len(kept)] = kept
        return len(kept)

    def gathering(self, polls: int = 0) -> Gathering:
        made = Gathering(
            self.read,
            lambda buffer: self.read(buffer, len(buffer), 0),
            self.aside.append,
            self.errors.append,
        )
        made._most = made._left = polls
        return made


def received(gathering: Gathering, enough: int) -> tuple[bytes, int]:
    buffer = memoryview(bytearray(1000))
    octets, segment = gathering(buffer, SIZE, enough * SIZE)
    return bytes(buffer[:octets]), segment


def full(letter: str) -> bytes:
    return letter.encode() * SIZE


def test_what_is_there_is_received_at_once_and_no_more_than_enough() -> None:
    line = Line(full("a"), full("b"), full("c"), full("d"))
    gathering = line.gathering()
    assert received(gathering, 3) == (full("a") + full("b") + full("c"), SIZE)
    assert received(gathering, 3) == (full("d"), SIZE)


def test_a_shorter_datagram_ends_it_and_belongs_to_it() -> None:
    line = Line(full("a"), b"short", full("b"))
    gathering = line.gathering()
    assert received(gathering, 9) == (full("a") + b"short", SIZE)
    assert received(gathering, 9) == (full("b"), SIZE)


@pytest.mark.parametrize("odd", [b"", b"odd", bytes(SIZE + 1)])
def test_an_odd_first_datagram_comes_alone(odd: bytes) -> None:
    line = Line(odd, full("a"))
    assert received(line.gathering(), 9) == (odd, len(odd))


def test_a_longer_datagram_is_put_aside_and_nothing_overtakes_it() -> None:
    line = Line(full("a"), full("b"), bytes(SIZE + 5), full("c"))
    gathering = line.gathering()
    assert received(gathering, 9) == (full("a") + full("b"), SIZE)
    assert line.aside == [bytes(SIZE + 1)]
    with pytest.raises(InterruptedError):
        received(gathering, 9)
    assert line.arrivals == [full("c")]


def test_an_error_loses_nothing_that_came_before_it() -> None:
    refused = ConnectionRefusedError()
    line = Line(full("a"), refused, full("b"))
    gathering = line.gathering()
    assert received(gathering, 9) == (full("a"), SIZE)
    assert line.errors == [refused]
    with pytest.raises(InterruptedError):
        received(gathering, 9)


def test_it_never_writes_behind_the_buffer() -> None:
    line = Line(*[full("a")] * 9)
    buffer = memoryview(bytearray(4 * SIZE))
    octets, _ = line.gathering()(buffer, SIZE, 9 * SIZE)
    assert octets <= 4 * SIZE


def test_polls_wait_for_the_next_one_and_a_slow_sender_soon_gets_none() -> None:
    line = Line(full("a"), None, None, full("b"), None, None, None)
    gathering = line.gathering(polls=2)
    assert received(gathering, 9) == (full("a") + full("b"), SIZE)
    assert gathering._left == 1
    line.arrivals = [full("c"), None, full("d"), None, None, None]
    assert received(gathering, 9) == (full("c") + full("d"), SIZE)
    line.arrivals = [full("e"), None, None, None, full("f"), None, full("g")]
    assert received(gathering, 9) == (full("e"), SIZE)
    assert gathering._left == 0


def test_a_window_that_is_larger_than_the_buffer_is_awaited_without_sleeping() -> None:
    line = Line(full("a"), full("b"), full("c"))
    gathering = line.gathering(polls=2)
    waits: list[int] = []
    first = gathering._first

    def counted(buffer: memoryview) -> int:
        waits.append(len(line.arrivals))
        return first(buffer)

    gathering._first = counted
    buffer = memoryview(bytearray(2 * SIZE))
    assert gathering(buffer, SIZE, 4 * SIZE) == (SIZE, SIZE)
    assert gathering(buffer, SIZE, 3 * SIZE) == (SIZE, SIZE)
    line.arrivals = [None, full("d")]
    assert gathering(buffer, SIZE, SIZE) == (SIZE, SIZE)
    assert len(waits) == 1
    line.arrivals = [full("e")]
    assert gathering(buffer, SIZE, 2 * SIZE) == (SIZE, SIZE)
    assert len(waits) == 2


def test_within_a_window_a_datagram_that_does_not_come_soon_is_awaited() -> None:
    line = Line(full("a"), None, None, full("b"))
    gathering = line.gathering(polls=2)
    buffer = memoryview(bytearray(2 * SIZE))
    assert gathering(buffer, SIZE, 2 * SIZE) == (SIZE, SIZE)
    assert gathering(buffer, SIZE, SIZE) == (SIZE, SIZE)
    assert bytes(buffer[:SIZE]) == full("b")
    assert not line.arrivals


# Over UDP


def windows_of(here: UdpTransport, there: UdpTransport) -> ReceiveJoined:
    found = here.joined_fast_path(there.local_address)
    assert found is not None
    return found[0]


@linux
def test_after_many_datagrams_that_came_alone_they_are_gathered(
    closer: ExitStack,  # noqa: F811
) -> None:
    here, there = opened(closer, buffer=1 << 20), opened(closer)
    receive = windows_of(here, there)
    for _ in range(ALONE):
        there.send(Burst.of(full("a"), here.local_address))
        assert receive(here.memory, SIZE, 9 * SIZE) == (SIZE, SIZE)
    for letter in "bcd":
        there.send(Burst.of(full(letter), here.local_address))
    with pytest.raises(InterruptedError):
        receive(here.memory, SIZE, 9 * SIZE)
    assert windows_of(here, there)(here.memory, SIZE, 3 * SIZE) == (3 * SIZE, SIZE)
    assert bytes(here.memory[: 3 * SIZE]) == full("b") + full("c") + full("d")


@linux
def test_one_joined_burst_shows_that_the_kernel_joins_them(
    closer: ExitStack,  # noqa: F811
) -> None:
    here, there = opened(closer, buffer=1 << 20), opened(closer)
    receive = windows_of(here, there)
    for count in [*[1] * (ALONE - 1), 2, *[1] * (ALONE - 1)]:
        there.send(Burst((bytes(count * SIZE),), SIZE, here.local_address))
        assert receive(here.memory, SIZE, 9 * SIZE) == (count * SIZE, SIZE)
    there.send(Burst((bytes(5 * SIZE),), SIZE, here.local_address))
    assert receive(here.memory, SIZE, 9 * SIZE) == (5 * SIZE, SIZE)


@linux
def test_a_datagram_that_is_too_long_is_heard_by_receive_before_any_other(
    closer: ExitStack,  # noqa: F811
) -> None:
    here, there = opened(closer), opened(closer)
    receive = windows_of(here, there)
    for datagram in (full("a"), bytes(SIZE + 3), full("b")):
        there.send(Burst.of(datagram, here.local_address))
    assert receive(here.memory, SIZE, 9 * SIZE) == (SIZE, SIZE)
    assert here.joined_fast_path(there.local_address) is None
    arrived = here.receive(here.now())
    assert isinstance(arrived, Burst)
    assert list(arrived.datagrams()) == [bytes(SIZE + 1)]
    assert windows_of(here, there)(here.memory, SIZE, 9 * SIZE) == (SIZE, SIZE)


# At a server, whose socket also gets packets of strangers


@pytest.fixture
def session(closer: ExitStack) -> tuple[SessionTransport, UdpTransport]:  # noqa: F811
    peer = opened(closer)
    memory = memoryview(bytearray(WINDOWS_MEMORY))
    here = SessionTransport(peer.local_address, "127.0.0.1", None, memory)
    closer.callback(here.close)
    return here, peer


@linux
@pytest.mark.parametrize("blocking", [True, False])
def test_a_server_gathers_and_a_stranger_is_heard_in_its_turn(
    session: tuple[SessionTransport, UdpTransport],
    closer: ExitStack,  # noqa: F811
    blocking: bool,
) -> None:
    here, peer = session
    here.blocking = blocking
    stranger = opened(closer)
    for sender, letter in ((peer, "a"), (peer, "b"), (stranger, "x"), (peer, "c")):
        sender.send(Burst.of(full(letter), here.local_address))
    found = here.joined_fast_path(peer.local_address)
    assert found is not None
    assert found[0](here.memory, SIZE, 9 * SIZE) == (2 * SIZE, SIZE)
    assert bytes(here.memory[: 2 * SIZE]) == full("a") + full("b")
    with pytest.raises(InterruptedError):
        found[0](here.memory, SIZE, 9 * SIZE)
    assert here.joined_fast_path(peer.local_address) is None
    arrived = [here.receive(), here.receive()]
    assert [each.peer for each in arrived if isinstance(each, Burst)] == [
        stranger.local_address,
        peer.local_address,
    ]


@linux
def test_a_server_stops_asking_for_joined_datagrams_that_never_come(
    session: tuple[SessionTransport, UdpTransport],
) -> None:
    here, peer = session
    here.prepare(1 << 16)
    found = here.joined_fast_path(peer.local_address)
    assert found is not None
    for _ in range(ALONE):
        peer.send(Burst.of(full("a"), here.local_address))
        assert found[0](here.memory, SIZE, 9 * SIZE) == (SIZE, SIZE)
    peer.send(Burst.of(full("b"), here.local_address))
    peer.send(Burst.of(full("c"), here.local_address))
    with pytest.raises(InterruptedError):
        found[0](here.memory, SIZE, 9 * SIZE)
    again = here.joined_fast_path(peer.local_address)
    assert again is not None
    assert again[0](here.memory, SIZE, 9 * SIZE) == (2 * SIZE, SIZE)


@linux
@pytest.mark.parametrize("joins", [False, True])
def test_large_blocks_in_lock_step_have_the_fast_path_of_lock_step(
    session: tuple[SessionTransport, UdpTransport], joins: bool
) -> None:
    """Only datagrams of a window may come joined, which the path for one datagram cannot take."""
    here, peer = session
    here.prepare(1 << 14, joins=joins)
    assert (here.fast_path(peer.local_address) is None) == joins
