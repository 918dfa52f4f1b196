"""Find a client that asks for two files at once from one port: an answer may belong to both."""

from __future__ import annotations

from tftp_fsm.capture.reading.datagram import Captured
from tftp_fsm.explain.transfer.side import NO_TIMER
from tftp_fsm.explain.transfer.transfer import CLIENT, Transfer
from tftp_fsm.language import sentence
from tftp_fsm.wire.address import Address


class Beside:
    """Keeps the client whose last two requests may be two at once."""

    def __init__(self) -> None:
        self._client: Address | None = None

    def leaves(self, transfer: Transfer, datagram: Captured) -> None:
        """Note another request from the port of this transfer."""
        self._client = None
        if transfer.server is not None:
            return
        silence = (datagram.at or 0) + transfer.clock_shift - transfer.last_at
        if silence < NO_TIMER:  # too soon for a client that has given up
            transfer.doubts.is_beside, self._client = True, transfer.peer

    def add(self, transfer: Transfer) -> None:
        """Add a transfer that begins, perhaps with the second of two requests."""
        if transfer.peer == self._client:
            transfer.doubts.is_beside, self._client = True, None


def is_asked_beside(transfer: Transfer) -> bool:
    """At the end, note and return whether another transfer may have its answer."""
    doubts, last = transfer.doubts, transfer.sides[CLIENT].last
    if transfer.server is not None or not doubts.is_beside or doubts.anew is None or last is None:
        return False
    words = sentence(
        "packet {number}, from the same port, is another request and came at the same time",
        number=doubts.anew.number,
    )
    transfer.find("asked-beside", "client", last, words)
    return True
