"""What the answer to a request with an option means."""

from __future__ import annotations

import pytest

from tftp_fsm.examine.checks import Verdict
from tftp_fsm.examine.probing.option_answers import left_out, not_begun, number_of, value_of
from tftp_fsm.wire.packets import Ack, Data, Error, ErrorCode, Oack, Packet


@pytest.mark.parametrize(
    ("value", "number"),
    [("1428", 1428), ("", None), ("-1", None), ("9" * 21, None), ("\u0661", None)],
)
def test_a_value_is_a_number_of_ascii_digits(value: str, number: int | None) -> None:
    oack = Oack((("BLKSIZE", value),))
    assert (value_of(oack, "blksize"), number_of(oack, "blksize")) == (value, number)
    assert value_of(Data(1, b""), "blksize") is None


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        (Data(1, b""), Verdict.TOLD),
        (Oack((("tsize", "9"),)), Verdict.TOLD),
        (Error(ErrorCode.REFUSED_OPTIONS, "no"), Verdict.TOLD),
        (Data(2, b""), Verdict.NOT_EXAMINED),
        (Oack((("blksize", "many"),)), Verdict.DEPARTED),
        (Error(ErrorCode.UNDEFINED, "no"), Verdict.DEPARTED),
        (Ack(1), Verdict.DEPARTED),
    ],
)
def test_an_option_may_be_left_out_if_a_transfer_begins(answer: Packet, verdict: Verdict) -> None:
    assert left_out(answer, "blksize").verdict is verdict


def test_a_value_that_begins_no_transfer_is_a_departure() -> None:
    assert not_begun("blksize", 8, Data(1, b"")) is None
    finding = not_begun("blksize", 8, Ack(1))
    assert finding is not None and "asks for blksize 8 gets no file" in finding.means
