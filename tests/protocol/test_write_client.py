"""WRITE_CLIENT: the sentences of RFC 1350 and 1123 about the writing client."""

from __future__ import annotations

from collections import Counter

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
    play,
)
from tests.support.write_clients import (
    OTHER_HOST,
    OTHER_PORT,
    PLAIN,
    SERVER,
    WELL_KNOWN,
    asking,
    in_windows,
    requesting,
    sending,
)
from tftp_fsm.protocol.events import (
    Aborted,
    ErrorReceived,
    Finished,
    MalformedReceived,
    OackReceived,
    Opened,
    Outcome,
    RequestReceived,
    Send,
    SendBlocks,
    StorageFailed,
    StrayReceived,
    UnreachableReceived,
)
from tftp_fsm.protocol.roles import WriteClient
from tftp_fsm.protocol.rows import State
from tftp_fsm.protocol.timing import RetryPolicy
from tftp_fsm.wire.packets import Ack, Error, Oack

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


def test_an_oack_that_an_error_has_overtaken_does_not_end_the_plain_request() -> None:
    assert (
        Playbook(requesting(request=asking(blksize=1024)))
        >> ErrorReceived(0, "the disk failed")
        << Send(PLAIN)
        >> OackReceived((("blksize", "1024"),))
        << State.REQUESTING
        >> ack(0)
        << SendBlocks(1, 1)
        << State.AWAITING_ACK
    )


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


def test_the_last_ack_never_heard_is_unknown_neither_failed_nor_done() -> None:
    book = Playbook(sending(600, acked=1))
    for seconds in (0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8):
        book = book >> Silence(seconds) << SendBlocks(2, 1)
    assert book >> Silence(4.6) << Ends(Outcome.UNKNOWN, saying="may have the file") << State.ERROR


NO_ROUTE = UnreachableReceived(is_hard=False, reason="no route to host")


def test_a_route_that_is_missing_while_requesting_is_a_hint_and_the_timer_decides() -> None:
    book = Playbook(requesting()) >> NO_ROUTE << State.REQUESTING
    assert book >> Silence(1.0) << Send(PLAIN) >> ack(0) << SendBlocks(1, 1)


def test_an_address_without_a_route_is_left_at_once_if_there_is_another() -> None:
    client = WriteClient(PLAIN, 1, retry_policy=RetryPolicy(unanswered_patience=7.0))
    book = Playbook(client) >> Opened() << Send(PLAIN) >> NO_ROUTE
    assert book << Ends(Outcome.UNREACHABLE, saying="no route to host") << State.ERROR


def test_a_link_that_goes_down_and_up_in_mid_transfer_costs_its_time_only() -> None:
    book = Playbook(sending())
    for seconds in (0.2, 0.4, 0.8, 1.6):
        book = book >> Silence(seconds) << SendBlocks(1, 1) >> NO_ROUTE >> NO_ROUTE
    assert book >> ack(1) << SendBlocks(2, 1) >> NO_ROUTE << State.AWAITING_ACK


def test_a_last_ack_that_never_comes_is_unknown_and_the_network_is_quoted() -> None:
    book = Playbook(sending(600, acked=1)) >> NO_ROUTE
    for seconds in (0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8):
        book = book >> Silence(seconds) << SendBlocks(2, 1)
    said = "the receiver may have the file; the network reported: no route to host"
    assert book >> Silence(4.6) << Ends(Outcome.UNKNOWN, saying=said) << State.ERROR


# -- Silence --------------------------------------------------------------------------------------


def test_a_silent_server_is_asked_for_30_seconds_with_doubling_waits() -> None:
    book = Playbook(WriteClient(PLAIN, 1)) >> Opened() << Send(PLAIN)
    for seconds in (1.0, 2.0, 4.0, 8.0):
        book = book >> Silence(seconds) << Send(PLAIN)
    book = book >> Silence(15.0) << Finished(Outcome.TIMED_OUT, "no answer after 5 attempts")
    assert book << State.ERROR


def test_a_server_that_falls_silent_before_the_end_timed_out() -> None:
    book = Playbook(sending(acked=1))
    for seconds in (0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8):
        book = book >> Silence(seconds) << SendBlocks(2, 1)
    assert book >> Silence(4.6) << Ends(Outcome.TIMED_OUT) << State.ERROR


def test_retries_are_counted_for_each_wait() -> None:
    client = WriteClient(PLAIN, 512 * 40, retry_policy=RetryPolicy(retries=1))
    book = Playbook(client) >> Opened() << Send(PLAIN) >> ack(0) << SendBlocks(1, 1)
    for block in range(1, 30, 2):
        book = (
            book >> Silence(0.2) << SendBlocks(block, 1) >> ack(block) << SendBlocks(block + 1, 1)
        )
        book = book >> ack(block + 1) << SendBlocks(block + 2, 1)
    assert book << State.AWAITING_ACK


def test_a_transfer_that_crawls_ends_by_the_total_limit() -> None:
    client = WriteClient(PLAIN, 512 * 40, retry_policy=RetryPolicy(retries=1000, retransmissions=2))
    book = Playbook(client) >> Opened() << Send(PLAIN)
    book = book >> Silence(1.0) << Send(PLAIN) >> Silence(2.0) << Send(PLAIN)
    assert book >> Silence(4.0) << Ends(Outcome.TIMED_OUT)


def test_karn_an_ack_of_a_block_that_was_sent_twice_is_no_sample() -> None:
    client = sending()
    book = Playbook(client) >> Silence(0.2) << SendBlocks(1, 1) >> Pause(0.3)
    assert book >> ack(1) << SendBlocks(2, 1)
    assert client.timer.srtt == 0.0
    assert client.timer.rto == 0.2, "one doubling undone, and no sample taken"
    assert book >> Pause(0.3) >> ack(2) << SendBlocks(3, 1)
    assert client.timer.srtt == pytest.approx(0.3 / 8)


def test_karn_a_late_ack_of_a_repeated_part_says_nothing_of_the_part_after_it() -> None:
    client = in_windows(4)
    book = Playbook(client) >> Pause(0.1) >> ack(2) << SendBlocks(3, 2) >> Silence(0.0125)
    assert book << SendBlocks(5, 2) >> Pause(0.001)
    before = client.timer.srtt
    assert book >> ack(4) << SendBlocks(5, 1)
    assert client.timer.srtt == before, "block 4 was sent twice, and 5 and 6 are not acked"
