"""A server gets a request again: a copy, a lost answer, or a client that was reset."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from tests.support.playbook import (
    SUCCEEDED,
    Ends,
    Output,
    Pause,
    Playbook,
    Silence,
    ack,
    data,
    kept,
    play,
)
from tftp_fsm.protocol.events import (
    AckReceived,
    BeginAnew,
    DataReceived,
    Effect,
    Outcome,
    RequestReceived,
    Send,
    SendBlocks,
    TimeoutExpired,
)
from tftp_fsm.protocol.roles import ReadServer, WriteServer
from tftp_fsm.protocol.rows import State
from tftp_fsm.protocol.timing import RetryPolicy
from tftp_fsm.wire.options import Options
from tftp_fsm.wire.packets import Ack, Oack, Rrq, Wrq

ASKED = RequestReceived()
PLAIN, WINDOWS, SLOW = Options(), Options(windowsize=4), Options(timeout=5)
OACK = Send(Oack((("windowsize", "4"),)))
ANEW = Ends(Outcome.RESTARTED, saying="asked again")


@dataclass(frozen=True)
class Reading:
    """A server with an RRQ. The client sends ACKs."""

    def unproven(self, options: Options = PLAIN) -> ReadServer:
        server = ReadServer(Rrq(b"boot.img"), 50_000, options)
        play(server, ASKED)
        return server

    def proven(self, options: Options = PLAIN) -> ReadServer:
        server = self.unproven(options)
        play(server, ack(0) if options.pairs() else ack(1))
        return server

    def packet(self, number: int) -> AckReceived:
        return ack(number)

    def answer(self, number: int) -> tuple[Effect, ...]:
        return (SendBlocks(number + 1, 1),)

    def again(self, number: int) -> tuple[Effect, ...]:
        return self.answer(number)


@dataclass(frozen=True)
class Writing:
    """A server with a WRQ. The client sends DATA."""

    def unproven(self, options: Options = PLAIN) -> WriteServer:
        server = WriteServer(Wrq(b"config"), options)
        play(server, ASKED)
        return server

    def proven(self, options: Options = PLAIN) -> WriteServer:
        server = self.unproven(options)
        play(server, data(1))
        return server

    def packet(self, number: int) -> DataReceived:
        return data(number)

    def answer(self, number: int) -> tuple[Effect, ...]:
        return (Send(Ack(number)), kept(number))

    def again(self, number: int) -> tuple[Effect, ...]:
        return (Send(Ack(number)),)


AT_BOTH = pytest.mark.parametrize("way", [Reading(), Writing()], ids=["RRQ", "WRQ"])


def expect(book: Playbook, *outputs: Output) -> Playbook:
    for output in outputs:
        book = book << output
    return book


def begins_anew(book: Playbook) -> Playbook:
    return expect(book, ANEW, BeginAnew(), State.ERROR)


# -- The client has not acknowledged anything -----------------------------------------------------


@AT_BOTH
def test_a_repeated_request_makes_one_transfer_and_hears_the_same_answer(
    way: Reading | Writing,
) -> None:
    server = way.unproven()
    book = expect(Playbook(server) >> ASKED, *way.again(0))
    book = expect(book >> way.packet(1), *way.answer(1))
    assert book >> ASKED << server.state


@AT_BOTH
def test_a_repeated_request_with_options_hears_the_oack_again(way: Reading | Writing) -> None:
    assert Playbook(way.unproven(WINDOWS)) >> ASKED << OACK >> ASKED << OACK


@AT_BOTH
@pytest.mark.parametrize("options", [PLAIN, WINDOWS])
def test_a_repeated_request_does_not_postpone_the_silence(
    way: Reading | Writing, options: Options
) -> None:
    server = way.unproven(options)
    before = server.deadline
    play(server, ASKED, now=0.7)
    assert server.deadline == before


@AT_BOTH
def test_a_client_that_never_answered_hears_the_same_answer_however_late_it_asks(
    way: Reading | Writing,
) -> None:
    book = expect(Playbook(way.unproven()) >> Pause(0.9) >> ASKED, *way.again(0))
    assert expect(book >> Pause(4.0) >> ASKED, *way.again(0))


def test_two_acks_after_two_answers_double_no_block() -> None:
    book = Playbook(Reading().unproven()) >> ASKED << SendBlocks(1, 1) >> ack(1) << SendBlocks(2, 1)
    assert book >> ack(1) >> ack(2) << SendBlocks(3, 1)


def test_two_acks_of_the_oack_double_no_window() -> None:
    book = Playbook(Reading().unproven(WINDOWS)) >> ASKED << OACK >> ack(0) << SendBlocks(1, 4)
    assert book >> ack(0) >> ack(4) << SendBlocks(5, 4)


# -- The client was reset -------------------------------------------------------------------------


@AT_BOTH
@pytest.mark.parametrize("options", [PLAIN, WINDOWS, SLOW])
def test_a_client_that_was_reset_in_mid_transfer_begins_anew_at_once(
    way: Reading | Writing, options: Options
) -> None:
    assert begins_anew(Playbook(way.proven(options)) >> Pause(1.0) >> ASKED)


@AT_BOTH
def test_a_client_that_was_reset_begins_anew_though_its_silence_is_long(
    way: Reading | Writing,
) -> None:
    book = Playbook(way.proven())
    for seconds in (0.2, 0.4, 0.8, 1.6):
        book = expect(book >> Silence(seconds), *way.again(1))
    assert begins_anew(book >> ASKED)


@AT_BOTH
def test_a_client_that_was_reset_at_once_is_known_by_its_silence(way: Reading | Writing) -> None:
    book = Playbook(way.proven()) >> Pause(0.05) >> ASKED
    for seconds in (0.15, 0.4):
        book = expect(book >> Silence(seconds), *way.again(1))
    assert begins_anew(book >> Silence(0.4))


@AT_BOTH
def test_with_a_long_timeout_a_reset_is_known_after_a_second(way: Reading | Writing) -> None:
    assert begins_anew(Playbook(way.proven(SLOW)) >> Pause(0.05) >> ASKED >> Silence(0.95))


def test_a_client_that_was_reset_while_a_window_goes_out_in_parts_begins_anew() -> None:
    book = Playbook(Reading().proven(WINDOWS)) >> Pause(0.1) >> ack(4) << SendBlocks(5, 4)
    book = book >> Silence(0.2) << SendBlocks(5, 2)
    assert begins_anew(book >> Pause(1.0) >> ASKED)


# -- The request was a copy -----------------------------------------------------------------------


@AT_BOTH
def test_a_late_copy_of_the_request_is_told_by_the_client_that_goes_on(
    way: Reading | Writing,
) -> None:
    book = expect(Playbook(way.proven()) >> Pause(0.1) >> ASKED >> Pause(0.05) >> way.packet(2))
    book = expect(book, *way.answer(2))
    for seconds in (0.2, 0.4, 0.8):
        book = expect(book >> Silence(seconds), *way.again(2))
    assert expect(book >> way.packet(3), *way.answer(3))


@AT_BOTH
def test_a_late_copy_and_a_lost_block_end_nothing(way: Reading | Writing) -> None:
    """The lifetime of a copy leaves time for two retransmissions."""
    book = Playbook(way.proven()) >> Pause(0.1) >> ASKED
    for seconds in (0.1, 0.4):
        book = expect(book >> Silence(seconds), *way.again(1))
    assert expect(book >> way.packet(2), *way.answer(2))


def test_a_repeated_ack_shows_that_the_client_goes_on_too() -> None:
    book = Playbook(Reading().proven()) >> Pause(0.1) >> ASKED >> Silence(0.1) << SendBlocks(2, 1)
    book = book >> Pause(0.1) >> ack(1)
    for seconds in (0.3, 0.8):
        book = book >> Silence(seconds) << SendBlocks(2, 1)
    assert book << State.AWAITING_ACK


def test_a_repeated_block_shows_that_the_client_goes_on_too() -> None:
    book = Playbook(Writing().proven()) >> Pause(0.1) >> ASKED >> Silence(0.1) << Send(Ack(1))
    book = book >> Pause(0.1) >> data(1) << Send(Ack(1))
    for seconds in (0.3, 0.8):
        book = book >> Silence(seconds) << Send(Ack(1))
    assert book << State.RECEIVING


@AT_BOTH
def test_a_request_that_waited_while_the_client_went_on_is_a_copy(way: Reading | Writing) -> None:
    """A busy server reads it late. However silent the client is then, it was not reset."""
    server = way.proven()
    book = expect(Playbook(server) >> Pause(1.0) >> way.packet(2), *way.answer(2))
    book = book >> Pause(5.0) >> RequestReceived(waited=5.5) >> RequestReceived(waited=5.0)
    book = expect(book >> TimeoutExpired(), *way.again(2))
    assert expect(book >> way.packet(3), *way.answer(3))


@AT_BOTH
def test_a_request_that_came_after_all_else_and_waited_is_no_copy(way: Reading | Writing) -> None:
    assert begins_anew(Playbook(way.proven()) >> Pause(5.0) >> RequestReceived(waited=3.0))


@AT_BOTH
def test_a_request_that_waited_before_the_client_was_heard_hears_the_same_answer(
    way: Reading | Writing,
) -> None:
    book = Playbook(way.unproven()) >> Pause(0.9) >> RequestReceived(waited=0.8)
    assert expect(book, *way.again(0))


@AT_BOTH
def test_the_lifetime_of_a_copy_counts_from_the_last_packet_of_the_client(
    way: Reading | Writing,
) -> None:
    book = expect(Playbook(way.proven()) >> Pause(0.9) >> way.packet(2), *way.answer(2))
    book = book >> Pause(0.95) >> ASKED
    assert begins_anew(book >> Pause(0.1) >> ASKED)


@AT_BOTH
def test_on_a_slow_path_a_copy_may_be_as_late_as_an_answer(way: Reading | Writing) -> None:
    """A round trip of 2 s gives an RTO of 6 s."""
    book = expect(Playbook(way.unproven()) >> Pause(2.0) >> way.packet(1), *way.answer(1))
    assert begins_anew(book >> Pause(4.0) >> ASKED >> Silence(2.0))


def test_a_copy_that_the_client_explains_leaves_the_deadline_as_it_was() -> None:
    policy = RetryPolicy(retries=3, patience=30.0)
    server = ReadServer(Rrq(b"boot.img"), 5000, Options(), retry_policy=policy)
    server.handle(ASKED, 0.0)
    server.handle(AckReceived(1), 0.01)
    for _ in range(3):
        assert server.deadline is not None
        server.handle(TimeoutExpired(), server.deadline)
    ends = server.deadline
    assert ends == pytest.approx(30.01)
    server.handle(AckReceived(1), 2.0)
    server.handle(ASKED, 2.1)
    assert server.deadline == pytest.approx(3.0), "until then its silence would decide"
    server.handle(AckReceived(1), 2.2)
    assert server.deadline == ends


def test_parts_of_a_window_do_not_put_off_what_the_silence_decides() -> None:
    server = ReadServer(Rrq(b"boot.img"), 20_000, Options(windowsize=8, timeout=60))
    server.handle(ASKED, 0.0)
    server.handle(AckReceived(0), 0.01)
    server.handle(AckReceived(3), 0.02)  # a gap: the rest of the window goes out in parts
    server.handle(ASKED, 0.03)
    while server.deadline is not None and server.deadline < 1.0:
        server.handle(TimeoutExpired(), server.deadline)
    assert server.deadline == pytest.approx(1.02)
    assert server.handle(TimeoutExpired(), 1.03).effects[1] == BeginAnew()


# -- The file is whole already --------------------------------------------------------------------


def dallying() -> WriteServer:
    server = Writing().unproven()
    play(server, data(1, 3))
    assert server.state is State.DALLYING
    return server


def test_a_client_that_brings_the_same_file_again_need_not_wait_for_the_dallying() -> None:
    server = dallying()
    book = Playbook(server) >> Pause(0.1) >> ASKED << State.DALLYING
    book = book >> Pause(0.9) >> ASKED << BeginAnew() << State.DALLYING
    assert book
    assert server.outcome == SUCCEEDED
    assert book >> Pause(0.1) >> data(1, 3) << Send(Ack(1)), "it was a copy, held up for long"


def test_each_request_of_such_a_client_is_answered_if_the_server_was_busy() -> None:
    book = Playbook(dallying()) >> Pause(1.0) >> ASKED << BeginAnew()
    assert book >> Pause(1.0) >> ASKED << BeginAnew() << State.DALLYING


def test_a_client_that_repeats_its_last_block_was_not_reset() -> None:
    book = Playbook(dallying()) >> Pause(1.0) >> data(1, 3) << Send(Ack(1))
    assert book >> Pause(0.1) >> ASKED << State.DALLYING


def test_a_late_timer_of_a_window_in_parts_begins_anew_too() -> None:
    """The rest of the window was due long ago, but the client has asked again since."""
    server = ReadServer(Rrq(b"boot.img"), 50_000, Options(windowsize=64))
    play(server, ASKED, ack(0))
    play(server, ack(2), now=0.01)  # the window goes on in parts
    play(server, ASKED, now=0.015)
    assert begins_anew(Playbook(server, now=20.0) >> TimeoutExpired())


@AT_BOTH
def test_a_copy_that_waited_at_the_port_is_counted(way: Reading | Writing) -> None:
    server = way.proven()
    play(server, RequestReceived(waited=5.5), now=5.0)
    assert server.counters.duplicates == 1
