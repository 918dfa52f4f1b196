"""READ_CLIENT: what the RFCs say of the side that asks for a file, one scenario each."""

from __future__ import annotations

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
    kept,
    oack,
    play,
)

from tftp_fsm.events import (
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
    SendAcks,
    StorageFailed,
    StrayReceived,
    TimeoutExpired,
    UnreachableReceived,
)
from tftp_fsm.packets import Ack, Data, Error, Oack, Rrq
from tftp_fsm.rows import State
from tftp_fsm.sessions import ReadClient
from tftp_fsm.timing import Patience

PLAIN = Rrq(b"boot.img")
ASKING = Rrq(b"boot.img", "octet", (("blksize", "1428"), ("tsize", "0"), ("windowsize", "4")))
WELL_KNOWN = ("192.0.2.1", 69)
SERVER = ("192.0.2.1", 2048)
OTHER_PORT = ("192.0.2.1", 2049)
OTHER_HOST = ("198.51.100.7", 2048)


def requesting(request: Rrq = PLAIN) -> ReadClient:
    client = ReadClient(request)
    play(client, Opened())
    return client


def receiving(blocks: int = 1) -> ReadClient:
    """In lock-step, after so many blocks."""
    client = requesting()
    for block in range(1, blocks + 1):
        play(client, data(block & 0xFFFF))
    return client


def in_windows(windowsize: int = 4, blocks: int = 0) -> ReadClient:
    """After an OACK and so many blocks of 512 octets."""
    client = requesting(Rrq(b"boot.img", "octet", (("windowsize", str(windowsize)),)))
    play(client, oack(windowsize=windowsize))
    if blocks:
        play(client, data(1, count=blocks))
    return client


def dallying(patience: Patience | None = None) -> ReadClient:
    client = ReadClient(PLAIN, patience=patience or Patience(dally=2.0))
    play(client, Opened(), data(1, 3))
    assert client.state is State.DALLYING
    return client


# -- RFC 1350: a plain transfer -------------------------------------------------------------------


def test_a_file_of_one_short_block_is_kept_before_the_server_hears_so() -> None:
    assert (
        Playbook(ReadClient(PLAIN))
        >> Opened()
        << Send(PLAIN)
        << State.REQUESTING
        >> data(1, 3)
        << Deliver(1, 1, 3)
        << Commit()
        << Send(Ack(1))
        << SUCCEEDED
        << State.DALLYING
    )


def test_in_the_middle_the_ack_goes_out_before_the_disk_is_asked_to_work() -> None:
    assert (
        Playbook(requesting())
        >> data(1)
        << Send(Ack(1))
        << kept(1)
        << State.RECEIVING
        >> data(2)
        << Send(Ack(2))
        << kept(2)
    )


def test_an_exact_multiple_ends_with_an_empty_block() -> None:
    assert (
        Playbook(receiving(1))
        >> data(2, 0)
        << Deliver(2, 1, 0)
        << Commit()
        << Send(Ack(2))
        << SUCCEEDED
    )


def test_an_empty_file_is_one_empty_block() -> None:
    assert (
        Playbook(requesting())
        >> data(1, 0)
        << Deliver(1, 1, 0)
        << Commit()
        << Send(Ack(1))
        << SUCCEEDED
    )


def test_block_numbers_start_at_1() -> None:
    assert Playbook(requesting()) >> data(0) << State.REQUESTING >> data(2) << State.REQUESTING


def test_a_repeated_block_is_acknowledged_again_but_delivered_once() -> None:
    assert (
        Playbook(receiving(2))
        >> data(2)
        << Send(Ack(2))
        >> data(2)
        << Send(Ack(2))
        >> data(3)
        << Send(Ack(3))
        << kept(3)
    )


def test_an_older_block_says_nothing_new_and_hears_nothing() -> None:
    assert Playbook(receiving(3)) >> data(1) >> data(2) << State.RECEIVING


def test_a_number_from_before_the_first_block_is_of_the_future_and_no_duplicate() -> None:
    client = receiving(3)
    assert Playbook(client) >> data(65535) >> data(0) >> data(65000)
    assert (client.counters.duplicates, client.counters.ignored) == (0, 3)


def test_a_block_from_the_future_is_not_kept() -> None:
    assert Playbook(receiving(3)) >> data(5) >> data(40000) >> data(4) << Send(Ack(4)) << kept(4)


# -- RFC 1350 section 4: TIDs ---------------------------------------------------------------------


def test_the_first_answer_fixes_the_servers_tid() -> None:
    assert (
        Playbook(ReadClient(PLAIN, WELL_KNOWN))
        >> Opened()
        << Send(PLAIN)
        >> Datagram(Data(1, bytes(512)), SERVER)
        << Send(Ack(1))
        << kept(1)
        >> Datagram(Data(2, b"x"), OTHER_PORT)
        << Send(Error(5, "unknown transfer ID"), OTHER_PORT)
        >> Datagram(Data(2, b"x"), SERVER)
        << Deliver(2, 1, 1)
        << Commit()
        << Send(Ack(2))
        << SUCCEEDED
    )


STRAYS = {
    "DATA": Data(2, b"stray"),
    "ACK": Ack(1),
    "OACK": Oack((("blksize", "8"),)),
    "RRQ": PLAIN,
    "nothing readable": b"\0",
}


@pytest.mark.parametrize("stray", STRAYS.values(), ids=list(STRAYS))
@pytest.mark.parametrize("source", [OTHER_PORT, OTHER_HOST, WELL_KNOWN], ids=str)
def test_a_stranger_gets_error_5_and_changes_nothing(
    stray: bytes | Data, source: tuple[str, int]
) -> None:
    client = ReadClient(PLAIN, WELL_KNOWN)
    play(client, Opened(), client.interpret(b"\0\3\0\1" + bytes(512), SERVER))
    before = client.variables()
    book = Playbook(client)
    told = Send(Error(5, "unknown transfer ID"), source)
    assert book >> Datagram(stray, source) << told << State.RECEIVING
    assert client.variables() == before


@pytest.mark.parametrize("source", [OTHER_PORT, OTHER_HOST], ids=str)
@pytest.mark.parametrize("octets", [b"\0\5\0\1no\0", b"\0\5", b"\0\5\0\5unknown\0"], ids=repr)
def test_a_strangers_error_is_not_answered_and_ends_nothing(
    octets: bytes, source: tuple[str, int]
) -> None:
    client = ReadClient(PLAIN, WELL_KNOWN)
    play(client, Opened(), client.interpret(b"\0\3\0\1" + bytes(512), SERVER))
    assert Playbook(client) >> Datagram(octets, source) << State.RECEIVING


def test_an_answer_from_another_host_than_the_one_asked_is_a_stranger() -> None:
    assert (
        Playbook(ReadClient(PLAIN, WELL_KNOWN))
        >> Opened()
        << Send(PLAIN)
        >> Datagram(Data(1, b"evil"), OTHER_HOST)
        << Send(Error(5, "unknown transfer ID"), OTHER_HOST)
        << State.REQUESTING
    )


def test_a_flood_of_strangers_is_answered_ten_times_a_second_at_most() -> None:
    stray = StrayReceived(OTHER_PORT)
    told = Send(Error(5, "unknown transfer ID"), OTHER_PORT)
    for client in (requesting(), receiving(), dallying()):
        assert (
            Playbook(client)
            >> stray
            << told
            >> stray
            >> Pause(0.09)
            >> stray
            >> Pause(0.02)
            >> stray
            << told
            >> StrayReceived(OTHER_PORT, is_error=True)
        )


# -- RFC 1350 section 6: dallying -----------------------------------------------------------------


def test_the_final_ack_is_repeated_while_dallying_and_nothing_is_delivered_twice() -> None:
    assert (
        Playbook(dallying())
        >> data(1, 3)
        << Send(Ack(1))
        << State.DALLYING
        >> Pause(1.5)
        >> data(1, 3)
        << Send(Ack(1))
        >> Silence(2.0)
        << State.DONE
    )


def test_dallying_ends_in_spite_of_a_sender_that_never_hears() -> None:
    book = Playbook(dallying())
    for _ in range(4):
        book = book >> Pause(1.9) >> data(1, 3) << Send(Ack(1))
    assert book >> Silence(0.4) << State.DONE


def test_nothing_else_matters_while_dallying() -> None:
    assert (
        Playbook(dallying())
        >> data(2, 3)
        >> data(0)
        >> data(1, 600)
        >> ack(1)
        >> oack(blksize=8)
        >> RequestReceived()
        >> MalformedReceived("opcode")
        << State.DALLYING
    )


def test_a_quiet_transfer_does_not_dally_at_all() -> None:
    client = ReadClient(PLAIN)
    play(client, Opened(), data(1, 3))
    assert client.deadline == 0.0
    assert Playbook(client) >> TimeoutExpired() << State.DONE


def test_a_transfer_that_has_seen_losses_dallies_three_rtos() -> None:
    client = receiving(1)
    play(client, data(1), data(2, 3))
    assert client.deadline == pytest.approx(3 * client.timer.rto)


LEAVING: dict[str, Event] = {
    "ERROR": ErrorReceived(0, ""),
    "gone": UnreachableReceived(),
    "the user": Aborted(),
}


@pytest.mark.parametrize("event", LEAVING.values(), ids=list(LEAVING))
def test_a_file_that_is_whole_stays_whole_whoever_leaves(event: Event) -> None:
    client = dallying()
    assert Playbook(client) >> event << State.DONE
    assert client.outcome == SUCCEEDED


def test_leaving_while_dallying_is_a_success() -> None:
    assert Playbook(dallying()) >> ErrorReceived(0, "") << State.DONE
    assert Playbook(dallying()) >> UnreachableReceived() << State.DONE
    assert Playbook(dallying()) >> Aborted() << State.DONE


def test_a_last_block_that_could_not_be_kept_is_an_error_in_place_of_the_final_ack() -> None:
    client = dallying()
    assert (
        Playbook(client)
        >> StorageFailed(3, "disk full")
        << Send(Error(3, "disk full"))
        << Ends(Outcome.STORAGE_FAILED, 3, "disk full")
        << State.ERROR
    )
    assert client.outcome == Finished(Outcome.STORAGE_FAILED, "disk full", 3)


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


@pytest.mark.parametrize("octets", [b"\0\5", b"\0\5\0", b"\0\5\0\1a\0b"], ids=repr)
def test_an_error_that_cannot_be_read_is_still_not_answered(octets: bytes) -> None:
    for client in (requesting(), receiving(), in_windows()):
        book = Playbook(client)
        assert book >> Datagram(octets) << Ends(Outcome.PEER_ERROR, 0) << State.ERROR


ILLEGAL: dict[str, Event] = {
    "ACK 0": ack(0),
    "ACK 1": ack(1),
    "a request": RequestReceived(),
    "no packet": MalformedReceived("opcode: 7 is none of 1 to 6"),
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
    assert Playbook(ReadClient(PLAIN)) >> failed << Ends(Outcome.STORAGE_FAILED, 3)
    assert Playbook(requesting()) >> failed << Ends(Outcome.STORAGE_FAILED, 3) << State.ERROR
    book = Playbook(receiving()) >> failed << Send(Error(3, "full"))
    assert book << Ends(Outcome.STORAGE_FAILED, 3) << State.ERROR


def test_the_user_may_give_up_at_any_time() -> None:
    over = Finished(Outcome.ABORTED, "transfer aborted")
    assert Playbook(ReadClient(PLAIN)) >> Aborted() << over << State.ERROR
    assert Playbook(requesting()) >> Aborted() << over << State.ERROR
    book = Playbook(receiving()) >> Aborted() << Send(Error(0, "transfer aborted"))
    assert book << over << State.ERROR


# -- RFC 1350 section 2, RFC 1123 section 4.2.3.2: silence ----------------------------------------


def test_a_server_that_never_answers_is_asked_six_times_with_doubling_patience() -> None:
    book = Playbook(ReadClient(PLAIN)) >> Opened() << Send(PLAIN)
    for seconds in (1.0, 2.0, 4.0, 8.0, 16.0):
        book = book >> Silence(seconds) << Send(PLAIN)
    book = book >> Silence(32.0) << Finished(Outcome.TIMED_OUT, "no answer after 6 attempts")
    assert book << State.ERROR


def test_a_server_that_falls_silent_hears_the_last_ack_again() -> None:
    book = Playbook(receiving(2))
    for seconds in (0.2, 0.4, 0.8, 1.6, 3.2):
        book = book >> Silence(seconds) << Send(Ack(2)) << State.RECEIVING
    assert book >> Silence(6.4) << Ends(Outcome.TIMED_OUT) << State.ERROR


def test_the_back_off_has_a_ceiling() -> None:
    book = Playbook(ReadClient(PLAIN, patience=Patience(retries=9))) >> Opened() << Send(PLAIN)
    for seconds in (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0, 60.0):
        book = book >> Silence(seconds) << Send(PLAIN)
    assert book >> Silence(60.0) << Ends(Outcome.TIMED_OUT)


def test_retries_are_counted_for_each_wait() -> None:
    client = ReadClient(PLAIN, patience=Patience(retries=1))
    book = Playbook(client) >> Opened() << Send(PLAIN)
    for block in range(1, 30, 2):
        book = book >> data(block) << Send(Ack(block)) << kept(block)
        book = book >> Silence(0.2) << Send(Ack(block))
        book = book >> data(block + 1) << Send(Ack(block + 1)) << kept(block + 1)
    assert book >> data(31, 0) << Deliver(31, 1, 0) << Commit() << Send(Ack(31)) << SUCCEEDED


def test_a_transfer_that_crawls_ends_by_the_total_limit() -> None:
    client = ReadClient(PLAIN, patience=Patience(retries=1000, retransmissions=3))
    book = Playbook(client) >> Opened() << Send(PLAIN)
    for seconds in (1.0, 2.0, 4.0):
        book = book >> Silence(seconds) << Send(PLAIN)
    assert book >> Silence(8.0) << Ends(Outcome.TIMED_OUT)


def test_a_peer_that_only_repeats_itself_does_not_postpone_the_end() -> None:
    client = receiving(2)
    book = Playbook(client)
    for _ in range(20):
        before = client.deadline
        assert book >> Pause(0.005) >> data(2) << Send(Ack(2)) >> data(1) >> data(9)
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
    assert client.timer.rto == 2.0, "RFC 6298 (5.7): backed off until a fresh sample"
    assert book >> Pause(0.1) >> data(2) << Send(Ack(2)) << kept(2)
    assert client.timer.srtt == pytest.approx(0.1)
    assert client.timer.rto == pytest.approx(0.1 + 4 * 0.05)


def test_karn_an_ack_that_was_repeated_for_a_duplicate_is_no_sample() -> None:
    client = receiving(1)
    srtt = client.timer.srtt
    book = Playbook(client) >> Pause(0.15) >> data(1) << Send(Ack(1)) >> Pause(0.01)
    assert book >> data(2) << Send(Ack(2)) << kept(2)
    assert client.timer.srtt == srtt


# -- RFC 2347, 2348, 2349, 7440: options ----------------------------------------------------------


def test_an_oack_is_confirmed_with_ack_0_and_its_options_hold() -> None:
    client = requesting(ASKING)
    assert (
        Playbook(client)
        >> oack(blksize=1000, tsize=12345, windowsize=2)
        << Send(Ack(0))
        << State.RECEIVING
        >> data(1, 1000)
        << kept(1, octets=1000)
        >> data(2, 999)
        << Deliver(2, 1, 999)
        << Commit()
        << Send(Ack(2))
        << SUCCEEDED
    )
    assert client.agreed.tsize == 12345


def test_a_server_that_ignores_options_gets_the_plain_protocol() -> None:
    assert Playbook(requesting(ASKING)) >> data(1) << Send(Ack(1)) << kept(1) << State.RECEIVING


def test_a_server_that_ignores_options_may_not_use_them_all_the_same() -> None:
    book = Playbook(requesting(ASKING)) >> data(1, 1428)
    book = book << Send(Error(4, "DATA of 1428 octets, where at most 512 were agreed"))
    assert book << Ends(Outcome.REFUSED, 4)


UNACCEPTABLE = {
    "an option that was not asked for": (PLAIN, {"blksize": 512}, "blksize was not asked for"),
    "another one": (ASKING, {"timeout": 1}, "timeout was not asked for"),
    "a larger blksize": (ASKING, {"blksize": 1429}, "blksize 1429 is more than the 1428"),
    "a larger windowsize": (ASKING, {"windowsize": 5}, "windowsize 5 is more than the 4"),
    "no number": (ASKING, {"blksize": "abc"}, "blksize cannot be 'abc'"),
}


@pytest.mark.parametrize(
    ("request_", "options", "why"), UNACCEPTABLE.values(), ids=list(UNACCEPTABLE)
)
def test_such_an_oack_is_refused_with_error_8(
    request_: Rrq, options: dict[str, int | str], why: str
) -> None:
    step = requesting(request_).handle(oack(**options), 0.0)
    match step.effects:
        case (Send(Error(8, told)), Finished(Outcome.REFUSED, said, 8)):
            assert told == said
            assert told.startswith(why)
        case _:
            raise AssertionError(step)
    assert step.after is State.ERROR


def test_an_unasked_option_is_refused() -> None:
    why = "blksize was not asked for"
    book = Playbook(requesting()) >> oack(blksize=512) << Send(Error(8, why))
    assert book << Finished(Outcome.REFUSED, why, 8) << State.ERROR


def test_a_repeated_oack_is_answered_with_ack_0_before_data_and_not_at_all_after() -> None:
    assert (
        Playbook(requesting(ASKING))
        >> oack(windowsize=2)
        << Send(Ack(0))
        >> oack(windowsize=2)
        << Send(Ack(0))
        << State.RECEIVING
        >> data(1)
        << kept(1)
        >> oack(windowsize=2)
        << State.RECEIVING
        >> data(2, 1)
        << Deliver(2, 1, 1)
        << Commit()
        << Send(Ack(2))
        << SUCCEEDED
        >> oack(windowsize=2)
        << State.DALLYING
    )


def test_a_lost_ack_0_is_repeated_after_a_silence() -> None:
    book = Playbook(requesting(ASKING)) >> oack(windowsize=2) << Send(Ack(0))
    assert book >> Silence(0.2) << Send(Ack(0)) >> Silence(0.4) << Send(Ack(0))


@pytest.mark.parametrize("code", [8, 0, 4, 2])
def test_an_error_to_the_options_leads_to_the_same_request_without_them(code: int) -> None:
    assert (
        Playbook(ReadClient(ASKING))
        >> Opened()
        << Send(ASKING)
        >> ErrorReceived(code, "what?")
        << Send(PLAIN)
        << State.REQUESTING
        >> Silence(1.0)
        << Send(PLAIN)
        >> data(1, 1)
        << Deliver(1, 1, 1)
        << Commit()
        << Send(Ack(1))
        << SUCCEEDED
    )


def test_options_are_asked_again_only_for_errors_that_may_be_about_them() -> None:
    for code in (1, 3, 5, 6, 7, 99):
        book = Playbook(requesting(ASKING)) >> ErrorReceived(code, "")
        assert book << Finished(Outcome.PEER_ERROR, "", code) << State.ERROR


def test_the_plain_request_is_refused_in_earnest() -> None:
    book = Playbook(requesting(ASKING)) >> ErrorReceived(2, "no") << Send(PLAIN)
    assert book >> ErrorReceived(2, "no") << Finished(Outcome.PEER_ERROR, "no", 2)


def test_a_negotiated_timeout_replaces_the_adaptive_one() -> None:
    request = Rrq(b"boot.img", "octet", (("timeout", "3"),))
    book = Playbook(requesting(request)) >> oack(timeout=3) << Send(Ack(0))
    assert book >> Silence(3.0) << Send(Ack(0)) >> Silence(6.0) << Send(Ack(0))


# -- RFC 7440: windows ----------------------------------------------------------------------------


def test_only_the_last_block_of_a_window_is_acknowledged() -> None:
    assert (
        Playbook(in_windows(4))
        >> data(1)
        << kept(1)
        >> data(2)
        << kept(2)
        >> data(3)
        << kept(3)
        >> data(4)
        << Send(Ack(4))
        << kept(4)
        >> data(5)
        << kept(5)
        >> data(6, 1)
        << Deliver(6, 1, 1)
        << Commit()
        << Send(Ack(6))
        << SUCCEEDED
    )


@pytest.mark.parametrize("lost", range(1, 8))
def test_a_gap_at_any_place_is_reported_at_once_and_once(lost: int) -> None:
    book = Playbook(in_windows(8))
    for block in range(1, lost):
        book = book >> data(block) << kept(block)
    book = book >> data(lost + 1) << Send(Ack(lost - 1))
    for block in range(lost + 2, 9):
        book = book >> data(block)
    for block in range(lost, lost + 7):
        book = book >> data(block) << kept(block)
    assert book >> data(lost + 7) << Send(Ack(lost + 7)) << kept(lost + 7)


def test_a_lost_block_is_asked_for_and_the_sender_goes_on_from_there() -> None:
    assert (
        Playbook(in_windows(4))
        >> data(1)
        << kept(1)
        >> data(3)
        << Send(Ack(1))
        >> data(4)
        >> data(2)
        << kept(2)
        >> data(3, count=3)
        << Send(Ack(5))
        << kept(3, 3)
    )


def test_a_second_gap_is_reported_as_the_first_was() -> None:
    book = Playbook(in_windows(8)) >> data(2) << Send(Ack(0)) >> data(1) << kept(1)
    assert book >> data(3) << Send(Ack(1)) >> data(4) >> data(2) << kept(2)


def test_the_last_of_a_window_lost_is_asked_for_after_a_silence() -> None:
    book = Playbook(in_windows(4, blocks=3)) >> Silence(0.2) << Send(Ack(3))
    assert book >> data(4) << kept(4) >> data(5, count=3) << Send(Ack(7)) << kept(5, 3)


def test_a_silence_lets_the_same_gap_be_reported_anew() -> None:
    book = Playbook(in_windows(4, blocks=1)) >> data(3) << Send(Ack(1)) >> data(4)
    book = book >> Silence(0.2) << Send(Ack(1)) >> data(3) << Send(Ack(1)) >> data(4)
    assert book >> data(2) << kept(2)


def test_a_gap_report_does_not_postpone_the_silence() -> None:
    client = in_windows(4, blocks=1)
    before = client.deadline
    assert Playbook(client) >> Pause(0.1) >> data(3) << Send(Ack(1))
    assert client.deadline == before


def test_a_window_that_comes_again_is_acknowledged_once() -> None:
    book = Playbook(in_windows(4, blocks=4))
    for block in (1, 2, 3):
        book = book >> data(block)
    assert book >> data(4) << Send(Ack(4)) << State.RECEIVING


def test_a_copy_of_the_last_block_within_a_window_is_not_acknowledged() -> None:
    assert Playbook(in_windows(4, blocks=2)) >> data(2) >> data(3) << kept(3)


def test_a_run_of_several_windows_has_an_ack_for_each() -> None:
    assert (
        Playbook(in_windows(4, blocks=2))
        >> data(3, count=11)
        << SendAcks(4, 4, 3)
        << kept(3, 11)
        >> data(14, count=3)
        << Send(Ack(16))
        << kept(14, 3)
    )


def test_a_run_of_several_windows_took_a_round_trip_for_each() -> None:
    client = in_windows(4)
    book = Playbook(client) >> Pause(0.3) >> data(1, count=12) << SendAcks(4, 4, 3) << kept(1, 12)
    assert book
    assert client.timer.srtt == pytest.approx(0.3 / 3 / 8)


def test_the_largest_window_is_kept_in_order() -> None:
    client = in_windows(65535, blocks=40000)
    book = Playbook(client) >> data(40002) << Send(Ack(40000)) >> data(40001) << kept(40001)
    assert (
        book
        >> data(40002 & 0xFFFF, count=65535 - 1)
        << Send(Ack((40000 + 65535) & 0xFFFF))
        << (kept(40002, 65534))
    )


def test_a_block_less_than_half_the_ring_behind_is_old_in_any_window() -> None:
    client = in_windows(65535, blocks=40000)
    assert Playbook(client) >> data(39999) >> data(10000) >> data(40000) << State.RECEIVING


# -- Blocks past 65535 ----------------------------------------------------------------------------


def at_wrap() -> ReadClient:
    """After block 65535, in lock-step."""
    client = requesting()
    play(client, data(1, count=0xFFFF))
    return client


def test_block_numbers_wrap_to_0() -> None:
    assert (
        Playbook(at_wrap())
        >> data(0)
        << Send(Ack(0))
        << kept(65536)
        >> data(1)
        << Send(Ack(1))
        << kept(65537)
        >> data(2, 1)
        << Deliver(65538, 1, 1)
        << Commit()
        << Send(Ack(2))
        << SUCCEEDED
        >> data(2, 1)
        << Send(Ack(2))
    )


def test_a_duplicate_exactly_at_the_wrap_is_a_duplicate() -> None:
    assert (
        Playbook(at_wrap())
        >> data(65535)
        << Send(Ack(65535))
        >> data(0)
        << Send(Ack(0))
        << kept(65536)
        >> data(0)
        << Send(Ack(0))
        >> data(65535)
        >> data(1)
        << Send(Ack(1))
        << kept(65537)
        >> data(1)
        << Send(Ack(1))
        >> data(0)
        << State.RECEIVING
    )


def test_a_server_that_wraps_to_1_is_followed() -> None:
    assert (
        Playbook(at_wrap())
        >> data(1)
        << Send(Ack(1))
        << kept(65536)
        >> data(1)
        << Send(Ack(1))
        >> data(2)
        << Send(Ack(2))
        << kept(65537)
        >> data(1)
        >> data(3, 5)
        << Deliver(65538, 1, 5)
        << Commit()
        << Send(Ack(3))
        << SUCCEEDED
        >> data(3, 5)
        << Send(Ack(3))
    )


def test_a_server_that_wraps_to_1_twice_is_followed_twice() -> None:
    client = at_wrap()
    play(client, data(1, count=0xFFFF))
    book = Playbook(client) >> data(1) << Send(Ack(1)) << kept(2 * 65535 + 1)
    assert (
        book
        >> data(2, 0)
        << Deliver(2 * 65535 + 2, 1, 0)
        << Commit()
        << Send(Ack(2))
        << (SUCCEEDED)
    )


def test_block_1_is_no_wrap_in_a_window() -> None:
    client = in_windows(4, blocks=0xFFFF)
    assert Playbook(client) >> data(1) << Send(Ack(65535)) >> data(0) << kept(65536)


# -- ICMP -----------------------------------------------------------------------------------------


def test_a_dead_port_is_told_at_once_while_requesting() -> None:
    book = Playbook(requesting()) >> UnreachableReceived()
    assert book << Ends(Outcome.UNREACHABLE) << State.ERROR


def test_one_such_report_in_mid_transfer_is_a_lost_packet_and_a_second_is_the_end() -> None:
    book = Playbook(receiving()) >> UnreachableReceived() << State.RECEIVING
    book = book >> data(2) << Send(Ack(2)) << kept(2) >> UnreachableReceived() << State.RECEIVING
    assert book >> UnreachableReceived() << Ends(Outcome.UNREACHABLE) << State.ERROR


# -- The end --------------------------------------------------------------------------------------


def test_what_has_ended_hears_nothing() -> None:
    client = receiving()
    play(client, ErrorReceived(0, ""))
    assert client.deadline is None
    for event in (Opened(), data(2), oack(), ErrorReceived(8, ""), Aborted(), TimeoutExpired()):
        step = client.handle(event, 100.0)
        assert (step.row, step.effects, step.after) == (None, (), State.ERROR)
