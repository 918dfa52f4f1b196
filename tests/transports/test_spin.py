"""Polling before blocking: it serves a fast peer, and a slow peer soon gets none."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from itertools import pairwise

import pytest

from tftp_fsm.transports import spin
from tftp_fsm.transports.spin import (
    AT_ONCE,
    ENOUGH,
    MOST_POLLS,
    TRIED_AGAIN,
    TRIED_SOON,
    WOKEN_SOON,
    SpinPolicy,
    most_polls,
    spin_then_block,
)

pytestmark = pytest.mark.skipif(not AT_ONCE, reason="this system has no MSG_DONTWAIT")


class Peer:
    """Answers the poll of that number, or a read that blocks. `flags` are those of every read."""

    def __init__(self, *answers_at: int) -> None:
        self.flags: list[int] = []
        self._answers_at = list(answers_at)
        self._polls = 0

    def read(self, buffer: memoryview, room: int, flags: int) -> int:
        self.flags.append(flags)
        self._polls += 1
        if flags and self._polls < self._answers_at[0]:
            raise BlockingIOError
        self._polls = 0
        self._answers_at.pop(0)
        return 7

    def reads_of(self, receive: Callable[[memoryview], int]) -> list[int]:
        """Return the flags of the reads of one `receive`."""
        self.flags.clear()
        assert receive(memoryview(bytearray(9))) == 7
        return list(self.flags)


def polling(most: int) -> SpinPolicy:
    """Return a policy that allows `most` polls from now on."""
    policy = SpinPolicy()
    policy._most = most
    policy.begin(0.0)
    policy.count = ENOUGH
    return policy


def test_a_datagram_that_comes_soon_is_read_without_blocking() -> None:
    peer = Peer(1, 3)
    receive = spin_then_block(peer.read, 0, polling(5), 1.0)
    assert peer.reads_of(receive) == [AT_ONCE]
    assert peer.reads_of(receive) == [AT_ONCE] * 3


def test_polls_that_find_nothing_are_halved_down_to_none() -> None:
    peer = Peer(99, 99, 99, 99)
    receive = spin_then_block(peer.read, 0, polling(5), 1.0)
    assert [peer.reads_of(receive) for _ in range(4)] == [
        [AT_ONCE] * 5 + [0],
        [AT_ONCE] * 2 + [0],
        [AT_ONCE, 0],
        [0],
    ]


def test_one_poll_that_finds_something_brings_all_of_them_back() -> None:
    peer = Peer(99, 2, 5)
    receive = spin_then_block(peer.read, 0, polling(5), 1.0)
    assert peer.reads_of(receive) == [AT_ONCE] * 5 + [0]
    assert peer.reads_of(receive) == [AT_ONCE] * 2
    assert peer.reads_of(receive) == [AT_ONCE] * 5


def test_an_error_is_raised_at_the_first_poll() -> None:
    def refused(buffer: memoryview, room: int, flags: int) -> int:
        raise ConnectionRefusedError

    with pytest.raises(ConnectionRefusedError):
        spin_then_block(refused, 0, polling(5), 1.0)(memoryview(b""))


def test_with_one_processor_the_peer_needs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0}, raising=False)
    assert most_polls() == 0
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 3})
    assert most_polls() == MOST_POLLS


def test_a_system_that_cannot_poll_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spin, "AT_ONCE", 0)
    assert most_polls() == 0


def test_a_socket_is_read_by_polling_and_by_blocking() -> None:
    here, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    with here, there:
        here.settimeout(None)
        room = memoryview(bytearray(9))
        there.send(b"soon")
        assert spin_then_block(here.recv_into, 0, polling(3), 1.0)(room) == 4
        there.send(b"later")
        assert spin_then_block(here.recv_into, 0, polling(0), 1.0)(room) == 5


Costs = Callable[[bool, int], float]
"""The seconds of a receive, by whether the run polls, and by the number of the run."""


def runs_of(costs: Costs, count: int) -> list[bool]:
    """Return which runs poll, if their receives take `costs`."""
    policy, now, ways = SpinPolicy(), 0.0, []
    policy._most = MOST_POLLS
    for run in range(count):
        ways.append(policy.begin(now) > 0)
        policy.count = 100
        now += 100 * costs(ways[-1], run)
    return ways


def always(polling: float, blocking: float) -> Costs:
    return lambda polls, run: polling if polls else blocking


def test_both_ways_are_tried_and_polling_is_kept_if_it_is_faster() -> None:
    ways = runs_of(always(60e-6, 80e-6), 4 * TRIED_AGAIN)
    assert ways[:2] == [False, True]
    assert [run for run, polls in enumerate(ways) if not polls][1:] == [
        times * TRIED_AGAIN for times in (1, 2, 3)
    ]


def test_polling_that_is_slower_is_tried_again_first_soon_and_then_seldom() -> None:
    ways = runs_of(always(80e-6, 60e-6), 4 * TRIED_AGAIN)
    tries = [run for run, polls in enumerate(ways) if polls]
    pauses = [later - earlier for earlier, later in pairwise(tries)]
    assert pauses == [4, 8, 16, 32, TRIED_AGAIN, TRIED_AGAIN]


def test_a_session_that_is_woken_soon_never_polls() -> None:
    ways = runs_of(always(0.0, 0.9 * WOKEN_SOON), 3 * TRIED_AGAIN)
    assert set(ways) == {False}


def test_a_run_of_few_receives_tells_nothing() -> None:
    policy = SpinPolicy()
    policy._most = MOST_POLLS
    for now in range(9):
        assert policy.begin(float(now)) == 0
        policy.count = ENOUGH - 1


def test_one_run_that_was_disturbed_does_not_end_polling() -> None:
    ways = runs_of(lambda polls, run: 9e-3 if run == 7 else 60e-6 if polls else 80e-6, TRIED_AGAIN)
    assert ways == [False] + [True] * (TRIED_AGAIN - 1)


def test_polling_comes_back_soon_after_a_disturbance() -> None:
    disturbed = range(7, 12)
    ways = runs_of(
        lambda polls, run: 9e-3 if run in disturbed and polls else 60e-6 if polls else 80e-6, 40
    )
    assert not all(ways[9:14])
    assert all(ways[9 + TRIED_SOON + 2 * TRIED_SOON :])


def test_a_change_of_the_faster_way_is_found_out() -> None:
    changes = 2 * TRIED_AGAIN
    ways = runs_of(lambda polls, run: 80e-6 if polls is (run < changes) else 60e-6, 6 * TRIED_AGAIN)
    assert ways[changes - TRIED_AGAIN : changes].count(True) <= 2
    assert ways[-TRIED_AGAIN:].count(False) <= 1
