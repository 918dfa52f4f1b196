"""READ_CLIENT: errors, refusals and silence."""

from __future__ import annotations

import pytest

from tests.support.playbook import (
    SUCCEEDED,
    Datagram,
    Ends,
    Pause,
    Playbook,
    Silence,
    ack,
    data,
    kept,
)
from tests.support.read_clients import PLAIN, in_windows, receiving, requesting
from tftp_fsm.protocol.events import (
    Aborted,
    Commit,
    Deliver,
    ErrorReceived,
    Event,
    Finished,
    MalformedReceived,
    Opened,
    Outcome,
    RequestReceived,
    Send,
    StorageFailed,
    TimeoutExpired,
)
from tftp_fsm.protocol.roles import ReadClient
from tftp_fsm.protocol.rows import State
from tftp_fsm.protocol.timing import RetryPolicy
from tftp_fsm.wire.packets import Ack, Error

# -- RFC 1350 section 7: errors -------------------------------------------------------------------


def test_an_error_ends_the_transfer_and_is_not_answered() -> None:
    for client in (requesting(), receiving(), in_windows()):
        assert (
            Playbook(client)
            >> ErrorReceived(1, "no such file")
            << Finished(Outcome.PEER_ERROR, "no such file", 1)
            << State.ERROR
        )


@pytest.mark.parametrize("code", [0, 1, 5, 7, 8, 9, 255, 65535])
def test_unknown_error_codes_are_passed_on_as_numbers(code: int) -> None:
    for client in (requesting(), receiving()):
        assert (
            Playbook(client)
            >> Datagram(Error(code, "so"))
            << Finished(Outcome.PEER_ERROR, "so", code)
            << State.ERROR
        )


@pytest.mark.parametrize(
    "octets, code, said",
    [
        (b"\0\5", 0, ""),
        (b"\0\5\0", 0, ""),
        (b"\0\5\0\1", 1, ""),
        (b"\0\5\0\1a", 1, "a"),
        (b"\0\5\0\1a\0\0", 1, "a"),
        (b"\0\5\0\1a\0b", 1, "a"),
    ],
    ids=repr,
)
def test_an_error_with_octets_too_many_or_too_few_is_heard_and_not_answered(
    octets: bytes, code: int, said: str
) -> None:
    for client in (requesting(), receiving(), in_windows()):
        book = Playbook(client)
        assert book >> Datagram(octets) << Finished(Outcome.PEER_ERROR, said, code) << State.ERROR


ILLEGAL: dict[str, Event] = {
    "ACK 0": ack(0),
    "ACK 1": ack(1),
    "a request": RequestReceived(),
    "no packet": MalformedReceived("opcode: 7 is not one of 1 to 6"),
    "513 octets": data(1, 513),
}


@pytest.mark.parametrize("event", ILLEGAL.values(), ids=list(ILLEGAL))
def test_what_no_delay_or_duplication_explains_is_refused_with_error_4(event: Event) -> None:
    for client in (requesting(), receiving()):
        step = client.handle(event, 0.0)
        match step.effects:
            case (Send(Error(4, why)), Finished(Outcome.REFUSED, told, 4)):
                assert why == told
            case _:
                raise AssertionError(step)
        assert client.state is State.ERROR


def test_an_rrq_that_is_answered_by_ack_0_uploads_nothing() -> None:
    assert (
        Playbook(requesting())
        >> ack(0)
        << Send(Error(4, "ACK is no answer in state requesting"))
        << Ends(Outcome.REFUSED, 4)
        << State.ERROR
    )


def test_a_request_in_answer_is_refused() -> None:
    for client in (requesting(), receiving()):
        why = f"REQUEST is no answer in state {client.state.value}"
        book = Playbook(client) >> RequestReceived() << Send(Error(4, why))
        assert book << Finished(Outcome.REFUSED, why, 4) << State.ERROR


def test_malformed_answers_are_refused_with_the_field_that_broke() -> None:
    for client in (requesting(), receiving()):
        assert (
            Playbook(client)
            >> MalformedReceived("DATA -> block")
            << Send(Error(4, "malformed packet: DATA -> block"))
            << Ends(Outcome.REFUSED, 4)
            << State.ERROR
        )


def test_an_ack_in_mid_transfer_is_refused() -> None:
    book = Playbook(receiving()) >> ack(1) << Send(Error(4, "ACK is no answer in state receiving"))
    assert book << Ends(Outcome.REFUSED, 4) << State.ERROR


@pytest.mark.parametrize("octets", [513, 1428, 65464])
def test_data_longer_than_the_agreed_size_is_refused_and_not_kept(octets: int) -> None:
    why = f"DATA of {octets} octets, where at most 512 were agreed"
    for client, block in ((requesting(), 1), (receiving(), 2), (in_windows(), 1), (receiving(), 7)):
        assert (
            Playbook(client)
            >> data(block, octets)
            << Send(Error(4, why))
            << Finished(Outcome.REFUSED, why, 4)
            << State.ERROR
        )


def test_oversized_data_is_refused_before_and_after_the_first_block() -> None:
    for client in (requesting(), receiving()):
        book = Playbook(client) >> data(1, 513)
        book = book << Send(Error(4, "DATA of 513 octets, where at most 512 were agreed"))
        assert book << Ends(Outcome.REFUSED, 4)


def test_a_failed_disk_is_told_to_the_server_once_its_tid_is_known() -> None:
    failed = StorageFailed(3, "full")
    assert Playbook(ReadClient(PLAIN)) >> failed << Ends(Outcome.NO_ROOM, 3) << State.ERROR
    assert Playbook(requesting()) >> failed << Ends(Outcome.NO_ROOM, 3) << State.ERROR
    book = Playbook(receiving()) >> failed << Send(Error(3, "full"))
    assert book << Ends(Outcome.NO_ROOM, 3) << State.ERROR


def test_the_user_may_give_up_at_any_time() -> None:
    over = Finished(Outcome.ABORTED, "transfer aborted")
    assert Playbook(ReadClient(PLAIN)) >> Aborted() << over << State.ERROR
    assert Playbook(requesting()) >> Aborted() << over << State.ERROR
    book = Playbook(receiving()) >> Aborted() << Send(Error(0, "transfer aborted"))
    assert book << over << State.ERROR


# -- RFC 1350 section 2, RFC 1123 section 4.2.3.2: silence ----------------------------------------


def test_a_server_that_never_answers_is_asked_for_30_seconds_with_doubling_waits() -> None:
    book = Playbook(ReadClient(PLAIN)) >> Opened() << Send(PLAIN)
    for seconds in (1.0, 2.0, 4.0, 8.0):
        book = book >> Silence(seconds) << Send(PLAIN)
    book = book >> Silence(15.0) << Finished(Outcome.TIMED_OUT, "no answer after 5 attempts")
    assert book << State.ERROR


def test_a_server_that_falls_silent_hears_the_last_ack_again() -> None:
    book = Playbook(receiving(2))
    for seconds in (0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8):
        book = book >> Silence(seconds) << Send(Ack(2)) << State.RECEIVING
    assert book >> Silence(4.6) << Ends(Outcome.TIMED_OUT) << State.ERROR


def test_the_back_off_has_a_ceiling() -> None:
    book = (
        Playbook(ReadClient(PLAIN, retry_policy=RetryPolicy(retries=9))) >> Opened() << Send(PLAIN)
    )
    for seconds in (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0, 60.0):
        book = book >> Silence(seconds) << Send(PLAIN)
    assert book >> Silence(60.0) << Ends(Outcome.TIMED_OUT)


def test_retries_are_counted_for_each_wait() -> None:
    client = ReadClient(PLAIN, retry_policy=RetryPolicy(retries=1))
    book = Playbook(client) >> Opened() << Send(PLAIN)
    for block in range(1, 30, 2):
        book = book >> data(block) << Send(Ack(block)) << kept(block)
        book = book >> Silence(0.2) << Send(Ack(block))
        book = book >> data(block + 1) << Send(Ack(block + 1)) << kept(block + 1)
    assert book >> data(31, 0) << Deliver(31, 1, 0) << Commit() << Send(Ack(31)) << SUCCEEDED


def test_a_transfer_that_crawls_ends_by_the_total_limit() -> None:
    client = ReadClient(PLAIN, retry_policy=RetryPolicy(retries=1000, retransmissions=3))
    book = Playbook(client) >> Opened() << Send(PLAIN)
    for seconds in (1.0, 2.0, 4.0):
        book = book >> Silence(seconds) << Send(PLAIN)
    assert book >> Silence(8.0) << Ends(Outcome.TIMED_OUT)


def test_a_peer_that_only_repeats_itself_does_not_postpone_the_end() -> None:
    client = receiving(2)
    book = Playbook(client)
    for _ in range(10):
        before = client.deadline
        assert book >> Pause(0.06) >> data(2) << Send(Ack(2)) >> data(1) >> data(9)
        assert client.deadline == before


def test_a_call_before_the_deadline_does_nothing() -> None:
    client = requesting()
    assert Playbook(client) >> TimeoutExpired() >> Pause(0.999) >> TimeoutExpired()
    assert client.retries == 0
    assert client.handle(TimeoutExpired(), 0.999).row is None


def test_the_rto_follows_the_round_trip() -> None:
    client = ReadClient(PLAIN)
    book = Playbook(client) >> Opened() << Send(PLAIN) >> Pause(0.4) >> data(1)
    assert book << Send(Ack(1)) << kept(1)
    assert client.timer.srtt == pytest.approx(0.4)
    assert client.deadline == pytest.approx(0.4 + 0.4 + 4 * 0.2)


def test_karn_a_round_trip_with_a_repeated_packet_is_no_sample() -> None:
    client = ReadClient(PLAIN)
    book = Playbook(client) >> Opened() << Send(PLAIN) >> Silence(1.0) << Send(PLAIN)
    assert book >> Pause(0.1) >> data(1) << Send(Ack(1)) << kept(1)
    assert client.timer.srtt is None
    assert client.timer.rto == 1.0, "one doubling undone, and no sample taken"
    assert book >> Pause(0.1) >> data(2) << Send(Ack(2)) << kept(2)
    assert client.timer.srtt == pytest.approx(0.1)
    assert client.timer.rto == pytest.approx(0.1 + 4 * 0.05)


def test_karn_an_ack_that_was_repeated_for_a_duplicate_is_no_sample() -> None:
    client = receiving(1)
    srtt = client.timer.srtt
    book = Playbook(client) >> Pause(0.15) >> data(1) << Send(Ack(1)) >> Pause(0.01)
    assert book >> data(2) << Send(Ack(2)) << kept(2)
    assert client.timer.srtt == srtt
