"""The DATA that came twice shows whether a client has answered the copy of an ACK."""

from __future__ import annotations

import pytest

from tftp_fsm.examine.checks import Verdict
from tftp_fsm.examine.grading.copies import answers_no_copy
from tftp_fsm.examine.grading.story import Story, seen
from tftp_fsm.protocol.events import Finished, Outcome
from tftp_fsm.wire.packets import Data, Wrq, build

EACH = (1, 2, 3, 4, 5)


def story_of(*numbers: int, ended: Outcome = Outcome.SUCCEEDED) -> Story:
    """Return a story in which these DATA came."""
    story = Story(Wrq(b"kim.put", "octet", ()), 0.0)
    for at, number in enumerate(numbers):
        story.add(seen(float(at), "heard", "tid", build(Data(number, b"x"))))
    story.ended = Finished(ended)
    return story


@pytest.mark.parametrize(
    ("numbers", "verdict", "words"),
    [
        (EACH, Verdict.KEPT, "sent each DATA once"),
        ((1, 2, 3, 3, 4, 4, 5, 5), Verdict.DEPARTED, "sent DATA 3, 4, 5 more than once"),
        ((1, 2, 3, 3, 4, 5), Verdict.DEPARTED, "sent DATA 3 more than once"),  # as curl does
        ((1, 2, 3, 2, 4, 5), Verdict.DEPARTED, "sent DATA 2 more than once"),
        ((1, 1, 2, 2, 3, 3, 4, 4, 5, 5), Verdict.DEPARTED, "sent DATA 1, 2, 3, 4, 5 more than"),
        ((1, 2, 3, 4, 4, 5), Verdict.KEPT, "sent DATA 4 again, but not in answer to the copy"),
        ((1, 1, 2, 3, 4, 5, 5), Verdict.KEPT, "sent DATA 1, 5 again, but not in answer to the"),
        ((1, 1, 2, 3, 3, 4, 5), Verdict.NOT_EXAMINED, "sent DATA 1, 3 more than once, also befo"),
        ((1, 1, 2, 3, 3, 2, 4, 5), Verdict.DEPARTED, "sent DATA 1, 2, 3 more than once"),
        ((1, 2, 4, 3, 5), Verdict.KEPT, "sent each DATA once"),  # a network may reorder a window
        ((1, 2, 4, 3, 4, 5), Verdict.KEPT, "sent DATA 4 again, but not in answer to the copy"),
    ],
)
def test_a_copy_of_ack_2_is_answered_by_data_3_or_an_earlier_one(
    numbers: tuple[int, ...], verdict: Verdict, words: str
) -> None:
    finding = answers_no_copy(2)(story_of(*numbers))
    assert finding.verdict is verdict
    assert finding.seen.startswith(words)


@pytest.mark.parametrize("numbers", [(1, 1, 2, 3, 4, 5), (1, 2, 3, 3, 4, 5)])
def test_copies_in_two_places_are_answered_in_either(numbers: tuple[int, ...]) -> None:
    assert answers_no_copy(0, 2)(story_of(*numbers)).verdict is Verdict.DEPARTED
    assert answers_no_copy(0, 2)(story_of(1, 2, 2, 3, 4, 5)).verdict is Verdict.KEPT


def test_a_file_that_did_not_arrive_keeps_no_rule() -> None:
    finding = answers_no_copy(2)(story_of(1, 2, ended=Outcome.TIMED_OUT))
    assert finding.verdict is Verdict.DEPARTED
    assert finding.seen.startswith("sent nothing more after DATA 2")
