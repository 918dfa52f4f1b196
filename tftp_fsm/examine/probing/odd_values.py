"""Values of options that no RFC allows: whether the server agrees to one."""

from __future__ import annotations

from collections.abc import Iterator

from tftp_fsm.examine.checks import Check, Finding, departed, kept, not_examined
from tftp_fsm.examine.probing.desk import Desk
from tftp_fsm.examine.probing.examination import Examination
from tftp_fsm.examine.probing.options import number_of, value_of
from tftp_fsm.examine.probing.talk import Answer, words_of
from tftp_fsm.language import joined, layout, mark, sentence
from tftp_fsm.wire.packets import Data, Error, ErrorCode, Oack, Pairs
from tftp_fsm.wire.ranges import OPTIONS

# Whether the server is asked depends on whether it takes the option.
_ODD = {"blksize": "0 7 65465 -1 many", "timeout": "0 256", "windowsize": "0 65536"}
ODD: Pairs = tuple((name, value) for name, values in _ODD.items() for value in values.split())


def odd_values(desk: Desk) -> Finding:
    """Ask for values that no RFC allows, one by one."""
    asked = [(name, value) for name, value in ODD if name in desk.known.taken]
    if not asked:
        return not_examined(mark("the server takes no option that has a range"))
    answers = [(f"{name}={value}", desk.first_answer(((name, value),))) for name, value in asked]
    wrong = [
        layout("{asked}: {answer}", asked=pair, answer=words_of(packet))
        for pair, packet in answers
        if is_wrong(pair, packet)
    ]
    if wrong:
        return departed(joined("; ", list(wrong)))
    return kept(joined("; ", list(_summary(answers))))


def is_wrong(pair: str, packet: Answer) -> bool:
    """Whether the answer to `name=value`, which no RFC allows, is one that a client cannot use."""
    name, _, value = pair.partition("=")
    match packet:
        case Data():
            return False
        case Error():
            return packet.code != ErrorCode.REFUSED_OPTIONS
        case Oack():
            agreed = value_of(packet, name)
            number = number_of(packet, name)
            if agreed is None:
                return False
            if number is None or number not in OPTIONS[name]:
                return True
            # A larger blksize or windowsize may be answered with less, and nothing else.
            return not (value.isdigit() and name != "timeout" and number < int(value))
        case _:
            return True


def _summary(answers: list[tuple[str, Answer]]) -> Iterator[str]:
    """The answers in words. An answer that several values got is said once."""
    kinds: dict[str, list[str]] = {}
    for pair, packet in answers:
        words = sentence("left out") if isinstance(packet, Data) else words_of(packet)
        kinds.setdefault(words, []).append(pair)
    for words, pairs in kinds.items():
        yield layout("{asked}: {answer}", asked=", ".join(pairs), answer=words)


ODD_VALUES = Examination(
    Check(
        "odd-values",
        mark("Values that no RFC allows are not agreed to"),
        sentence("RRQ with {options}", options=", ".join(f"{name} {value}" for name, value in ODD)),
        mark("the option is left out, or ERROR 8, or a lower value that is allowed"),
        "RFC 2347, RFC 2348, RFC 2349, RFC 7440",
        mark("both sides follow different rules, or the client waits in vain"),
    ),
    odd_values,
    requests=len(ODD),
)
