"""Tests of what only UDP has: TIDs, the kernel's errors, offloads, the fast path.

No test waits: over loopback a datagram has arrived when `send` returns.
"""

from __future__ import annotations

import errno
import socket
from collections.abc import Iterator
from contextlib import ExitStack, closing
from typing import Any

import pytest

from tftp_fsm.errors import LocalError
from tftp_fsm.transports import udp as udp_module
from tftp_fsm.transports.burst import Burst, Unreachable
from tftp_fsm.transports.kernel import READ_TIMEOUT
from tftp_fsm.transports.offload import can_segment
from tftp_fsm.transports.protocol import FastPath
from tftp_fsm.transports.tid import bound_socket, connected_twin
from tftp_fsm.transports.udp import UdpTransport
from tftp_fsm.transports.udp_sender import ATTEMPTS
from tftp_fsm.wire.address import Address

HOST = "127.0.0.1"
SEGMENT = 1432

linux = pytest.mark.skipif(not READ_TIMEOUT, reason="Linux has it, others do not")
offloads = pytest.mark.skipif(not can_segment(), reason="no UDP_SEGMENT here")


@pytest.fixture
def closer() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def opened(closer: ExitStack, **options: Any) -> UdpTransport:
    return closer.enter_context(closing(UdpTransport(socket.AF_INET, HOST, **options)))


def arrived(transport: UdpTransport) -> list[bytes]:
    """Return every datagram that has already come."""
    found: list[bytes] = []
    while isinstance(burst := transport.receive(transport.now()), Burst):
        found += burst.datagrams()
    return found


def window(count: int, last: int = SEGMENT) -> list[bytes]:
    return [bytes([n]) * SEGMENT for n in range(count - 1)] + [b"z" * last]


class SpiedSocket(socket.socket):
    """Counts calls; `refusals` are the errno values that the next sendmsg calls fail with."""

    def __init__(self, real: socket.socket) -> None:
        super().__init__(real.family, real.type, real.proto, real.detach())
        self.calls = 0
        self.refusals: list[int] = []
        self.refuses_control = 0

    def sendmsg(self, pieces: Any, control: Any = (), *rest: Any) -> int:
        self.calls += 1
        if control and self.refuses_control:
            raise OSError(self.refuses_control, "no offload")
        if self.refusals:
            raise OSError(self.refusals.pop(0), "refused")
        return super().sendmsg(pieces, control, *rest)

    def sendto(self, *arguments: Any) -> int:
        self.calls += 1
        if self.refusals:
            raise OSError(self.refusals.pop(0), "refused")
        return super().sendto(*arguments)


@pytest.fixture
def spied(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(udp_module, "bound_socket", lambda *args: SpiedSocket(bound_socket(*args)))


def spy(transport: UdpTransport) -> SpiedSocket:
    sock = transport._socket
    assert isinstance(sock, SpiedSocket)
    return sock


# TIDs


@linux
def test_the_kernel_chooses_a_tid_for_each_transport(closer: ExitStack) -> None:
    tids = [opened(closer).local_address[1] for _ in range(8)]
    assert len(set(tids)) == 8
    assert tids != list(range(tids[0], tids[0] + 8))


def test_a_tid_from_a_range_is_the_one_that_is_free(closer: ExitStack) -> None:
    taken = [opened(closer).local_address[1] for _ in range(3)]
    spare = opened(closer)
    free = spare.local_address[1]
    spare.close()
    ports = range(min(*taken, free), max(*taken, free) + 1)
    assert opened(closer, ports=range(free, free + 1)).local_address == (HOST, free)
    assert opened(closer, ports=ports).local_address[1] not in {*taken, free}


def test_a_range_is_tried_in_no_order_that_a_stranger_could_guess(
    monkeypatch: pytest.MonkeyPatch, closer: ExitStack
) -> None:
    tried: list[int] = []

    def never_free(self: socket.socket, address: Address) -> None:
        tried.append(address[1])
        raise OSError(errno.EADDRINUSE, "in use")

    monkeypatch.setattr(SpiedSocket, "bind", never_free, raising=False)
    real = socket.socket
    monkeypatch.setattr(socket, "socket", lambda *kind: SpiedSocket(real(*kind)))
    with pytest.raises(LocalError, match="no UDP port is free on 127.0.0.1 port 5000-5099"):
        opened(closer, ports=range(5000, 5100))
    assert sorted(tried) == list(range(5000, 5100))
    assert tried != sorted(tried)


def test_one_line_says_that_no_port_of_the_range_is_free(closer: ExitStack) -> None:
    tid = opened(closer).local_address[1]
    with pytest.raises(LocalError, match=f"no UDP port is free on .* {tid}: ") as failed:
        opened(closer, ports=range(tid, tid + 1))
    assert failed.value.setting == "port_range"


@pytest.mark.parametrize("ports", [range(0), range(5), range(65000, 70000)])
def test_a_range_outside_the_ports_is_refused(ports: range) -> None:
    with pytest.raises(LocalError, match="is not a range of ports"):
        UdpTransport(socket.AF_INET, HOST, ports)


def test_one_line_says_that_an_address_is_not_this_host_s() -> None:
    with pytest.raises(LocalError, match="cannot bind to 192.0.2.1: "):
        UdpTransport(socket.AF_INET, "192.0.2.1")


def test_an_address_of_the_other_family_cannot_be_bound() -> None:
    with pytest.raises(LocalError, match="cannot bind to ::1: "):
        UdpTransport(socket.AF_INET, "::1")


# Sending


@offloads
@pytest.mark.usefixtures("spied")
@pytest.mark.parametrize("count, last, calls", [(64, SEGMENT, 2), (45, 1, 1), (46, 0, 2)])
def test_a_window_takes_few_calls(closer: ExitStack, count: int, last: int, calls: int) -> None:
    here, there = opened(closer), opened(closer)
    here.send(Burst(window(count, last), SEGMENT, there.local_address))
    assert spy(here).calls == calls if last else calls - 1
    assert arrived(there) == [one for one in window(count, last) if one]


@pytest.mark.usefixtures("spied")
def test_without_offload_each_datagram_is_a_call(closer: ExitStack) -> None:
    here, there = opened(closer, offload=False), opened(closer)
    here.send(Burst(window(20), SEGMENT, there.local_address))
    assert spy(here).calls == 20
    assert arrived(there) == window(20)


@offloads
@pytest.mark.usefixtures("spied")
@pytest.mark.parametrize("number", [errno.EIO, errno.EINVAL, errno.EMSGSIZE])
def test_a_refused_offload_is_never_tried_again(closer: ExitStack, number: int) -> None:
    here, there = opened(closer), opened(closer)
    spy(here).refuses_control = number
    for calls in (21, 41):
        here.send(Burst(window(20, 7), SEGMENT, there.local_address))
        assert arrived(there) == window(20, 7)
        assert spy(here).calls == calls


@pytest.mark.usefixtures("spied")
@pytest.mark.parametrize("number", [errno.ENOBUFS, errno.EAGAIN])
def test_a_full_queue_is_a_silent_loss(closer: ExitStack, number: int) -> None:
    here, there = opened(closer), opened(closer)
    spy(here).refusals = [number] * ATTEMPTS
    here.send(Burst.of(b"lost", there.local_address))
    here.send(Burst.of(b"kept", there.local_address))
    assert arrived(there) == [b"kept"]
    assert here.receive(here.now()) is None


@pytest.mark.usefixtures("spied")
@pytest.mark.parametrize(
    ("number", "reason"),
    [
        (errno.ENETUNREACH, "network is unreachable"),
        (errno.EHOSTUNREACH, "no route to host"),
        (errno.ENETDOWN, "network is down"),
        (errno.EPERM, "a firewall of this host drops the packets"),
    ],
)
def test_an_error_that_may_pass_is_reported_with_its_reason(
    closer: ExitStack, number: int, reason: str
) -> None:
    here = opened(closer)
    spy(here).refusals = [number]
    here.send(Burst.of(b"x", ("192.0.2.1", 69)))
    assert here.receive(None) == Unreachable(("192.0.2.1", 69), False, reason)
    assert here.receive(here.now()) is None


def test_a_datagram_that_the_path_cannot_carry_names_the_remedy(closer: ExitStack) -> None:
    here, there = opened(closer), opened(closer)
    with pytest.raises(LocalError, match="65508 octets does not fit .* lower blksize") as failed:
        here.send(Burst.of(bytes(65508), there.local_address))
    assert failed.value.setting == "blksize"


@linux
def test_an_address_that_cannot_be_sent_to_is_named(closer: ExitStack) -> None:
    with pytest.raises(LocalError, match="cannot send to 127.0.0.1 port 0: "):
        opened(closer).send(Burst.of(b"x", (HOST, 0)))


def test_a_closed_transport_says_so(closer: ExitStack) -> None:
    here = opened(closer)
    here.close()
    with pytest.raises(LocalError, match="closed"):
        here.receive(None)


def test_buffers_grow_and_never_shrink(closer: ExitStack) -> None:
    here = opened(closer)
    sock = here._socket
    before = sock.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF)
    here.set_buffers(1)
    assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF) >= before
    here.set_buffers(1 << 40)
    assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF) >= before


# Receiving


@offloads
def test_a_run_comes_in_one_call(closer: ExitStack) -> None:
    here, there = opened(closer), opened(closer, buffer=1 << 20)
    here.send(Burst(window(20, 7), SEGMENT, there.local_address))
    burst = there.receive(there.now())
    assert isinstance(burst, Burst)
    assert (burst.segment, burst.peer) == (SEGMENT, here.local_address)
    assert list(burst.datagrams()) == window(20, 7)


@linux
def test_each_dead_port_is_reported_by_its_address(closer: ExitStack) -> None:
    here, first, second = opened(closer), opened(closer), opened(closer)
    dead = [first.local_address, second.local_address]
    first.close()
    second.close()
    for address in dead:
        here.send(Burst.of(b"x", address))
    assert [here.receive(here.now()) for _ in range(3)] == [*map(Unreachable, dead), None]


@linux
@pytest.mark.parametrize("offload", [False, True])
def test_news_of_a_dead_port_costs_a_window_to_another_nothing(
    closer: ExitStack, offload: bool
) -> None:
    here, gone, there = opened(closer, offload=offload), opened(closer), opened(closer)
    dead = gone.local_address
    gone.close()
    here.send(Burst.of(b"x", dead))
    here.send(Burst(window(20), SEGMENT, there.local_address))
    assert arrived(there) == window(20)
    assert here.receive(here.now()) == Unreachable(dead)


@pytest.mark.usefixtures("spied")
def test_windows_reset_is_blamed_on_the_peer_that_was_asked_last(
    monkeypatch: pytest.MonkeyPatch, closer: ExitStack
) -> None:
    here, there = opened(closer), opened(closer)

    def reset(*_: Any) -> None:
        monkeypatch.undo()
        raise ConnectionResetError(10054, "forcibly closed by the remote host")

    monkeypatch.setattr(udp_module, "READ_TIMEOUT", False)
    here.send(Burst.of(b"x", there.local_address))
    there.send(Burst.of(b"wakes select", here.local_address))
    monkeypatch.setattr(SpiedSocket, "recvfrom_into", reset, raising=False)
    assert here.receive(here.now()) == Unreachable(there.local_address)
    assert arrived(here) == [b"wakes select"]


# The fast path


def fast_path(here: UdpTransport, peer: UdpTransport) -> FastPath:
    found = here.fast_path(peer.local_address)
    assert found is not None
    return found


@linux
def test_the_fast_path_carries_datagrams_as_the_full_path_does(closer: ExitStack) -> None:
    here, there = opened(closer), opened(closer)
    buffer = memoryview(bytearray(2048))
    receive, send = fast_path(here, there)
    send(b"ack")
    assert arrived(there) == [b"ack"]
    there.send(Burst.of(b"data", here.local_address))
    assert receive(buffer) == 4
    assert bytes(buffer[:4]) == b"data"


@linux
def test_the_fast_path_leaves_icmp_to_receive(closer: ExitStack) -> None:
    here, there = opened(closer), opened(closer)
    dead = there.local_address
    receive, send = fast_path(here, there)
    there.close()
    send(b"x")
    with pytest.raises(ConnectionRefusedError) as refused:
        receive(memoryview(bytearray(9)))
    here.on_error(refused.value)
    assert here.receive(here.now()) == Unreachable(dead)


@linux
def test_there_is_no_fast_path_while_an_earlier_datagram_waits(closer: ExitStack) -> None:
    here, there = opened(closer), opened(closer)
    there.send(Burst.of(b"early", here.local_address))
    assert here.fast_path(there.local_address) is None
    assert arrived(here) == [b"early"]
    assert here.fast_path(there.local_address) is not None
    assert here.fast_path(opened(closer).local_address) is None


@linux
def test_joined_datagrams_have_a_fast_path_of_their_own(closer: ExitStack) -> None:
    here, there = opened(closer, buffer=1 << 20), opened(closer)
    assert here.fast_path(there.local_address) is None
    found = here.joined_fast_path(there.local_address)
    assert found is not None
    there.send(Burst(window(3, 7), SEGMENT, here.local_address))
    assert found[0](here.memory) == (2 * SEGMENT + 7, SEGMENT)


@linux
def test_a_pinned_peer_hides_no_stranger(closer: ExitStack) -> None:
    here, peer, stranger = opened(closer), opened(closer), opened(closer)
    here.pin(peer.local_address)
    for _ in range(3):
        stranger.send(Burst.of(b"stranger", here.local_address))
        peer.send(Burst.of(b"peer", here.local_address))
    assert fast_path(here, peer)[0](memoryview(bytearray(99))) == 4
    assert sorted(arrived(here)) == [b"peer"] * 2 + [b"stranger"] * 3


@linux
def test_neither_of_two_busy_sockets_starves_the_other(closer: ExitStack) -> None:
    here, peer, stranger = opened(closer), opened(closer), opened(closer)
    here.pin(peer.local_address)
    for _ in range(20):
        stranger.send(Burst.of(b"s", here.local_address))
        peer.send(Burst.of(b"p", here.local_address))
    assert sorted(arrived(here)[:10]) == [b"p"] * 5 + [b"s"] * 5


@linux
def test_a_pinned_peer_that_dies_is_reported_and_others_are_still_answered(
    closer: ExitStack,
) -> None:
    here, peer, stranger = opened(closer), opened(closer), opened(closer)
    gone = peer.local_address
    here.pin(gone)
    peer.close()
    here.send(Burst.of(b"x", gone))
    here.send(Burst.of(b"x", gone))
    here.send(Burst.of(b"ERROR 5", stranger.local_address))
    assert arrived(stranger) == [b"ERROR 5"]
    reported = [here.receive(here.now()) for _ in range(3)]
    assert reported == [Unreachable(gone), Unreachable(gone), None]


@linux
def test_a_datagram_of_another_peer_in_the_pinned_socket_is_told_apart(
    monkeypatch: pytest.MonkeyPatch, closer: ExitStack
) -> None:
    here, peer, stranger = opened(closer), opened(closer), opened(closer)

    def too_early(sock: socket.socket, address: Address) -> socket.socket:
        twin = connected_twin(sock, stranger.local_address)
        stranger.send(Burst.of(b"early", here.local_address))
        twin.connect(address)
        return twin

    monkeypatch.setattr(udp_module, "connected_twin", too_early)
    here.pin(peer.local_address)
    peer.send(Burst.of(b"peer", here.local_address))
    assert here.fast_path(peer.local_address) is None
    assert here.receive(here.now()) == Burst((b"early",), 5, stranger.local_address)
    assert fast_path(here, peer)[0](memoryview(bytearray(9))) == 4


@linux
def test_nobody_else_can_share_a_pinned_tid(closer: ExitStack) -> None:
    here, peer = opened(closer), opened(closer)
    here.pin(peer.local_address)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as thief:
        thief.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        with pytest.raises(OSError, match="in use"):
            thief.bind(here.local_address)


@linux
def test_pinning_twice_is_pinning_once(closer: ExitStack) -> None:
    here, peer, other = opened(closer), opened(closer), opened(closer)
    here.pin(peer.local_address)
    here.pin(other.local_address)
    other.send(Burst.of(b"x", here.local_address))
    peer.send(Burst.of(b"first", here.local_address))
    assert fast_path(here, peer)[0](memoryview(bytearray(9))) == 5


def test_no_wait_is_longer_than_the_kernel_can_count(closer: ExitStack) -> None:
    transport = opened(closer)
    transport.pin(opened(closer).local_address)  # from now on it is poll that waits
    transport.send(Burst.of(b"to myself", transport.local_address))
    on_error = transport.receive(transport.now() + 1e300)
    assert isinstance(on_error, Burst) and list(on_error.datagrams()) == [b"to myself"]
