"""READ_SERVER: the sentences of the RFCs about the sending server, one scenario each."""

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
    oack,
    play,
)
from tftp_fsm.protocol.events import (
    Aborted,
    EndFound,
    ErrorReceived,
    Finished,
    MalformedReceived,
    Outcome,
    RequestReceived,
    Send,
    SendBlocks,
    StorageFailed,
    StrayReceived,
    TimeoutExpired,
    UnreachableReceived,
)
from tftp_fsm.protocol.roles import ReadServer
from tftp_fsm.protocol.rows import State
from tftp_fsm.protocol.timing import RetryPolicy
from tftp_fsm.wire.options import Options
from tftp_fsm.wire.packets import Ack, Error, Oack, Rrq

RRQ = Rrq(b"boot.img")
ASKED = RequestReceived()
CLIENT = ("192.0.2.9", 4000)
STRANGER = ("192.0.2.9", 4001)
WINDOWS = Options(windowsize=4)


def idle(size: int = 1500, options: Options | None = None, mode: str = "octet") -> ReadServer:
    return ReadServer(Rrq(b"boot.img", mode), size, options or Options())


def unproven(size: int = 1500, options: Options | None = None) -> ReadServer:
    """Return a server that has sent its answer, and received nothing from the client."""
    server = idle(size, options)
    play(server, ASKED)
    return server


def sending(size: int = 1500, options: Options | None = None) -> ReadServer:
    """Return a server that has received its first ACK."""
    server = unproven(size, options)
    play(server, ack(0 if options else 1))
    return server


# -- The opening ----------------------------------------------------------------------------------


def test_an_rrq_is_answered_with_data_1() -> None:
    book = Playbook(idle(600)) >> ASKED << SendBlocks(1, 1) << State.AWAITING_ACK
    assert book >> ack(1) << SendBlocks(2, 1) >> ack(2) << SUCCEEDED << State.DONE


def test_an_empty_file_is_one_empty_block() -> None:
    assert Playbook(idle(0)) >> ASKED << SendBlocks(1, 1) >> ack(1) << SUCCEEDED << State.DONE


def test_options_are_answered_with_an_oack_and_data_waits_for_ack_0() -> None:
    taken = Oack((("blksize", "1000"), ("tsize", "2500"), ("windowsize", "2")))
    assert (
        Playbook(idle(2500, Options(blksize=1000, tsize=2500, windowsize=2)))
        >> ASKED
        << Send(taken)
        << State.AWAITING_ACK
        >> ack(0)
        << SendBlocks(1, 2)
        >> ack(2)
        << SendBlocks(3, 1)
        >> ack(3)
        << SUCCEEDED
    )


@pytest.mark.parametrize("mode", ["octet", "NETASCII", "OcTeT"])
def test_modes_are_known_in_any_case(mode: str) -> None:
    assert Playbook(idle(mode=mode)) >> ASKED << SendBlocks(1, 1)


def test_mail_is_refused() -> None:
    why = "mode 'mail' is not served: use octet or netascii"
    for options in (None, Options(windowsize=4)):
        book = Playbook(idle(mode="mail", options=options)) >> ASKED << Send(Error(4, why))
        assert book << Finished(Outcome.REFUSED, why, 4) << State.ERROR


def test_a_file_that_cannot_be_served_is_refused_with_its_reason() -> None:
    book = Playbook(idle()) >> StorageFailed(1, "no such file")
    book = book << Send(Error(1, "no such file")) << Ends(Outcome.NOT_FOUND, 1)
    assert book << State.ERROR


def test_a_server_that_closes_tells_those_who_have_just_asked() -> None:
    book = Playbook(idle()) >> Aborted("closing") << Send(Error(0, "closing"))
    assert book << Finished(Outcome.ABORTED, "closing") << State.ERROR


# -- Silence --------------------------------------------------------------------------------------


def test_an_address_that_has_not_shown_itself_hears_data_1_four_times_at_most() -> None:
    book = Playbook(idle()) >> ASKED << SendBlocks(1, 1)
    for seconds in (1.0, 2.0, 4.0):
        book = book >> Silence(seconds) << SendBlocks(1, 1)
    assert book >> Silence(23.0) << Finished(Outcome.TIMED_OUT, "no answer after 4 attempts")


def test_an_oack_that_nobody_confirms_is_sent_four_times_at_most() -> None:
    taken = Send(Oack((("windowsize", "4"),)))
    book = Playbook(idle(5000, WINDOWS)) >> ASKED << taken
    for seconds in (1.0, 2.0, 4.0):
        book = book >> Silence(seconds) << taken << State.AWAITING_ACK
    assert book >> Silence(23.0) << Ends(Outcome.TIMED_OUT) << State.ERROR


def test_the_whole_file_sent_to_nobody_is_unknown() -> None:
    book = Playbook(idle(1)) >> ASKED << SendBlocks(1, 1)
    for seconds in (1.0, 2.0, 4.0):
        book = book >> Silence(seconds) << SendBlocks(1, 1)
    assert book >> Silence(23.0) << Ends(Outcome.UNKNOWN) << State.ERROR


def test_a_client_that_has_shown_itself_is_sent_each_block_for_30_seconds() -> None:
    book = Playbook(sending())
    for seconds in (0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8):
        book = book >> Silence(seconds) << SendBlocks(2, 1)
    assert book >> Silence(4.6) << Ends(Outcome.TIMED_OUT) << State.ERROR


def test_one_ack_may_be_forged_for_every_tid_so_it_brings_few_windows() -> None:
    """From the second ACK on, each window is sent as often as the patience allows."""
    policy = RetryPolicy(doubtful_octets=4 * 2048)
    server = ReadServer(RRQ, 10_000, WINDOWS, retry_policy=policy)
    play(server, ASKED, ack(0))
    for _ in range(3):
        assert server.deadline is not None
        server.handle(TimeoutExpired(), server.deadline)
        while server.is_pacing(TimeoutExpired()):
            server.handle(TimeoutExpired(), server.deadline)
    assert server.deadline == server.gives_up_at
    assert not server.may_retry(TimeoutExpired())
    server.handle(ack(server.sent), 20.0)
    for _ in range(4):
        assert server.may_retry(TimeoutExpired())
        server.back_off(TimeoutExpired())


def test_small_windows_are_sent_again_as_often_after_one_ack() -> None:
    server = ReadServer(RRQ, 10_000, Options(), retry_policy=RetryPolicy(doubtful_octets=131072))
    play(server, ASKED, ack(1))
    book = Playbook(server)
    for seconds in (0.2, 0.4, 0.8, 1.6, 3.2):
        book = book >> Silence(seconds) << SendBlocks(2, 1)
    assert book


def test_fewer_retries_are_not_raised_for_the_unproven() -> None:
    server = ReadServer(RRQ, 1500, Options(), retry_policy=RetryPolicy(retries=1))
    book = Playbook(server) >> ASKED << SendBlocks(1, 1) >> Silence(1.0) << SendBlocks(1, 1)
    assert book >> Silence(2.0) << Ends(Outcome.TIMED_OUT)


def test_a_lost_oack_costs_its_time_and_no_window() -> None:
    taken = Send(Oack((("windowsize", "4"),)))
    book = Playbook(idle(5000, WINDOWS)) >> ASKED << taken >> Silence(1.0) << taken
    assert book >> ack(0) << SendBlocks(1, 4) >> ack(4) << SendBlocks(5, 4)


# -- The sending rows, on this side ---------------------------------------------------------------


def test_a_window_then_a_gap_then_a_duplicate() -> None:
    assert (
        Playbook(sending(10_000, WINDOWS))
        >> ack(4)
        << SendBlocks(5, 4)
        >> ack(6)
        << SendBlocks(7, 2)
        >> ack(6)
        >> ack(5)
        >> ack(20)
        << State.AWAITING_ACK
    )


def test_a_lost_window_goes_out_in_parts() -> None:
    book = Playbook(sending(10_000, WINDOWS)) >> Pause(0.1) >> ack(4) << SendBlocks(5, 4)
    book = book >> Silence(0.2) << SendBlocks(5, 2) >> Silence(0.0125) << SendBlocks(7, 2)
    assert book >> ack(8) << SendBlocks(9, 4)


def test_a_window_of_which_all_that_was_sent_arrived_goes_on() -> None:
    server = sending(10_000, WINDOWS)
    book = Playbook(server) >> ack(2) << SendBlocks(3, 2) >> ack(4) << SendBlocks(5, 1)
    assert book << State.AWAITING_ACK
    assert server.counters.gaps == 1


# -- A file that is counted while it is read ------------------------------------------------------


def uncounted(options: Options, bound: int = 4000) -> ReadServer:
    """Return a server whose file has at most `bound` octets."""
    return ReadServer(Rrq(b"boot.img", "netascii"), bound, options, is_counted=False)


def test_the_end_is_found_before_the_window_that_holds_it() -> None:
    server = uncounted(WINDOWS)
    book = Playbook(server) >> ASKED << Send(Oack((("windowsize", "4"),)))
    book = book >> ack(0) << SendBlocks(1, 4) >> EndFound(2600) << State.AWAITING_ACK
    assert book >> ack(4) << SendBlocks(5, 2) >> ack(6) << SUCCEEDED
    assert (server.size, server.counters.octets) == (2600, 2600)


def test_the_end_may_be_found_before_the_request_is_answered() -> None:
    book = Playbook(uncounted(Options())) >> EndFound(100) << State.IDLE
    assert book >> ASKED << SendBlocks(1, 1) >> ack(1) << SUCCEEDED


def test_nothing_is_predicted_of_a_file_whose_end_is_not_known() -> None:
    server = uncounted(WINDOWS)
    play(server, ASKED, ack(0))
    assert server.prediction is None
    play(server, EndFound(4000))
    assert server.prediction == 4


@pytest.mark.parametrize("options, reach", [(Options(), 2), (WINDOWS, 8)])
def test_no_answer_reaches_beyond_the_block_that_was_foretold(options: Options, reach: int) -> None:
    server = uncounted(options)
    assert server.reach == 1, "an OACK, or one block"
    play(server, ASKED, *([ack(0)] if options.windowsize else []))
    assert server.reach == reach
    play(server, ack(server.sent))
    assert server.sent == reach


# -- Endings --------------------------------------------------------------------------------------


def test_a_client_that_asks_the_size_and_leaves_is_a_probe_not_a_failure() -> None:
    for code in (0, 8):
        book = Playbook(unproven(5000, Options(tsize=5000))) >> ErrorReceived(code, "thanks")
        assert book << Ends(Outcome.PROBED) << State.DONE


def test_the_words_of_a_client_that_leaves_with_the_size_are_told() -> None:
    book = Playbook(unproven(5000, Options(tsize=5000))) >> ErrorReceived(0, "transfer aborted")
    assert book << Finished(Outcome.PROBED, "left when it had the size: transfer aborted")
    book = Playbook(unproven(5000, Options(tsize=5000))) >> ErrorReceived(8, "")
    assert book << Finished(Outcome.PROBED, "left when it had the size")


def test_a_client_that_leaves_after_a_silence_has_lost_its_patience() -> None:
    """As with `--max-time`, where the OACK or DATA 1 was lost."""
    oack_again = Send(Oack((("tsize", "5000"),)))
    book = Playbook(unproven(5000, Options(tsize=5000))) >> Silence(1.0) << oack_again
    book = book >> ErrorReceived(0, "not finished within 3 s")
    assert book << Ends(Outcome.PEER_ERROR, 0, "not finished within 3 s") << State.ERROR
    book = Playbook(sending(5000, Options(tsize=5000))) >> Silence(0.2) << SendBlocks(1, 1)
    assert book >> ErrorReceived(0, "") << Ends(Outcome.PEER_ERROR, 0) << State.ERROR


def test_a_probe_may_confirm_the_oack_first() -> None:
    book = Playbook(sending(5000, Options(tsize=5000))) >> ErrorReceived(0, "")
    assert book << Ends(Outcome.PROBED) << State.DONE


@pytest.mark.parametrize("code", [1, 2, 3, 4, 5, 6, 7])
def test_an_error_that_names_a_failure_is_no_probe(code: int) -> None:
    """ERROR 5, for example, comes from a client that did not ask: the request was forged."""
    book = Playbook(unproven(5000, Options(tsize=5000))) >> ErrorReceived(code, "no")
    assert book << Ends(Outcome.PEER_ERROR, code) << State.ERROR


@pytest.mark.parametrize(
    "code, outcome",
    [
        (0, Outcome.STORAGE_FAILED),
        (1, Outcome.NOT_FOUND),
        (2, Outcome.ACCESS_DENIED),
        (3, Outcome.NO_ROOM),
        (6, Outcome.FILE_EXISTS),
        (77, Outcome.STORAGE_FAILED),
    ],
)
def test_a_refusal_is_called_by_its_reason(code: int, outcome: Outcome) -> None:
    book = Playbook(idle()) >> StorageFailed(code, "why") << Send(Error(code, "why"))
    assert book << Ends(outcome, code) << State.ERROR


def test_an_error_after_the_first_block_or_without_tsize_is_a_failure() -> None:
    proven = sending(5000, Options(tsize=5000))
    play(proven, ack(1))
    for server in (proven, unproven(), sending(), unproven(5000, WINDOWS)):
        book = Playbook(server) >> ErrorReceived(3, "full")
        assert book << Finished(Outcome.PEER_ERROR, "full", 3) << State.ERROR


def test_data_oack_and_the_unreadable_are_refused() -> None:
    for event, why in (
        (data(1, 3), "DATA is no answer in state awaiting-ack"),
        (oack(blksize=8), "OACK is no answer in state awaiting-ack"),
        (MalformedReceived("opcode: 9"), "malformed packet: opcode: 9"),
    ):
        for server in (unproven(), sending(), unproven(5000, WINDOWS)):
            book = Playbook(server) >> event << Send(Error(4, why))
            assert book << Finished(Outcome.REFUSED, why, 4) << State.ERROR


def test_a_read_error_in_mid_transfer_is_told_to_the_client() -> None:
    book = Playbook(sending()) >> StorageFailed(0, "read error") << Send(Error(0, "read error"))
    assert book << Ends(Outcome.STORAGE_FAILED, 0) << State.ERROR


def test_a_server_that_closes_tells_its_clients() -> None:
    book = Playbook(sending()) >> Aborted("closing") << Send(Error(0, "closing"))
    assert book << Ends(Outcome.ABORTED) << State.ERROR


def test_a_client_behind_a_link_that_is_down_for_a_while_keeps_its_session() -> None:
    no_route = UnreachableReceived(is_hard=False, reason="network is unreachable")
    book = Playbook(sending())
    for seconds in (0.2, 0.4, 0.8, 1.6):
        book = book >> Silence(seconds) << SendBlocks(2, 1) >> no_route << State.AWAITING_ACK
    assert book >> ack(2) << SendBlocks(3, 1)


def test_strangers_hear_error_5_and_change_nothing() -> None:
    server = ReadServer(RRQ, 1500, Options(), CLIENT)
    told = Send(Error(5, "unknown transfer ID"), STRANGER)
    assert (
        Playbook(server)
        >> ASKED
        << SendBlocks(1, 1)
        >> Datagram(Ack(1), STRANGER)
        << told
        >> Datagram(Ack(1), STRANGER)
        >> StrayReceived(STRANGER, is_error=True)
        >> Datagram(Error(0, "die"), STRANGER)
        << State.AWAITING_ACK
        >> Datagram(Ack(1), CLIENT)
        << SendBlocks(2, 1)
    )
