"""Say in words how a talk with the server has ended, for people who read a report card.

    DATA 5 came in place of DATA 4, and the transfer did not end
    ACK 1 did not come again for DATA 1; the server's port is closed

The datagrams on the wire tell more than the session does: a session ignores a wrong block number,
and it does not know what a script has kept from it.
"""

from __future__ import annotations

from collections.abc import Sequence

from tftp_fsm.examine.probing.tap import KEPT, Seen
from tftp_fsm.language import joined, marked, sentence
from tftp_fsm.protocol.events import Finished, Outcome
from tftp_fsm.protocol.gloss import outcome_gloss
from tftp_fsm.protocol.termination import NO_PORT
from tftp_fsm.wire.headers import Opcode
from tftp_fsm.wire.packets import Error
from tftp_fsm.wire.words import packet_words


def ended_words(seen: Sequence[Seen], finished: Finished | None, *, is_windowed: bool) -> str:
    """Return what is missing or wrong among these datagrams, and how the session has ended."""
    what = "" if _is_over(finished) else _on_the_wire(seen, is_windowed=is_windowed)
    return joined("; ", [*filter(None, (what, _end_words(finished, bool(what))))])


def misnumbered(seen: Sequence[Seen]) -> str:
    """Return the first block number that is not the next one nor an old one, in words, or "".

    It is known only if the datagrams are all those of the session. In windows a gap may be a loss.
    """
    if len(seen) >= KEPT:
        return ""
    last = 0  # the last DATA that came in order, or that was sent
    for one in seen:
        number = one.number or 0
        match one.direction, one.opcode:
            case "sent", Opcode.DATA:
                last = number
            case "received", Opcode.ACK if number > last:
                return _wrong_ack(number, last)
            case "received", Opcode.DATA if number == 0 or number > last + 1:
                return sentence(
                    "DATA {number} came in place of DATA {next}", number=number, next=last + 1
                )
            case "received", Opcode.DATA:
                last = max(last, number)
    return ""


def _wrong_ack(number: int, last: int) -> str:
    if not last:
        return sentence("ACK {number} came in place of ACK 0", number=number)
    return sentence("ACK {number} came for DATA {last}", number=number, last=last)


def _is_over(finished: Finished | None) -> bool:
    """Return whether the end needs no other cause: a success, or an ERROR of one of both ends."""
    over = (Outcome.SUCCEEDED, Outcome.PEER_ERROR, Outcome.REFUSED)
    return finished is not None and finished.outcome in over


def _on_the_wire(seen: Sequence[Seen], *, is_windowed: bool) -> str:
    wrong = "" if is_windowed else misnumbered(seen)
    return wrong or _unacknowledged(seen)


def _unacknowledged(seen: Sequence[Seen]) -> str:
    """Return that the last DATA of ours got no ACK, or no second one if the script lost it."""
    sent = [one.number for one in seen if (one.direction, one.opcode) == ("sent", Opcode.DATA)]
    if not sent:
        return ""
    acks = [one.number for one in seen if (one.direction, one.opcode) == ("received", Opcode.ACK)]
    if sent[-1] in acks:
        return sentence("ACK {block} did not come again for DATA {block}", block=sent[-1])
    return sentence("no ACK came for DATA {block}", block=sent[-1])


def _end_words(finished: Finished | None, is_explained: bool) -> str:
    """Return the end of the session. If its cause `is_explained`, only what that does not say."""
    if finished is None:
        return sentence("the transfer did not end")
    code, message = finished.code or 0, finished.message
    match finished.outcome:
        case Outcome.SUCCEEDED:
            return sentence("the transfer succeeded")
        case Outcome.PEER_ERROR:
            return packet_words(Error(code, message))
        case Outcome.REFUSED:
            why = marked(message)
            return sentence("tftp-fsm refuses it with ERROR {code}: {why}", code=code, why=why)
        case Outcome.UNREACHABLE if message == NO_PORT:
            return sentence("the server's port is closed")
        case Outcome.UNREACHABLE:
            return sentence("the network reported: {error}", error=marked(message))
        case Outcome.UNKNOWN | Outcome.TIMED_OUT if is_explained:
            return sentence("the transfer did not end")
        case Outcome.UNKNOWN | Outcome.TIMED_OUT:
            return message
        case other:
            return joined(" ", [*filter(None, (outcome_gloss(other), message))])
