"""Requests with an option: usual values, and what the answers to them mean."""

from __future__ import annotations

from tftp_fsm.examine.checks import Finding, departed, not_examined, told
from tftp_fsm.examine.probing.talk import Answer, words_of
from tftp_fsm.language import mark, sentence
from tftp_fsm.wire.packets import Data, Error, ErrorCode, Oack

USUAL_BLKSIZE = 1428  # octets; it fits an Ethernet frame
TIMEOUT = 1  # seconds; the least that can be asked for
LISTENING = 3.0 * TIMEOUT  # seconds in which an OACK is repeated, for any patience of the user
DIGITS = 20  # of a number; no file is larger
NO_NUMBER = mark("the OACK has no number, so a client refuses it, or reads it in its own way")
NO_FAULT = mark("this is no fault: a server may leave out any option, and the client goes on")
_REFUSED = mark(
    "this is no fault: a server may refuse an option, and the client asks again without it"
)


def value_of(packet: Answer, name: str) -> str | None:
    """Return the value of an option in an OACK, or None."""
    pairs = packet.options if isinstance(packet, Oack) else ()
    return next((value for key, value in pairs if key.lower() == name), None)


def number_of(packet: Answer, name: str) -> int | None:
    """Return the value of an option as a number (of any size), or None if it is no number."""
    value = value_of(packet, name) or ""
    is_number = value.isascii() and value.isdigit() and len(value) <= DIGITS
    return int(value) if is_number else None


def asked_for(value: int, answer: Answer) -> str:
    """Return the requested value and the answer in words."""
    return sentence("{value} was asked for: {answer}", value=value, answer=words_of(answer))


def left_out(answer: Answer, name: str) -> Finding:
    """Judge an option that was left out. This is allowed if the transfer goes on."""
    is_left_out = value_of(answer, name) is None  # otherwise its value is not a number
    words = {"option": name, "answer": words_of(answer)}
    match answer:
        case Data(block) if block != 1:
            return not_examined(other_block(answer))
        case Data() | Oack() if is_left_out:
            seen = sentence(
                "it does not accept the option {option}: the answer is {answer}", **words
            )
            return told(seen, means=NO_FAULT)
        case Error(ErrorCode.REFUSED_OPTIONS):
            seen = sentence("it refuses the option {option}: the answer is {answer}", **words)
            return told(seen, means=_REFUSED)
    means = NO_NUMBER if isinstance(answer, Oack) else no_file(name)
    seen = sentence("the option {option} was asked for: {answer}", **words)
    return departed(seen, means=means, fault=fault_of(answer))


def fault_of(answer: Answer) -> str:
    """Return the fault that no request with an option gets a file, or ""."""
    return "" if isinstance(answer, Oack) else f"options: {words_of(answer)}"


def other_block(answer: Answer) -> str:
    """Return that a transfer began with another block than DATA 1, which the check read judges."""
    return sentence("{packet} came in place of DATA 1: see the check read", packet=words_of(answer))


def no_file(option: str) -> str:
    """Return the meaning of an answer with which no transfer begins."""
    return sentence(
        "a client that asks for {option} gets no file, unless it asks again without it",
        option=option,
    )


def not_begun(name: str, value: int, answer: Answer) -> Finding | None:
    """Return the finding if a value may be left out, and this answer begins no transfer at all."""
    match answer:
        case Data() | Oack() | Error(ErrorCode.REFUSED_OPTIONS):
            return None
    return departed(asked_for(value, answer), means=no_file(f"{name} {value}"))
