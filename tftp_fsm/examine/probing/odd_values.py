"""Check whether a server agrees to option values that no RFC allows, and explain it."""

from __future__ import annotations

from tftp_fsm.examine.checks import Check, Finding, departed, kept, not_examined
from tftp_fsm.examine.probing.desk import Desk
from tftp_fsm.examine.probing.examination import Examination
from tftp_fsm.examine.probing.option_answers import NO_NUMBER, number_of, value_of
from tftp_fsm.examine.probing.talk import Answer, NoAnswer, words_of
from tftp_fsm.language import joined, layout, mark, marked, sentence
from tftp_fsm.wire.packets import Data, Error, ErrorCode, Oack, Pairs
from tftp_fsm.wire.ranges import OPTIONS

# Whether the server is asked depends on whether it takes the option.
_ODD = {"blksize": "0 7 65465 -1 many", "timeout": "0 256", "windowsize": "0 65536"}
ODD: Pairs = tuple((name, value) for name, values in _ODD.items() for value in values.split())

# What it means that a value outside of the range was agreed to: below the least, above the most.
_OUTSIDE = {
    "blksize": (
        mark("a client refuses such small blocks, or the file takes a great many packets"),
        mark("a client has no room for such a block, and refuses it or loses its end"),
    ),
    "timeout": (
        mark("both sides send again without a pause"),
        mark("a client refuses the value, or waits for minutes after each loss"),
    ),
    "windowsize": (
        mark("no block may be sent before an ACK, so both sides wait, or use different windows"),
        mark("a window has more blocks than there are numbers, so the two ends mix up blocks"),
    ),
}
_ENDLESS = mark("no block can be shorter than 0 octets, so the file has no end")
_MORE = mark("the server uses more than was asked for, and a client refuses that")
_OTHER_WAIT = mark("the two ends wait for different times before they send again")
_OTHER_CODE = mark("a client does not learn that its option is at fault, and may give up")
_NOTHING = {
    NoAnswer.SILENCE: mark("a client waits for an answer until it gives up"),
    NoAnswer.BROKEN: mark("a client cannot read the answer, and waits until it gives up"),
}
_NO_OACK = mark("a client cannot use this answer to a request")


def odd_values(desk: Desk) -> Finding:
    """Ask for values that no RFC allows, one by one."""
    asked = [(name, value) for name, value in ODD if name in desk.known.taken]
    if not asked:
        return not_examined(mark("the server accepts no option that has a range"))
    answers = [(f"{name}={value}", desk.first_answer(((name, value),))) for name, value in asked]
    meanings = [(pair, meaning_of(pair, packet)) for pair, packet in answers]
    wrong = [
        layout("{asked}: {answer}", asked=pair, answer=words_of(packet))
        for (pair, packet), (_, meaning) in zip(answers, meanings, strict=True)
        if meaning
    ]
    if wrong:
        return departed(joined("; ", list(wrong)), means=_meanings(meanings))
    return kept(joined("; ", _grouped([(pair, _taken(packet)) for pair, packet in answers])))


def meaning_of(pair: str, packet: Answer) -> str:
    """Return the meaning of the answer to a forbidden `name=value`. Empty: it is allowed."""
    name, _, asked = pair.partition("=")
    match packet:
        case Data():
            return ""
        case Error():
            return "" if packet.code == ErrorCode.REFUSED_OPTIONS else _OTHER_CODE
        case Oack():
            return _of_oack(name, asked, packet)
        case NoAnswer():
            return _NOTHING[packet]
        case _:
            return _NO_OACK


def _of_oack(name: str, asked: str, oack: Oack) -> str:
    """Return the same for an OACK. A smaller blksize or windowsize is an allowed answer."""
    if value_of(oack, name) is None:
        return ""
    number = number_of(oack, name)
    if number is None:
        return NO_NUMBER
    if name == "blksize" and number == 0:
        return _ENDLESS
    if number not in OPTIONS[name]:
        return _OUTSIDE[name][number > OPTIONS[name].most]
    if not asked.isdigit():
        return sentence(
            "the client has sent no number, and the server uses {number}: the two ends may use"
            " different values",
            number=number,
        )
    if name == "timeout":
        return _OTHER_WAIT
    return "" if number < int(asked) else _MORE


def _meanings(meanings: list[tuple[str, str]]) -> str:
    """Return the meanings in words. If all are the same, the values are not named."""
    grouped = _grouped([(pair, marked(words)) for pair, words in meanings if words])
    distinct = {words for _, words in meanings if words}
    return marked(distinct.pop()) if len(distinct) == 1 else joined("; ", grouped)


def _taken(packet: Answer) -> str:
    return sentence("left out") if isinstance(packet, Data) else words_of(packet)


def _grouped(said: list[tuple[str, str]]) -> list[str]:
    """Return the words for each pair. Pairs with the same words are joined."""
    kinds: dict[str, list[str]] = {}
    for pair, words in said:
        kinds.setdefault(words, []).append(pair)
    return [
        layout("{asked}: {answer}", asked=", ".join(pairs), answer=words)
        for words, pairs in kinds.items()
    ]


ODD_VALUES = Examination(
    Check(
        "odd-values",
        mark("Values that no RFC allows are not agreed to"),
        sentence("RRQ with {options}", options=", ".join(f"{name} {value}" for name, value in ODD)),
        mark("the option is left out, or ERROR 8, or a lower value that is allowed"),
        "RFC 2347, RFC 2348, RFC 2349, RFC 7440",
        mark("the two ends use different values, or a client gets no file"),
    ),
    odd_values,
    requests=len(ODD),
)
