"""Servers that agree to one blksize and use another, and servers with limits of blksize."""

from __future__ import annotations

import pytest

from tests.support.agreeing import agreeing, found
from tests.support.simulated_server import LINES, Answering, Files, Listener, World
from tftp_fsm.examine.checks import Verdict
from tftp_fsm.examine.probing.blksize import blksize
from tftp_fsm.transports import Burst, Unreachable
from tftp_fsm.wire.address import Address
from tftp_fsm.wire.packets import Ack, Data, Error, Oack, Pairs, Rrq, build, parse


def sending(size: int, agrees: bool = True) -> Answering:
    """A server of LINES that is asked for blksize 1428, and sends blocks of so many octets."""

    def serve(listener: Listener, octets: bytes, client: Address) -> None:
        request = parse(octets)
        if not isinstance(request, Rrq) or request.options != (("blksize", "1428"),):
            Files({"file": LINES})(listener, octets, client)
            return

        def heard(arrived: Burst | Unreachable) -> None:
            packet = parse(b"".join(arrived.buffers)) if isinstance(arrived, Burst) else None
            if isinstance(packet, Ack):
                block = LINES[packet.block * size :][:size]
                tid.send(Burst.of(build(Data(packet.block + 1, block)), client))

        tid = listener.tid(heard)
        first = Oack(request.options) if agrees else Data(1, LINES[:size])
        tid.send(Burst.of(build(first), client))

    return serve


def test_a_block_that_is_shorter_than_agreed_is_taken_for_the_end_of_the_file() -> None:
    result = found(sending(512), "blksize")
    assert result.finding.seen == "1428 was agreed, and DATA 1 has 512 octets"
    assert "takes this first short block for the end of the file" in result.means
    assert "no error" in result.means


@pytest.mark.parametrize("size, means", [(300, "end of the file"), (1000, "such a long block")])
def test_without_oack_a_block_has_512_octets(size: int, means: str) -> None:
    result = found(sending(size, agrees=False), "blksize")
    assert result.verdict is Verdict.DEPARTED and means in result.means
    assert f"so a block has 512 octets; DATA 1 has {size:,} octets" in result.finding.seen
    assert found(sending(512, agrees=False), "blksize").verdict is Verdict.TOLD


def test_a_block_that_is_longer_than_agreed_has_another_meaning() -> None:
    result = found(sending(1500), "blksize")
    assert result.finding.seen == "1428 was agreed, and DATA 1 has 1,500 octets"
    assert "no room for such a long block" in result.means


def test_a_file_that_was_not_read_to_its_end_has_the_octets_that_came() -> None:
    desk = World(sending(512)).desk()
    desk.known.came = 1 << 18  # of a file whose size is not known
    assert blksize(desk).verdict is Verdict.DEPARTED


@pytest.mark.parametrize(
    ("answer", "seen", "means"),
    [
        ((("blksize", "2000"),), "1428 was asked for: OACK blksize=2000", "no room for a block of"),
        ((("blksize", "7"),), "1428 was asked for: OACK blksize=7", "a great many packets"),
        (
            (("blksize", "x"),),
            "the option blksize was asked for: OACK blksize=x",
            "the OACK has no number",
        ),
    ],
)
def test_another_answer_than_less_has_its_meaning(answer: Pairs, seen: str, means: str) -> None:
    result = found(agreeing(answer), "blksize")
    assert result.is_departure and result.finding.seen == seen
    assert means in result.means


@pytest.mark.parametrize(
    ("answer", "seen"),
    [(4, "65464 was asked for: ERROR 4 no"), (None, "65464 was asked for: no answer came")],
)
@pytest.mark.parametrize(("name", "most"), [("blksize", "65464"), ("timeout", "255")])
def test_a_value_that_is_not_taken_is_left_out_or_refused_as_an_option(
    name: str, most: str, answer: int | None, seen: str
) -> None:
    def serve(listener: Listener, octets: bytes, client: Address) -> None:
        request = parse(octets)
        if not isinstance(request, Rrq) or dict(request.options).get(name) != most:
            Files({"file": LINES})(listener, octets, client)
        elif answer is not None:
            listener.say(build(Error(answer, "no")), client)

    result = found(serve, name)
    assert result.is_departure and result.finding.seen == seen.replace("65464", most)
    assert f"asks for {name} {most} gets no file" in result.means


@pytest.mark.parametrize(
    ("refused", "seen"),
    [
        (("8",), "it accepts 65464, but not 8: ERROR 8 no"),
        (("65464",), "it accepts 1428, but not 65464: ERROR 8 no"),
        (("8", "65464"), "it accepts 1428, but not 8: ERROR 8 no; 65464: ERROR 8 no"),
        ((), "it accepts 8 to 65464"),
    ],
)
def test_the_limits_that_a_server_refuses_are_told(refused: tuple[str, ...], seen: str) -> None:
    def serve(listener: Listener, octets: bytes, client: Address) -> None:
        request = parse(octets)
        if isinstance(request, Rrq) and dict(request.options).get("blksize") in refused:
            listener.say(build(Error(8, "no")), client)
        else:
            Files({"file": LINES})(listener, octets, client)

    result = found(serve, "blksize")
    assert result.verdict is Verdict.KEPT and result.finding.seen == seen
