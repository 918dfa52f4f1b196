"""`slow`: how long each side takes to answer."""

from __future__ import annotations

import pytest

from tftp_fsm.debugger.commands.all import opened
from tftp_fsm.debugger.scenarios import SCENARIOS
from tftp_fsm.debugger.turnround import Answer, Turnround, turnrounds


def known(scenario: str) -> dict[tuple[str, bool], Turnround]:
    stepper = opened(SCENARIOS[scenario]).stepper
    stepper.run()
    return {(one.side, one.seen): one for one in turnrounds(stepper.frames)}


def test_our_ends_answer_at_once_and_their_peers_see_the_way_there_and_back() -> None:
    found = known("plain")
    assert {answer.seconds for answer in found["client", False].answers} == {0.0}
    assert [a.seconds for a in found["server", True].answers] == pytest.approx([0.002] * 3)
    assert [a.step for a in found["client", True].answers] == [4, 6, 9]


def test_the_wait_for_a_lost_packet_is_the_slowest() -> None:
    slowest = known("lost-ack")["client", True].answers[-1]
    assert slowest.seconds > 0.2
    debugger = opened(SCENARIOS["lost-ack"])
    assert debugger.run("slow").lines[-1] == "no packet was answered yet"
    debugger.run("continue")
    reply = debugger.run("slow")
    assert all(len(line) < 80 for line in reply.lines)
    (line,) = [line for line in reply.lines if line.startswith("client, seen by the server")]
    assert line.endswith(f"{slowest.seconds:.4f} s in step {slowest.step}")
    assert isinstance(reply.value, dict) and len(reply.value["slow"]) == 4


@pytest.mark.parametrize(
    ("number", "half", "most"), [(1, 1, 1), (2, 1, 2), (99, 50, 99), (100, 50, 99), (200, 100, 198)]
)
def test_median_and_percentile_are_answers_that_were_given(
    number: int, half: int, most: int
) -> None:
    one = Turnround("client", False, tuple(Answer(float(n), n) for n in range(1, number + 1)))
    assert (one.share(0.5).step, one.share(0.99).step) == (half, most)
