"""How long a session waits for the peer, and when it gives up (RFC 1123 section 4.2.3.2)."""

from __future__ import annotations

import pytest

from tests.support.playbook import Playbook, Silence, ack, data, oack, play
from tests.support.read_clients import PLAIN
from tftp_fsm.protocol.events import (
    AckReceived,
    DataReceived,
    ErrorReceived,
    Opened,
    RequestReceived,
    Send,
    SendBlocks,
    TimeoutExpired,
)
from tftp_fsm.protocol.receiver import DALLY_MOST
from tftp_fsm.protocol.roles import ReadClient, ReadServer, WriteClient, WriteServer
from tftp_fsm.protocol.rows import State
from tftp_fsm.protocol.session import Session
from tftp_fsm.protocol.timing import PATIENCE, RetryPolicy, policy
from tftp_fsm.wire.options import Options
from tftp_fsm.wire.packets import Ack, Rrq, Wrq

QUICK = [0.2, 0.6, 1.4, 3.0, 6.2, 12.6, 25.4]  # resends on a LAN: the RTO has its floor


def resends(session: Session) -> tuple[list[float], float]:
    """Return when the session retransmits without an answer, and when it gives up, in seconds."""
    at = []
    while not session.state.is_final:
        assert session.deadline is not None
        step = session.handle(TimeoutExpired(), session.deadline)
        if any(isinstance(effect, Send | SendBlocks) for effect in step.effects):
            at.append(round(step.now, 3))
    return at, round(step.now, 3)


def asking(limits: RetryPolicy) -> ReadClient:
    """Return a client that has sent the RRQ."""
    client = ReadClient(PLAIN, retry_policy=limits)
    play(client, Opened())
    return client


def reading(limits: RetryPolicy) -> ReadClient:
    """Return a client in mid-transfer, over a path without delay."""
    client = asking(limits)
    play(client, data(1))
    return client


def mid_transfer() -> dict[str, Session]:
    """Return each kind of session in mid-transfer, with the usual limits."""
    write_client = WriteClient(Wrq(b"f"), 1500)
    play(write_client, Opened(), ack(0))
    read_server = ReadServer(Rrq(b"f"), 1500, Options())
    play(read_server, RequestReceived(), ack(1))
    write_server = WriteServer(Wrq(b"f"), Options())
    play(write_server, RequestReceived(), data(1))
    sessions = (reading(RetryPolicy()), write_client, read_server, write_server)
    return {session.table.name: session for session in sessions}


@pytest.mark.parametrize("kind", mid_transfer())
def test_both_ends_wait_30_seconds_in_mid_transfer(kind: str) -> None:
    assert resends(mid_transfer()[kind]) == (QUICK, PATIENCE)


@pytest.mark.parametrize("kind", mid_transfer())
@pytest.mark.parametrize("silence", [20.0, 25.0, 29.9])
def test_a_peer_that_pauses_for_25_seconds_finds_the_session(kind: str, silence: float) -> None:
    session = mid_transfer()[kind]
    while session.deadline is not None and session.deadline < silence:
        session.handle(TimeoutExpired(), session.deadline)
    comes: DataReceived | AckReceived = data(2)
    if isinstance(session, WriteClient | ReadServer):
        comes = ack(1 if isinstance(session, WriteClient) else 2)
    assert session.handle(comes, silence).effects
    assert not session.state.is_final


def test_a_silent_host_is_given_up_after_30_seconds() -> None:
    assert resends(asking(RetryPolicy())) == ([1.0, 3.0, 7.0, 15.0], PATIENCE)


def test_what_is_new_begins_the_patience_anew_and_what_is_old_does_not() -> None:
    client = reading(RetryPolicy())
    client.handle(data(2), 0.1)
    assert client.gives_up_at == 0.1 + PATIENCE
    client.handle(data(2), 20.0)
    assert client.gives_up_at == 0.1 + PATIENCE


def test_an_error_about_options_is_an_answer_and_begins_the_patience_anew() -> None:
    client = ReadClient(Rrq(b"f", "octet", (("blksize", "1428"),)))
    play(client, Opened())
    client.handle(ErrorReceived(8, "no"), 20.0)
    assert client.gives_up_at == 20.0 + PATIENCE


def test_no_packet_is_sent_again_that_could_not_be_answered_in_time() -> None:
    at, end = resends(asking(RetryPolicy(patience=8.0)))
    assert (at, end) == ([1.0, 3.0, 7.0], 8.0)
    assert resends(asking(RetryPolicy(patience=7.9))) == ([1.0, 3.0], 7.9)


# -- What the user chooses -------------------------------------------------------------------------


def test_the_timeout_is_the_least_wait_of_the_whole_transfer() -> None:
    client = reading(policy(10, None, None, None))
    assert Playbook(client) >> Silence(10.0) << Send(Ack(1))
    client.handle(data(2), 10.001)
    client.handle(data(3), 10.002)
    assert client.timer.rto == 10.0


def test_a_short_timeout_does_not_make_waits_shorter_than_the_floor() -> None:
    assert reading(policy(0.01, None, None, None)).timer.rto == 0.2


def test_a_retransmission_always_has_the_time_to_be_answered() -> None:
    assert resends(asking(policy(60, None, None, None))) == ([60.0, 120.0], 180.0)
    client = ReadClient(Rrq(b"f", "octet", (("timeout", "255"),)))
    play(client, Opened(), oack(timeout=255))
    assert resends(client) == ([255.0, 510.0], 765.0)


def test_retries_alone_are_the_limit_even_of_a_long_silence() -> None:
    assert resends(asking(policy(10, 3, None, None))) == ([10.0, 30.0, 70.0], 130.0)
    assert resends(asking(policy(None, 0, None, None))) == ([], 1.0)


def test_with_retries_and_patience_packets_are_few_and_the_wait_is_long() -> None:
    assert resends(reading(policy(None, 2, 30.0, None))) == ([0.2, 0.6], 30.0)


def test_the_patience_before_the_first_answer_may_be_shorter() -> None:
    limits = RetryPolicy(unanswered_patience=7.0)
    assert resends(asking(limits)) == ([1.0, 3.0], 7.0)
    assert resends(reading(limits)) == (QUICK, PATIENCE)


def test_a_client_that_has_shown_nothing_gets_few_packets_and_all_the_time() -> None:
    """A device may erase its flash between OACK and ACK 0."""
    server = ReadServer(Rrq(b"f"), 1500, Options(windowsize=4))
    play(server, RequestReceived())
    assert resends(server) == ([1.0, 3.0, 7.0], PATIENCE)


# -- One answer, which may be forged -------------------------------------------------------------


def test_a_session_that_one_ack_began_ends_after_thirty_seconds() -> None:
    """With timeout=255, three waits would hold its place for 765 s."""
    server = ReadServer(Rrq(b"f"), 1500, Options(timeout=255))
    play(server, RequestReceived(), ack(0))
    assert resends(server) == ([10.0], PATIENCE)


def test_a_session_that_one_block_began_ends_after_thirty_seconds() -> None:
    server = WriteServer(Wrq(b"f"), Options(timeout=255))
    play(server, RequestReceived(), data(1))
    assert resends(server) == ([10.0], PATIENCE)


@pytest.mark.parametrize("timeout", [5, 10, 255])
def test_after_two_answers_the_timeout_of_the_client_holds(timeout: int) -> None:
    server = ReadServer(Rrq(b"f"), 5000, Options(timeout=timeout))
    play(server, RequestReceived(), ack(0), ack(1))
    assert server.timer.base == timeout


# -- Dallying --------------------------------------------------------------------------------------


def lossy(limits: RetryPolicy) -> ReadClient:
    """Return a client that has the whole file. One of its blocks came twice."""
    client = reading(limits)
    play(client, data(1), data(2, 0))
    assert client.state is State.DALLYING
    return client


@pytest.mark.parametrize("timeout, stays", [(None, 0.6), (0.5, 1.5), (10, DALLY_MOST), (255, 3.0)])
def test_the_client_stays_three_waits_after_a_loss_but_a_few_seconds_at_most(
    timeout: float | None, stays: float
) -> None:
    assert lossy(policy(timeout, None, None, None)).deadline == pytest.approx(stays)


def test_the_user_may_have_it_stay_longer() -> None:
    assert lossy(policy(10, None, None, 25.0)).deadline == 25.0
