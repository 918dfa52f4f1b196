"""The last line counts the transfers, and names as many with findings as it has room for."""

from __future__ import annotations

from tests.support import captures
from tests.support.overheard import asks, explained, script
from tftp_fsm.explain.report.tally import NAMED, Tally
from tftp_fsm.wire.packets import Rrq

CLEAN = explained(captures.CAPTURE.read_bytes())[0]
UNANSWERED = explained(script(asks(0.0, Rrq(b"a")), asks(9.0, Rrq(b"a"))))[0]


def test_the_numbers_have_an_end() -> None:
    tally = Tally()
    tally.add(CLEAN)
    for _ in range(NAMED + 2):
        tally.add(UNANSWERED)
    named = ", ".join(["1"] * NAMED)
    assert tally.line() == f"{NAMED + 3} transfers, {NAMED + 2} with findings: {named} and 2 more"


def test_if_all_have_findings_no_numbers_are_needed() -> None:
    tally = Tally()
    tally.add(UNANSWERED)
    assert tally.line() == "1 transfer, with findings"
    tally.add(UNANSWERED)
    assert tally.line() == "2 transfers, all with findings"
