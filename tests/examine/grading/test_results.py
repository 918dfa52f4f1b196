"""A failure on the server's side is not counted against a client."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.support.grading import simulated
from tests.support.grading.simulated import SimulatedWire, run
from tftp_fsm.errors import LocalError
from tftp_fsm.examine.checks import Check, Finding, Verdict, kept
from tftp_fsm.examine.grading.results import results_of
from tftp_fsm.examine.grading.story import Story
from tftp_fsm.examine.grading.trial import Question, Trial
from tftp_fsm.wire.packets import Rrq


def fails(story: Story) -> Finding:
    raise ValueError("not enough \x1b[2J" + "!" * 5000)


def trial(*judges: Callable[[Story], Finding]) -> Trial:
    questions = (
        Question(Check(f"check-{number}", "", "", "", "", "", 1), judge)
        for number, judge in enumerate(judges)
    )
    return Trial("trial", "get", tuple(questions))


def test_a_judge_that_fails_breaks_off_its_check_and_no_other() -> None:
    story = Story(Rrq(b"trial"), 0.0)
    broken, other = results_of(trial(fails, lambda story: kept("right")), story)
    assert other.verdict is Verdict.KEPT and other.points == 1
    assert broken.verdict is Verdict.BROKEN_OFF and broken.possible == 0
    seen = broken.finding.seen
    assert seen.startswith("a fault of tftp-fsm: ValueError in test_results.py, line ")
    assert ": not enough \\x1b[2J!!!" in seen and len(seen) < 1000


@pytest.mark.parametrize("name", ["stray-data", "stray-error", "put-stray-ack", "put-stray-error"])
def test_a_trial_whose_stranger_gets_no_port_costs_nothing_and_tells_nothing_as_sent(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Poor(SimulatedWire):
        def open_stranger(self) -> None:
            raise LocalError("too many open files")

    monkeypatch.setattr(simulated, "SimulatedWire", Poor)
    graded = run(name)
    assert set(graded.verdicts.values()) == {Verdict.NOT_EXAMINED}
    assert "no port could be opened for the stranger: too many open files" in graded.seen
    assert not any(one.port == "stranger" for one in graded.story)
    assert graded.story.peer_left is None or graded.story.ended is not None
