"""What is known of the hosts in one network: which addresses are of which transfer."""

from __future__ import annotations

from tftp_fsm.capture.reading.datagram import Captured
from tftp_fsm.explain.anew import Anew
from tftp_fsm.explain.beside import Beside
from tftp_fsm.explain.closed import Closed, Pair
from tftp_fsm.explain.middle import Middle
from tftp_fsm.explain.shared import Shared
from tftp_fsm.explain.transfer import CLIENT, SERVER, Transfer
from tftp_fsm.wire.address import Address

MOST_PAIRS = 64  # pairs of addresses of one transfer; of more the first are forgotten


class Network:
    """The live transfers by their addresses, and what was seen of others.

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
        """A transfer begins."""
        self.by_client[transfer.peer] = transfer
        self.beside.add(transfer)
        self.anew.add(transfer)

    def transfer_of(self, datagram: Captured) -> Transfer | None:
        """The transfer of this pair, if it is known."""
        return self.pairs.get((datagram.source, datagram.to), (None, ""))[0]

    def pair(self, transfer: Transfer, server: Address, now: int) -> None:
        """From now on, packets between the client and `server` are of this transfer.

        A port that was asked may serve many clients, so another client's packet to it is no stray.
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
        """Packets between the client and `server` are those of a stranger from now on."""
        for pair in ((server, transfer.peer), (transfer.peer, server)):
            self.pairs.pop(pair, None)
        if self.by_tid.get(server) is transfer:
            del self.by_tid[server]

    def discard(self, transfer: Transfer, now: int) -> None:
        """The transfer is over."""
        self.shared.discard(transfer)
        self.anew.discard(transfer)
        for pair in (*transfer.pairs, (transfer.peer, transfer.peer)):
            self._forget(transfer, pair, now)

    def _forget(
        self, transfer: Transfer, pair: Pair, now: int, kept: tuple[Address, ...] = ()
    ) -> None:
        """Packets of this pair are of the transfer no more, nor of its addresses but `kept`."""
        if self.pairs.get(pair, (None, ""))[0] is transfer:
            del self.pairs[pair]
            self.closed.add(pair, now)
        for known in (self.by_client, self.by_tid):
            for address in pair:
                if address not in kept and known.get(address) is transfer:
                    del known[address]
