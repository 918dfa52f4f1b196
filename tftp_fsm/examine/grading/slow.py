"""Handle right clients that are too slow for a long trial.

Nothing is known about the rule then, so they lose no points.
"""

from __future__ import annotations

from tftp_fsm.examine.checks import Finding, not_examined
from tftp_fsm.examine.grading.judges import completes
from tftp_fsm.examine.grading.story import LATELY, Story
from tftp_fsm.examine.grading.trial import LONG, WRAP
from tftp_fsm.language import sentence

TOP = 65535  # the block that must be reached
MOVING = 10.0  # seconds in which there must be a new block


def goes_over(story: Story) -> Finding:
    """Find whether the whole file was transferred, or the time ended before block 65535."""
    if not is_too_slow(story):
        return completes(story)
    return not_examined(
        sentence(
            "too slow: it was at block {number} of {blocks} after {seconds:g} s",
            number=story.highest,
            blocks=WRAP,
            seconds=LONG,
        )
    )


def is_too_slow(story: Story) -> bool:
    """Return whether it made progress until the time of a long trial was over."""
    last = story.last_heard()
    if last is None or story.errors() or story.fault or story.highest >= TOP:
        return False
    if last.at < story.began + LONG - LATELY:
        return False
    return len({one.number for one in story.heard() if one.at >= last.at - MOVING}) > 1
