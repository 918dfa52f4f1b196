"""A run as command lines: the same lines lead to the same run again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tftp_fsm.debugger.commands.all import Debugger, opened
from tftp_fsm.debugger.scenarios import SCENARIOS
from tftp_fsm.debugger.script import line_of, script_of

LINES = st.sampled_from(
    (
        *("step", "step 3", "continue", "back", "back 2", "goto 0", "undo", "drop", "duplicate"),
        *("swap", "delay 0.3", "edit block=7", 'raw ""', "raw 0004", "timeout client"),
        *("timeout server", "abort client", "diskfull server", "unreachable client", "choose 2"),
        *("inject client ACK 3", "inject server raw 00 stranger", 'inject client raw ""'),
        *("set client rto 0.5", "set server block 70 both", "set client state 'done'"),
    )
)


def follow(scenario: str, lines: list[str]) -> Debugger:
    debugger = opened(SCENARIOS[scenario])
    for line in lines:
        reply = debugger.run(line)
        assert reply.ok, (line, reply.lines)
    return debugger


@given(st.sampled_from(sorted(SCENARIOS)), st.lists(LINES, max_size=14))
def test_the_lines_of_a_run_lead_to_the_same_run(scenario: str, lines: list[str]) -> None:
    debugger = opened(SCENARIOS[scenario])
    opening = debugger.stepper.history
    for line in lines:
        debugger.run(line)  # what is not possible here changes nothing
    again = follow(scenario, script_of(debugger.stepper, opening))
    ours, theirs = debugger.stepper, again.stepper
    told = [[(one.move, one.frames) for one in each.history] for each in (theirs, ours)]
    assert told[0] == told[1]  # a move that is named leads to the same frame as the usual one
    assert theirs.frames == ours.frames
    assert (theirs.position, theirs.moves, theirs.wire) == (ours.position, ours.moves, ours.wire)
    assert theirs.variables == ours.variables


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (["step", "step 6", "drop", "step 2"], ["step 7", "drop 7", "step 2"]),
        (["step 5", "back 2"], ["step 5", "goto 3"]),
        (["step 3", "drop", "timeout client"], ["step 3", "drop 3", "step 1"]),
        (["step 3", "edit block=9"], ["step 3", "raw 3 00040009"]),
        (["step 3", "delay 0.25"], ["step 3", "delay 3 0.25"]),
        (["step 2", "step 9", "goto 0"], ["step 9", "goto 0"]),
    ],
)
def test_usual_moves_are_counted_and_others_are_named(lines: list[str], told: list[str]) -> None:
    assert script_of(follow("plain", lines).stepper) == told


def test_another_way_within_what_a_scenario_has_set_has_lines() -> None:
    debugger = opened(SCENARIOS["roll-over"])
    opening = debugger.stepper.history
    for line in ("back 2", "drop", "step"):
        assert debugger.run(line).ok
    lines = script_of(debugger.stepper, opening)
    assert lines[:2] == ["goto 1", "drop 1"]
    assert follow("roll-over", lines).stepper.frames == debugger.stepper.frames


def test_each_move_has_a_line() -> None:
    debugger = follow("plain", ["step 3"])
    lines = {line_of(choice.move) for choice in debugger.stepper.choices()}
    assert {"pass 3", "drop 3", "timeout client", "abort server", "diskfull client"} <= lines
