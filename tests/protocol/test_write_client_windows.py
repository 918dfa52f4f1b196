"""WRITE_CLIENT: options, windows, and blocks past 65535."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.support.playbook import SUCCEEDED, Ends, Pause, Playbook, Silence, ack, oack, play
from tests.support.write_clients import PLAIN, asking, in_windows, requesting
from tftp_fsm.protocol.events import (
    ErrorReceived,
    Finished,
    Opened,
    Outcome,
    Send,
    SendBlocks,
    TimeoutExpired,
)
from tftp_fsm.protocol.roles import WriteClient
from tftp_fsm.protocol.rows import State
from tftp_fsm.protocol.timing import RetryPolicy
from tftp_fsm.wire.packets import Error

# -- Options --------------------------------------------------------------------------------------


def test_an_oack_is_answered_with_the_first_window() -> None:
    client = requesting(10_000, asking(blksize=1000, windowsize=4, tsize=10_000))
    assert (
        Playbook(client)
        >> oack(blksize=800, windowsize=3, tsize=10_000)
        << SendBlocks(1, 3)
        << State.AWAITING_ACK
        >> ack(3)
        << SendBlocks(4, 3)
    )
    assert client.blocks == 13


def test_a_second_oack_restarts_nothing() -> None:
    client = requesting(10_000, asking(blksize=1000, windowsize=2))
    assert (
        Playbook(client)
        >> oack(windowsize=2)
        << SendBlocks(1, 2)
        >> oack(windowsize=2)
        >> ack(2)
        << SendBlocks(3, 2)
        >> oack(windowsize=1)
        >> ack(4)
        << SendBlocks(5, 2)
    )
    assert client.windowsize == 2


def test_a_server_that_ignores_options_gets_the_plain_protocol() -> None:
    client = requesting(10_000, asking(blksize=1000, windowsize=4))
    assert Playbook(client) >> ack(0) << SendBlocks(1, 1) >> ack(1) << SendBlocks(2, 1)
    assert client.blksize == 512


def test_an_oack_with_what_was_not_asked_or_larger_is_refused_with_error_8() -> None:
    for answer, why in {
        "timeout=1": "timeout was not asked for",
        "blksize=1001": "blksize 1001 is more than the 1000 that was asked for",
        "tsize=11": "tsize 11 is more than the 10 that was asked for",
    }.items():
        name, _, value = answer.partition("=")
        client = requesting(10, asking(blksize=1000, tsize=10))
        book = Playbook(client) >> oack(**{name: value}) << Send(Error(8, why))
        assert book << Finished(Outcome.REFUSED, why, 8) << State.ERROR


@pytest.mark.parametrize("code", [8, 0, 4, 2])
def test_an_error_to_the_options_leads_to_the_same_request_without_them(code: int) -> None:
    client = requesting(1, asking(blksize=1000))
    book = Playbook(client) >> ErrorReceived(code, "?") << Send(PLAIN) << State.REQUESTING
    assert book >> ack(0) << SendBlocks(1, 1) >> ack(1) << SUCCEEDED


def test_a_copy_of_the_refusal_does_not_refuse_the_plain_request() -> None:
    client = requesting(1, asking(blksize=1000))
    book = Playbook(client) >> ErrorReceived(8, "?") << Send(PLAIN) >> ErrorReceived(8, "?")
    assert book << State.REQUESTING >> ack(0) << SendBlocks(1, 1) >> ack(1) << SUCCEEDED


def test_an_error_to_the_options_once_told_leads_to_a_plain_request() -> None:
    client = requesting(1, asking(blksize=1000))
    book = Playbook(client) >> ErrorReceived(8, "?") << Send(PLAIN) << State.REQUESTING
    assert book >> ErrorReceived(2, "no") << Finished(Outcome.PEER_ERROR, "no", 2)


# -- RFC 7440: windows ----------------------------------------------------------------------------


def test_the_whole_window_goes_out_then_nothing_until_its_ack() -> None:
    assert (
        Playbook(in_windows(4, blocks=6))
        >> ack(4)
        << SendBlocks(5, 2)
        >> ack(6)
        << SUCCEEDED
        << State.DONE
    )


@pytest.mark.parametrize("lost", range(1, 9))
def test_the_sender_goes_on_from_the_block_that_is_missing(lost: int) -> None:
    client = in_windows(8)
    effects = client.handle(ack(lost - 1), 0.0).effects
    assert effects == (SendBlocks(lost, 4),), "half a window at once after a loss"
    book = Playbook(client)
    for _ in range(2):  # what the receiver says while the rest of the old window comes in
        book = book >> ack(lost - 1)
    wait = client.deadline
    assert wait is not None
    assert (
        book >> Silence(wait) << SendBlocks(lost + 4, 4) >> ack(lost + 7) << SendBlocks(lost + 8, 8)
    )


def test_a_duplicated_ack_makes_at_most_one_restart() -> None:
    client = in_windows(4)
    copies: Counter[int] = Counter(dict.fromkeys(range(1, 5), 1))
    now = 0.0
    for block in range(4, 97, 4):
        for _ in range(3 if block == 8 else 1):
            steps = [client.handle(ack(block), now)]
            while client.is_pacing(TimeoutExpired()):
                assert client.deadline is not None
                now = client.deadline
                steps.append(client.handle(TimeoutExpired(), now))
            for effect in (effect for step in steps for effect in step.effects):
                assert isinstance(effect, SendBlocks), effect
                copies.update(range(effect.first, effect.first + effect.count))
    assert {block for block, times in copies.items() if times > 1} <= {9, 10, 11, 12}
    assert max(copies.values()) == 2


def test_a_stale_ack_restarts_no_window() -> None:
    book = Playbook(in_windows(4)) >> ack(4) << SendBlocks(5, 4) >> ack(0) >> ack(3) >> ack(1)
    assert book >> ack(8) << SendBlocks(9, 4) >> ack(4) >> ack(5)


def test_a_window_that_nobody_answered_is_sent_again_in_parts() -> None:
    client = in_windows(8)
    book = Playbook(client) >> Pause(0.1) >> ack(8) << SendBlocks(9, 8)
    assert book
    rto, srtt = client.timer.rto, client.timer.srtt
    assert srtt is not None
    assert srtt == pytest.approx(0.1 / 8)
    assert rto == 0.2
    assert (
        book
        >> Silence(0.2)
        << SendBlocks(9, 4)
        >> Silence(srtt)
        << SendBlocks(13, 4)
        >> Silence(0.4)
        << SendBlocks(9, 2)
        >> Silence(srtt)
        << SendBlocks(11, 2)
        >> Silence(srtt)
        << SendBlocks(13, 2)
        >> Silence(srtt)
        << SendBlocks(15, 2)
        >> Silence(0.8)
        << SendBlocks(9, 2)
    )


def test_an_ack_of_all_that_was_sent_of_a_window_is_no_loss() -> None:
    client = in_windows(8)
    book = Playbook(client) >> Pause(0.1) >> ack(3) << SendBlocks(4, 4)
    assert book >> ack(8) << SendBlocks(9, 2)
    assert client.counters.gaps == 1


def test_whole_windows_come_back_as_they_arrive() -> None:
    client = in_windows(8)
    book = Playbook(client) >> Pause(0.1) >> ack(3) << SendBlocks(4, 4) >> Silence(0.0125)
    book = book << SendBlocks(8, 4) >> ack(11) << SendBlocks(12, 8)
    assert book >> ack(19) << SendBlocks(20, 8)


def test_the_echo_of_a_window_that_was_sent_again_restarts_nothing() -> None:
    book = Playbook(in_windows(8)) >> Pause(0.1) >> ack(0) << SendBlocks(1, 4)
    book = book >> Silence(0.05) << SendBlocks(5, 4) >> ack(8) << SendBlocks(9, 8)
    assert book >> ack(8) << State.AWAITING_ACK


def test_an_ack_that_was_only_late_stops_what_was_begun_again() -> None:
    book = Playbook(in_windows(8)) >> Silence(0.2) << SendBlocks(1, 4)
    assert book >> ack(8) << SendBlocks(9, 8)


def test_parts_of_a_window_are_not_counted_as_retries() -> None:
    client = in_windows(64, blocks=1000)
    book = Playbook(client) >> Pause(0.1) >> ack(64) << SendBlocks(65, 64)
    assert book >> Silence(0.2) << SendBlocks(65, 32) >> Silence(0.0125) << SendBlocks(97, 32)
    assert (client.retries, client.counters.timeouts) == (1, 1)


def test_the_last_window_is_cut_at_the_end_of_the_file() -> None:
    book = Playbook(in_windows(4, blocks=6)) >> ack(4) << SendBlocks(5, 2)
    book = book >> ack(5) << SendBlocks(6, 1) >> ack(6) << SUCCEEDED
    assert book << State.DONE


def test_acks_of_several_windows_at_once_are_the_same_as_one_after_the_other() -> None:
    assert Playbook(in_windows(4)) >> ack(4, count=3) << SendBlocks(5, 12)


def test_silence_in_a_window_ends_as_it_should() -> None:
    client = WriteClient(asking(windowsize=4), 512 * 100, retry_policy=RetryPolicy(retries=1))
    play(client, Opened(), oack(windowsize=4))
    book = Playbook(client) >> Pause(0.1) >> ack(4) << SendBlocks(5, 4)
    book = book >> Silence(0.2) << SendBlocks(5, 2) >> Silence(0.0125) << SendBlocks(7, 2)
    assert book >> Silence(0.4) << Ends(Outcome.TIMED_OUT) << State.ERROR


# -- Blocks past 65535 ----------------------------------------------------------------------------


def at_wrap() -> WriteClient:
    """Return a client after ACK 65535. Block 65536 is on its way."""
    client = requesting(70_000 * 512)
    play(client, ack(0), ack(1, count=0xFFFF))
    assert (client.acked, client.sent) == (65535, 65536)
    return client


def test_block_numbers_wrap_to_0_on_the_wire_only() -> None:
    assert (
        Playbook(at_wrap())
        >> ack(0)
        << SendBlocks(65537, 1)
        >> ack(1)
        << SendBlocks(65538, 1)
        >> ack(1)
        >> ack(0)
        >> ack(65535)
        << State.AWAITING_ACK
    )


def test_a_duplicated_ack_exactly_at_the_wrap_moves_nothing() -> None:
    book = Playbook(at_wrap()) >> ack(65535) >> ack(65534) >> ack(1) << State.AWAITING_ACK
    assert book >> ack(0) << SendBlocks(65537, 1) >> ack(0)


def test_a_window_across_the_wrap_is_acknowledged_in_any_part() -> None:
    client = in_windows(4, blocks=70_000)
    play(client, ack(4, count=65532 // 4))
    book = Playbook(client) >> ack(65535) << SendBlocks(65536, 2)
    assert book >> ack(65534) >> ack(65533)
