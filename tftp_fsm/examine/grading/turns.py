"""Check the order of packets: a client must not answer a packet before it has come.

A script delays one packet of ours. A client that answers it meanwhile has taken another packet for
it: a copy, an old packet, or a packet of another block. Or it does not wait for packets.
"""

from __future__ import annotations

from tftp_fsm.examine.checks import Finding, departed
from tftp_fsm.examine.grading.story import Seen, Story
from tftp_fsm.examine.grading.trial import Judge
from tftp_fsm.language import sentence
from tftp_fsm.wire.headers import Opcode


def in_turn(judge: Judge, number: int) -> Judge:
    """Return `judge` with the demand that the client waits for our packet of this number.

    Our packet is DATA if the client reads, and ACK if it writes.
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
    """Return the client's answer to our packet of this number if it came earlier, or None."""
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
