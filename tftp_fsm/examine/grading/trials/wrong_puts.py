"""Trials of writing with wrong packets: from a stranger, or of a wrong kind."""

from __future__ import annotations

from collections.abc import Callable

from tftp_fsm.examine.checks import Finding, departed
from tftp_fsm.examine.grading.judges import (
    answers_stranger,
    completes_or_refuses,
    if_reached,
    is_not_misled,
    is_undisturbed,
    was_sent,
)
from tftp_fsm.examine.grading.story import Story
from tftp_fsm.examine.grading.trial import (
    HEARD,
    R1350_2,
    R1350_4,
    Facts,
    Twist,
    asks,
    beside,
    put_trial,
)
from tftp_fsm.examine.grading.turns import in_turn, too_early
from tftp_fsm.examine.script import instead, late
from tftp_fsm.language import mark
from tftp_fsm.wire.headers import Opcode
from tftp_fsm.wire.packets import Ack, Data, Error, build


def _is_not_taken_in(story: Story) -> Finding:
    """Find whether the stranger's ACK did not cause DATA 4."""
    if too_early(story, 3) or story.heard(Opcode.DATA, port="stranger"):
        return departed(mark("took the stranger's ACK 3, and sent DATA 4"))
    return is_undisturbed(story)


def _stray(packet: Ack | Error) -> Callable[[Facts], Twist]:
    stray = instead(Opcode.ACK, build(packet), 2)
    return lambda facts: Twist((late(Opcode.ACK, 3, after=HEARD),), strangers=(stray,))


def _wrong_opening(facts: Facts) -> Twist:
    data = build(Data(1, b"not asked for"))
    return Twist((instead(Opcode.ACK, data, 0), instead(Opcode.OACK, data)))


PUTS = (
    put_trial(
        asks(
            if_reached(in_turn(completes_or_refuses, 3), was_sent(Opcode.ACK, 2)),
            "put-future-ack",
            mark("An ACK from the future"),
            mark("ACKs; ACK 4 after ACK 2, though DATA 4 was never sent"),
            mark(
                "an ACK of a block that was not sent is not accepted as an answer: the "
                "client waits, or ends with an ERROR"
            ),
            R1350_2,
            mark("blocks are left out, and the file is damaged"),
            1,
        ),
        twist=beside(Ack(4), 2, late(Opcode.ACK, 3, after=HEARD)),
    ),
    put_trial(
        asks(
            if_reached(_is_not_taken_in, was_sent(Opcode.ACK, 3, "stranger")),
            "put-stray-ack",
            mark("A stranger sends ACK 3"),
            mark("ACKs; ACK 3 comes from another port before DATA 3 is acknowledged"),
            mark("a packet from another port does not disturb the transfer"),
            R1350_4,
            mark("any host can end the transfer, or make the client leave out blocks"),
            2,
        ),
        asks(
            if_reached(answers_stranger, was_sent(Opcode.ACK, 3, "stranger")),
            "put-stray-ack.answer",
            mark("The stranger gets ERROR 5"),
            mark("the same ACK 3 from another port"),
            mark("the sender of a packet from a wrong port gets an ERROR 5"),
            R1350_4,
            mark("a lost session of the server stays until it gives up"),
            1,
        ),
        twist=_stray(Ack(3)),
    ),
    put_trial(
        asks(
            if_reached(is_undisturbed, was_sent(Opcode.ERROR, 0, "stranger")),
            "put-stray-error",
            mark("A stranger sends ERROR"),
            mark("ACKs; an ERROR comes from another port"),
            mark("a packet from another port does not disturb the transfer"),
            R1350_4,
            mark("any host can end the transfer"),
            1,
        ),
        twist=_stray(Error(0, "not for you")),
    ),
    put_trial(
        asks(
            is_not_misled,
            "put-wrong-opening",
            mark("A WRQ is answered by DATA 1"),
            mark("DATA 1 instead of the first answer, and then the right answer"),
            mark("a WRQ is answered by ACK 0, OACK or ERROR"),
            R1350_4,
            mark("the client reports success, but the server has no file"),
            1,
        ),
        twist=_wrong_opening,
        ends="either",
    ),
)
