"""A client that asks for two files at once from one port: nobody knows whose an answer is."""

from __future__ import annotations

from tftp_fsm.capture.reading.datagram import Captured
from tftp_fsm.explain.side import NO_TIMER
from tftp_fsm.explain.transfer import CLIENT, Transfer
from tftp_fsm.language import sentence
from tftp_fsm.wire.address import Address


class Beside:
    """The client whose last two requests may be such."""

    def __init__(self) -> None:
        self._client: Address | None = None

    def leaves(self, transfer: Transfer, datagram: Captured) -> None:
        """Another request comes from the port of this transfer."""
        self._client = None
        if transfer.server is not None:
            return
        silence = (datagram.at or 0) + transfer.clock_shift - transfer.last_at
        if silence < NO_TIMER:  # so it did not give up
            transfer.doubts.is_beside, self._client = True, transfer.peer

    def add(self, transfer: Transfer) -> None:
        """A transfer begins: with the second request, as it seems."""
        if transfer.peer == self._client:
            transfer.doubts.is_beside, self._client = True, None


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
