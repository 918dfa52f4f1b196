"""Trials of reading with wrong packets: from a stranger, too long, or of another kind."""

from __future__ import annotations

from tftp_fsm.examine.checks import Finding, departed, kept, told
from tftp_fsm.examine.grading.judges import (
    answers_stranger,
    completes_or_refuses,
    if_reached,
    is_complete,
    is_not_misled,
    is_undisturbed,
    refused,
    was_sent,
)
from tftp_fsm.examine.grading.story import Story
from tftp_fsm.examine.grading.trial import (
    BLOCK,
    FILE,
    HEARD,
    R1350_2,
    R1350_4,
    Facts,
    Twist,
    asks,
    first_answer,
    trial,
)
from tftp_fsm.examine.grading.turns import in_turn, too_early
from tftp_fsm.examine.script import instead, late
from tftp_fsm.language import mark, sentence
from tftp_fsm.wire.headers import Opcode
from tftp_fsm.wire.packets import Ack, Data, Error, build

LONGER = 100  # octets beyond a full block
OTHER = b"somebody else's file".ljust(BLOCK, b"!")


def _stray_data(facts: Facts) -> Twist:
    stray = instead(Opcode.DATA, build(Data(3, OTHER)), 2)
    return Twist((late(Opcode.DATA, 3, after=HEARD),), strangers=(stray,))


def _stray_error(facts: Facts) -> Twist:
    stray = instead(Opcode.DATA, build(Error(0, "not for you")), 2)
    return Twist((late(Opcode.DATA, 3, after=HEARD),), strangers=(stray,))


def _is_not_taken_in(story: Story) -> Finding:
    """Find whether the stranger's DATA 3 was not acknowledged."""
    if story.heard(Opcode.ACK, port="stranger") or too_early(story, 3):
        return departed(mark("acknowledged the stranger's DATA 3"))
    return is_undisturbed(story)


def _future_data(facts: Facts) -> Twist:
    added = instead(Opcode.DATA, build(Data(5, OTHER)), 2)
    return Twist((late(Opcode.DATA, 3, after=HEARD),), beside=(added,))


def _long_data(facts: Facts) -> Twist:
    octets = build(Data(2, facts.block(2))) + bytes(LONGER)
    return Twist((instead(Opcode.DATA, octets, 2),))


def _wrong_opening(facts: Facts) -> Twist:
    return Twist((instead(first_answer(facts), build(Ack(0))),))


def _refuses_long(story: Story) -> Finding:
    size = story.agreed.blksize or BLOCK
    whole = [one for one in story.sent(Opcode.DATA, 2) if one.octets == 4 + size]
    acks = story.heard(Opcode.ACK, 2)
    if acks and (not whole or acks[0].at < whole[0].at):
        return departed(sentence("acknowledged a DATA of {octets} octets", octets=size + LONGER))
    if ended := refused(story):
        return ended
    if is_complete(story):
        return kept(mark("did not accept it, and waited for the right one"))
    if story.peer_left is not None:
        return departed(mark("ended without an ERROR"))
    return told(mark("acknowledged neither it nor the right one"))


GETS = (
    trial(
        "get",
        asks(
            if_reached(in_turn(completes_or_refuses, 3), was_sent(Opcode.DATA, 2)),
            "future-data",
            mark("A DATA from the future"),
            sentence("{file}; DATA 5 with other octets between DATA 2 and DATA 3", file=FILE),
            mark(
                "a DATA that is neither late nor a copy is not accepted: the client waits, "
                "or ends with an ERROR"
            ),
            R1350_2,
            mark("a wrong packet ends the transfer or damages the file"),
            1,
        ),
        twist=_future_data,
    ),
    trial(
        "get",
        asks(
            if_reached(_refuses_long, was_sent(Opcode.DATA, 2)),
            "long-data",
            mark("A DATA that is too long"),
            sentence(
                "{file}; DATA 2 has {octets} octets, and then comes again with the right length",
                file=FILE,
                octets=BLOCK + LONGER,
            ),
            sentence(
                "a DATA has at most {octets} octets, or as many as were agreed",
                octets=BLOCK,
            ),
            "RFC 1350 section 5",
            mark("octets beyond the agreed blksize get into the file"),
            1,
        ),
        twist=_long_data,
        ends="either",
    ),
    trial(
        "get",
        asks(
            if_reached(_is_not_taken_in, was_sent(Opcode.DATA, 3, "stranger")),
            "stray-data",
            mark("A stranger sends DATA 3"),
            sentence("{file}; DATA 3 with other octets comes from another port", file=FILE),
            mark("a packet from another port does not disturb the transfer"),
            R1350_4,
            mark("any host can end the transfer, or put octets into the file"),
            2,
        ),
        asks(
            if_reached(answers_stranger, was_sent(Opcode.DATA, 3, "stranger")),
            "stray-data.answer",
            mark("The stranger gets ERROR 5"),
            mark("the same DATA 3 from another port"),
            mark("the sender of a packet from a wrong port gets an ERROR 5"),
            R1350_4,
            mark("a lost session of the server stays until it gives up"),
            1,
        ),
        twist=_stray_data,
    ),
    trial(
        "get",
        asks(
            if_reached(is_undisturbed, was_sent(Opcode.ERROR, 0, "stranger")),
            "stray-error",
            mark("A stranger sends ERROR"),
            sentence("{file}; an ERROR comes from another port", file=FILE),
            mark("a packet from another port does not disturb the transfer"),
            R1350_4,
            mark("any host can end the transfer"),
            1,
        ),
        twist=_stray_error,
    ),
    trial(
        "get",
        asks(
            is_not_misled,
            "wrong-opening",
            mark("An RRQ is answered by ACK 0"),
            mark("ACK 0 instead of the first answer, and then the right answer"),
            mark("an RRQ is answered by DATA 1, OACK or ERROR"),
            R1350_4,
            mark("a server can make the client send a file that its user did not want to send"),
            1,
        ),
        twist=_wrong_opening,
        ends="either",
    ),
)
