"""Which sockets get a turn, how often, and what happens if selectors cannot be nested."""

from __future__ import annotations

import os
import selectors
import socket
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.support.served import Peer, Served, serving
from tftp_fsm.server.groups import FEW, MANY, ROUNDS, SIZE, Group, Groups, give_turns
from tftp_fsm.server.session_runner import TURN
from tftp_fsm.server.transfer import ActiveTransfer
from tftp_fsm.wire.packets import Ack, Data

can_nest = pytest.mark.skipif(
    not hasattr(selectors.DefaultSelector, "fileno"), reason="this system's selectors cannot nest"
)
OCTETS = bytes(range(256)) * 80


class Moving:
    """A member to whom something new comes in each turn, unless it is `stuck`."""

    def __init__(self, number: int, *, stuck: bool) -> None:
        self.number, self.stuck = number, stuck


def turns(ready: list[Group[Moving]]) -> list[int]:
    """Return which members got a turn, in order."""
    found: list[int] = []

    def take_turn(member: Moving) -> bool:
        found.append(member.number)
        return not member.stuck

    assert give_turns(ready, take_turn) == len(found)
    return found


class Crowd:
    """Sockets that are ready, because each has a datagram that nobody receives."""

    def __init__(self, stack: ExitStack, count: int, *, stuck: int = 0) -> None:
        self.outer = stack.enter_context(selectors.DefaultSelector())
        self.groups = Groups[Moving](self.outer)
        stack.callback(self.groups.close)
        self.socks = [stack.enter_context(ready_socket()) for _ in range(count)]
        for number, sock in enumerate(self.socks):
            self.groups.register(sock, Moving(number, stuck=number < stuck))

    def ready(self) -> list[Group[Moving]]:
        return [key.data for key, _ in self.outer.select(0) if isinstance(key.data, Group)]

    def turns(self) -> list[int]:
        return turns(self.ready())


def ready_socket() -> socket.socket:
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind(("127.0.0.1", 0))
    sock.sendto(b"x", sock.getsockname())
    return sock


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as held:
        yield held


@can_nest
def test_each_group_is_asked_several_times_before_the_next_one(stack: ExitStack) -> None:
    crowd = Crowd(stack, 2 * SIZE + FEW)
    found = crowd.turns()
    assert Counter(found) == dict.fromkeys(range(2 * SIZE + FEW), ROUNDS)
    first = found[: SIZE * ROUNDS]
    assert len({number // SIZE for number in first}) == 1


@can_nest
def test_a_group_with_few_that_are_ready_is_asked_once(stack: ExitStack) -> None:
    crowd = Crowd(stack, SIZE + FEW - 1)
    found = Counter(crowd.turns())
    assert {number for number, times in found.items() if times == 1} == set(range(SIZE, SIZE + 7))


@can_nest
def test_a_group_in_which_nothing_new_comes_is_asked_once(stack: ExitStack) -> None:
    """Old ACKs that come in a flood take no more time from the others than one turn."""
    crowd = Crowd(stack, 2 * SIZE, stuck=SIZE)
    found = Counter(crowd.turns())
    assert {number for number, times in found.items() if times == 1} == set(range(SIZE))


@can_nest
def test_no_answer_waits_for_many_groups_that_are_asked_several_times(stack: ExitStack) -> None:
    one = Crowd(stack, SIZE)
    found = turns(one.ready() * (MANY + 1))
    assert len(found) == SIZE * (MANY + 1)


@can_nest
@pytest.mark.parametrize("count", [1, 2, SIZE])
def test_a_socket_that_left_gets_no_turn_and_its_place_is_taken(
    count: int, stack: ExitStack
) -> None:
    crowd = Crowd(stack, count)
    crowd.groups.unregister(crowd.socks[0])
    assert 0 not in crowd.turns()
    new = stack.enter_context(ready_socket())
    crowd.groups.register(new, Moving(-1, stuck=False))
    (group,) = crowd.ready()
    assert -1 in crowd.turns() and len(group) == count


@can_nest
def test_without_a_descriptor_for_a_group_the_socket_itself_is_waited_for(
    stack: ExitStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none_left() -> selectors.BaseSelector:
        raise OSError(24, os.strerror(24))

    crowd = Crowd(stack, 0)
    monkeypatch.setattr(selectors, "DefaultSelector", none_left)
    sock = stack.enter_context(ready_socket())
    member = Moving(5, stuck=False)
    crowd.groups.register(sock, member)
    assert [key.data for key, _ in crowd.outer.select(0)] == [member]
    crowd.groups.unregister(sock)
    assert crowd.outer.select(0) == []


def test_where_selectors_cannot_be_nested_the_sockets_are_waited_for(stack: ExitStack) -> None:
    outer = stack.enter_context(selectors.SelectSelector())
    alone, member = Groups[Moving](outer), Moving(5, stuck=False)
    sock = stack.enter_context(ready_socket())
    alone.register(sock, member)
    assert [key.data for key, _ in outer.select(0)] == [member]
    alone.unregister(sock)
    alone.close()
    assert not outer.get_map()


@can_nest
def test_a_member_that_is_alone_is_not_asked_a_second_time(stack: ExitStack) -> None:
    """The outer selector has waited for it: one system call less for each block."""
    crowd = Crowd(stack, 1)
    (group,) = crowd.ready()
    crowd.socks[0].recv(1)
    assert [member.number for member in group.ready()] == [0]


@can_nest
def test_closing_gives_the_descriptors_back(stack: ExitStack) -> None:
    crowd = Crowd(stack, 2 * SIZE)
    selectors_of_groups = [group.selector for group in crowd.ready()]
    crowd.groups.close()
    assert len(selectors_of_groups) == 2
    assert all(selector.get_map() is None for selector in selectors_of_groups)
    assert not crowd.outer.get_map()


# -- A server's sessions ---------------------------------------------------------------------------


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    (tmp_path / "file").write_bytes(OCTETS)
    with serving(tmp_path) as on:
        yield on


def in_a_run(served: Served, blocks: int = 3) -> tuple[Peer, ActiveTransfer]:
    """Return a client whose ACKs the session has not read yet, beside another one."""
    other, peer = served.peer(), served.peer()
    other.ask("file")
    other.hear()
    peer.ask("file")
    for number in range(1, blocks + 1):
        assert peer.hear() == Data(number, OCTETS[(number - 1) * 512 : number * 512])
        peer.say(Ack(number))
    served.turn()
    peer.heard()
    (transfer,) = (t for t in served.loop.sessions if t.peer == peer.sock.getsockname())
    assert transfer.driver.is_mid_run
    return peer, transfer


def test_each_exchange_of_a_run_moves_the_deadline(served: Served) -> None:
    """A run that lasts longer than the RTO is not cut in pieces by time-outs."""
    _, transfer = in_a_run(served)
    session = transfer.driver.session
    assert session.deadline is not None and transfer.deadline is not None
    assert transfer.moved_at > session.moved_at
    waits = session.deadline - session.moved_at
    assert transfer.deadline - transfer.moved_at == pytest.approx(waits)
    assert transfer not in list(served.loop.sessions.expired(session.deadline))
    assert transfer.due == transfer.deadline


def test_an_ack_that_waits_at_the_socket_is_heard_before_the_time_out(served: Served) -> None:
    peer, transfer = in_a_run(served)
    peer.say(Ack(4))
    assert transfer.deadline is not None
    served.loop._runner.time_out(transfer.deadline)
    assert peer.heard() == [Data(5, OCTETS[4 * 512 : 5 * 512])]
    assert transfer.driver.session.counters.retransmissions == 0
    assert transfer.due == transfer.deadline


def test_more_than_a_turn_takes_may_wait_and_the_session_still_has_a_deadline(
    served: Served,
) -> None:
    """The run is open then. Without a deadline a client that is gone would keep its place."""
    peer, transfer = in_a_run(served, 23)
    for number in range(24, 24 + TURN):
        peer.say(Ack(number))
    assert transfer.deadline is not None
    served.loop._runner.time_out(transfer.deadline)
    assert transfer.driver.is_mid_run
    assert transfer.due == transfer.deadline


def test_the_last_ack_may_be_what_waits(served: Served) -> None:
    """The session ends before its time-out, and nothing is fed to it then."""
    peer, transfer = in_a_run(served)
    for number in range(4, 41):
        peer.say(Ack(number))
        served.turn()
        peer.heard()
    peer.say(Ack(41))
    assert transfer.deadline is not None
    served.loop._runner.time_out(transfer.deadline)
    assert transfer not in served.loop.sessions and peer.heard() == []
    assert not served.reports[-1].failed


@can_nest
def test_a_loop_that_closes_closes_the_groups(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(OCTETS)
    with serving(tmp_path) as served:
        in_a_run(served)
        keys = served.loop._selector.get_map().values()
        (group,) = (key.data for key in keys if isinstance(key.data, Group))
    assert group.selector.get_map() is None
