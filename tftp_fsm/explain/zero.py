"""A server that numbers the blocks of a file from 0; RFC 1350 section 5 begins with 1.

Both machines count from 1, so block 0 is none for them. It is noted, and counted with the file.
"""

from __future__ import annotations

from tftp_fsm.explain.look import Seen
from tftp_fsm.explain.transfer import SERVER, Transfer
from tftp_fsm.explain.words import first_answer
from tftp_fsm.language import sentence


def opens_with_zero(transfer: Transfer, seen: Seen) -> bool:
    """DATA 0 is the server's first answer to an RRQ, or that once more. It is noted."""
    is_get = transfer.verb == "get" and seen.kind == "DATA" and seen.block == 0
    if not is_get or transfer.begins_in_middle or transfer.top[SERVER]:
        return False
    if transfer.oack is not None or not (transfer.skew or not transfer.sides[SERVER].packets):
        return False
    words = sentence("the {request} was answered by {packet}", request="RRQ", packet=seen.words)
    transfer.find(
        "wrong-reply",
        "server",
        seen,
        words,
        expected=sentence("{packet}, OACK or ERROR", packet=first_answer("get")),
        cause=sentence("a server that numbers blocks from 0; the first block has number 1"),
    )
    if not transfer.skew:
        transfer.skew = -1
        transfer.keep(0, seen)
    return True


def acknowledges_zero(transfer: Transfer, seen: Seen) -> bool:
    """The client has taken DATA 0 for the first block."""
    return transfer.skew < 0 and seen.block == 0 and transfer.is_unanswered
