"""WRITE_SERVER: the sentences of the RFCs about the receiving server, one scenario each."""

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
    oack,
    play,
)
from tftp_fsm.protocol.events import (
    Aborted,
    Commit,
    Deliver,
    ErrorReceived,
    Finished,
    MalformedReceived,
    Outcome,
    RequestReceived,
    Send,
    StorageFailed,
    StrayReceived,
    UnreachableReceived,
)
from tftp_fsm.protocol.roles import WriteServer
from tftp_fsm.protocol.rows import State
from tftp_fsm.protocol.timing import RetryPolicy
from tftp_fsm.wire.options import Options
from tftp_fsm.wire.packets import Ack, Data, Error, Oack, Wrq

ASKED = RequestReceived()
CLIENT = ("192.0.2.9", 4000)
STRANGER = ("198.51.100.1", 4000)
WINDOWS = Options(windowsize=4)
TAKEN = Send(Oack((("windowsize", "4"),)))


def idle(options: Options | None = None, mode: str = "octet", dally: float = 2.0) -> WriteServer:
    return WriteServer(Wrq(b"f", mode), options or Options(), retry_policy=RetryPolicy(dally=dally))


def unproven(options: Options | None = None) -> WriteServer:
    """Return a server that has sent its answer, and received no DATA."""
    server = idle(options)
    play(server, ASKED)
    return server


def receiving(blocks: int = 1, options: Options | None = None) -> WriteServer:
    server = unproven(options)
    for block in range(1, blocks + 1):
        play(server, data(block))
    return server


def dallying() -> WriteServer:
    server = unproven()
    play(server, data(1, 3))
    assert server.state is State.DALLYING
    return server


# -- The opening ----------------------------------------------------------------------------------


def test_a_wrq_is_answered_with_ack_0_and_each_block_with_its_ack() -> None:
    assert (
        Playbook(idle())
        >> ASKED
        << Send(Ack(0))
        << State.RECEIVING
        >> data(1)
        << Send(Ack(1))
        << kept(1)
        >> data(2, 0)
        << Deliver(2, 1, 0)
        << Commit()
        << Send(Ack(2))
        << SUCCEEDED
        << State.DALLYING
    )


def test_options_are_answered_with_an_oack_and_data_follows() -> None:
    taken = Oack((("blksize", "1000"), ("tsize", "1500")))
    assert (
        Playbook(idle(Options(blksize=1000, tsize=1500)))
        >> ASKED
        << Send(taken)
        >> data(1, 1000)
        << Send(Ack(1))
        << kept(1, octets=1000)
    )


def test_mail_is_refused() -> None:
    why = "mode 'mail' is not served: use octet or netascii"
    for options in (None, WINDOWS):
        book = Playbook(idle(options, mode="mail")) >> ASKED << Send(Error(4, why))
        assert book << Finished(Outcome.REFUSED, why, 4) << State.ERROR


def test_a_name_that_may_not_be_written_is_refused_with_its_reason() -> None:
    book = Playbook(idle()) >> StorageFailed(2, "read only") << Send(Error(2, "read only"))
    assert book << Ends(Outcome.ACCESS_DENIED, 2) << State.ERROR


def test_a_server_that_closes_tells_those_who_have_just_asked() -> None:
    book = Playbook(idle()) >> Aborted("closing") << Send(Error(0, "closing"))
    assert book << Ends(Outcome.ABORTED) << State.ERROR


# -- Silence --------------------------------------------------------------------------------------


@pytest.mark.parametrize("options", [None, WINDOWS], ids=["plain", "options"])
def test_an_address_that_has_not_shown_itself_is_answered_four_times_at_most(
    options: Options | None,
) -> None:
    answer = TAKEN if options else Send(Ack(0))
    book = Playbook(idle(options)) >> ASKED << answer
    for seconds in (1.0, 2.0, 4.0):
        book = book >> Silence(seconds) << answer
    assert book >> Silence(23.0) << Ends(Outcome.TIMED_OUT) << State.ERROR


def test_a_client_that_never_begins_is_left() -> None:
    book = Playbook(idle()) >> ASKED << Send(Ack(0))
    for seconds in (1.0, 2.0, 4.0):
        book = book >> Silence(seconds) << Send(Ack(0))
    assert book >> Silence(23.0) << Finished(Outcome.TIMED_OUT, "no answer after 4 attempts")


def test_after_the_first_block_the_last_ack_is_repeated_and_not_the_oack() -> None:
    book = Playbook(receiving(1, WINDOWS))
    for seconds in (0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8):
        book = book >> Silence(seconds) << Send(Ack(1))
    assert book >> Silence(4.6) << Ends(Outcome.TIMED_OUT) << State.ERROR


def test_the_first_block_of_a_window_lost_is_reported_with_ack_0() -> None:
    book = Playbook(unproven(WINDOWS)) >> data(2) << Send(Ack(0)) >> data(3) >> data(4)
    assert book >> data(1) << kept(1) >> data(2, count=3) << Send(Ack(4)) << kept(2, 3)


# -- The receiving rows, on this side -------------------------------------------------------------


def test_repeats_old_blocks_and_blocks_from_the_future() -> None:
    book = Playbook(receiving(3)) >> data(3) >> Pause(0.1) >> data(3) << Send(Ack(3))
    assert book >> data(3) >> data(2) >> data(5) >> data(0)
    assert book >> data(4) << Send(Ack(4)) << kept(4)


def test_a_gap_in_a_window_is_reported_once() -> None:
    book = Playbook(receiving(1, WINDOWS)) >> data(3) << Send(Ack(1)) >> data(4)
    assert book >> data(2) << kept(2) << State.RECEIVING


def test_oversized_data_is_refused() -> None:
    why = "DATA of 513 octets, where at most 512 were agreed"
    for server in (unproven(), receiving(2)):
        book = Playbook(server) >> data(1, 513) << Send(Error(4, why))
        assert book << Finished(Outcome.REFUSED, why, 4) << State.ERROR


def test_acks_oacks_and_the_unreadable_are_refused() -> None:
    for event, why in (
        (ack(0), "ACK is no answer in state receiving"),
        (oack(), "OACK is no answer in state receiving"),
        (MalformedReceived("opcode: 9"), "malformed packet: opcode: 9"),
    ):
        for server in (unproven(), receiving(2)):
            book = Playbook(server) >> event << Send(Error(4, why))
            assert book << Finished(Outcome.REFUSED, why, 4) << State.ERROR


def test_an_error_is_not_answered() -> None:
    for server in (unproven(), receiving(2)):
        book = Playbook(server) >> ErrorReceived(0, "enough")
        assert book << Finished(Outcome.PEER_ERROR, "enough", 0) << State.ERROR


def test_a_full_disk_is_told_with_error_3() -> None:
    book = Playbook(receiving()) >> StorageFailed(3, "disk full") << Send(Error(3, "disk full"))
    assert book << Ends(Outcome.NO_ROOM, 3) << State.ERROR


def test_a_server_that_closes_tells_its_clients() -> None:
    book = Playbook(receiving()) >> Aborted("closing") << Send(Error(0, "closing"))
    assert book << Ends(Outcome.ABORTED) << State.ERROR


def test_strangers_hear_error_5_and_change_nothing() -> None:
    server = WriteServer(Wrq(b"f"), Options(), CLIENT, RetryPolicy(dally=2.0))
    told = Send(Error(5, "unknown transfer ID"), STRANGER)
    assert (
        Playbook(server)
        >> ASKED
        << Send(Ack(0))
        >> Datagram(Data(1, b"evil"), STRANGER)
        << told
        >> StrayReceived(STRANGER)
        >> Datagram(Error(0, "die"), STRANGER)
        << State.RECEIVING
        >> Datagram(Data(1, b"good"), CLIENT)
        << Deliver(1, 1, 4)
        << Commit()
        << Send(Ack(1))
        << SUCCEEDED
        >> Silence(2.0)
        << State.DONE
    )


# -- Dallying -------------------------------------------------------------------------------------


def test_the_final_ack_is_repeated_to_a_client_that_missed_it() -> None:
    book = Playbook(dallying()) >> data(1, 3) >> Pause(0.1) >> data(1, 3) << Send(Ack(1))
    assert book >> data(1, 3) << State.DALLYING
    assert book >> Silence(2.0) << State.DONE


def test_nothing_else_matters_while_dallying() -> None:
    book = Playbook(dallying()) >> ack(1) >> oack() >> ASKED >> MalformedReceived("opcode")
    assert book >> data(7) << State.DALLYING


def test_strangers_are_told_while_dallying_too() -> None:
    told = Send(Error(5, "unknown transfer ID"), STRANGER)
    book = Playbook(dallying()) >> StrayReceived(STRANGER) << told >> StrayReceived(STRANGER)
    assert book << State.DALLYING


NO_ROUTE = UnreachableReceived(is_hard=False, reason="network is unreachable")


def test_a_client_behind_a_link_that_is_down_for_a_while_keeps_its_session() -> None:
    book = Playbook(receiving())
    for seconds in (0.2, 0.4, 0.8, 1.6):
        book = book >> Silence(seconds) << Send(Ack(1)) >> NO_ROUTE << State.RECEIVING
    assert book >> data(2) << Send(Ack(2)) << Deliver(2, 1, 512)


def test_a_link_that_goes_down_does_not_end_dallying() -> None:
    server = unproven()
    play(server, data(1, 3))
    assert (
        Playbook(server) >> NO_ROUTE << State.DALLYING >> Pause(1.5) >> data(1, 3) << Send(Ack(1))
    )


@pytest.mark.parametrize("event", [ErrorReceived(0, ""), UnreachableReceived(), Aborted()], ids=str)
def test_a_file_that_is_whole_stays_whole_whoever_leaves(
    event: ErrorReceived | UnreachableReceived | Aborted,
) -> None:
    server = dallying()
    assert Playbook(server) >> event << State.DONE
    assert server.outcome == SUCCEEDED


def test_leaving_while_dallying_is_a_success() -> None:
    for event in (ErrorReceived(0, ""), UnreachableReceived(), Aborted()):
        assert Playbook(dallying()) >> event << State.DONE


def test_a_last_block_that_could_not_be_kept_is_an_error_in_place_of_the_final_ack() -> None:
    server = dallying()
    book = Playbook(server) >> StorageFailed(3, "full") << Send(Error(3, "full"))
    assert book << Ends(Outcome.NO_ROOM, 3) << State.ERROR
