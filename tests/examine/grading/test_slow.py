"""If a client is too slow for a long trial, the card says so, and no points are lost."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from tests.support.grading.simulated import CLIENT, KEY, SimulatedWire
from tftp_fsm.examine.checks import Verdict
from tftp_fsm.examine.grading.attempt import Asked, Attempt
from tftp_fsm.examine.grading.judges import how_it_ended
from tftp_fsm.examine.grading.one_program import _judge
from tftp_fsm.examine.grading.programs import Bench, Ran
from tftp_fsm.examine.grading.results import results_of
from tftp_fsm.examine.grading.slow import is_too_slow
from tftp_fsm.examine.grading.story import Story, seen
from tftp_fsm.examine.grading.trials.published import BY_NAME
from tftp_fsm.simulation.network import SimulatedNetwork
from tftp_fsm.wire.packets import Ack, Data, Rrq, Wrq, build


def attempt_of(name: str, pace: float, last: int = 1 << 16, *, is_open: bool = True) -> Attempt:
    """A get that acknowledges a block every `pace` seconds up to `last`, and then that one."""
    trial = replace(BY_NAME[name], waits=600.0)
    request = Rrq(name.encode(), "octet")
    network = SimulatedNetwork()
    if is_open:
        network.transport(CLIENT, lambda arrived: None)
    wire = SimulatedWire(network)
    attempt = wire.attempt = Attempt(trial, KEY, Asked(request, build(request), CLIENT), wire)
    attempt.begin()
    number = 0
    while not attempt.is_over:
        heard_at = network.now() + pace
        if attempt.due <= heard_at:
            network.advance(attempt.due)
            attempt.wake()
            continue
        network.advance(heard_at)
        number = min(number + 1, last)
        attempt.hear(build(Ack(number)), "tid")
    return attempt


@pytest.mark.parametrize("is_open", [True, False], ids=["its port is open", "it was ended"])
def test_who_is_too_slow_for_the_whole_file_is_not_examined(is_open: bool) -> None:
    attempt = attempt_of("wrap", 1.5, is_open=is_open)
    (result,) = results_of(attempt.trial, attempt.story)
    assert result.verdict is Verdict.NOT_EXAMINED
    words = "too slow: it was at block {} of 65538 after 240 s"
    assert result.finding.seen in (words.format(160), words.format(159))


def test_who_stays_at_a_block_is_not_slow() -> None:
    attempt = attempt_of("wrap", 1.5, last=3)
    (result,) = results_of(attempt.trial, attempt.story)
    assert result.verdict is Verdict.DEPARTED
    assert result.finding.seen == "was still sending when the trial was over: ACK 3"


def test_who_has_reached_the_top_is_not_slow() -> None:
    story = attempt_of("wrap", 1.5).story
    assert is_too_slow(story)
    story.add(seen(0.0, "heard", "tid", build(Ack(65535))))
    assert not is_too_slow(story)


def test_who_was_still_sending_was_not_silent() -> None:
    sending = attempt_of("get-many", 2.0).story
    assert how_it_ended(sending).startswith("was still sending when the trial was over: ACK ")
    silent = attempt_of("get-many", 20.0).story
    assert silent.was_silent and not silent.was_sending


def test_the_exit_status_of_a_program_that_was_too_slow_is_not_judged() -> None:
    bench, server = Bench(), SimpleNamespace(sync=lambda s: None, is_running=lambda t: False)
    runs = []
    for name in ("wrap", "get-many"):
        attempt = attempt_of(name, 1.5)
        bench.add(attempt)
        runs.append(Ran(attempt.trial, None, None))
    serving: Any = server
    status = _judge(serving, bench, runs)[-1]
    assert status.finding.seen == "wrong after get-many (did not end in time)"
    assert _judge(serving, bench, runs[:1])[-1].verdict is Verdict.NOT_EXAMINED


@pytest.mark.parametrize(
    ("until", "verdict"), [(239, Verdict.NOT_EXAMINED), (100, Verdict.DEPARTED)]
)
def test_who_gives_up_before_the_time_is_over_is_not_slow(until: int, verdict: Verdict) -> None:
    story = Story(Wrq(b"put-wrap", "octet"), 0.0)
    for number in range(1, until):
        story.add(seen(float(number), "heard", "tid", build(Data(number, bytes(512)))))
    (question,) = BY_NAME["put-wrap"].questions
    assert question.judge(story).verdict is verdict
