"""READ_CLIENT: options, windows, and blocks past 65535."""

from __future__ import annotations

import pytest

from tests.support.playbook import SUCCEEDED, Ends, Pause, Playbook, Silence, data, kept, oack, play
from tests.support.read_clients import ASKING, PLAIN, in_windows, requesting
from tftp_fsm.protocol.events import (
    Commit,
    Deliver,
    ErrorReceived,
    Finished,
    Opened,
    Outcome,
    Send,
    SendAcks,
)
from tftp_fsm.protocol.roles import ReadClient
from tftp_fsm.protocol.rows import State
from tftp_fsm.wire.packets import Ack, Error, Rrq

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
    "an option that was not asked for": (PLAIN, {"blksize": 513}, "blksize was not asked for"),
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
    book = Playbook(requesting()) >> oack(blksize=1024) << Send(Error(8, why))
    assert book << Finished(Outcome.REFUSED, why, 8) << State.ERROR


def test_an_unasked_option_that_changes_nothing_is_confirmed() -> None:
    client = requesting(Rrq(b"boot.img", "octet", (("tsize", "0"),)))
    book = Playbook(client) >> oack(blksize=512, windowsize=1) << Send(Ack(0)) << State.RECEIVING
    assert book >> data(1) << Send(Ack(1)) << kept(1)
    assert (client.blksize, client.windowsize) == (512, 1)


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


def test_a_copy_of_the_refusal_does_not_refuse_the_plain_request() -> None:
    assert (
        Playbook(ReadClient(ASKING))
        >> Opened()
        << Send(ASKING)
        >> ErrorReceived(8, "no options")
        << Send(PLAIN)
        >> ErrorReceived(8, "no options")
        << State.REQUESTING
        >> data(1, 1)
        << Deliver(1, 1, 1)
        << Commit()
        << Send(Ack(1))
        << SUCCEEDED
    )


def test_a_second_refusal_of_the_plain_request_is_the_servers_word() -> None:
    book = Playbook(ReadClient(ASKING)) >> Opened() << Send(ASKING)
    book = book >> ErrorReceived(8, "no") << Send(PLAIN) >> ErrorReceived(8, "no")
    assert book >> ErrorReceived(8, "no") << Finished(Outcome.PEER_ERROR, "no", 8) << State.ERROR


def test_an_oack_that_an_error_has_overtaken_does_not_end_the_plain_request() -> None:
    assert (
        Playbook(ReadClient(ASKING))
        >> Opened()
        << Send(ASKING)
        >> ErrorReceived(0, "the disk failed")
        << Send(PLAIN)
        >> oack(blksize=1428, tsize=1)
        << State.REQUESTING
        >> oack()
        << State.REQUESTING
        >> data(1, 1)
        << Deliver(1, 1, 1)
        << Commit()
        << Send(Ack(1))
        << SUCCEEDED
    )


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
    assert book >> Pause(0.1) >> data(4) << Send(Ack(4)) << State.RECEIVING


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
    """Return a client after block 65535, in lock-step."""
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
        >> Pause(0.1)
        >> data(2, 1)
        << Send(Ack(2))
    )


def test_a_duplicate_exactly_at_the_wrap_is_a_duplicate() -> None:
    assert (
        Playbook(at_wrap())
        >> Pause(0.1)
        >> data(65535)
        << Send(Ack(65535))
        >> data(0)
        << Send(Ack(0))
        << kept(65536)
        >> Pause(0.1)
        >> data(0)
        << Send(Ack(0))
        >> data(65535)
        >> data(1)
        << Send(Ack(1))
        << kept(65537)
        >> Pause(0.1)
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
        >> Pause(0.1)
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
        >> Pause(0.1)
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
