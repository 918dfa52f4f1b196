"""A port that the network calls closed in mid-transfer: the same for all four sessions.

One report may be a passing fault, and a burst of packets causes a burst of reports. A second one
ends the transfer only if a time-out lies between the two (RFC 1122 section 3.2.2.1).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest

from tests.support.playbook import SUCCEEDED, Ends, Playbook, ack, data, oack, play
from tftp_fsm.protocol.events import (
    Event,
    Opened,
    Outcome,
    RequestReceived,
    TimeoutExpired,
    UnreachableReceived,
)
from tftp_fsm.protocol.receiver import Receiver
from tftp_fsm.protocol.roles import ReadClient, ReadServer, WriteClient, WriteServer
from tftp_fsm.protocol.rows import State
from tftp_fsm.protocol.sender import Sender
from tftp_fsm.protocol.session import Session
from tftp_fsm.wire.options import Options
from tftp_fsm.wire.packets import Rrq, Wrq

CLOSED = UnreachableReceived()
NO_ROUTE = UnreachableReceived(is_hard=False, reason="no route to host")
WINDOW = Options(windowsize=4)
SIZE = 50_000  # octets


def read_client(options: Options) -> Session:
    client = ReadClient(Rrq(b"f", options=options.pairs()))
    play(client, Opened(), *([oack(windowsize=4)] if options.windowsize else []), data(1))
    return client


def write_client(options: Options, size: int = SIZE) -> Session:
    client = WriteClient(Wrq(b"f", options=options.pairs()), size)
    play(client, Opened(), oack(windowsize=4) if options.windowsize else ack(0))
    return client


def read_server(options: Options, size: int = SIZE) -> Session:
    server = ReadServer(Rrq(b"f"), size, options)
    play(server, RequestReceived(), *([ack(0)] if options.windowsize else []))
    return server


def write_server(options: Options) -> Session:
    server = WriteServer(Wrq(b"f"), options)
    play(server, RequestReceived(), data(1))
    return server


MAKERS: list[Callable[[Options], Session]] = [read_client, write_client, read_server, write_server]
IN_EACH = pytest.mark.parametrize(
    "make",
    [partial(make, options) for make in MAKERS for options in (Options(), WINDOW)],
    ids=[f"{make.__name__}-{way}" for make in MAKERS for way in ("lock-step", "windows")],
)
GONE = Ends(Outcome.UNREACHABLE, saying="no program listens at that port")


def time_out(session: Session) -> None:
    """Wait until something is sent again, and not only the rest of a window."""
    before = session.counters.timeouts
    while session.counters.timeouts == before:
        assert session.deadline is not None
        session.handle(TimeoutExpired(), session.deadline)


def next_packet(session: Session) -> Event:
    """Return the next packet of a peer that still exists."""
    if isinstance(session, Receiver):
        return data(session.received + 1)
    assert isinstance(session, Sender)
    return ack(session.sent)


@IN_EACH
def test_the_reports_of_one_burst_end_nothing(make: Callable[[], Session]) -> None:
    session = make()
    assert Playbook(session) >> CLOSED >> CLOSED >> NO_ROUTE >> CLOSED << session.state


@IN_EACH
def test_a_report_before_and_one_after_a_retransmission_end_the_transfer(
    make: Callable[[], Session],
) -> None:
    session = make()
    assert Playbook(session) >> CLOSED >> CLOSED
    time_out(session)
    assert Playbook(session) >> CLOSED << GONE << State.ERROR


@IN_EACH
def test_a_peer_that_is_heard_takes_the_first_report_back(make: Callable[[], Session]) -> None:
    session = make()
    play(session, CLOSED, next_packet(session))
    time_out(session)
    assert Playbook(session) >> CLOSED >> CLOSED << session.state


@IN_EACH
def test_time_outs_before_the_first_report_do_not_count(make: Callable[[], Session]) -> None:
    session = make()
    time_out(session)
    time_out(session)
    assert Playbook(session) >> CLOSED >> CLOSED << session.state


@IN_EACH
def test_a_missing_route_does_not_make_a_closed_port_believed(make: Callable[[], Session]) -> None:
    session = make()
    assert Playbook(session) >> NO_ROUTE
    time_out(session)
    assert Playbook(session) >> CLOSED >> NO_ROUTE << session.state
    time_out(session)
    assert Playbook(session) >> NO_ROUTE >> CLOSED << GONE << State.ERROR


def test_the_rest_of_a_window_is_no_retransmission() -> None:
    client = write_client(WINDOW)
    time_out(client)
    play(client, CLOSED)
    assert client.deadline is not None
    client.handle(TimeoutExpired(), client.deadline)
    assert Playbook(client) >> CLOSED << State.AWAITING_ACK


@pytest.mark.parametrize("options", [Options(), WINDOW], ids=["lock-step", "windows"])
@pytest.mark.parametrize("make", [write_client, read_server])
def test_after_the_last_block_the_end_is_unknown(
    make: Callable[[Options, int], Session], options: Options
) -> None:
    session = make(options, 3)
    assert Playbook(session) >> CLOSED
    time_out(session)
    assert Playbook(session) >> CLOSED << Ends(Outcome.UNKNOWN) << State.ERROR


@pytest.mark.parametrize("options", [Options(), WINDOW], ids=["lock-step", "windows"])
@pytest.mark.parametrize("make", [read_client, write_server])
def test_a_receiver_that_has_the_whole_file_has_succeeded(
    make: Callable[[Options], Session], options: Options
) -> None:
    session = make(options)
    play(session, data(2, 3), CLOSED)
    assert session.outcome == SUCCEEDED
    assert session.state is State.DONE
