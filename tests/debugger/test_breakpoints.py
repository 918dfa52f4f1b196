"""Breakpoints: on a state, a row, a packet, a variable, a time-out, or anything unusual."""

from __future__ import annotations

import shlex

import pytest

from tests.support.steppers import stepper_of
from tftp_fsm.debugger import breakpoints as at
from tftp_fsm.debugger import moves as m
from tftp_fsm.protocol.rows import State
from tftp_fsm.wire.packets import Ack, build


@pytest.mark.parametrize(
    ("words", "number"),
    [
        ("state client receiving", 3),
        ("state dallying", 7),
        ("row deliver_run", 3),
        ("row send_window", 2),
        ("packet DATA 2", 4),
        ("heard DATA 2", 5),
        ("sent client ACK 2", 5),
        ("heard server ACK 2", 6),
        ("variable client block = 2", 5),
        ("variable octets >= 1000", 5),
        ("variable srtt", 3),
        ("packet RRQ mode=octet", 1),
        ("outcome", 7),
    ],
)
def test_a_breakpoint_stops_at_the_step(words: str, number: int) -> None:
    stepper = stepper_of()
    stop = stepper.run(at.read_breakpoint(words.split()))
    assert stop.frame is not None
    assert (stop.frame.number, stop.at_end) == (number, False)


@pytest.mark.parametrize("words", ["time-out", "unusual", "error", "roll-over", "packet ERROR"])
def test_the_good_path_has_nothing_unusual(words: str) -> None:
    stepper = stepper_of()
    while not (stop := stepper.run(at.read_breakpoint(words.split()))).at_end:
        assert stop.frame is not None
        assert stop.frame.step.before is State.DALLYING, f"step {stop.frame.number}"


@pytest.mark.parametrize(
    ("move", "word"),
    [
        (m.Drop(3), "time-out"),
        (m.Duplicate(3), "duplicate"),
        (m.Replace(3, b"\0\4\0"), "malformed"),
        (m.Inject("server", build(Ack(1)), stranger=True), "stray"),
        (m.Abort("client"), "aborted"),
        (m.ReportUnreachable("client"), "unreachable"),
        (m.FailStorage("client"), "storage-failed"),
    ],
)
def test_anything_else_is_unusual(move: m.Move, word: str) -> None:
    stepper = stepper_of()
    stepper.goto(0)
    for _ in range(3):
        stepper.step()
    stepper.break_at(at.unusual())
    found = stepper.perform(move)
    frame = found[0] if found else stepper.run().frame
    assert frame is not None
    assert word in frame.unusual


def test_breakpoints_are_stopped_at_until_they_are_forgotten() -> None:
    stepper = stepper_of()
    number = stepper.break_at(at.read_breakpoint(["heard", "ACK", "1"]))
    assert stepper.run().breakpoint == number
    stepper.goto(0)
    del stepper.breakpoints[number]
    assert stepper.run().at_end


def test_a_run_goes_backwards_to_a_breakpoint_too() -> None:
    stepper = stepper_of()
    stepper.run()
    stop = stepper.run_back(at.read_breakpoint(["sent", "DATA", "2"]))
    assert stop.frame is not None and stop.frame.number == 4
    assert stepper.position == 4


@pytest.mark.parametrize(
    "words",
    [
        "state client receiving",
        "variable server block >=2",
        "sent client ACK 2",
        "heard server ERROR code=5",
        "time-out server",
        "heard client ERROR 'message=no file'",
        "row 'two words'",
        "variable client state '=a # b'",
    ],
)
def test_a_breakpoint_is_listed_as_it_was_set(words: str) -> None:
    assert at.read_breakpoint(shlex.split(words)).words == words
