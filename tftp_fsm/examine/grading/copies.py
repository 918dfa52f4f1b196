"""Judge a writing client to which an ACK or OACK comes again (Sorcerer's Apprentice).

The server sees a packet when it reads it. If it is busy, its ACK is late, and a client with a short
time-out sends its DATA again without having done wrong. Some clients answer one copy and no other,
so it decides nothing how many blocks come twice. It decides which: an answer to the copy is the
block that follows it, or an earlier one than has been sent. Any other block came again by itself.
"""

from __future__ import annotations

from collections import Counter

from tftp_fsm.examine.checks import Finding, departed, kept, not_examined
from tftp_fsm.examine.grading.judges import Judge, how_it_ended, is_complete
from tftp_fsm.examine.grading.story import Story
from tftp_fsm.language import sentence
from tftp_fsm.wire.headers import Opcode


def answers_no_copy(*behind: int) -> Judge:
    """Judge that no DATA was sent again for a packet that came again after ACK `behind`.

    0 is the first answer. A client may have sent DATA again before, and not for each block after
    the copy. Then its time-out may be short, and this cannot be distinguished from an answer.
    """

    def judged(story: Story) -> Finding:
        numbers = [one.number or 0 for one in story.heard(Opcode.DATA)]
        twice = sorted(number for number, count in Counter(numbers).items() if count > 1)
        words = ", ".join(map(str, twice[:5]))
        if not _goes_back(numbers) and not any(number + 1 in twice for number in behind):
            if not is_complete(story):
                return departed(how_it_ended(story))
            return _sent_each(words)
        later = range(min(behind) + 1, max(numbers) + 1)
        if twice[0] <= min(behind) and not set(later) <= set(twice) and not _goes_back(numbers):
            return not_examined(
                sentence(
                    "sent DATA {numbers} more than once, also before the copy came: its time-out"
                    " may be too short for this server",
                    numbers=words,
                )
            )
        return departed(sentence("sent DATA {numbers} more than once", numbers=words))

    return judged


def _goes_back(numbers: list[int]) -> bool:
    """Return whether a block came again after a later one. Only an answer does that."""
    before: set[int] = set()
    for number in numbers:
        if number in before and number < max(before):
            return True
        before.add(number)
    return False


def _sent_each(again: str) -> Finding:
    if not again:
        return kept(sentence("sent each DATA once"))
    return kept(sentence("sent DATA {numbers} again, but not in answer to the copy", numbers=again))
