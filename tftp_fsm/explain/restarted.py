"""A client that was started again: it asks for the same file from the same port.

Its request may be a late copy. It is none if the client goes on with the port that answers it, and
with that one alone.
"""

from __future__ import annotations

from copy import copy

from tftp_fsm.capture.reading.datagram import Captured
from tftp_fsm.explain.doubts import Again
from tftp_fsm.explain.look import REQUESTS, look, opens
from tftp_fsm.explain.side import NO_TIMER
from tftp_fsm.explain.transfer import CLIENT, Transfer


def asks_again(transfer: Transfer, datagram: Captured) -> None:
    """The client sends the request of this transfer. It may have been started again."""
    if transfer.is_unanswered or transfer.is_over:
        return
    transfer.settle()
    client = transfer.sides[CLIENT]
    if (datagram.at or 0) + transfer.clock_shift - client.last_at >= NO_TIMER:
        transfer.doubts.again = Again(datagram, copy(client))


def follows(transfer: Transfer, datagram: Captured) -> bool:
    """It goes to the port that has answered the request that came again, and none went elsewhere.

    So the client was started again.
    """
    again, last = transfer.doubts.again, transfer.sides[CLIENT].last
    if again is None or not again.answers or last is None or last.kind not in REQUESTS:
        return False
    first, seen = again.answers[0], look(datagram)
    return first.source == datagram.to and opens(look(first)) and seen.kind != "ERROR"


def leave(transfer: Transfer) -> tuple[Captured, ...]:
    """The client was started again. Returns what belongs to the new transfer so far.

    The transfer before is as if it had not come.
    """
    again = transfer.doubts.again
    assert again is not None
    for each in again.answers:
        slug, who = ("two-sessions", "server") if opens(look(each)) else ("stray", "network")
        transfer.findings.retract(slug, who)
    transfer.sides[CLIENT] = again.before
    transfer.last_at = max(side.last_at for side in transfer.sides.values())
    transfer.doubts.anew = again.request
    return again.request, *again.answers
