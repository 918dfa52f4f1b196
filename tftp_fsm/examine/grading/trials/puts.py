"""Trials of writing over a network that loses, copies and adds packets."""

from __future__ import annotations

from tftp_fsm.examine.checks import Finding, departed, kept
from tftp_fsm.examine.grading.copies import answers_no_copy
from tftp_fsm.examine.grading.judges import (
    backs_off,
    completes,
    how_it_ended,
    if_reached,
    repeats,
    was_sent,
)
from tftp_fsm.examine.grading.slow import goes_over
from tftp_fsm.examine.grading.story import Story
from tftp_fsm.examine.grading.trial import (
    LAST,
    LONG,
    QUIET,
    R1350_2,
    SILENCE,
    WRAP,
    WRAP_RULE,
    Facts,
    Twist,
    asks,
    beside,
    put_trial,
    trial,
)
from tftp_fsm.examine.grading.turns import in_turn
from tftp_fsm.examine.script import lose, twice
from tftp_fsm.language import mark, sentence
from tftp_fsm.wire.headers import Opcode
from tftp_fsm.wire.packets import Ack

SORCERER = "RFC 1123 section 4.2.3.1"
ONE_LOST = mark("one lost packet ends the transfer")


def _asked(story: Story) -> list[float]:
    return [one.at for one in story.requests()]


def _second(story: Story) -> list[float]:
    return [one.at for one in story.heard(Opcode.DATA, 2)]


def _sends_last_again(story: Story) -> Finding:
    sent = len(story.heard(Opcode.DATA, LAST))
    if not sent:
        return departed(how_it_ended(story))
    if sent > 1:
        return kept(mark("sent the last DATA again"))
    if story.peer_left is not None:
        return departed(mark("did not send the last DATA again, and closed its port"))
    return departed(sentence("did not send the last DATA again for {seconds:g} s", seconds=SILENCE))


def _silent(facts: Facts) -> Twist:
    return Twist((lose(None, times=None),))


def _lost_answer(facts: Facts) -> Twist:
    return Twist((lose(Opcode.ACK, 0), lose(Opcode.OACK)))


def _deaf(facts: Facts) -> Twist:
    return Twist((lose(Opcode.DATA, 2, "received", times=None),))


PUTS = (
    put_trial(
        asks(
            repeats(mark("its WRQ"), _asked, anew=True),
            "put-silent",
            mark("The server never answers"),
            mark("nothing"),
            mark("a packet without an answer is sent again after a time-out"),
            R1350_2,
            ONE_LOST,
            1,
        ),
        twist=_silent,
        waits=QUIET,
        silence=24.0,
        ends="badly",
    ),
    put_trial(
        asks(
            in_turn(repeats("DATA 2", _second), 2),
            "put-deaf",
            mark("The server never acknowledges DATA 2"),
            mark("ACK 0 or OACK, ACK 1, and then nothing"),
            mark("a DATA that is not acknowledged is sent again after a time-out"),
            R1350_2,
            ONE_LOST,
            2,
        ),
        asks(
            backs_off("DATA 2", _second),
            "put-deaf.back-off",
            mark("The waits grow"),
            mark("ACK 0 or OACK, ACK 1, and then nothing"),
            mark("the time-out is adaptive, and grows at least exponentially"),
            "RFC 1123 section 4.2.3.2",
            mark("many clients at once keep a slow network full of copies"),
            1,
        ),
        twist=_deaf,
        waits=QUIET,
        silence=24.0,
        ends="badly",
    ),
    put_trial(
        asks(
            completes,
            "put-lost-answer",
            mark("The first answer is lost"),
            mark("ACK 0 or OACK, which is lost; then nothing until the WRQ comes again"),
            mark("the client sends its WRQ again, and the transfer begins"),
            R1350_2,
            ONE_LOST,
            1,
        ),
        twist=_lost_answer,
        waits=QUIET,
    ),
    put_trial(
        asks(
            completes,
            "put-lost-data",
            mark("DATA 2 is lost"),
            mark("ACKs; DATA 2 is lost, and the server says nothing until it comes again"),
            mark("a DATA that is not acknowledged is sent again"),
            R1350_2,
            ONE_LOST,
            1,
        ),
        twist=lambda facts: Twist((lose(Opcode.DATA, 2, "received"),)),
        waits=QUIET,
    ),
    put_trial(
        asks(
            if_reached(in_turn(completes, 2), was_sent(Opcode.ACK, 2)),
            "put-lost-ack",
            mark("ACK 2 is lost"),
            mark("ACKs; ACK 2 is lost, and the server says nothing until DATA 2 comes again"),
            mark("a DATA that is not acknowledged is sent again"),
            R1350_2,
            ONE_LOST,
            1,
        ),
        twist=lambda facts: Twist((lose(Opcode.ACK, 2),)),
        waits=QUIET,
    ),
    put_trial(
        asks(
            if_reached(answers_no_copy(2), was_sent(Opcode.ACK, 2)),
            "put-duplicate-ack",
            mark("ACK 2 comes twice (Sorcerer's Apprentice)"),
            mark("ACKs; ACK 2 twice, one right after the other"),
            mark("a DATA is never sent again because an ACK comes again (MUST NOT)"),
            SORCERER,
            mark("every later packet of the transfer is sent twice"),
            2,
        ),
        twist=lambda facts: Twist((twice(Opcode.ACK, 2),)),
        waits=QUIET,
    ),
    put_trial(
        asks(
            if_reached(answers_no_copy(3), was_sent(Opcode.ACK, 3)),
            "put-old-ack",
            mark("ACK 1 comes once more after ACK 3"),
            mark("ACKs; a late copy of ACK 1 after ACK 3"),
            mark("a DATA is never sent again because an old ACK comes (MUST NOT)"),
            SORCERER,
            mark("a network that delays a packet starts the file again"),
            1,
        ),
        twist=beside(Ack(1), 3),
        waits=QUIET,
    ),
    put_trial(
        asks(
            if_reached(in_turn(completes, 3), was_sent(Opcode.ACK, 2)),
            "put-any-ack",
            mark("ACK 2 comes twice, and DATA 3 is lost"),
            mark("ACKs; ACK 2 twice, and then nothing until DATA 3 comes again"),
            mark("an old ACK does not acknowledge the DATA that was sent last"),
            R1350_2,
            mark("a block is left out, and the file is damaged"),
            1,
        ),
        twist=lambda facts: Twist((twice(Opcode.ACK, 2), lose(Opcode.DATA, 3, "received"))),
        waits=QUIET,
    ),
    put_trial(
        asks(
            _sends_last_again,
            "put-final-ack-lost",
            mark("The final ACK is lost"),
            sentence(
                "ACKs; ACK {last} is lost, and the server says nothing until DATA {last} comes "
                "again",
                last=LAST,
            ),
            mark("a DATA that is not acknowledged is sent again, also the last one"),
            R1350_2,
            mark("the client cannot know whether the file is there"),
            1,
        ),
        twist=lambda facts: Twist((lose(Opcode.ACK, LAST),)),
        waits=QUIET,
        linger=SILENCE,
    ),
    trial(
        "put",
        asks(
            goes_over,
            "put-wrap",
            mark("Block 65535 is followed by block 0"),
            sentence("ACKs for a file of {blocks} blocks", blocks=WRAP),
            WRAP_RULE,
            "RFC 1350 section 5",
            mark("no file of 32 MB or more can be moved"),
            1,
        ),
        blocks=WRAP,
        longest=LONG,
    ),
)
