"""Find a client that was started again: it asks for the same file from the same port.

Its request may be a late copy. It is not a copy if the client goes on only with the port that
answers this request.
"""

from __future__ import annotations

from copy import copy

from tftp_fsm.capture.reading.datagram import Captured
from tftp_fsm.explain.doubts import Again
from tftp_fsm.explain.look import REQUESTS, look, opens
from tftp_fsm.explain.side import NO_TIMER
from tftp_fsm.explain.transfer import CLIENT, Transfer


def asks_again(transfer: Transfer, datagram: Captured) -> None:
    """Note that the client repeats the request. It may have been started again."""
    if transfer.is_unanswered or transfer.is_over:
        return
    transfer.settle()
    client = transfer.sides[CLIENT]
    if (datagram.at or 0) + transfer.clock_shift - client.last_at >= NO_TIMER:
        transfer.doubts.again = Again(datagram, copy(client))


def follows(transfer: Transfer, datagram: Captured) -> bool:
    """Return whether the client was started again.

    Then its packet goes to the port that has answered the repeated request, and none of its
    packets went elsewhere.
    """
    again, last = transfer.doubts.again, transfer.sides[CLIENT].last
    if again is None or not again.answers or last is None or last.kind not in REQUESTS:
        return False
    first, seen = again.answers[0], look(datagram)
    return first.source == datagram.to and opens(look(first)) and seen.kind != "ERROR"


def leave(transfer: Transfer) -> tuple[Captured, ...]:
    """Reset a transfer whose client was started again. Return the new transfer's packets.

    The old transfer has the state from before the repeated request.
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
