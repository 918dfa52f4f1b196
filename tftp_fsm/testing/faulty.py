"""A server for tests with faults: its network loses packets, it refuses names, its disk fills.

    with FaultyServer(folder, lose=["ACK 2"], refuse={"secret": 2}, seed=7) as server:
        ...
    print(*server.mishaps, sep="\n")

If faults of the network are wanted, a `Relay` is between the clients and the server. Refusals and a
full disk happen in the server itself, so its reports show them.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import fields, replace
from functools import partial
from typing import Any

from tftp_fsm.server.embedded import Server
from tftp_fsm.server.log import Report
from tftp_fsm.server.session_factory import open_root
from tftp_fsm.storage.served.jail import ServedRoot
from tftp_fsm.testing.losses import Losses
from tftp_fsm.testing.relay import Relay
from tftp_fsm.testing.root import FaultyRoot, Refusal, refusals
from tftp_fsm.transports.faults import Faults
from tftp_fsm.wire.address import Address


class FaultyServer(Server):
    """A `Server` with faults. The other arguments are those of `tftp_fsm.Server`.

    `loss`, `duplicate`, `reorder` and `corrupt` are probabilities for each datagram. `delay` is the
    longest extra delay in seconds. With the same `seed` the n-th datagram of a direction has the
    same fate. `lose` names packets (`Losses`). `refuse` has the ERROR for a name, in requests to
    read and to write. `disk_full` is the number of octets after which each upload fails, as on a
    full disk. Raises ValueError for values out of range.
    """

    def __init__(
        self,
        root: str | os.PathLike[str],
        *,
        loss: float = 0.0,
        duplicate: float = 0.0,
        reorder: float = 0.0,
        delay: float = 0.0,
        corrupt: float = 0.0,
        seed: int = 0,
        lose: Iterable[str] = (),
        refuse: Mapping[str, Refusal] | None = None,
        disk_full: int | None = None,
        **options: Any,
    ) -> None:
        super().__init__(root, **options)
        self._faults = Faults(loss, duplicate, reorder, delay, corrupt, seed)
        Losses(lose)  # raises ValueError now, not at the start of the server
        self._lose = list(lose)
        self._refuse = refusals(refuse or {})
        if disk_full is not None and disk_full < 0:
            raise ValueError(f"disk_full must be a number of octets, not {disk_full}")
        self._disk_full = disk_full
        self._relay: Relay | None = None

    @property
    def mishaps(self) -> list[str]:
        """The last faults of datagrams in words, such as `ACK 2 to the server: lost`."""
        return [] if self._relay is None else list(self._relay.mishaps)

    @property
    def faults_in_words(self) -> str:
        """The faults of the network with their seed, as arguments, or "" without faults."""
        named = {field.name: getattr(self._faults, field.name) for field in fields(self._faults)}
        if self._lose:
            named["lose"] = self._lose
        words = [f"{name}={value!r}" for name, value in named.items() if value and name != "seed"]
        return ", ".join([*words, f"seed={self._faults.seed}"]) if words else ""

    @property
    def address(self) -> Address:
        """The host and port for clients."""
        return super().address if self._relay is None else self._relay.address

    def start(self) -> None:
        """Begin to listen. Start the bad network too, if there is one."""
        super().start()
        if self._faults or self._lose:
            self._relay = Relay(super().address, self._faults, self._lose)
            self._relay.start()

    def stop(self, grace: float = 0.0) -> None:
        """Close the server, and then its network."""
        super().stop(grace)
        if self._relay is not None:
            self._relay.stop()

    def _opened_root(self) -> ServedRoot:
        return open_root(self.config, partial(FaultyRoot, self._refuse, self._disk_full))

    def _note(self, report: Report) -> None:
        """Note a report. It names the client itself, not the relay's port for this client."""
        if self._relay is not None:
            report = replace(report, peer=self._relay.client_of(report.peer))
        super()._note(report)
