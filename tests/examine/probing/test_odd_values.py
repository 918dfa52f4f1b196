"""Values that no RFC allows: the allowed answers, and the meaning of each other answer."""

from __future__ import annotations

import pytest

from tests.support.agreeing import agreeing, found
from tests.support.simulated_server import LINES, Files, Listener
from tftp_fsm.examine.probing.odd_values import ODD, meaning_of
from tftp_fsm.examine.probing.talk import Answer, NoAnswer
from tftp_fsm.wire.address import Address
from tftp_fsm.wire.packets import Ack, Data, Error, Oack, build


def test_values_that_no_rfc_allows_must_not_be_agreed_to() -> None:
    result = found(agreeing(None, blocks=1), "odd-values")
    assert result.is_departure
    for pair in ("blksize=0", "blksize=7", "blksize=65465", "timeout=256", "windowsize=65536"):
        assert f"{pair}: OACK {pair}" in result.finding.seen


def oack(pair: str) -> Oack:
    name, _, value = pair.partition("=")
    return Oack(((name, value),))


@pytest.mark.parametrize(
    ("pair", "packet"),
    [
        ("blksize=65465", oack("blksize=65464")),
        ("blksize=-1", oack("tsize=0")),
        ("windowsize=65536", oack("windowsize=16")),
        ("timeout=0", Error(8, "")),
        ("timeout=0", Data(1, b"")),
    ],
)
def test_a_lower_value_may_answer_one_that_is_too_large(pair: str, packet: Answer) -> None:
    assert meaning_of(pair, packet) == ""


@pytest.mark.parametrize(
    ("pair", "packet", "means"),
    [
        ("blksize=0", oack("blksize=0"), "no block can be shorter than 0 octets"),
        ("blksize=0", oack("blksize=1"), "a great many packets"),
        ("blksize=7", oack("blksize=7"), "a great many packets"),
        ("blksize=65465", oack("blksize=7"), "a great many packets"),
        ("blksize=65465", oack("blksize=65465"), "no room for such a block"),
        ("blksize=7", oack("blksize=512"), "more than was asked for"),
        ("blksize=-1", oack("blksize=-1"), "the OACK has no number"),
        ("blksize=-1", oack("blksize=65464"), "no number, and the server uses 65464"),
        ("blksize=many", oack("blksize=512"), "no number, and the server uses 512"),
        ("timeout=0", oack("timeout=0"), "without a pause"),
        ("timeout=256", oack("timeout=256"), "waits for minutes"),
        ("timeout=256", oack("timeout=255"), "wait for different times"),
        ("windowsize=0", oack("windowsize=0"), "no block may be sent"),
        ("windowsize=0", oack("windowsize=1"), "more than was asked for"),
        ("windowsize=65536", oack("windowsize=65536"), "more blocks than there are numbers"),
        ("timeout=0", Error(0, ""), "does not learn that its option is at fault"),
        ("timeout=0", NoAnswer.SILENCE, "waits for an answer until it gives up"),
        ("timeout=0", NoAnswer.BROKEN, "cannot read the answer"),
        ("timeout=0", Ack(0), "cannot use this answer"),
    ],
)
def test_each_answer_has_its_meaning(pair: str, packet: Answer, means: str) -> None:
    assert means in meaning_of(pair, packet)


def test_one_meaning_is_told_alone_and_several_with_their_values() -> None:
    def serve(listener: Listener, octets: bytes, client: Address) -> None:
        pair = next((f"{n}={v}" for n, v in ODD if f"\0{n}\0{v}\0".encode() in octets), "")
        if pair in agreed:
            listener.say(build(oack(pair)), client)
        else:
            Files({"file": LINES})(listener, octets, client)

    agreed = ["blksize=7"]
    small = "a client refuses such small blocks, or the file takes a great many packets"
    assert found(serve, "odd-values").means == small
    agreed += ["blksize=-1"]
    assert found(serve, "odd-values").means == (
        f"blksize=7: {small}; blksize=-1: the OACK has no number, so a client refuses it, or reads"
        " it in its own way"
    )
