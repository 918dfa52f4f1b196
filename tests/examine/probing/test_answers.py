"""What is said of a server whose answers are missing, or alike by chance."""

from __future__ import annotations

import pytest

from tests.support.simulated_server import LINES, Files, Listener, World
from tftp_fsm.examine.checks import Finding, Verdict
from tftp_fsm.examine.probing.answers import error_ends, future_ack, ports, sorcerer, wrong_tid
from tftp_fsm.examine.probing.desk import Desk
from tftp_fsm.examine.probing.reading import read
from tftp_fsm.transports import Burst, Unreachable
from tftp_fsm.wire.address import Address
from tftp_fsm.wire.packets import Ack, Data, Error, Packet, build, parse


def silent(listener: Listener, octets: bytes, client: Address) -> None:
    """It never answers."""


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


def test_that_we_have_left_is_not_how_the_transfer_ended() -> None:
    def first_only(listener: Listener, octets: bytes, client: Address) -> None:
        listener.tid(lambda arrived: None).send(Burst.of(build(Data(1, bytes(512))), client))

    assert sorcerer(desk_before(first_only)).seen == "no DATA 2 came: the transfer did not end"


class Numbered:
    """A server that answers ACK n with DATA n + 1, whatever n is, and a stranger with `answers`."""

    def __init__(self, *answers: Packet) -> None:
        self._answers = answers

    def __call__(self, listener: Listener, octets: bytes, client: Address) -> None:
        def heard(arrived: Burst | Unreachable) -> None:
            packet = parse(b"".join(arrived.buffers)) if isinstance(arrived, Burst) else None
            if not isinstance(packet, Ack):
                return
            if arrived.peer == client:
                tid.send(Burst.of(build(Data(packet.block + 1, bytes(512))), client))
                return
            for answer in self._answers:
                tid.send(Burst.of(build(answer), arrived.peer))

        tid = listener.tid(heard)
        tid.send(Burst.of(build(Data(1, bytes(512))), client))


def test_an_ack_from_the_future_must_move_nothing() -> None:
    finding = future_ack(desk_before(Numbered()))
    assert finding.verdict is Verdict.DEPARTED
    assert finding.seen == "ACK 3 was answered with DATA 4 (512 octets)"


def test_an_answer_is_waited_for_as_long_as_the_way_is() -> None:
    desk = World(Numbered(), latency=0.4).desk()
    desk.known.size, desk.known.round_trip = len(LINES), 0.8
    assert future_ack(desk).seen == "ACK 3 was answered with DATA 4 (512 octets)"


@pytest.mark.parametrize(
    ("answers", "verdict", "seen"),
    [
        ((), Verdict.DEPARTED, "the transfer goes on, but the stranger got nothing"),
        ((Error(5, "who"),), Verdict.KEPT, "and the stranger got ERROR 5 who"),
        ((Error(4, "no"),), Verdict.DEPARTED, "but the stranger got ERROR 4 no"),
        ((Data(9, b""),), Verdict.DEPARTED, "but the stranger got DATA 9 (0 octets)"),
    ],
)
def test_a_stranger_has_to_be_told(
    answers: tuple[Packet, ...], verdict: Verdict, seen: str
) -> None:
    finding = wrong_tid(desk_before(Numbered(*answers)))
    assert finding.verdict is verdict and finding.seen.endswith(seen)


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
