"""Handle files whose blocks are numbered from 0, although RFC 1350 section 5 begins with 1.

Both machines count from 1, so they do not take block 0. It is noted, and counted with the file.
"""

from __future__ import annotations

from tftp_fsm.explain.packets.seen import Seen
from tftp_fsm.explain.packets.words import first_answer
from tftp_fsm.explain.transfer.transfer import CLIENT, SERVER, Transfer
from tftp_fsm.language import sentence


def opens_with_zero(transfer: Transfer, seen: Seen) -> bool:
    """Note and return whether DATA 0 is the first block of the file, or its repetition."""
    if (seen.kind, seen.block) != ("DATA", 0) or transfer.begins_in_middle:
        return False
    if transfer.top[transfer.sender] or not (transfer.skew or _is_first(transfer)):
        return False
    if transfer.verb == "get":
        _answers(transfer, seen)
    else:
        words = sentence("{packet} is the first block", packet=seen.words)
        transfer.find("from-zero", "client", seen, words, expected="DATA 1")
    if not transfer.skew:
        transfer.skew = -1
        transfer.log.renumber(transfer.sender, 0)
        if seen.size < transfer.blksize:
            transfer.file_size, transfer.final_seen = seen.size, seen
    return True


def _is_first(transfer: Transfer) -> bool:
    """Return whether the next DATA is the first one of the file."""
    if transfer.verb == "put":
        last = transfer.sides[CLIENT].last
        return last is not None and last.kind == "WRQ"
    last, answer = transfer.sides[SERVER].last, transfer.sides[CLIENT].last
    is_answered = answer is not None and (answer.kind, answer.block) == ("ACK", 0)
    return last is None or (last.kind == "OACK" and is_answered)


def _answers(transfer: Transfer, seen: Seen) -> None:
    words: str = sentence("{packet} is the first block", packet=seen.words)
    expected = first_answer("get")
    if transfer.oack is None:
        words = sentence("the {request} was answered by {packet}", request="RRQ", packet=seen.words)
        expected = sentence("{packet}, OACK or ERROR", packet=expected)
    cause = sentence("a server that numbers blocks from 0; the first block has number 1")
    transfer.find("from-zero", "server", seen, words, expected=expected, cause=cause)


def acknowledges_zero(transfer: Transfer, name: str, seen: Seen, at: int) -> bool:
    """Return whether the receiver acknowledges DATA 0 as the first block."""
    is_ack = name == transfer.receiver and (seen.kind, seen.block) == ("ACK", 0)
    if not is_ack or transfer.skew >= 0 or transfer.top[transfer.sender]:
        return False
    transfer.took_zero = True
    transfer.sides[transfer.sender].asked_at = at  # for block 1
    if transfer.file_size is not None and not transfer.is_complete:
        transfer.is_complete, transfer.ended_at, transfer.final_at = True, at, at
    return True


def is_not_taken(transfer: Transfer) -> bool:
    """Return whether a sender has sent block 0 and has not gone on."""
    return transfer.findings.count("from-zero") > 0 and not transfer.top[transfer.sender]
