"""WRITE_CLIENT: what the RFCs say of the side that brings a file, one scenario each."""

from __future__ import annotations

from collections import Counter

import pytest
from playbook import (
    SUCCEEDED,
    Datagram,
    Ends,
    Pause,
    Playbook,
    Silence,
    ack,
    data,
    oack,
    play,
)

from tftp_fsm.events import (
    Aborted,
    ErrorReceived,
    Finished,
    MalformedReceived,
    Opened,
    Outcome,
    RequestReceived,
    Send,
    SendBlocks,
    StorageFailed,
    StrayReceived,
    TimeoutExpired,
    UnreachableReceived,
)
from tftp_fsm.packets import Ack, Error, Oack, Wrq
from tftp_fsm.rows import State
from tftp_fsm.sessions import WriteClient
from tftp_fsm.timing import Patience

PLAIN = Wrq(b"boot.img")
WELL_KNOWN = ("192.0.2.1", 69)
SERVER = ("192.0.2.1", 2048)
OTHER_PORT = ("192.0.2.1", 2049)
OTHER_HOST = ("198.51.100.7", 2048)


def asking(**options: int) -> Wrq:
    return Wrq(b"boot.img", "octet", tuple((name, str(value)) for name, value in options.items()))


def requesting(size: int = 1500, request: Wrq = PLAIN) -> WriteClient:
    client = WriteClient(request, size)
    play(client, Opened())
    return client


def sending(size: int = 1500, acked: int = 0) -> WriteClient:
    """In lock-step, with so many blocks acknowledged; 1500 octets are three blocks."""
    client = requesting(size)
    for block in range(acked + 1):
        play(client, ack(block & 0xFFFF))
    return client


def in_windows(windowsize: int = 4, blocks: int = 100) -> WriteClient:
    """The OACK has come, and the first window is on its way."""
    client = requesting(blocks * 512 - 1, asking(windowsize=windowsize))
    play(client, oack(windowsize=windowsize))
    return client


# -- RFC 1350: a plain transfer -------------------------------------------------------------------


def test_the_ack_of_a_wrq_is_block_0_and_a_short_block_ends_the_file() -> None:
    assert (
        Playbook(WriteClient(PLAIN, 1000))
        >> Opened()
        << Send(PLAIN)
        << State.REQUESTING
        >> ack(0)
        << SendBlocks(1, 1)
        << State.AWAITING_ACK
        >> ack(1)
        << SendBlocks(2, 1)
        >> ack(2)
        << SUCCEEDED
        << State.DONE
    )


SIZES = [(0, 1), (1, 1), (511, 1), (512, 2), (513, 2), (1024, 3)]


@pytest.mark.parametrize(("size", "blocks"), SIZES)
def test_an_exact_multiple_needs_a_final_empty_block(size: int, blocks: int) -> None:
    book = Playbook(requesting(size))
    for block in range(blocks):
        book = book >> ack(block) << SendBlocks(block + 1, 1)
    assert book >> ack(blocks) << SUCCEEDED << State.DONE


def test_an_ack_of_another_block_does_not_answer_the_request() -> None:
    assert Playbook(requesting()) >> ack(1) >> ack(65535) << State.REQUESTING


def test_an_ack_of_what_was_never_sent_acknowledges_nothing() -> None:
    book = Playbook(sending()) >> ack(2) >> ack(3) >> ack(40000) << State.AWAITING_ACK
    assert book >> ack(1) << SendBlocks(2, 1)


def test_an_ack_from_before_block_0_is_none_of_an_earlier_block() -> None:
    client = sending()
    assert Playbook(client) >> ack(65535) >> ack(65000)
    assert (client.counters.duplicates, client.counters.ignored) == (0, 2)


# -- RFC 1123 section 4.2.3.1 ---------------------------------------------------------------------


def test_a_duplicated_ack_sends_nothing() -> None:
    assert (
        Playbook(sending())
        >> ack(0)
        >> ack(1)
        << SendBlocks(2, 1)
        >> ack(1)
        >> ack(0)
        >> ack(2)
        << SendBlocks(3, 1)
        >> ack(2)
        << State.AWAITING_ACK
    )


def test_after_one_duplicated_ack_no_block_is_sent_twice() -> None:
    client = sending(512 * 50)
    copies = Counter(range(1, 2))
    for block in range(1, 51):
        for event in (ack(block), ack(block)) if block == 3 else (ack(block),):
            for effect in client.handle(event, 0.0).effects:
                if isinstance(effect, SendBlocks):
                    copies.update(range(effect.first, effect.first + effect.count))
    assert copies == Counter(range(1, 52))


def test_a_duplicated_ack_does_not_postpone_the_silence() -> None:
    client = sending(acked=1)
    before = client.deadline
    assert Playbook(client) >> Pause(0.1) >> ack(1) >> ack(0) >> ack(9)
    assert client.deadline == before


def test_a_late_ack_of_a_block_that_was_sent_twice_moves_on_once() -> None:
    assert (
        Playbook(sending())
        >> Silence(0.2)
        << SendBlocks(1, 1)
        >> ack(1)
        << SendBlocks(2, 1)
        >> ack(1)
        >> ack(2)
        << SendBlocks(3, 1)
    )


# -- RFC 1350 section 4: TIDs ---------------------------------------------------------------------


def test_ack_0_fixes_the_servers_tid_and_strangers_change_nothing() -> None:
    stranger = Error(5, "unknown transfer ID")
    assert (
        Playbook(WriteClient(PLAIN, 1000, WELL_KNOWN))
        >> Opened()
        << Send(PLAIN)
        >> Datagram(Ack(0), OTHER_HOST)
        << Send(stranger, OTHER_HOST)
        >> Datagram(Ack(0), SERVER)
        << SendBlocks(1, 1)
        >> Pause(0.1)
        >> Datagram(Ack(1), OTHER_PORT)
        << Send(stranger, OTHER_PORT)
        >> Datagram(Error(0, "die"), OTHER_PORT)
        >> Datagram(Ack(1), OTHER_HOST)
        >> Datagram(Ack(1), SERVER)
        << SendBlocks(2, 1)
    )


def test_a_strangers_oack_moves_nothing() -> None:
    client = WriteClient(asking(blksize=8), 1000, WELL_KNOWN)
    play(client, Opened(), client.interpret(b"\0\4\0\0", SERVER))
    book = Playbook(client) >> Datagram(Oack((("blksize", "8"),)), OTHER_PORT)
    assert book << Send(Error(5, "unknown transfer ID"), OTHER_PORT) << State.AWAITING_ACK
    assert client.blksize == 512


def test_a_flood_of_strangers_is_answered_ten_times_a_second_at_most() -> None:
    told = Send(Error(5, "unknown transfer ID"), OTHER_PORT)
    stray = StrayReceived(OTHER_PORT)
    for client in (requesting(), sending()):
        book = Playbook(client) >> stray << told >> stray >> Pause(0.1) >> stray << told
        assert book >> StrayReceived(OTHER_PORT, is_error=True)


# -- Endings --------------------------------------------------------------------------------------


def test_an_error_ends_the_transfer_and_is_not_answered() -> None:
    for client in (requesting(), sending(), in_windows()):
        book = Playbook(client) >> ErrorReceived(3, "full")
        assert book << Finished(Outcome.PEER_ERROR, "full", 3) << State.ERROR


def test_an_unreadable_error_is_still_not_answered() -> None:
    for client in (requesting(), sending()):
        assert Playbook(client) >> Datagram(b"\0\5") << Ends(Outcome.PEER_ERROR, 0) << State.ERROR


def test_a_wrq_that_is_answered_by_data_has_sent_nothing_and_says_so() -> None:
    why = "DATA is no answer in state requesting"
    book = Playbook(requesting()) >> data(1, 10) << Send(Error(4, why))
    assert book << Finished(Outcome.REFUSED, why, 4) << State.ERROR


def test_data_and_requests_in_answer_are_refused_in_every_state() -> None:
    for client in (sending(), in_windows()):
        why = "DATA is no answer in state awaiting-ack"
        book = Playbook(client) >> data(1) << Send(Error(4, why))
        assert book << Finished(Outcome.REFUSED, why, 4) << State.ERROR
    for client in (requesting(), sending()):
        why = f"REQUEST is no answer in state {client.state.value}"
        book = Playbook(client) >> RequestReceived() << Send(Error(4, why))
        assert book << Finished(Outcome.REFUSED, why, 4) << State.ERROR


def test_malformed_answers_are_refused_with_the_field_that_broke() -> None:
    for client in (requesting(), sending()):
        why = "malformed packet: ACK -> block: broken"
        book = Playbook(client) >> MalformedReceived("ACK -> block: broken") << Send(Error(4, why))
        assert book << Finished(Outcome.REFUSED, why, 4) << State.ERROR


def test_a_file_that_cannot_be_read_is_told_to_the_server_once_its_tid_is_known() -> None:
    failed, over = StorageFailed(0, "read error"), Ends(Outcome.STORAGE_FAILED, 0, "read error")
    assert Playbook(WriteClient(PLAIN, 1)) >> failed << over << State.ERROR
    assert Playbook(requesting()) >> failed << over << State.ERROR
    assert Playbook(sending()) >> failed << Send(Error(0, "read error")) << over << State.ERROR


def test_the_user_may_give_up_at_any_time() -> None:
    over = Finished(Outcome.ABORTED, "enough")
    assert Playbook(WriteClient(PLAIN, 1)) >> Aborted("enough") << over << State.ERROR
    assert Playbook(requesting()) >> Aborted("enough") << over << State.ERROR
    book = Playbook(sending()) >> Aborted("enough") << Send(Error(0, "enough"))
    assert book << over << State.ERROR


def test_a_dead_port_is_told_at_once_while_requesting() -> None:
    book = Playbook(requesting()) >> UnreachableReceived()
    assert book << Ends(Outcome.UNREACHABLE) << State.ERROR


def test_in_mid_transfer_the_second_such_report_is_the_end() -> None:
    book = Playbook(sending()) >> UnreachableReceived() >> ack(1) << SendBlocks(2, 1)
    book = book >> UnreachableReceived() << State.AWAITING_ACK
    assert book >> UnreachableReceived() << Ends(Outcome.UNREACHABLE) << State.ERROR


def test_a_port_that_closes_after_the_last_block_leaves_the_end_unknown() -> None:
    book = Playbook(sending(600, acked=1)) >> UnreachableReceived() << State.AWAITING_ACK
    assert book >> UnreachableReceived() << Ends(Outcome.UNKNOWN) << State.ERROR


def test_the_last_ack_never_heard_is_unknown_neither_failed_nor_done() -> None:
    book = Playbook(sending(600, acked=1))
    for seconds in (0.2, 0.4, 0.8, 1.6, 3.2):
        book = book >> Silence(seconds) << SendBlocks(2, 1)
    assert book >> Silence(6.4) << Ends(Outcome.UNKNOWN, saying="may have the file") << State.ERROR


# -- Silence --------------------------------------------------------------------------------------


def test_a_silent_server_is_asked_six_times_with_doubling_patience() -> None:
    book = Playbook(WriteClient(PLAIN, 1)) >> Opened() << Send(PLAIN)
    for seconds in (1.0, 2.0, 4.0, 8.0, 16.0):
        book = book >> Silence(seconds) << Send(PLAIN)
    book = book >> Silence(32.0) << Finished(Outcome.TIMED_OUT, "no answer after 6 attempts")
    assert book << State.ERROR


def test_a_server_that_falls_silent_before_the_end_timed_out() -> None:
    book = Playbook(sending(acked=1))
    for seconds in (0.2, 0.4, 0.8, 1.6, 3.2):
        book = book >> Silence(seconds) << SendBlocks(2, 1)
    assert book >> Silence(6.4) << Ends(Outcome.TIMED_OUT) << State.ERROR


def test_retries_are_counted_for_each_wait() -> None:
    client = WriteClient(PLAIN, 512 * 40, patience=Patience(retries=1))
    book = Playbook(client) >> Opened() << Send(PLAIN) >> ack(0) << SendBlocks(1, 1)
    for block in range(1, 30, 2):
        book = (
            book >> Silence(0.2) << SendBlocks(block, 1) >> ack(block) << SendBlocks(block + 1, 1)
        )
        book = book >> ack(block + 1) << SendBlocks(block + 2, 1)
    assert book << State.AWAITING_ACK


def test_a_transfer_that_crawls_ends_by_the_total_limit() -> None:
    client = WriteClient(PLAIN, 512 * 40, patience=Patience(retries=1000, retransmissions=2))
    book = Playbook(client) >> Opened() << Send(PLAIN)
    book = book >> Silence(1.0) << Send(PLAIN) >> Silence(2.0) << Send(PLAIN)
    assert book >> Silence(4.0) << Ends(Outcome.TIMED_OUT)


def test_karn_an_ack_of_a_block_that_was_sent_twice_is_no_sample() -> None:
    client = sending()
    book = Playbook(client) >> Silence(0.2) << SendBlocks(1, 1) >> Pause(0.3)
    assert book >> ack(1) << SendBlocks(2, 1)
    assert client.timer.srtt == 0.0
    assert client.timer.rto == 0.4, "backed off until a fresh sample"
    assert book >> Pause(0.3) >> ack(2) << SendBlocks(3, 1)
    assert client.timer.srtt == pytest.approx(0.3 / 8)


def test_karn_a_late_ack_of_a_repeated_part_says_nothing_of_the_part_after_it() -> None:
    client = in_windows(4)
    book = Playbook(client) >> Pause(0.1) >> ack(2) << SendBlocks(3, 2) >> Silence(0.0125)
    assert book << SendBlocks(5, 2) >> Pause(0.001)
    before = client.timer.srtt
    assert book >> ack(4) << SendBlocks(5, 1)
    assert client.timer.srtt == before, "block 4 was sent twice, and 5 and 6 are not acked"


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
    client = WriteClient(asking(windowsize=4), 512 * 100, patience=Patience(retries=1))
    play(client, Opened(), oack(windowsize=4))
    book = Playbook(client) >> Pause(0.1) >> ack(4) << SendBlocks(5, 4)
    book = book >> Silence(0.2) << SendBlocks(5, 2) >> Silence(0.0125) << SendBlocks(7, 2)
    assert book >> Silence(0.4) << Ends(Outcome.TIMED_OUT) << State.ERROR


# -- Blocks past 65535 ----------------------------------------------------------------------------


def at_wrap() -> WriteClient:
    """Block 65535 is acknowledged, block 65536 on its way."""
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
