"""Transfers at a one-port server, by the client's host: NAT may give a client another port.

Such a server has all its clients at the port of the requests. So a packet from an unknown port
belongs to a transfer only if it was due from the client of exactly this transfer.
"""

from __future__ import annotations

from collections.abc import Callable

from tftp_fsm.capture.reading.datagram import Captured
from tftp_fsm.explain.transfer.transfer import Transfer
from tftp_fsm.wire.address import Address

FEW = 64  # transfers of one host at one port; with more, the moved client is not searched for


class Shared:
    """The live transfers whose server answers from the port of the request."""

    def __init__(self) -> None:
        self._known: dict[tuple[Address, str], dict[int, Transfer]] = {}

    def add(self, transfer: Transfer) -> None:
        """Add a transfer whose server has answered from this port."""
        self._known.setdefault(_key(transfer), {})[transfer.number] = transfer

    def discard(self, transfer: Transfer) -> None:
        """Remove a transfer that is over."""
        at = self._known.get(_key(transfer), {})
        at.pop(transfer.number, None)
        if not at:
            self._known.pop(_key(transfer), None)

    def moved_from(
        self, datagram: Captured, may_have_moved: Callable[[Transfer, Captured], bool]
    ) -> Transfer | None:
        """Return the transfer whose client may have sent this from a new port, or None."""
        found = []
        for transfer in self._at(datagram.to, datagram.source):
            transfer.settle()
            if may_have_moved(transfer, datagram):
                found.append(transfer)
        return found[0] if len(found) == 1 else None

    def moved_to(self, datagram: Captured) -> Transfer | None:
        """Return the transfer whose client probably has the destination of this packet now."""
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
