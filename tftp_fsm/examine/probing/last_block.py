"""Checks of the end of a file: after a full block, and in an empty file."""

from __future__ import annotations

from tftp_fsm.borders import brief
from tftp_fsm.examine.checks import Check, Finding, departed, kept, not_examined
from tftp_fsm.examine.probing.desk import MOST_BLOCKS, READING, Desk
from tftp_fsm.examine.probing.examination import Examination
from tftp_fsm.examine.probing.repeated import NO_END
from tftp_fsm.examine.probing.talk import NoAnswer, Talk
from tftp_fsm.examine.probing.untested import still_coming, without
from tftp_fsm.language import mark, sentence, sentence_n
from tftp_fsm.wire.options import PLAIN_BLKSIZE
from tftp_fsm.wire.packets import ErrorCode
from tftp_fsm.wire.words import octets_words, packet_words

_NO_EMPTY = mark(
    "name an empty file with --empty; or give --write, and the check write-empty writes one and"
    " reads it"
)
_WRITTEN_EMPTY = mark(
    "name an empty file with --empty; or see the check write-empty, which writes one and reads it"
)
NOT_GIVEN = (ErrorCode.FILE_NOT_FOUND, ErrorCode.ACCESS_VIOLATION)


def exact_multiple(desk: Desk) -> Finding:
    """Agree on a blksize that divides the size of the file: an empty DATA must end it."""
    size = desk.known.size
    if not size:
        return not_examined(mark("the size of the file is not known, or it is empty"))
    blksize = _divisor(size, desk.known.most_blksize)
    if blksize is None:
        return not_examined(
            sentence_n(
                "no blksize that the server takes divides {count:,} octet into few blocks: name a"
                " file of 1,024 octets",
                "no blksize that the server takes divides {count:,} octets into few blocks: name a"
                " file of 1,024 octets",
                size,
            )
        )
    options = () if blksize == PLAIN_BLKSIZE else (("blksize", str(blksize)),)
    with desk.read(options) as talk:
        talk.run(READING, until=lambda: talk.ended or talk.came == size)
        if talk.session.blksize != blksize:
            return not_examined(
                sentence("blksize {value} was asked for, and not agreed to", value=blksize)
            )
        if not talk.came and talk.error() is not None:
            return without(talk, "DATA 1")
        talk.run(desk.answer, until=lambda: talk.ended)
        if talk.came != size:
            return still_coming(talk, READING) or _other_size(desk, talk, size)
        last = size // blksize
        words = sentence("{count} full DATA of {size}", count=last, size=octets_words(blksize))
        if talk.succeeded:
            return kept(sentence("{words}, then an empty one", words=words))
        seen = sentence("{words}, then: {how}", words=words, how=talk.outcome)
        return departed(seen, fault=NO_END if talk.error() is None else "")


def _other_size(desk: Desk, talk: Talk, size: int) -> Finding:
    """Return the finding if the file has another size than the blocks were chosen for."""
    came = octets_words(talk.came)
    if desk.known.content is None:  # only tsize has told the size
        told_size = octets_words(size)
        return not_examined(
            sentence("tsize announced {told}, but {came} came", told=told_size, came=came)
        )
    return departed(sentence("{size} came, then: {how}", size=came, how=talk.outcome))


def _divisor(size: int, most: int | None) -> int | None:
    """Return the blksize that divides `size`, or None. 512 needs no option."""
    if size % PLAIN_BLKSIZE == 0 and size // PLAIN_BLKSIZE < MOST_BLOCKS:
        return PLAIN_BLKSIZE
    largest = min(most or 0, 1428, size)
    return next(
        (
            blksize
            for blksize in range(largest, 7, -1)
            if size % blksize == 0 and size // blksize < MOST_BLOCKS
        ),
        None,
    )


def empty(desk: Desk) -> Finding:
    """Read an empty file."""
    if desk.wishes.empty is None:
        return not_examined(_NO_EMPTY if desk.wishes.write is None else _WRITTEN_EMPTY)
    name = desk.wishes.empty
    with desk.read(name=name) as talk:
        talk.run(desk.answer, until=lambda: talk.ended)
        if talk.octets == b"":
            return kept(mark("one DATA without octets"))
        if talk.octets is not None:
            return not_examined(
                sentence(
                    "{name} has {size}: name an empty one with --empty",
                    name=brief(name),
                    size=octets_words(len(talk.octets)),
                )
            )
        error = talk.error()
        if error is not None and error.code in NOT_GIVEN:
            return not_examined(
                sentence("{packet}: name another one with --empty", packet=packet_words(error))
            )
        return departed(talk.outcome if talk.heard() else NoAnswer.SILENCE.value)


ENDING_CHECKS = (
    Examination(
        Check(
            "exact-multiple",
            mark("A file whose size is a multiple of blksize ends with an empty DATA"),
            mark("RRQ with a blksize that divides the size of the file"),
            mark("a DATA of 0 octets follows the last full one"),
            "RFC 1350 section 6, RFC 2348",
            mark("a client waits for the end of the file until it gives up"),
        ),
        exact_multiple,
        seconds=READING,
    ),
    Examination(
        Check(
            "empty-file",
            mark("An empty file is one empty DATA"),
            mark("RRQ for an empty file"),
            mark("DATA 1 of 0 octets"),
            "RFC 1350 section 6",
            mark("a client waits, or reports a failure"),
        ),
        empty,
    ),
)
