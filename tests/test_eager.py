"""Looking before sleeping: soon where the peer is fast, never again where it is slow."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable

import pytest

from tftp_fsm.transports import eager
from tftp_fsm.transports.eager import AT_ONCE, LOOKS, eagerly, looks_at_first

pytestmark = pytest.mark.skipif(not AT_ONCE, reason="this system has no MSG_DONTWAIT")


class Peer:
    """Answers at the look of that number, or only to a sleeper; `flags` are of every read."""

    def __init__(self, *answers_at: int) -> None:
        self.flags: list[int] = []
        self._answers_at = list(answers_at)
        self._looks = 0

    def read(self, buffer: memoryview, room: int, flags: int) -> int:
        self.flags.append(flags)
        self._looks += 1
        if flags and self._looks < self._answers_at[0]:
            raise BlockingIOError
        self._looks = 0
        self._answers_at.pop(0)
        return 7

    def reads_of(self, receive: Callable[[memoryview], int]) -> list[int]:
        """The flags of the reads that one `receive` took."""
        self.flags.clear()
        assert receive(memoryview(bytearray(9))) == 7
        return list(self.flags)


def test_what_comes_soon_is_taken_without_sleep() -> None:
    peer = Peer(1, 3)
    receive = eagerly(peer.read, 0, looks=5)
    assert peer.reads_of(receive) == [AT_ONCE]
    assert peer.reads_of(receive) == [AT_ONCE] * 3


def test_looks_in_vain_are_halved_down_to_none() -> None:
    peer = Peer(99, 99, 99, 99)
    receive = eagerly(peer.read, 0, looks=5)
    assert [peer.reads_of(receive) for _ in range(4)] == [
        [AT_ONCE] * 5 + [0],
        [AT_ONCE] * 2 + [0],
        [AT_ONCE, 0],
        [0],
    ]


def test_one_look_that_finds_something_brings_all_of_them_back() -> None:
    peer = Peer(99, 2, 5)
    receive = eagerly(peer.read, 0, looks=5)
    assert peer.reads_of(receive) == [AT_ONCE] * 5 + [0]
    assert peer.reads_of(receive) == [AT_ONCE] * 2
    assert peer.reads_of(receive) == [AT_ONCE] * 5


def test_bad_news_is_told_at_the_first_look() -> None:
    def refused(buffer: memoryview, room: int, flags: int) -> int:
        raise ConnectionRefusedError

    with pytest.raises(ConnectionRefusedError):
        eagerly(refused, 0, looks=5)(memoryview(b""))


def test_with_one_processor_the_peer_needs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0}, raising=False)
    assert looks_at_first() == 0
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 3})
    assert looks_at_first() == LOOKS


def test_a_system_that_cannot_look_sleeps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(eager, "AT_ONCE", 0)
    assert looks_at_first() == 0


def test_a_socket_is_read_by_looks_and_by_sleep() -> None:
    here, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    with here, there:
        here.settimeout(None)
        room = memoryview(bytearray(9))
        there.send(b"soon")
        assert eagerly(here.recv_into, 0, looks=3)(room) == 4
        there.send(b"later")
        assert eagerly(here.recv_into, 0, looks=0)(room) == 5
