"""Who was first: a client answers what has come, and what it answers sooner it has not heard.

A script delays one packet of ours. A client that answers it meanwhile has taken something else for
it: a copy, an old packet, one of another place in the file, or nothing at all.
"""

from __future__ import annotations

from tftp_fsm.examine.checks import Finding, departed
from tftp_fsm.examine.grading.story import Seen, Story
from tftp_fsm.examine.grading.trial import Judge
from tftp_fsm.language import sentence
from tftp_fsm.wire.headers import Opcode


def in_turn(judge: Judge, number: int) -> Judge:
    """The judge, for a client that goes no further before ours of that number has reached it.

    Ours is DATA for a reader, whose ACK of it is too early then, and ACK for a writer.
    """

    def judged(story: Story) -> Finding:
        early = too_early(story, number)
        if early is None:
            return judge(story)
        later = early.number or 0
        if story.is_read:
            return departed(
                sentence("sent ACK {later} before DATA {number} came", later=later, number=number)
            )
        return departed(
            sentence("sent DATA {later} before ACK {number} came", later=later, number=number)
        )

    return judged


def too_early(story: Story, number: int) -> Seen | None:
    """What the client sent before ours of that number had reached it, though it answers that."""
    ours, theirs = Opcode.ACK, Opcode.DATA
    if story.is_read:
        ours, theirs = theirs, ours
    for one in story:
        if one.port != "tid":
            continue
        if one.way == "sent" and (one.kind, one.number) == (ours, number) and not one.lost:
            return None
        is_next = (one.number or 0) >= (number if story.is_read else number + 1)
        if one.way == "heard" and one.kind is theirs and is_next:
            return one
    return None
