"""Values that no RFC allows: what a server may answer, and what each other answer means."""

from __future__ import annotations

import pytest

from tests.support.agreeing import agreeing, found
from tftp_fsm.examine.probing.odd_values import is_wrong
from tftp_fsm.examine.probing.talk import Answer, NoAnswer
from tftp_fsm.wire.packets import Data, Error, Oack


def test_values_that_no_rfc_allows_must_not_be_agreed_to() -> None:
    result = found(agreeing(None, blocks=1), "odd-values")
    assert result.is_departure
    for pair in ("blksize=0", "blksize=7", "blksize=65465", "timeout=256", "windowsize=65536"):
        assert f"{pair}: OACK {pair}" in result.finding.seen


@pytest.mark.parametrize(
    ("pair", "packet", "wrong"),
    [
        ("blksize=65465", Oack((("blksize", "65464"),)), False),
        ("blksize=65465", Oack((("blksize", "65465"),)), True),
        ("blksize=65465", Oack((("blksize", "7"),)), True),
        ("blksize=many", Oack((("blksize", "512"),)), True),
        ("blksize=-1", Oack((("tsize", "0"),)), False),
        ("windowsize=65536", Oack((("windowsize", "16"),)), False),
        ("timeout=256", Oack((("timeout", "255"),)), True),
        ("timeout=0", Error(8, ""), False),
        ("timeout=0", Error(0, ""), True),
        ("timeout=0", Data(1, b""), False),
        ("timeout=0", NoAnswer.SILENCE, True),
    ],
)
def test_a_lower_value_may_answer_one_that_is_too_large(
    pair: str, packet: Answer, wrong: bool
) -> None:
    assert is_wrong(pair, packet) is wrong
