"""The results of an attempt. Each question of its trial judges the story.

A client loses no points for faults on this side, such as a fault of this program or a missing port
for a stranger.
"""

from __future__ import annotations

from tftp_fsm.examine.checks import Finding, Result, Verdict, fault, not_examined
from tftp_fsm.examine.grading.story import Story
from tftp_fsm.examine.grading.trial import Question, Trial
from tftp_fsm.examine.grading.trials.published import file_check
from tftp_fsm.language import mark, sentence


def results_of(trial: Trial, story: Story) -> tuple[Result, ...]:
    """Return one result for each question.

    If a client was right to refuse the transfer, the file is not judged.
    """
    found = tuple(Result(question.check, _judged(question, story)) for question in trial.questions)
    check = file_check(trial)
    is_right = all(result.verdict is Verdict.KEPT for result in found)
    if check is None or not is_right or not story.errors() or trial.ends != "well":
        return found
    return (*found, Result(check, not_examined(mark("it was right to refuse the transfer"))))


def _judged(question: Question, story: Story) -> Finding:
    if story.failed is not None:
        return fault(story.failed)
    if story.no_stranger:
        return not_examined(
            sentence("no port could be opened for the stranger: {why}", why=story.no_stranger)
        )
    try:
        return question.judge(story)
    except Exception as failed:
        return fault(failed)
