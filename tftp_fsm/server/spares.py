"""The sessions to drop first: those that dally, and those whose clients never answered.

A session is noted here when it becomes such a session. A session does not tell when it changes. So
it is checked again when a place is needed.
"""

from __future__ import annotations

from typing import Generic, Protocol, TypeVar

from tftp_fsm.server.networks import Network, network_of
from tftp_fsm.wire.address import Address


class Holder(Protocol):
    """The members of a session that this module uses. See `ActiveTransfer`."""

    @property
    def peer(self) -> Address: ...

    @property
    def is_dallying(self) -> bool: ...

    @property
    def is_unproven(self) -> bool: ...


_Transfer = TypeVar("_Transfer", bound=Holder)


class Spares(Generic[_Transfer]):
    """Sessions that can give way, in the order in which they were noted."""

    def __init__(self) -> None:
        self._dallying: dict[_Transfer, None] = {}
        self._unproven: dict[Network, dict[_Transfer, None]] = {}

    def add_unproven(self, transfer: _Transfer) -> None:
        """Note a new session. Its request may be forged."""
        self._unproven.setdefault(network_of(transfer.peer[0]), {})[transfer] = None

    def add_dallying(self, transfer: _Transfer) -> None:
        """Note a session that stays only to repeat its final ACK."""
        self._dallying[transfer] = None

    def remove(self, transfer: _Transfer) -> None:
        """Forget the session."""
        self._dallying.pop(transfer, None)
        self._remove_unproven(transfer)

    def dallying(self, host: str | None) -> _Transfer | None:
        """Return the oldest session that dallies, of `host` if it is given, or None."""
        for transfer in list(self._dallying):
            if not transfer.is_dallying:
                del self._dallying[transfer]
            elif host is None or transfer.peer[0] == host:
                return transfer
        return None

    def unproven(self, host: str | None) -> _Transfer | None:
        """Return the oldest unproven session of `host`, or of the network with most of them."""
        if host is not None:
            network = network_of(host)
            self._forget_proven(network)
            found = self._unproven.get(network, {})
            return next((t for t in found if t.peer[0] == host), None)
        while self._unproven:
            most: dict[_Transfer, None] = max(self._unproven.values(), key=len)
            oldest = next(iter(most))
            if not self._forget_proven(network_of(oldest.peer[0])):
                return oldest
        return None

    def _forget_proven(self, network: Network) -> bool:
        """Forget sessions whose clients have answered. Return whether there were any."""
        proven = [t for t in self._unproven.get(network, {}) if not t.is_unproven]
        for transfer in proven:
            self._remove_unproven(transfer)
        return bool(proven)

    def _remove_unproven(self, transfer: _Transfer) -> None:
        network = network_of(transfer.peer[0])
        found = self._unproven.get(network, {})
        found.pop(transfer, None)
        if not found:
            self._unproven.pop(network, None)
