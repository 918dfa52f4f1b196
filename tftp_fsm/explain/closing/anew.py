"""Find a client that begins another transfer, and sends nothing more for the earlier one.

Such a client is recognised by its port, or by its host if it asks for the same file again after
some silence. Then the earlier transfer has not gone on after the end of the capture. The module
`restarted` has clients that ask for the same file from the same port.
"""

from __future__ import annotations

from tftp_fsm.capture.reading.datagram import Captured
from tftp_fsm.explain.transfer.side import STARTED_AGAIN, Side
from tftp_fsm.explain.transfer.transfer import CLIENT, Transfer
from tftp_fsm.language import sentence
from tftp_fsm.protocol.gloss import end_word
from tftp_fsm.wire.kinds import Request

Key = tuple[type[Request], str, str, bytes]


class Anew:
    """The last live transfer of each file between two hosts."""

    def __init__(self) -> None:
        self._last: dict[Key, Transfer] = {}

    def asks(self, request: Request, datagram: Captured) -> None:
        """Take a request. This client or another client of its host may have asked before."""
        before = self._last.get(_key(request, datagram.source[0], datagram.to[0]))
        if before is None:
            return
        before.settle()
        silence = (datagram.at or 0) + before.clock_shift - before.sides[CLIENT].last_at
        if before.is_over or datagram.source == before.peer or silence > STARTED_AGAIN:
            before.doubts.anew = datagram

    def add(self, transfer: Transfer) -> None:
        """Add a transfer that begins."""
        if not transfer.begins_in_middle:
            self._last[_key_of(transfer)] = transfer

    def discard(self, transfer: Transfer) -> None:
        """Remove a transfer that is over."""
        if self._last.get(_key_of(transfer)) is transfer:
            del self._last[_key_of(transfer)]


def is_left(transfer: Transfer) -> bool:
    """Return whether the client has begun another transfer, and left this one."""
    anew = transfer.doubts.anew
    if anew is None:
        return False
    return transfer.sides[CLIENT].last_at <= (anew.at or 0) + transfer.clock_shift


def note(transfer: Transfer, latest: Side) -> None:
    """Note that the client has left this transfer. `latest` is the side that was seen last."""
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


def _key(request: Request, client: str, server: str) -> Key:
    return type(request), client, server, request.filename


def _key_of(transfer: Transfer) -> Key:
    return _key(transfer.request, transfer.asked_from[0], transfer.asked[0])
