"""Common words of findings and reports: packets, and numbers with their nouns."""

from __future__ import annotations

from tftp_fsm.language import sentence, sentence_n


def first_answer(verb: str) -> str:
    """Return the answer to a request without options."""
    return "DATA 1" if verb == "get" else "ACK 0"


def error_5_or_silence() -> str:
    """Return the answer to a packet of another TID."""
    return sentence("ERROR 5, or silence")


def ack_again(block: int) -> str:
    """Return the packet of a receiver when the block comes again."""
    return sentence("ACK {block} again", block=block)


def the_packet(kind: str) -> str:
    """Return words such as `the OACK` or `an ERROR`."""
    return sentence("an ERROR") if kind == "ERROR" else sentence("the {kind}", kind=kind)


def all_fragments() -> str:
    """Return the expectation for a datagram in fragments."""
    return sentence("all fragments")


def times(count: int) -> str:
    """Return words such as `1 time`, `3 times`."""
    return sentence_n("{count:,} time", "{count:,} times", count)


def begins_in_middle() -> str:
    """Return the remark on a drawing with steps from before the capture."""
    return sentence(
        "the capture begins in the middle: the request and the steps before the first DATA are "
        "not real, but made up"
    )
