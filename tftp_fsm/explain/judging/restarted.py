"""Find a client that was started again: it asks for the same file from the same port.

Its request may be a late copy. It is not a copy if the client goes on only with the port that
answers this request.
If the server has one port for all clients, it is not a copy if the client was in the middle of the
file and goes on with its beginning.
"""

from __future__ import annotations

from tftp_fsm.capture.reading.datagram import Captured
from tftp_fsm.explain.packets.seen import REQUESTS, Seen, look, opens
from tftp_fsm.explain.transfer.doubts import Again
from tftp_fsm.explain.transfer.side import NO_TIMER
from tftp_fsm.explain.transfer.transfer import CLIENT, SERVER, Transfer


def asks_again(transfer: Transfer, datagram: Captured) -> None:
    """Note that the client repeats the request. It may have been started again."""
    if transfer.is_unanswered or transfer.is_over:
        return
    transfer.settle()
    client, server = transfer.sides[CLIENT], transfer.sides[SERVER]
    if (datagram.at or 0) + transfer.clock_shift - client.last_at >= NO_TIMER:
        found = transfer.findings.copy()
        transfer.doubts.again = Again(datagram, client.copy(), server.copy(), found)


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
    return _left(transfer, again)


def _left(transfer: Transfer, again: Again) -> tuple[Captured, ...]:
    transfer.sides[CLIENT] = again.before
    transfer.last_at = max(side.last_at for side in transfer.sides.values())
    transfer.doubts.anew = again.request
    return again.request, *again.answers


# -- A server with one port for all clients -------------------------------------------------------


def follows_here(transfer: Transfer, name: str, datagram: Captured) -> bool:
    """Return whether the client was started again, after its request has come again.

    Then it answers one of the server's answers to this request, which are from the same port. If
    it sends another packet, the request was a late copy.
    """
    again, is_here = transfer.doubts.again, transfer.tid == transfer.asked
    assert again is not None
    if name == SERVER:
        if is_here:
            again.answers.append(datagram)
        return False
    answers = [look(each) for each in again.answers] if is_here else []
    was_beyond = transfer.top[CLIENT] > 1
    seen = look(datagram)
    if was_beyond and any(_begins_after(answer, seen) for answer in answers):
        return True
    transfer.doubts.again = None
    return False


def _begins_after(answer: Seen, seen: Seen) -> bool:
    """Return whether a client sends `seen` first if its request got this answer."""
    kind, block = seen.kind, seen.block
    if answer.kind == "OACK":
        return (kind, block) in (("ACK", 0), ("DATA", 1))
    if (answer.kind, answer.block) == ("ACK", 0):
        return (kind, block) == ("DATA", 1)
    return opens(answer) and (kind, block) == ("ACK", 1)


def leave_here(transfer: Transfer) -> tuple[Captured, ...]:
    """Like `leave`. The server's packets since the request are of the new transfer."""
    again = transfer.doubts.again
    assert again is not None
    transfer.sides[SERVER], transfer.findings = again.server, again.found
    return _left(transfer, again)
