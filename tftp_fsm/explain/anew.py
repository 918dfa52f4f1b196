"""A client that begins another transfer, and sends nothing more for the one before.

It is known by its port; or by its host, if it asks for the same file anew after some silence. So
the transfer before has not gone on behind the end of the capture.

If it asks for the same file from the same port, its request may be a late copy. It is none if the
client goes on with the port that answers it, and with that one alone.

If it asks for two files at once from one port, nobody knows which of them an answer is for.
"""

from __future__ import annotations

from copy import copy

from tftp_fsm.capture.reading.datagram import Captured
from tftp_fsm.explain.doubts import Again
from tftp_fsm.explain.look import REQUESTS, look, opens
from tftp_fsm.explain.side import NO_TIMER, STARTED_AGAIN, Side
from tftp_fsm.explain.transfer import CLIENT, Transfer
from tftp_fsm.language import sentence
from tftp_fsm.protocol.gloss import end_word
from tftp_fsm.wire.address import Address
from tftp_fsm.wire.kinds import Request

Key = tuple[type[Request], str, str, bytes]


class Anew:
    """The last live transfer of each file between two hosts."""

    def __init__(self) -> None:
        self._last: dict[Key, Transfer] = {}
        self._beside: Address | None = None

    def asks(self, request: Request, datagram: Captured) -> None:
        """A client asks for a file. It or another client of its host may have asked before."""
        before = self._last.get(_key(request, datagram.source[0], datagram.to[0]))
        if before is None:
            return
        before.settle()
        silence = (datagram.at or 0) + before.clock_shift - before.sides[CLIENT].last_at
        if before.is_over or datagram.source == before.peer or silence > STARTED_AGAIN:
            before.doubts.anew = datagram

    def leaves(self, transfer: Transfer, datagram: Captured | None) -> None:
        """Another request comes from the port of this transfer. None: long after it."""
        doubts = transfer.doubts
        doubts.anew, self._beside = datagram, None
        if datagram is None or transfer.server is not None:
            return
        silence = (datagram.at or 0) + transfer.clock_shift - transfer.last_at
        if silence < NO_TIMER:  # so it did not give up
            doubts.is_beside, self._beside = True, transfer.peer

    def add(self, transfer: Transfer) -> None:
        """A transfer begins."""
        if transfer.peer == self._beside:
            transfer.doubts.is_beside, self._beside = True, None
        if not transfer.begins_in_middle:
            self._last[_key_of(transfer)] = transfer

    def discard(self, transfer: Transfer) -> None:
        """A transfer is over."""
        if self._last.get(_key_of(transfer)) is transfer:
            del self._last[_key_of(transfer)]


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


def is_left(transfer: Transfer) -> bool:
    """The client has begun another transfer, and has sent nothing for this one since."""
    anew = transfer.doubts.anew
    if anew is None:
        return False
    return transfer.sides[CLIENT].last_at <= (anew.at or 0) + transfer.clock_shift


def note(transfer: Transfer, latest: Side) -> None:
    """The client has left this transfer. `latest` is the side that was seen last."""
    anew, last = transfer.doubts.anew, latest.last
    assert anew is not None and last is not None
    words = sentence(
        "the last packet is {packet} of the {end}, and then the client began another transfer "
        "(packet {number})",
        packet=last.words,
        end=end_word(latest.name),
        number=anew.number,
    )
    transfer.find("given-up", "client", last, words)


def is_asked_beside(transfer: Transfer) -> bool:
    """At the end: an answer to it may be among those of another transfer. It is noted."""
    doubts, last = transfer.doubts, transfer.sides[CLIENT].last
    if transfer.server is not None or not doubts.is_beside or doubts.anew is None or last is None:
        return False
    words = sentence(
        "packet {number} of the same port is another request, and came at once",
        number=doubts.anew.number,
    )
    transfer.find("asked-beside", "client", last, words)
    return True


def _key(request: Request, client: str, server: str) -> Key:
    return type(request), client, server, request.filename


def _key_of(transfer: Transfer) -> Key:
    return _key(transfer.request, transfer.asked_from[0], transfer.asked[0])
