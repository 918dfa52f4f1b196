"""Judge the exit statuses of a program, over all trials that were run so far.

The facts of the finding have the status of each trial. So a card that is read again still has them,
and another easy trial does not hide a fault in an earlier one.
"""

from __future__ import annotations

from tftp_fsm.examine.checks import Facts, Finding, departed, kept, not_examined
from tftp_fsm.examine.grading import meanings
from tftp_fsm.language import joined, layout, mark, sentence

RIGHT = "right"
NOT_ENDED = "did not end in time"
MOST = 6  # trials that are named


def finding_of(facts: Facts) -> Finding:
    """`facts` has RIGHT, the status that was wrong, or NOT_ENDED for each trial."""
    if not facts:
        return not_examined(mark("none of the trials that were run can show it"))
    wrong = [(trial, status) for trial, status in facts if status != RIGHT]
    if not wrong:
        return kept(mark("right after every trial"), *facts)
    seen = _wrong_after([_named(trial, status) for trial, status in wrong])
    return departed(seen, *facts, means=_means([status for _, status in wrong]))


def merged(before: Facts, now: Facts) -> Facts:
    """Return the better status for each trial. Of two equally good ones the later counts."""
    best = dict(before)
    best.update((trial, status) for trial, status in now if best.get(trial) != RIGHT)
    return tuple(best.items())


def _named(trial: str, status: str | float) -> str:
    if status == NOT_ENDED:
        return sentence("{trial} (did not end in time)", trial=trial)
    return layout("{trial} ({status})", trial=trial, status=status)


def _wrong_after(wrong: list[str]) -> str:
    trials = joined(", ", wrong[:MOST])
    if len(wrong) <= MOST:
        return sentence("wrong after {trials}", trials=trials)
    more = len(wrong) - MOST
    return sentence("wrong after {trials}, and {more} more", trials=trials, more=more)


def _means(wrong: list[str | int | float]) -> str:
    """Return the meaning of wrong statuses. For a status of 0 the check itself has it."""
    if 0 in wrong:
        return ""
    return meanings.ENDLESS if set(wrong) == {NOT_ENDED} else meanings.SUCCESS_AS_FAILURE
