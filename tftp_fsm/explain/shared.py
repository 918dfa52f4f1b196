"""Transfers at a server with one port, by the client's host: NAT may give a client another port.

Such a server has all its clients at the port that was asked. So a packet from an unknown port is of
a transfer only if it is what the client of this one transfer, and of no other, had to send.
"""

from __future__ import annotations

from collections.abc import Callable

from tftp_fsm.capture.reading.datagram import Captured
from tftp_fsm.explain.transfer import Transfer
from tftp_fsm.wire.address import Address

FEW = 64  # transfers of one host at one port, among which the one that has moved is looked for


class Shared:
    """The live transfers whose server answers from the port that was asked."""

    def __init__(self) -> None:
        self._known: dict[tuple[Address, str], dict[int, Transfer]] = {}

    def add(self, transfer: Transfer) -> None:
        """The server has answered from this port."""
        self._known.setdefault(_key(transfer), {})[transfer.number] = transfer

    def discard(self, transfer: Transfer) -> None:
        """The transfer is over."""
        at = self._known.get(_key(transfer), {})
        at.pop(transfer.number, None)
        if not at:
            self._known.pop(_key(transfer), None)

    def moved_from(
        self, datagram: Captured, may_have_moved: Callable[[Transfer, Captured], bool]
    ) -> Transfer | None:
        """The transfer whose client may have sent this, from another port than before."""
        found = []
        for transfer in self._at(datagram.to, datagram.source):
            transfer.settle()
            if may_have_moved(transfer, datagram):
                found.append(transfer)
        return found[0] if len(found) == 1 else None

    def moved_to(self, datagram: Captured) -> Transfer | None:
        """The transfer whose client is now where the server sends this, as it seems."""
        for transfer in self._at(datagram.source, datagram.to):
            mover = transfer.doubts.mover
            if mover is not None and mover.address == datagram.to:
                return transfer
        return None

    def _at(self, server: Address, client: Address) -> list[Transfer]:
        known = self._known.get((server, client[0]), {})
        return [] if len(known) > FEW else list(known.values())


def _key(transfer: Transfer) -> tuple[Address, str]:
    return transfer.asked, transfer.peer[0]
