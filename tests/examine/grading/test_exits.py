"""Exit statuses are judged over all trials, and each wrong status has its own meaning."""

from __future__ import annotations

import pytest

from tftp_fsm.examine.checks import Verdict
from tftp_fsm.examine.grading import meanings
from tftp_fsm.examine.grading.exits import NOT_ENDED, RIGHT, finding_of, merged


def test_a_trial_that_was_right_once_stays_right_and_the_others_stay_as_they_were() -> None:
    before = (("get-1", RIGHT), ("put-1", 0), ("wrap", NOT_ENDED))
    now = (("get-1", 1), ("wrap", 0), ("put-512", RIGHT))
    assert merged(before, now) == (
        *(("get-1", RIGHT), ("put-1", 0)),
        *(("wrap", 0), ("put-512", RIGHT)),
    )


@pytest.mark.parametrize(
    ("wrong", "means"),
    [
        ((0,), ""),
        ((1, 0, NOT_ENDED), ""),
        ((1, NOT_ENDED), meanings.SUCCESS_AS_FAILURE),
        ((NOT_ENDED, NOT_ENDED), meanings.ENDLESS),
    ],
)
def test_what_it_means_fits_the_status(wrong: tuple[int | str, ...], means: str) -> None:
    facts = (*((f"get-{place}", status) for place, status in enumerate(wrong)), ("put-1", RIGHT))
    finding = finding_of(facts)
    assert (finding.verdict, finding.means) == (Verdict.DEPARTED, means)
    assert finding.facts == facts


def test_the_sentence_names_six_trials() -> None:
    seven = tuple((f"get-{number}", 0) for number in range(7))
    words = finding_of(seven).seen
    assert "get-5 (0)" in words and words.endswith(", and 1 more") and "get-6" not in words
    assert finding_of(()).verdict is Verdict.NOT_EXAMINED
    assert finding_of((("get-1", RIGHT),)).seen == "right after every trial"
