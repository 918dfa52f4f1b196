"""One set of tests runs over every transport, so the simulated one behaves like the real one."""

from __future__ import annotations

import asyncio
import math
import socket
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field

import pytest

from tests.support.loops import factory, runner
from tftp_fsm.aio.turns import Watch
from tftp_fsm.simulation.network import SimulatedNetwork, SimulatedTransport
from tftp_fsm.transports import Burst, Transport, Unreachable
from tftp_fsm.transports.faults import Faults
from tftp_fsm.transports.impaired import FaultyTransport
from tftp_fsm.transports.session_transport import SessionTransport
from tftp_fsm.transports.udp import UdpTransport
from tftp_fsm.wire.address import Address, plain

HOSTS = {socket.AF_INET: "127.0.0.1", socket.AF_INET6: "::1"}
LONGEST = 65507  # octets, the longest UDP payload over IPv4
WAIT = 5.0  # seconds; only a failing test waits that long


def has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


@dataclass
class Bench:
    """Opens transports of one kind that can reach each other, and closes them."""

    opener: Callable[[], tuple[Transport, Address]]
    opened: list[Transport] = field(default_factory=list)

    def open(self) -> tuple[Transport, Address]:
        transport, address = self.opener()
        self.opened.append(transport)
        return transport, address

    def dead_address(self) -> Address:
        transport, address = self.open()
        transport.close()
        return address


def udp(family: socket.AddressFamily, offload: bool) -> Callable[[], tuple[Transport, Address]]:
    def opener() -> tuple[Transport, Address]:
        transport = UdpTransport(family, HOSTS[family], offload=offload)
        transport.set_buffers(1 << 20)
        return transport, transport.local_address

    return opener


def pinned_udp() -> tuple[Transport, Address]:
    transport = UdpTransport(socket.AF_INET, HOSTS[socket.AF_INET])
    transport.pin(("127.0.0.1", 9))
    return transport, transport.local_address


def simulated(burst: bool) -> Callable[[], tuple[Transport, Address]]:
    network = SimulatedNetwork(burst=burst)
    tids = iter(range(1024, 2048))

    def opener() -> tuple[SimulatedTransport, Address]:
        transport = network.transport(("simulated", next(tids)))
        return transport, transport.local_address

    return opener


def unharmed(
    opener: Callable[[], tuple[Transport, Address]],
) -> Callable[[], tuple[Transport, Address]]:
    def faulty() -> tuple[Transport, Address]:
        inner, address = opener()
        return FaultyTransport(inner, Faults(seed=1)), address

    return faulty


class InEventLoop:
    """A socket that never waits; the test's own event loop waits, as it does for `tftp_fsm.aio`."""

    def __init__(self, loop_name: str) -> None:
        self._inner = SessionTransport(
            ("127.0.0.1", 9), "127.0.0.1", None, memoryview(bytearray(1 << 18))
        )
        self._inner.prepare(1 << 20)
        self._runner = asyncio.Runner(loop_factory=factory(loop_name))
        self.send, self.now = self._inner.send, self._inner.now

    @property
    def local_address(self) -> Address:
        return plain(self._inner.sock.getsockname())

    def receive(self, deadline: float | None) -> Burst | Unreachable | None:
        return self._runner.run(self._received(math.inf if deadline is None else deadline))

    async def _received(self, deadline: float) -> Burst | Unreachable | None:
        turned = asyncio.Event()
        watch = Watch(self._inner.sock.fileno(), turned.set, lambda: deadline)
        watch.begin()
        try:
            while True:
                arrived = self._inner.receive(None)
                if arrived is not None or self.now() >= deadline:
                    return arrived
                turned.clear()
                await turned.wait()
        finally:
            watch.end()

    def close(self) -> None:
        self._inner.close()
        self._runner.close()


def in_event_loop(name: str) -> Callable[[], tuple[Transport, Address]]:
    runner(name)  # skips where it is not installed

    def opener() -> tuple[Transport, Address]:
        transport = InEventLoop(name)
        return transport, transport.local_address

    return opener


KINDS: dict[str, Callable[[], Callable[[], tuple[Transport, Address]]]] = {
    "udp plain": lambda: udp(socket.AF_INET, offload=False),
    "udp offload": lambda: udp(socket.AF_INET, offload=True),
    "udp ipv6 plain": lambda: udp(socket.AF_INET6, offload=False),
    "udp ipv6 offload": lambda: udp(socket.AF_INET6, offload=True),
    "udp pinned to another": lambda: pinned_udp,
    "asyncio": lambda: in_event_loop("asyncio"),
    "uvloop": lambda: in_event_loop("uvloop"),
    "simulated": lambda: simulated(burst=False),
    "simulated bursts": lambda: simulated(burst=True),
    "no faults, simulated": lambda: unharmed(simulated(burst=False)),
    "no faults, udp": lambda: unharmed(udp(socket.AF_INET, offload=True)),
}


@pytest.fixture(params=KINDS)
def bench(request: pytest.FixtureRequest) -> Iterator[Bench]:
    if "ipv6" in request.param and not has_ipv6():
        pytest.skip("this host has no IPv6 loopback address")
    bench = Bench(KINDS[request.param]())
    yield bench
    for transport in bench.opened:
        transport.close()


def heard(transport: Transport, count: int) -> list[tuple[bytes, Address]]:
    """Return the next `count` datagrams and their senders."""
    found: list[tuple[bytes, Address]] = []
    while len(found) < count:
        arrived = transport.receive(transport.now() + WAIT)
        assert isinstance(arrived, Burst), f"{arrived} after {len(found)} of {count} datagrams"
        found += [(datagram, arrived.peer) for datagram in arrived.datagrams()]
    return found


def silence(transport: Transport) -> bool:
    return transport.receive(transport.now()) is None


@pytest.mark.parametrize("size", [0, 1, 4, 511, 512, 516, 1432, 8196, 65468, LONGEST])
def test_a_datagram_of_any_length_arrives_whole_and_names_its_sender(
    bench: Bench, size: int
) -> None:
    (here, home), (there, peer) = bench.open(), bench.open()
    datagram = bytes(number % 251 for number in range(size))
    here.send(Burst.of(datagram, peer))
    assert heard(there, 1) == [(datagram, home)]


def test_an_answer_goes_back_to_the_address_that_the_burst_named(bench: Bench) -> None:
    (here, home), (there, peer) = bench.open(), bench.open()
    here.send(Burst.of(b"question", peer))
    ((_, asker),) = heard(there, 1)
    there.send(Burst.of(b"answer", asker))
    assert heard(here, 1) == [(b"answer", peer)]
    assert asker == home


@pytest.mark.parametrize("segment, last", [(12, 5), (516, 516), (1432, 1), (1432, 1432)])
def test_a_burst_of_64_equals_64_single_datagrams(bench: Bench, segment: int, last: int) -> None:
    (here, home), (there, peer) = bench.open(), bench.open()
    sizes = [segment] * 63 + [last]
    datagrams = [bytes([number]) * size for number, size in enumerate(sizes)]
    here.send(Burst([b"".join(datagrams)], segment, peer))
    together = heard(there, 64)
    for datagram in datagrams:
        here.send(Burst.of(datagram, peer))
    one_by_one = heard(there, 64)
    assert together == one_by_one == [(datagram, home) for datagram in datagrams]
    assert silence(there)


def test_headers_and_payloads_in_pieces_are_joined_in_order(bench: Bench) -> None:
    (here, home), (there, peer) = bench.open(), bench.open()
    pieces = [part for n in range(20) for part in (bytes([0, 3, 0, n]), memoryview(b"p" * 100))]
    here.send(Burst(pieces, 104, peer))
    assert heard(there, 20) == [(bytes([0, 3, 0, n]) + b"p" * 100, home) for n in range(20)]


def test_pieces_that_ignore_the_boundaries_are_cut_at_them(bench: Bench) -> None:
    (here, home), (there, peer) = bench.open(), bench.open()
    here.send(Burst([b"ab", b"", b"cdefghijk", b"l", b"mno"], 4, peer))
    assert heard(there, 4) == [(text, home) for text in (b"abcd", b"efgh", b"ijkl", b"mno")]


def test_a_quiet_network_keeps_the_order(bench: Bench) -> None:
    (here, home), (there, peer) = bench.open(), bench.open()
    datagrams = [bytes([number]) * (1 + number % 3) for number in range(100)]
    for datagram in datagrams:
        here.send(Burst.of(datagram, peer))
    assert heard(there, 100) == [(datagram, home) for datagram in datagrams]


def test_two_peers_never_share_a_burst(bench: Bench) -> None:
    (one, first), (two, second), (there, peer) = bench.open(), bench.open(), bench.open()
    for _ in range(3):
        one.send(Burst.of(b"one!", peer))
        two.send(Burst.of(b"two!", peer))
    assert heard(there, 6) == [(b"one!", first), (b"two!", second)] * 3


def test_silence_until_the_deadline_is_none_and_the_clock_is_there(bench: Bench) -> None:
    here, _ = bench.open()
    deadline = here.now() + 0.002
    assert here.receive(deadline) is None
    assert here.now() >= deadline


def test_a_deadline_in_the_past_returns_at_once(bench: Bench) -> None:
    here, _ = bench.open()
    assert here.receive(here.now() - 60.0) is None


def test_a_datagram_that_has_arrived_is_received_even_after_the_deadline(bench: Bench) -> None:
    (here, _), (there, peer) = bench.open(), bench.open()
    here.send(Burst.of(b"in time", peer))
    here.receive(here.now() + 0.002)  # lets a simulated clock reach the arrival
    arrived = there.receive(there.now() - 1.0)
    assert isinstance(arrived, Burst) and list(arrived.datagrams()) == [b"in time"]


def test_without_a_deadline_receive_waits_for_a_datagram(bench: Bench) -> None:
    (here, _), (there, peer) = bench.open(), bench.open()
    here.send(Burst.of(b"some day", peer))
    arrived = there.receive(None)
    assert isinstance(arrived, Burst) and list(arrived.datagrams()) == [b"some day"]


def test_the_clock_never_goes_back(bench: Bench) -> None:
    here, _ = bench.open()
    before = here.now()
    here.receive(before - 10.0)
    assert here.now() >= before


@pytest.mark.skipif(not hasattr(socket, "MSG_ERRQUEUE"), reason="the kernel names no peer")
def test_a_dead_port_is_reported_with_its_address(bench: Bench) -> None:
    (here, _), dead = bench.open(), bench.dead_address()
    here.send(Burst.of(b"anybody?", dead))
    assert here.receive(here.now() + WAIT) == Unreachable(dead)
    assert silence(here)


@pytest.mark.skipif(not hasattr(socket, "MSG_ERRQUEUE"), reason="the kernel names no peer")
def test_a_dead_port_costs_the_living_nothing(bench: Bench) -> None:
    (here, home), (there, peer), dead = bench.open(), bench.open(), bench.dead_address()
    here.send(Burst.of(b"anybody?", dead))
    here.send(Burst.of(b"one", peer))
    here.send(Burst.of(b"two", peer))
    assert heard(there, 2) == [(b"one", home), (b"two", home)]
    assert here.receive(here.now() + WAIT) == Unreachable(dead)


def test_closing_twice_is_closing_once(bench: Bench) -> None:
    here, _ = bench.open()
    with closing(here):
        here.close()
