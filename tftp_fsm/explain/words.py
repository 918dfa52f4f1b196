"""Words that findings and reports share: packets, and numbers with their nouns."""

from __future__ import annotations

from tftp_fsm.language import sentence, sentence_n


def first_answer(verb: str) -> str:
    """What a request without options is answered with."""
    return "DATA 1" if verb == "get" else "ACK 0"


def error_5_or_silence() -> str:
    """What a packet of another TID is answered with."""
    return sentence("ERROR 5, or silence")


def ack_again(block: int) -> str:
    """What a receiver sends when the block comes again."""
    return sentence("ACK {block} again", block=block)


def the_packet(kind: str) -> str:
    """`the OACK`, `an ERROR`."""
    return sentence("an ERROR") if kind == "ERROR" else sentence("the {kind}", kind=kind)


def all_fragments() -> str:
    """What was expected of a datagram in fragments."""
    return sentence("all fragments")


def times(count: int) -> str:
    """`1 time`, `3 times`."""
    return sentence_n("{count:,} time", "{count:,} times", count)


def begins_in_middle() -> str:
    """The remark on a drawing with steps from before the capture."""
    return sentence(
        "the capture begins in the middle: the steps before its first DATA are made up, also the "
        "request"
    )
