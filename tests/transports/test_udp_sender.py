"""A socket that must not keep others waiting sends datagrams."""

from __future__ import annotations

import errno
import socket
from typing import Any

import pytest

from tftp_fsm.transports import Burst, Unreachable
from tftp_fsm.transports import udp_sender as module
from tftp_fsm.transports.icmp import IcmpErrors
from tftp_fsm.transports.offload import SENDS_PIECES, can_segment
from tftp_fsm.transports.udp_sender import UdpSender

PEER = ("192.0.2.1", 69)

pytestmark = pytest.mark.skipif(not SENDS_PIECES, reason="this system has no sendmsg")


class FakeSocket(socket.socket):
    """Sends nothing. Each call fails with the next of `errors`, unless that is 0."""

    def __init__(self, *errors: int) -> None:
        super().__init__(socket.AF_INET, socket.SOCK_DGRAM)
        self.close()
        self.errors = list(errors)
        self.sent: list[bytes] = []

    def sendmsg(self, pieces: Any, *_: Any) -> int:
        error = self.errors.pop(0) if self.errors else 0
        if error:
            raise OSError(error, "refused")
        self.sent.append(b"".join(pieces))
        return len(self.sent[-1])


class Room:
    """Whether there is room in the socket after each wait."""

    def __init__(self, *answers: bool) -> None:
        self.answers = list(answers)

    def __call__(self, sock: socket.socket) -> bool:
        return self.answers.pop(0)


def sender(sock: FakeSocket, *, offload: bool = False) -> UdpSender:
    return UdpSender(sock, IcmpErrors(sock, lambda unreachable: None), offload=offload)


def burst(*datagrams: bytes) -> Burst:
    return Burst(datagrams, 1, PEER)


def test_a_datagram_is_sent_once_there_is_room(monkeypatch: pytest.MonkeyPatch) -> None:
    sock, room = FakeSocket(errno.EAGAIN, 0, errno.ENOBUFS), Room(True, True)
    monkeypatch.setattr(module, "_is_writable", room)
    sender(sock).send(burst(b"a", b"b", b"c"), PEER)
    assert sock.sent == [b"a", b"b", b"c"] and not room.answers


def test_a_burst_waits_in_vain_only_once(monkeypatch: pytest.MonkeyPatch) -> None:
    sock, room = FakeSocket(errno.EAGAIN, errno.EAGAIN), Room(False)
    monkeypatch.setattr(module, "_is_writable", room)
    sending = sender(sock)
    sending.send(burst(b"a", b"b", b"c"), PEER)
    assert sock.sent == [b"c"]
    sock.errors, room.answers = [errno.EAGAIN], [True]
    sending.send(burst(b"d"), PEER)
    assert sock.sent == [b"c", b"d"]


def test_a_datagram_that_a_firewall_drops_is_lost_without_a_wait(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "_is_writable", Room())
    sock = FakeSocket(errno.EPERM)
    sender(sock).send(burst(b"a", b"b"), PEER)
    assert sock.sent == [b"b"]


def test_a_peer_that_cannot_be_reached_is_reported() -> None:
    sock, reported = FakeSocket(errno.ENETUNREACH), list[Unreachable]()
    UdpSender(sock, IcmpErrors(sock, reported.append)).send(burst(b"a"), PEER)
    assert reported == [Unreachable(PEER, False, "network is unreachable")]


@pytest.mark.skipif(not can_segment(), reason="no UDP_SEGMENT here")
def test_if_the_kernel_refuses_to_cut_no_datagram_is_sent_twice() -> None:
    """It is the second call that fails, after 64 datagrams."""
    datagrams = [bytes([number]) for number in range(70)]
    sock = FakeSocket(0, errno.EIO)
    sender(sock, offload=True).send(burst(*datagrams), PEER)
    assert sock.sent == [b"".join(datagrams[:64]), *datagrams[64:]]


@pytest.mark.skipif(not can_segment(), reason="this system cannot cut datagrams")
def test_a_burst_in_one_piece_is_sent_again_with_what_its_memory_has_then() -> None:
    sock, memory = FakeSocket(), bytearray(b"a" * 130)
    window = Burst((memoryview(memory),), 2, PEER)
    sending = sender(sock, offload=True)
    sending.send(window, PEER)
    memory[:] = b"b" * 130
    sending.send(window, PEER)
    sending.send(Burst((b"c" * 4,), 2, PEER), PEER)
    sending.send(window, PEER)
    calls = [(octets[:1], len(octets)) for octets in sock.sent]
    again = [(b"b", 128), (b"b", 2)]
    assert calls == [(b"a", 128), (b"a", 2), *again, (b"c", 4), *again]


@pytest.mark.skipif(not can_segment(), reason="this system cannot cut datagrams")
def test_a_burst_in_one_piece_is_cut_here_once_the_kernel_refuses() -> None:
    sock = FakeSocket(0, errno.EIO)
    window = Burst((memoryview(b"abcd"),), 2, PEER)
    sending = sender(sock, offload=True)
    for _ in range(3):
        sending.send(window, PEER)
    assert sock.sent == [b"abcd", b"ab", b"cd", b"ab", b"cd"]
