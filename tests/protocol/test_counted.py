"""A packet that moves nothing is counted by its kind, in cases that random walks seldom reach."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.support.playbook import ack, data, oack, play
from tftp_fsm.protocol.events import (
    ErrorReceived,
    Event,
    MalformedReceived,
    Opened,
    RequestReceived,
    StrayReceived,
    UnreachableReceived,
)
from tftp_fsm.protocol.roles import ReadClient, ReadServer, WriteClient, WriteServer
from tftp_fsm.protocol.rows import State
from tftp_fsm.protocol.session import Session
from tftp_fsm.protocol.timing import RetryPolicy
from tftp_fsm.wire.options import Options
from tftp_fsm.wire.packets import ErrorCode, Rrq, Wrq

ASKED = (("windowsize", "4"),)
REFUSED = ErrorReceived(ErrorCode.REFUSED_OPTIONS, "no options")
STRANGER = ("192.0.2.77", 7777)
DALLY = RetryPolicy(dally=2.0)


def dallying_client() -> Session:
    client = ReadClient(Rrq(b"f"), retry_policy=DALLY)
    play(client, Opened(), data(1, 3))
    return client


def dallying_server() -> Session:
    server = WriteServer(Wrq(b"f"), Options(), retry_policy=DALLY)
    play(server, RequestReceived(), data(1, 3))
    return server


def reading() -> Session:
    """Return a client that has asked again without options."""
    client = ReadClient(Rrq(b"f", "octet", ASKED))
    play(client, Opened(), REFUSED)
    return client


def writing() -> Session:
    """Return a client that has asked again without options."""
    client = WriteClient(Wrq(b"f", "octet", ASKED), 1500)
    play(client, Opened(), REFUSED)
    return client


def sending_server() -> Session:
    """Return a server that has received ACK 1 and sent DATA 2."""
    server = ReadServer(Rrq(b"f"), 50_000, Options())
    play(server, RequestReceived(), ack(1))
    return server


def receiving_server() -> Session:
    """Return a server that has acknowledged DATA 2."""
    server = WriteServer(Wrq(b"f"), Options(windowsize=4), retry_policy=DALLY)
    play(server, RequestReceived(), data(1, count=4), data(5, count=4))
    return server


IGNORED = (data(9), ack(1), oack(), MalformedReceived("opcode"), UnreachableReceived(False))
COUNTED: list[tuple[Callable[[], Session], Event, str]] = [
    *((make, event, "ignored") for make in (dallying_client, dallying_server) for event in IGNORED),
    *((make, data(1, 3), "duplicates") for make in (dallying_client, dallying_server)),
    *((make, RequestReceived(), "ignored") for make in (dallying_client, dallying_server)),
    *((make, oack(windowsize=4), "ignored") for make in (reading, writing)),
    *((make, REFUSED, "duplicates") for make in (reading, writing)),
    (sending_server, ack(0), "duplicates"),
    (sending_server, ack(9), "ignored"),
    (sending_server, RequestReceived(), "duplicates"),
    (receiving_server, data(8), "duplicates"),
    (receiving_server, data(3), "duplicates"),
    (receiving_server, data(10), "gaps"),
    (receiving_server, data(200), "ignored"),
    (receiving_server, RequestReceived(), "duplicates"),
]


@pytest.mark.parametrize(("make", "event", "name"), COUNTED)
def test_what_moves_nothing_is_counted(
    make: Callable[[], Session], event: Event, name: str
) -> None:
    session = make()
    state, before = session.state, getattr(session.counters, name)
    play(session, event, now=0.5)
    assert session.state is state
    assert getattr(session.counters, name) == before + 1


IN_EACH = (dallying_client, dallying_server, reading, writing, sending_server, receiving_server)
RUNNING = IN_EACH[2:]
SERVERS = (dallying_server, sending_server, receiving_server)


def test_right_behind_its_ack_a_block_is_a_duplicate_that_gets_no_answer() -> None:
    server = receiving_server()
    (step,) = play(server, data(8))
    assert (server.counters.duplicates, step.effects) == (1, ())


@pytest.mark.parametrize("make", SERVERS)
@pytest.mark.parametrize("event", [data(1, 3), data(8), data(9), data(10), data(200), ack(1)])
def test_a_server_notes_when_it_hears_its_client(make: Callable[[], Session], event: Event) -> None:
    session = make()
    play(session, event, now=0.5)
    assert isinstance(session, ReadServer | WriteServer)
    assert session.state is State.ERROR or session._client_heard_at == 0.5


def test_a_server_notes_its_client_right_behind_an_ack_and_with_the_last_block_too() -> None:
    server = receiving_server()
    for now, event in ((0.01, data(8)), (0.02, data(9, 3))):
        play(server, event, now=now)
        assert isinstance(server, WriteServer)
        assert server._client_heard_at == now
    assert server.state is State.DALLYING


def test_a_server_notes_its_client_with_the_ack_of_a_part_of_a_window() -> None:
    server = ReadServer(Rrq(b"f"), 50_000, Options(windowsize=8))
    play(server, RequestReceived(), ack(0))
    play(server, ack(2), now=0.01)  # the window goes on in parts
    (step,) = play(server, ack(8), now=0.02)
    assert step.row is not None and "acknowledges_part" in step.row.conditions
    assert server._client_heard_at == 0.02


@pytest.mark.parametrize("make", IN_EACH)
def test_each_stranger_is_counted_answered_or_not(make: Callable[[], Session]) -> None:
    session = make()
    play(session, StrayReceived(STRANGER), StrayReceived(STRANGER), StrayReceived(STRANGER, True))
    assert session.counters.strays == 3


@pytest.mark.parametrize("make", [reading, writing])
def test_a_refusal_that_comes_a_third_time_is_meant(make: Callable[[], Session]) -> None:
    session = make()
    assert play(session, REFUSED, REFUSED)[-1].after is State.ERROR


@pytest.mark.parametrize("make", RUNNING)
def test_the_reason_of_the_network_is_remembered(make: Callable[[], Session]) -> None:
    session = make()
    play(session, UnreachableReceived(False, "no route to host"))
    assert session.network_error == "no route to host"
