"""Which options a server takes, with which limits, and what it says to odd ones."""

from __future__ import annotations

from tftp_fsm.examine.checks import Check, Finding, Verdict, departed, kept, not_examined, told
from tftp_fsm.examine.probing.desk import Desk
from tftp_fsm.examine.probing.early import cannot_accept
from tftp_fsm.examine.probing.examination import Examination
from tftp_fsm.examine.probing.talk import Answer, words_of
from tftp_fsm.examine.script import lose
from tftp_fsm.language import joined, layout, mark, sentence
from tftp_fsm.trace.describe import octets_words
from tftp_fsm.wire.headers import Opcode
from tftp_fsm.wire.packets import Data, Error, ErrorCode, Oack
from tftp_fsm.wire.ranges import OPTIONS

UNKNOWN = "x-tftp-fsm-probe"
USUAL_BLKSIZE = 1428  # octets; it fits an Ethernet frame
TIMEOUT = 1  # seconds; the least that can be asked for
LISTENING = 3.0 * TIMEOUT  # seconds in which an OACK comes again, however patient the user is
DIGITS = 20  # of a number; no file is larger
EMPTY = mark("the file is empty, and tsize may be left out for it: name a file with octets")
NO_ACK = lose(Opcode.ACK, times=None)


def value_of(packet: Answer, name: str) -> str | None:
    """The value of an option in an OACK, or None."""
    pairs = packet.options if isinstance(packet, Oack) else ()
    return next((value for key, value in pairs if key.lower() == name), None)


def number_of(packet: Answer, name: str) -> int | None:
    """The value of an option as a number, even if it is out of range; None if it is no number."""
    value = value_of(packet, name) or ""
    is_number = value.isascii() and value.isdigit() and len(value) <= DIGITS
    return int(value) if is_number else None


def tsize(desk: Desk) -> Finding:
    """Ask for the size of the file."""
    answer = desk.first_answer((("tsize", "0"),))
    size = number_of(answer, "tsize")
    if size is None:
        finding = left_out(answer, "tsize")
        is_answered = finding.verdict is Verdict.TOLD and not isinstance(answer, Error)
        return not_examined(EMPTY) if is_answered and desk.known.size == 0 else finding
    octets = octets_words(size)
    is_likely = desk.known.is_longer and size > desk.known.came
    if desk.known.size is None and (is_likely or size == desk.known.came):
        desk.known.size = size
        return told(sentence("it tells {size}; the file was not read to its end", size=octets))
    if desk.known.size is None:
        came = octets_words(desk.known.came)
        return told(sentence("it tells {size}; {came} came, and no end", size=octets, came=came))
    words = sentence(
        "it tells {size}, and {read} were read",
        size=octets,
        read=octets_words(desk.known.size),
    )
    return (kept if size == desk.known.size else departed)(words, ("tsize", size))


def _asked_for(value: int, answer: Answer) -> str:
    return sentence("{value} was asked for: {answer}", value=value, answer=words_of(answer))


def left_out(answer: Answer, name: str) -> Finding:
    """No option is a duty: who leaves it out keeps the rules, if the transfer goes on."""
    is_left_out = value_of(answer, name) is None  # else its value is no number
    words = {"option": name, "answer": words_of(answer)}
    match answer:
        case Data() | Oack() if is_left_out:
            return told(
                sentence("it does not take the option {option}: the answer is {answer}", **words)
            )
        case Error(ErrorCode.REFUSED_OPTIONS):
            return told(sentence("it refuses the option {option}: the answer is {answer}", **words))
    return departed(sentence("the option {option} was asked for: {answer}", **words))


def blksize(desk: Desk) -> Finding:
    """Ask for the usual blksize, and for the least and the largest."""
    known = desk.known
    with desk.read((("blksize", str(USUAL_BLKSIZE)),)) as talk:
        talk.run(desk.answer, until=lambda: talk.ended or talk.heard(Opcode.DATA))
        answer = talk.answer()
        usual, blocks = number_of(answer, "blksize"), talk.heard(Opcode.DATA)
    if usual is None:
        return left_out(answer, "blksize")
    known.taken.add("blksize")
    if not 8 <= usual <= USUAL_BLKSIZE:
        return departed(_asked_for(USUAL_BLKSIZE, answer))
    if not blocks and talk.has_refused:
        return departed(cannot_accept(talk))
    if not blocks:
        return departed(
            sentence("OACK was acknowledged, and no DATA came: {how}", how=talk.outcome)
        )
    if blocks[0].payload > usual or blocks[0].payload < min(usual, known.size or 0):
        size = octets_words(blocks[0].payload)
        return departed(
            sentence("{agreed} was agreed, and DATA 1 has {size}", agreed=usual, size=size)
        )
    least, most = OPTIONS["blksize"].least, OPTIONS["blksize"].most
    low, high = (desk.first_answer((("blksize", str(n)),)) for n in (least, most))
    known.most_blksize = usual
    return _limits(desk, low, high, least, most)


def _limits(desk: Desk, low: Answer, high: Answer, least: int, most: int) -> Finding:
    for asked, answer in ((least, low), (most, high)):
        number = number_of(answer, "blksize")
        is_allowed = number is not None and least <= number <= asked
        if value_of(answer, "blksize") is not None and not is_allowed:
            return departed(_asked_for(asked, answer))
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
        return kept(sentence("it takes {low} to {high}", low=smallest, high=largest), *facts)
    answers = joined("; ", refused)
    return kept(
        sentence("it takes {value}, but not {answers}", value=taken, answers=answers), *facts
    )


def timeout(desk: Desk) -> Finding:
    """Ask for a timeout, leave the OACK without an ACK, and measure."""
    low = OPTIONS["timeout"].least
    with desk.read((("timeout", str(TIMEOUT)),), NO_ACK) as talk:
        talk.run(desk.answer, until=talk.heard)
        answer = talk.answer()
        agreed = number_of(answer, "timeout")
        if agreed is None:
            return left_out(answer, "timeout")
        desk.known.taken.add("timeout")
        if agreed != TIMEOUT:
            return departed(_asked_for(TIMEOUT, answer))
        if talk.has_refused:
            return departed(cannot_accept(talk))
        desk.known.has_timeout = True
        talk.run(LISTENING, until=lambda: len(talk.heard(Opcode.OACK)) > 1)
        times = [seen.at - talk.began for seen in talk.heard(Opcode.OACK)]
    most = OPTIONS["timeout"].most
    answer = desk.first_answer((("timeout", str(most)),))
    high = number_of(answer, "timeout")
    if value_of(answer, "timeout") is not None and high != most:
        return departed(_asked_for(most, answer))
    if high == most:
        return timed(times, sentence("it takes {low} to {high}", low=low, high=high))
    return timed(times, sentence("it takes {low}, but not {high}", low=low, high=most))


def timed(times: list[float], limits: str) -> Finding:
    """Whether the OACKs that came at these times keep the timeout that was agreed."""
    if len(times) < 2:
        return departed(
            sentence(
                "{agreed} s was agreed, and the OACK did not come again; {limits}",
                agreed=TIMEOUT,
                limits=limits,
            )
        )
    after = times[1] - times[0]
    words = sentence(
        "{agreed} s was agreed, and the OACK came again after {after:.1f} s; {limits}",
        agreed=TIMEOUT,
        after=after,
        limits=limits,
    )
    if not TIMEOUT / 2 <= after <= 2 * TIMEOUT:
        return departed(words, ("seconds", round(after, 1)))
    return kept(words, ("seconds", round(after, 1)))


def unknown(desk: Desk) -> Finding:
    """Ask for an option that nobody knows, beside one that many know."""
    answer = desk.first_answer(((UNKNOWN, "1"), ("tsize", "0")))
    named = {name.lower() for name, _ in answer.options} if isinstance(answer, Oack) else set()
    if named - {"tsize"} or not isinstance(answer, Data | Oack):
        return departed(words_of(answer))
    return kept(sentence("it is left out: {answer}", answer=words_of(answer)))


def option_case(desk: Desk) -> Finding:
    """Write an option in capitals."""
    if "blksize" not in desk.known.taken:
        return not_examined(mark("the server does not take blksize"))
    answer = desk.first_answer((("BlkSize", "512"),))
    if value_of(answer, "blksize") is None:
        return departed(
            sentence("BlkSize is not taken for blksize: {answer}", answer=words_of(answer))
        )
    return kept(mark("BlkSize is taken for blksize"))


LIMITS = (
    Examination(
        Check(
            "tsize",
            mark("The size of the file is told"),
            mark("RRQ with tsize 0"),
            mark("OACK with the size of the file in octets, or no tsize at all"),
            "RFC 2349",
            mark("a client reserves too little room, or takes a whole file for a cut one"),
        ),
        tsize,
    ),
    Examination(
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
    ),
    Examination(
        Check(
            "timeout",
            mark("The time before a retransmission is agreed"),
            mark("RRQ with timeout 1 and 255; no ACK for the OACK"),
            mark("OACK with the same value, and again after so many seconds"),
            "RFC 2349",
            mark("a client that knows its network cannot choose how long a loss takes"),
        ),
        timeout,
        requests=2,
        seconds=LISTENING,
    ),
)
NAMES_OF_OPTIONS = (
    Examination(
        Check(
            "unknown-option",
            mark("An option that the server does not know is left out"),
            sentence("RRQ with {option} and tsize", option=UNKNOWN),
            mark("the option is ignored, and the transfer goes on"),
            "RFC 2347",
            mark("a client with a newer option gets no file"),
        ),
        unknown,
    ),
    Examination(
        Check(
            "option-case",
            mark("Upper and lower case of an option do not matter"),
            mark("RRQ with BlkSize 512"),
            mark("the option is blksize"),
            "RFC 2347",
            mark("an option of such a client is never taken"),
        ),
        option_case,
    ),
)
