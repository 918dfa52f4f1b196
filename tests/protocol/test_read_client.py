"""READ_CLIENT: the sentences of RFC 1350 about the reading client, one scenario each."""

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
from tests.support.read_clients import (
    OTHER_HOST,
    OTHER_PORT,
    PLAIN,
    SERVER,
    WELL_KNOWN,
    dallying,
    receiving,
    requesting,
)
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
    StrayReceived,
    TimeoutExpired,
    UnreachableReceived,
)
from tftp_fsm.protocol.roles import ReadClient
from tftp_fsm.protocol.rows import State
from tftp_fsm.protocol.timing import RetryPolicy
from tftp_fsm.wire.packets import Ack, Data, Error, Oack

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
        >> Pause(0.2)
        >> data(2)
        << Send(Ack(2))
        >> Pause(0.2)
        >> data(2)
        << Send(Ack(2))
        >> data(3)
        << Send(Ack(3))
        << kept(3)
    )


def test_a_burst_of_copies_is_answered_by_one_ack() -> None:
    """Otherwise a sender that answers each repeated ACK would send every later block often."""
    assert (
        Playbook(receiving(2))
        >> data(2)
        >> Pause(0.01)
        >> data(2)
        << State.RECEIVING
        >> data(3)
        << Send(Ack(3))
        << kept(3)
        >> Pause(0.049)
        >> data(3)
        << State.RECEIVING
    )


def test_copies_that_go_on_are_answered_again_after_a_moment() -> None:
    """The ACK may be lost, and the sender may retransmit faster than anybody should."""
    client = receiving(2)
    answered = []
    for number in range(100):
        step = client.handle(data(2), number / 128)
        answered += [number] if step.effects else []
    assert answered == list(range(7, 100, 7))


def test_an_ack_that_is_lost_is_said_again_at_the_time_out() -> None:
    assert (
        Playbook(receiving(2))
        >> data(2)
        >> Silence(0.2)
        << Send(Ack(2))
        >> Pause(0.01)
        >> data(2)
        << Send(Ack(2))
    ), "a copy that comes right after a time-out is a retransmission"


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
        << State.DALLYING
        >> Pause(0.1)
        >> data(1, 3)
        << Send(Ack(1))
        >> data(1, 3)
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
        << Ends(Outcome.NO_ROOM, 3, "disk full")
        << State.ERROR
    )
    assert client.outcome == Finished(Outcome.NO_ROOM, "disk full", 3)


# -- ICMP -----------------------------------------------------------------------------------------


def test_a_dead_port_is_told_at_once_while_requesting() -> None:
    book = Playbook(requesting()) >> UnreachableReceived()
    assert book << Ends(Outcome.UNREACHABLE) << State.ERROR


NO_ROUTE = UnreachableReceived(is_hard=False, reason="no route to host")


def test_a_route_that_is_missing_while_requesting_is_a_hint_and_the_timer_decides() -> None:
    book = Playbook(requesting()) >> NO_ROUTE << State.REQUESTING
    for seconds in (1.0, 2.0, 4.0, 8.0):
        book = book >> Silence(seconds) << Send(PLAIN) >> NO_ROUTE
    said = "no answer after 5 attempts; the network reported: no route to host"
    assert book >> Silence(15.0) << Finished(Outcome.TIMED_OUT, said)


def test_an_address_without_a_route_is_left_at_once_if_there_is_another() -> None:
    client = ReadClient(PLAIN, retry_policy=RetryPolicy(unanswered_patience=7.0))
    book = Playbook(client) >> Opened() << Send(PLAIN) >> NO_ROUTE
    assert book << Ends(Outcome.UNREACHABLE, saying="no route to host") << State.ERROR


def test_a_link_that_goes_down_and_up_in_mid_transfer_costs_its_time_only() -> None:
    book = Playbook(receiving(2))
    for seconds in (0.2, 0.4, 0.8, 1.6):
        book = book >> Silence(seconds) << Send(Ack(2)) >> NO_ROUTE >> NO_ROUTE << State.RECEIVING
    book = book >> data(3) << Send(Ack(3)) << kept(3)
    assert book >> data(4, 0) << Deliver(4, 1, 0) << Commit() << Send(Ack(4)) << SUCCEEDED


def test_the_last_error_of_the_network_is_in_the_message_unless_the_peer_was_heard_since() -> None:
    client = receiving(2)
    play(client, NO_ROUTE)
    assert client.network_error == "no route to host"
    play(client, data(3))
    assert client.network_error == ""


def test_a_link_that_goes_down_does_not_end_dallying() -> None:
    assert (
        Playbook(dallying())
        >> NO_ROUTE
        << State.DALLYING
        >> Pause(1.5)
        >> data(1, 3)
        << Send(Ack(1))
        >> Silence(2.0)
        << State.DONE
    )


# -- The end --------------------------------------------------------------------------------------


def test_what_has_ended_hears_nothing() -> None:
    client = receiving()
    play(client, ErrorReceived(0, ""))
    assert client.deadline is None
    for event in (Opened(), data(2), oack(), ErrorReceived(8, ""), Aborted(), TimeoutExpired()):
        step = client.handle(event, 100.0)
        assert (step.row, step.effects, step.after) == (None, (), State.ERROR)
