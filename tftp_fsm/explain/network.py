"""The hosts of one network: which addresses belong to which transfer."""

from __future__ import annotations

from tftp_fsm.explain.closed import Closed, Pair
from tftp_fsm.explain.closing.anew import Anew
from tftp_fsm.explain.closing.beside import Beside
from tftp_fsm.explain.middle import Middle
from tftp_fsm.explain.shared import Shared
from tftp_fsm.explain.transfer.transfer import CLIENT, SERVER, Transfer
from tftp_fsm.wire.address import Address

MOST_PAIRS = 64  # pairs of addresses of one transfer; beyond that the first are forgotten


class Network:
    """The live transfers by their addresses, and the addresses of other transfers.

    `pairs` has the transfer and the end of each source and destination. `by_client` has the
    transfer of a client, and `by_tid` that of a server's TID, which serves no other client.
    """

    def __init__(self) -> None:
        self.pairs: dict[Pair, tuple[Transfer, str]] = {}
        self.by_client: dict[Address, Transfer] = {}
        self.by_tid: dict[Address, Transfer] = {}
        self.middle = Middle()
        self.shared = Shared()
        self.anew = Anew()
        self.beside = Beside()
        self.closed = Closed()

    def add(self, transfer: Transfer) -> None:
        """Add a transfer that begins."""
        self.by_client[transfer.peer] = transfer
        self.beside.add(transfer)
        self.anew.add(transfer)

    @property
    def ways(self) -> set[tuple[str, str]]:
        """The hosts, source first, whose packets are of live transfers."""
        asked = {(one.asked_from[0], one.asked[0]) for one in self.by_client.values()}
        return asked | {(source[0], to[0]) for source, to in self.pairs}

    def pair(self, transfer: Transfer, server: Address, now: int) -> None:
        """Assign packets between the client and `server` to this transfer from now on.

        The port of the request may serve many clients, so packets of others to it are not strays.
        """
        if server != transfer.asked:
            self.by_tid[server] = transfer
        else:
            self.shared.add(transfer)
        for source, to, name in (
            (server, transfer.peer, SERVER),
            (transfer.peer, server, CLIENT),
        ):
            if self.pairs.get((source, to), (None, ""))[0] is not transfer:
                transfer.pairs.append((source, to))
            self.pairs[source, to] = transfer, name
        while len(transfer.pairs) > MOST_PAIRS:
            self._forget(transfer, transfer.pairs.pop(0), now, (server, transfer.peer))

    def part(self, transfer: Transfer, server: Address) -> None:
        """Treat packets between the client and `server` as a stranger's from now on."""
        for pair in ((server, transfer.peer), (transfer.peer, server)):
            self.pairs.pop(pair, None)
        if self.by_tid.get(server) is transfer:
            del self.by_tid[server]

    def discard(self, transfer: Transfer, now: int) -> None:
        """Remove a transfer that is over."""
        self.shared.discard(transfer)
        self.anew.discard(transfer)
        for pair in (*transfer.pairs, (transfer.peer, transfer.peer)):
            self._forget(transfer, pair, now)

    def _forget(
        self, transfer: Transfer, pair: Pair, now: int, kept: tuple[Address, ...] = ()
    ) -> None:
        """Remove this pair from the transfer, and its addresses except `kept`."""
        if self.pairs.get(pair, (None, ""))[0] is transfer:
            del self.pairs[pair]
            self.closed.add(pair, now)
        for known in (self.by_client, self.by_tid):
            for address in pair:
                if address not in kept and known.get(address) is transfer:
                    del known[address]
