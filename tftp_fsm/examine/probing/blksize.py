"""The size of a block: which values a server agrees to, and whether it keeps to them."""

from __future__ import annotations

from collections.abc import Sequence

from tftp_fsm.examine.checks import Check, Finding, departed, kept
from tftp_fsm.examine.probing.desk import Desk
from tftp_fsm.examine.probing.examination import Examination
from tftp_fsm.examine.probing.option_answers import (
    NO_NUMBER,
    USUAL_BLKSIZE,
    asked_for,
    left_out,
    not_begun,
    number_of,
    value_of,
)
from tftp_fsm.examine.probing.talk import Answer, words_of
from tftp_fsm.examine.probing.tap import Seen
from tftp_fsm.language import joined, layout, mark, sentence
from tftp_fsm.wire.headers import Opcode
from tftp_fsm.wire.options import PLAIN_BLKSIZE
from tftp_fsm.wire.packets import Data
from tftp_fsm.wire.ranges import OPTIONS
from tftp_fsm.wire.words import octets_words

_TOO_MANY = mark("a client refuses the OACK, or has no room for a block of this size")
_TOO_FEW = mark("a client refuses the OACK, or the file takes a great many packets")
_NO_DATA = mark("a client that asks for blksize gets no file")
_SHORT = mark(
    "a client takes this first short block for the end of the file, and reports no error: "
    "the end of the file is missing. curl, atftp and busybox do so even if tsize announced "
    "more octets"
)
_LONG = mark(
    "a client has no room for such a long block: it refuses the block, or loses the end of it"
)


def blksize(desk: Desk) -> Finding:
    """Ask for the usual blksize, and for the least and the largest."""
    known = desk.known
    with desk.read((("blksize", str(USUAL_BLKSIZE)),)) as talk:
        talk.listen(desk.answer, until=lambda: talk.ended or talk.heard(Opcode.DATA))
        answer = talk.answer()
        usual, blocks = number_of(answer, "blksize"), talk.heard(Opcode.DATA)
    if usual is None:
        return _of_another_size(desk, answer, blocks) or left_out(answer, "blksize")
    known.taken.add("blksize")
    if not 8 <= usual <= USUAL_BLKSIZE:
        return _not_allowed(USUAL_BLKSIZE, answer, usual)
    if not blocks:
        return departed(
            sentence("OACK was acknowledged, and no DATA came: {how}", how=talk.outcome),
            means=_NO_DATA,
        )
    if not _fits(desk, blocks[0], usual):
        size = octets_words(blocks[0].payload)
        return departed(
            sentence("{agreed} was agreed, and DATA 1 has {size}", agreed=usual, size=size),
            means=_LONG if blocks[0].payload > usual else _SHORT,
        )
    least, most = OPTIONS["blksize"].least, OPTIONS["blksize"].most
    low, high = (desk.first_answer((("blksize", str(n)),)) for n in (least, most))
    known.most_blksize = usual
    return _limits(desk, low, high, least, most)


def _fits(desk: Desk, first: Seen, agreed: int) -> bool:
    """Return whether DATA 1 has the agreed size, or the size of a smaller file."""
    known = desk.known
    return min(agreed, known.came if known.size is None else known.size) <= first.payload <= agreed


def _of_another_size(desk: Desk, answer: Answer, blocks: Sequence[Seen]) -> Finding | None:
    """Return the departure if the answer is DATA 1 with another size than that of RFC 1350."""
    if not isinstance(answer, Data) or answer.block != 1 or _fits(desk, blocks[0], PLAIN_BLKSIZE):
        return None
    size = octets_words(blocks[0].payload)
    return departed(
        sentence("no blksize was agreed, so a block has 512 octets; DATA 1 has {size}", size=size),
        means=_LONG if blocks[0].payload > PLAIN_BLKSIZE else _SHORT,
    )


def _not_allowed(asked: int, answer: Answer, number: int | None) -> Finding:
    if number is None:
        return departed(asked_for(asked, answer), means=NO_NUMBER)
    means = _TOO_MANY if number > asked else _TOO_FEW
    return departed(asked_for(asked, answer), means=means)


def _limits(desk: Desk, low: Answer, high: Answer, least: int, most: int) -> Finding:
    for asked, answer in ((least, low), (most, high)):
        number = number_of(answer, "blksize")
        is_allowed = number is not None and least <= number <= asked
        if value_of(answer, "blksize") is not None and not is_allowed:
            return _not_allowed(asked, answer, number)
        if found := not_begun("blksize", asked, answer):
            return found
    smallest, largest = number_of(low, "blksize"), number_of(high, "blksize")
    desk.known.least_blksize = smallest
    desk.known.most_blksize = largest or desk.known.most_blksize
    taken = USUAL_BLKSIZE if largest is None else largest
    facts = ("least", smallest or 0), ("most", taken)
    refused: list[str] = [
        layout("{asked}: {answer}", asked=asked, answer=words_of(answer))
        for asked, answer, value in ((least, low, smallest), (most, high, largest))
        if value is None
    ]
    if not refused:
        return kept(sentence("it accepts {low} to {high}", low=smallest, high=largest), *facts)
    answers = joined("; ", refused)
    return kept(
        sentence("it accepts {value}, but not {answers}", value=taken, answers=answers), *facts
    )


BLKSIZE = Examination(
    Check(
        "blksize",
        mark("The size of a block is agreed"),
        mark("RRQ with blksize 1428, 8 and 65464"),
        mark("OACK with the value that was asked for or less, and DATA of that size"),
        "RFC 2348",
        mark("a client refuses the OACK, or has no room for a block"),
    ),
    blksize,
    requests=3,
)
