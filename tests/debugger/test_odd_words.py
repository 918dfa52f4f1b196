"""Every command accepts any words: it acts, or says in one line what is wrong."""

from __future__ import annotations

from itertools import product

import pytest

from tests.support.steppers import stepper_of
from tftp_fsm.debugger.commands.all import Debugger
from tftp_fsm.debugger.commands.language import COMMANDS

ODD = ("²", "9" * 5000, "1e999", "\udcff")
KINDS = ("packet", "client", "data", "ack", "error", "rrq", "oack", "raw", "block", "rto")
LINES = (
    *product(ODD),
    *product(KINDS, ODD),
    *product(("client", "packet"), KINDS, ODD),
)


def fresh() -> Debugger:
    debugger = Debugger(stepper_of())
    debugger.run("step 4")
    return debugger


@pytest.mark.parametrize("name", [name for name in COMMANDS if name != "save"])
def test_odd_words_end_no_command_with_an_exception(name: str) -> None:
    debugger = fresh()
    for words in LINES:
        reply = debugger.run(" ".join((name, *words)))
        assert reply.ok or reply.lines, words
        debugger = fresh() if reply.ok else debugger
