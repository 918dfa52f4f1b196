"""`undo` says what it has undone."""

from __future__ import annotations

import pytest

from tests.support.steppers import stepper_of
from tftp_fsm.debugger.commands.all import Debugger


def after_steps(number: int) -> Debugger:
    debugger = Debugger(stepper_of())
    debugger.run(f"step {number}")
    return debugger


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("step", "ACK 1 of client arrives"),
        ("drop", "ACK 1 of client is lost"),
        ("duplicate", "ACK 1 of client arrives twice"),
        ("delay 0.5", "ACK 1 of client arrives 0.5 s later"),
        ("edit block=7", "ACK 1 of client is edited"),
        ("inject client ACK 3 stranger", "a new packet for client"),
        ("set client block 3", "block of client is set to 3"),
        ("timeout client", "nothing comes: client times out"),
        ("abort client", "client's user gives up"),
        ("diskfull client", "client's disk is full"),
    ],
)
def test_what_is_taken_back_is_said_in_words(line: str, said: str) -> None:
    debugger = after_steps(3)
    debugger.run(line)
    assert debugger.run("undo").lines == (f"taken back: {said}",)


def test_an_overtaken_packet_is_taken_back_in_words() -> None:
    debugger = after_steps(1)
    debugger.run("duplicate")
    debugger.run("swap")
    said = debugger.run("undo").lines
    assert said == ("taken back: RRQ file octet of client is overtaken",)
