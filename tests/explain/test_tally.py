"""Transfers are counted, and those with findings are named, as far as there is room."""

from __future__ import annotations

import io

from tests.support import captures
from tests.support.overheard import asks, script
from tftp_fsm.capture.reading import Capture
from tftp_fsm.explain.facts import Facts
from tftp_fsm.explain.reader import explain
from tftp_fsm.explain.tally import NAMED, Tally
from tftp_fsm.explain.transfer import Transfer
from tftp_fsm.wire.packets import Rrq


class _Keeping:
    def __init__(self) -> None:
        self.facts: list[Facts] = []

    def begins(self, transfer: Transfer) -> None:
        pass

    def ends(self, transfer: Transfer, facts: Facts) -> None:
        self.facts.append(facts)


def first_of(octets: bytes) -> Facts:
    keeping = _Keeping()
    explain(Capture(io.BytesIO(octets)), [keeping])
    return keeping.facts[0]


CLEAN = first_of(captures.CAPTURE.read_bytes())
UNANSWERED = first_of(script(asks(0.0, Rrq(b"a")), asks(9.0, Rrq(b"a"))))


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
