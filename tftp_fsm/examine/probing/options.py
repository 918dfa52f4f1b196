"""Checks of the options of a server: their limits, and the answers to odd values."""

from __future__ import annotations

from tftp_fsm.examine.checks import Check, Finding, Verdict, departed, kept, not_examined, told
from tftp_fsm.examine.probing.desk import Desk
from tftp_fsm.examine.probing.examination import Examination
from tftp_fsm.examine.probing.option_answers import (
    LISTENING,
    TIMEOUT,
    USUAL_BLKSIZE,
    asked_for,
    fault_of,
    left_out,
    not_begun,
    number_of,
    other_block,
    value_of,
)
from tftp_fsm.examine.probing.talk import words_of
from tftp_fsm.examine.script import lose
from tftp_fsm.language import mark, sentence, sentence_n
from tftp_fsm.wire.headers import Opcode
from tftp_fsm.wire.options import UNCHANGING
from tftp_fsm.wire.packets import Data, Error, Oack
from tftp_fsm.wire.ranges import OPTIONS
from tftp_fsm.wire.words import octets_words, pairs_words

UNKNOWN = "x-tftp-fsm-probe"
EMPTY = mark("the file is empty, and tsize may be left out for it: name a file with octets")
NO_ACK = lose(Opcode.ACK, times=None)
_TOO_LARGE = mark("a client takes the complete file for an incomplete one")
_TOO_SMALL = mark("a client reserves too little room, or takes the file for one that is too long")
_OTHER_WAIT = mark(
    "some clients (tftp-fsm) refuse the OACK and get no file; others (curl) go on, and the two ends"
    " wait for different times before they send again"
)
_NOT_AGAIN = mark("if the OACK is lost, the client waits until it asks again or gives up")
_TOO_SOON = mark("the server sends copies before an answer can have come")
_TOO_LATE = mark("each loss takes longer than the client has chosen")
_NOT_KNOWN = mark(
    "the client believes that its option is agreed, but the server does not know the option"
)
_SAME_RULES = mark(
    "these values hold without an option, too: tftp-fsm, atftp and busybox go on, and nothing is"
    " lost"
)
_OTHER_RULES = mark(
    "by RFC 2347 a client ends with ERROR 8, and tftp-fsm does so; curl, atftp and busybox "
    "go on with most options, and if the server uses one of them, the two ends follow "
    "different rules"
)
_UNCALLED = mark(
    "a client that knows no options takes the OACK for an error, and gets no file, as"
    " curl --tftp-no-options does"
)
_NO_FILE = mark("a client that writes options in capitals gets no file")
MOST_NAMED = 4  # options that were not asked for


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
        return told(sentence("it announces {size}; the file was not read to its end", size=octets))
    if desk.known.size is None:
        came = octets_words(desk.known.came)
        return told(
            sentence("it announces {size}; {came} came, but not the end", size=octets, came=came)
        )
    words = sentence(
        "it announces {size}, and {read} were read",
        size=octets,
        read=octets_words(desk.known.size),
    )
    if size == desk.known.size:
        return kept(words, ("tsize", size))
    means = _TOO_LARGE if size > desk.known.size else _TOO_SMALL
    return departed(words, ("tsize", size), means=means)


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
            return departed(asked_for(TIMEOUT, answer), means=_OTHER_WAIT)
        desk.known.has_timeout = True
        talk.run(LISTENING, until=lambda: len(talk.heard_from_peer(Opcode.OACK)) > 1)
        times = [seen.at - talk.began for seen in talk.heard_from_peer(Opcode.OACK)]
    most = OPTIONS["timeout"].most
    answer = desk.first_answer((("timeout", str(most)),))
    high = number_of(answer, "timeout")
    if value_of(answer, "timeout") is not None and high != most:
        return departed(asked_for(most, answer), means=_OTHER_WAIT)
    if found := not_begun("timeout", most, answer):
        return found
    limits = sentence("it accepts {low} to {high}", low=low, high=most)
    if high != most:
        limits = sentence("it accepts {low}, but not {high}", low=low, high=most)
    finding = timed(times, limits)
    if finding.verdict is Verdict.DEPARTED:
        desk.doubt()
    return finding


def timed(times: list[float], limits: str) -> Finding:
    """Judge whether the OACKs at these times keep the agreed timeout."""
    if len(times) < 2:
        return departed(
            sentence(
                "{agreed} s was agreed, and the OACK did not come again; {limits}",
                agreed=TIMEOUT,
                limits=limits,
            ),
            means=_NOT_AGAIN,
        )
    after = times[1] - times[0]
    words = sentence(
        "{agreed} s was agreed, and the OACK came again after {after:.1f} s; {limits}",
        agreed=TIMEOUT,
        after=after,
        limits=limits,
    )
    if not TIMEOUT / 2 <= after <= 2 * TIMEOUT:
        means = _TOO_SOON if after < TIMEOUT else _TOO_LATE
        return departed(words, ("seconds", round(after, 1)), means=means)
    return kept(words, ("seconds", round(after, 1)))


def unknown(desk: Desk) -> Finding:
    """Ask for an unknown option together with a common one."""
    answer = desk.first_answer(((UNKNOWN, "1"), ("tsize", "0")))
    if value_of(answer, UNKNOWN) is not None:
        return departed(words_of(answer), means=_NOT_KNOWN)
    if not isinstance(answer, Data | Oack):
        return departed(words_of(answer), fault=fault_of(answer))
    if isinstance(answer, Data) and answer.block != 1:
        return not_examined(other_block(answer))
    return kept(sentence("it is left out: {answer}", answer=words_of(answer)))


def option_case(desk: Desk) -> Finding:
    """Write an option in capitals."""
    if "blksize" not in desk.known.taken:
        return not_examined(mark("the server does not accept blksize"))
    answer = desk.first_answer((("BlkSize", str(USUAL_BLKSIZE)),))
    if value_of(answer, "blksize") is None:
        words = sentence("BlkSize is not accepted as blksize: {answer}", answer=words_of(answer))
        return departed(words, means="" if isinstance(answer, Data | Oack) else _NO_FILE)
    return kept(mark("BlkSize is accepted as blksize"))


def unasked_options(desk: Desk) -> Finding:
    """Which options were in OACKs so far, and in no request for them."""
    oacks = desk.oacks()
    if not oacks:
        return not_examined(mark("no OACK came"))
    uncalled = sum(one.is_uncalled for one in oacks)
    wrong = [one.unasked for one in oacks if one.unasked]
    if uncalled:
        return departed(
            sentence_n(
                "an OACK came to {count} request without options",
                "an OACK came to each of {count} requests without options",
                uncalled,
            ),
            means=_UNCALLED,
        )
    if not wrong:
        return kept(mark("each OACK has only options that were asked for"))
    found = tuple(dict.fromkeys(pair for pairs in wrong for pair in pairs))
    words = sentence(
        "{options}: not asked for, and in {count} of {all} OACKs",
        options=pairs_words(found[:MOST_NAMED]),
        count=len(wrong),
        all=len(oacks),
    )
    return departed(words, means=_SAME_RULES if all(map(_holds_anyway, found)) else _OTHER_RULES)


def _holds_anyway(pair: tuple[str, str]) -> bool:
    """Whether the option says what RFC 1350 has without options."""
    name, value = pair[0].lower(), pair[1]
    return name in UNCHANGING and value == str(UNCHANGING[name])


TSIZE = Examination(
    Check(
        "tsize",
        mark("The size of the file is announced"),
        mark("RRQ with tsize 0"),
        mark("OACK with the size of the file in octets, or no tsize at all"),
        "RFC 2349",
        mark("a client reserves too little room, or takes a complete file for an incomplete one"),
    ),
    tsize,
)
AGREED_TIMEOUT = Examination(
    Check(
        "timeout",
        mark("The time before a retransmission is agreed"),
        mark("RRQ with timeout 1 and 255; no ACK for the OACK"),
        mark("OACK with the same value, and again after so many seconds"),
        "RFC 2349",
        mark("a client cannot choose the time before a retransmission"),
    ),
    timeout,
    requests=2,
    seconds=LISTENING,
)
NAMES_OF_OPTIONS = (
    Examination(
        Check(
            "unknown-option",
            mark("An option that the server does not know is left out"),
            sentence("RRQ with {option} and tsize", option=UNKNOWN),
            mark("the option is ignored, and the transfer goes on"),
            "RFC 2347",
            mark("a client with a newer option gets no file, unless it asks again without it"),
        ),
        unknown,
    ),
    Examination(
        Check(
            "option-case",
            mark("Upper and lower case of an option do not matter"),
            sentence("RRQ with BlkSize {value}", value=USUAL_BLKSIZE),
            mark("the option is blksize"),
            "RFC 2347",
            mark("an option of such a client is never accepted"),
        ),
        option_case,
    ),
)
UNASKED = Examination(
    Check(
        "unasked-option",
        mark("An OACK has only options that were asked for"),
        mark("nothing more"),
        mark(
            "an option that was not in the request is not in the OACK, and a request without"
            " options gets no OACK"
        ),
        "RFC 2347",
        _OTHER_RULES,
    ),
    unasked_options,
    requests=0,
)
