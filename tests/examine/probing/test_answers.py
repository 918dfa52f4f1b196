"""Findings about a server whose answers are missing, or are equal by chance."""

from __future__ import annotations

import pytest

from tests.support.numbered import Numbered
from tests.support.simulated_server import LINES, Files, Listener, World
from tftp_fsm.examine.checks import Finding, Verdict
from tftp_fsm.examine.probing.answers import (
    error_ends,
    future_ack,
    ports,
    repeated_request,
    sorcerer,
)
from tftp_fsm.examine.probing.desk import Desk
from tftp_fsm.examine.probing.reading import read
from tftp_fsm.transports import Burst
from tftp_fsm.wire.address import Address
from tftp_fsm.wire.packets import Data, Error, build


def silent(listener: Listener, octets: bytes, client: Address) -> None:
    """Never answer."""


def desk_before(answer: object) -> Desk:
    desk = World(answer).desk()  # type: ignore[arg-type]
    desk.known.size = len(LINES)
    return desk


def test_who_never_sends_data_has_not_ended_the_transfer_because_of_an_error() -> None:
    finding = error_ends(desk_before(silent))
    assert finding.verdict is Verdict.DEPARTED
    assert finding.seen == "no DATA 1 came: the transfer did not end"
    assert error_ends(desk_before(Files({"file": LINES}))).verdict is Verdict.KEPT


@pytest.mark.parametrize(
    "size, words", [(3, "3 octets in DATA 1, the only block"), (512, "512 octets in DATA 1 to 2")]
)
def test_a_file_in_one_block_is_told_as_that(size: int, words: str) -> None:
    assert read(World(Files({"file": bytes(size)})).desk()).seen == words


def test_a_port_that_refuses_the_second_request_is_no_session() -> None:
    begun: set[Address] = set()

    def serve(listener: Listener, octets: bytes, client: Address) -> None:
        if client in begun:
            error = build(Error(0, "too many"))
            listener.tid(lambda arrived: None).send(Burst.of(error, client))
        else:
            begun.add(client)
            Files({"file": LINES})(listener, octets, client)

    assert repeated_request(desk_before(serve)).seen == "one session; the first goes on"
    two = repeated_request(desk_before(Files({"file": LINES}))).seen
    assert two == "2 sessions, each with its port; the first goes on"


def test_that_we_have_left_is_not_how_the_transfer_ended() -> None:
    def first_only(listener: Listener, octets: bytes, client: Address) -> None:
        listener.tid(lambda arrived: None).send(Burst.of(build(Data(1, bytes(512))), client))

    assert sorcerer(desk_before(first_only)).seen == "no DATA 2 came: the transfer did not end"


def test_an_ack_from_the_future_must_move_nothing() -> None:
    finding = future_ack(desk_before(Numbered()))
    assert finding.verdict is Verdict.DEPARTED
    assert finding.seen == "ACK 3 was answered with DATA 4 (512 octets)"


def test_an_answer_is_waited_for_as_long_as_the_way_is() -> None:
    desk = World(Numbered(), latency=0.4).desk()
    desk.known.size, desk.known.round_trip = len(LINES), 0.8
    assert future_ack(desk).seen == "ACK 3 was answered with DATA 4 (512 octets)"


@pytest.mark.parametrize(
    ("found", "verdict"),
    [
        ([2000, 3000, 3000, 4000], Verdict.KEPT),
        ([2000, 3000, 3000, 3000], Verdict.DEPARTED),
        ([3000, 3000], Verdict.DEPARTED),
        ([3000], Verdict.KEPT),
        ([], Verdict.NOT_EXAMINED),
        ([2000, 69], Verdict.DEPARTED),
    ],
)
def test_a_random_port_may_be_the_one_before_once(found: list[int], verdict: Verdict) -> None:
    desk = desk_before(silent)
    desk.ports = lambda: found  # type: ignore[method-assign]
    finding: Finding = ports(desk)
    assert finding.verdict is verdict, finding.seen
