"""Trials of reading over a network that loses, copies and adds packets."""

from __future__ import annotations

from tftp_fsm.examine.checks import Finding, departed, kept, told
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
    FILE,
    HEARD,
    LAST,
    LONG,
    QUIET,
    R1350_2,
    WRAP,
    WRAP_RULE,
    Facts,
    Twist,
    asks,
    first_answer,
    trial,
)
from tftp_fsm.examine.grading.turns import in_turn
from tftp_fsm.examine.script import instead, late, lose, twice
from tftp_fsm.language import mark, sentence
from tftp_fsm.wire.headers import Opcode
from tftp_fsm.wire.packets import Data, build

_SILENT = (lose(None, times=None),)
R1350_6 = "RFC 1350 section 6"
_END = was_sent(Opcode.DATA, LAST)


def _asked(story: Story) -> list[float]:
    return [one.at for one in story.requests()]


def _lost_answer(facts: Facts) -> Twist:
    return Twist((lose(first_answer(facts)),))


def _old_data(facts: Facts) -> Twist:
    added = instead(Opcode.DATA, build(Data(1, facts.block(1))), 3)
    return Twist((late(Opcode.DATA, 4, after=HEARD),), beside=(added,))


def _acknowledges_last_again(story: Story) -> Finding:
    acks = story.heard(Opcode.ACK, LAST)
    if not acks:
        return departed(how_it_ended(story))
    if len(acks) > 1:
        return kept(mark("acknowledged the last DATA again"))
    if story.peer_left is None:
        return told(mark("did not acknowledge the last DATA again; this is not required"))
    return told(
        mark(
            "did not acknowledge the last DATA again, because its port was closed; this is "
            "not required"
        )
    )


GETS = (
    trial(
        "get",
        asks(
            repeats(mark("its RRQ"), _asked, anew=True),
            "silent",
            mark("The server never answers"),
            mark("nothing"),
            mark("a packet without an answer is sent again after a time-out"),
            R1350_2,
            mark("one lost packet ends the transfer"),
            2,
        ),
        asks(
            backs_off(mark("the RRQ"), _asked),
            "silent.back-off",
            mark("The waits grow"),
            mark("nothing"),
            mark("the time-out is adaptive, and grows at least exponentially"),
            "RFC 1123 section 4.2.3.2",
            mark("many clients at once keep a slow network full of copies"),
            1,
        ),
        twist=lambda facts: Twist(_SILENT),
        waits=QUIET,
        longest=24.0,
        silence=24.0,
        ends="badly",
    ),
    trial(
        "get",
        asks(
            completes,
            "lost-answer",
            mark("The first answer is lost"),
            mark("DATA 1 or OACK, which is lost; then nothing until the RRQ comes again"),
            mark("the client sends its RRQ again, and the transfer begins"),
            R1350_2,
            mark("one lost packet ends the transfer"),
            1,
        ),
        twist=_lost_answer,
        waits=QUIET,
    ),
    trial(
        "get",
        asks(
            if_reached(completes, was_sent(Opcode.DATA, 2)),
            "lost-data",
            mark("DATA 2 is lost"),
            sentence("{file}; DATA 2 is lost, and comes again", file=FILE),
            mark("the client waits for the block that is missing"),
            R1350_2,
            mark("one lost packet ends the transfer"),
            1,
        ),
        twist=lambda facts: Twist((lose(Opcode.DATA, 2),)),
    ),
    trial(
        "get",
        asks(
            if_reached(completes, was_sent(Opcode.DATA, 2)),
            "lost-ack",
            mark("ACK 2 is lost"),
            sentence("{file}; ACK 2 is lost, so DATA 2 comes again", file=FILE),
            mark("a DATA that came before is acknowledged again"),
            R1350_2,
            mark("one lost packet ends the transfer"),
            1,
        ),
        twist=lambda facts: Twist((lose(Opcode.ACK, 2, "received"),)),
    ),
    trial(
        "get",
        asks(
            if_reached(in_turn(completes, 3), was_sent(Opcode.DATA, 2)),
            "duplicate-data",
            mark("DATA 2 comes twice"),
            sentence("{file}; DATA 2 twice, one right after the other", file=FILE),
            mark("a copy is not a new block"),
            R1350_2,
            mark("a network that copies a packet ends the transfer or damages the file"),
            1,
        ),
        twist=lambda facts: Twist((twice(Opcode.DATA, 2), late(Opcode.DATA, 3, after=HEARD))),
    ),
    trial(
        "get",
        asks(
            if_reached(in_turn(completes, 4), was_sent(Opcode.DATA, 3)),
            "old-data",
            mark("DATA 1 comes once more after DATA 3"),
            sentence("{file}; a late copy of DATA 1 between DATA 3 and DATA 4", file=FILE),
            mark("a block that came before is not a new one"),
            R1350_2,
            mark("a network that delays a packet ends the transfer or damages the file"),
            1,
        ),
        twist=_old_data,
    ),
    trial(
        "get",
        asks(
            if_reached(_acknowledges_last_again, _END),
            "final-ack-lost",
            mark("The final ACK is lost"),
            sentence(
                "{file}; ACK {last} is lost, so DATA {last} comes again",
                file=FILE,
                last=LAST,
            ),
            mark(
                "a client may end after its last ACK; the RFC encourages it to dally, and to "
                "acknowledge the last DATA again"
            ),
            R1350_6,
            mark("the server waits until it gives up, and reports a failed transfer"),
            1,
        ),
        twist=lambda facts: Twist((lose(Opcode.ACK, LAST, "received"),)),
        silence=6.0,
    ),
    trial(
        "get",
        asks(
            goes_over,
            "wrap",
            mark("Block 65535 is followed by block 0"),
            sentence("a file of {blocks} blocks", blocks=WRAP),
            WRAP_RULE,
            "RFC 1350 section 5",
            mark("no file of 32 MB or more can be moved"),
            1,
        ),
        blocks=WRAP,
        blksize=8,
        longest=LONG,
        file_points=0,
    ),
)
