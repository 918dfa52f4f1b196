"""Find transfers that began before the capture: a DATA and its ACK between unknown ports.

Any datagram may begin with the octets of DATA. It counts as TFTP only if the other side
acknowledges the same block in a datagram of four octets.
"""

from __future__ import annotations

from collections import OrderedDict

from tftp_fsm.capture.reading.datagram import Captured
from tftp_fsm.explain.transfer.transfer import CLIENT, SERVER
from tftp_fsm.frozen import frozen
from tftp_fsm.wire.address import Address
from tftp_fsm.wire.headers import HEADER, Opcode, opcode_of
from tftp_fsm.wire.kinds import Request, Rrq, Wrq
from tftp_fsm.wire.packets import WELL_KNOWN_PORT

KEPT = 1024  # pairs of ports that may be a transfer; beyond that the oldest is dropped
UNKNOWN_NAME = b"(unknown)"


@frozen
class Found:
    """A transfer in the middle. The sender is the server, unless its peer has port 69."""

    sender: Address
    receiver: Address
    data: Captured
    ack: Captured

    @property
    def is_put(self) -> bool:
        """Whether the receiver has the well-known port, so that it is the server."""
        return self.receiver[1] == WELL_KNOWN_PORT

    @property
    def server(self) -> Address:
        """The address of the server."""
        return self.receiver if self.is_put else self.sender

    @property
    def packets(self) -> tuple[tuple[str, Captured], ...]:
        """The two packets, each with the end that has sent it."""
        sender, receiver = (CLIENT, SERVER) if self.is_put else (SERVER, CLIENT)
        return (sender, self.data), (receiver, self.ack)

    @property
    def request(self) -> Request:
        """A possible request for the transfer. Its file name is not known."""
        return Wrq(UNKNOWN_NAME) if self.is_put else Rrq(UNKNOWN_NAME)

    @property
    def first(self) -> Captured:
        """The DATA in place of the request, with the client as its source."""
        client = self.sender if self.is_put else self.receiver
        return self.data._replace(source=client, to=self.server)


class Middle:
    """Finds transfers among the datagrams between ports of no known transfer."""

    def __init__(self) -> None:
        self._data: OrderedDict[tuple[Address, Address], Captured] = OrderedDict()

    def knows(self, sender: Address, receiver: Address) -> bool:
        """Return whether DATA went from `sender` to `receiver` without a known transfer."""
        return (sender, receiver) in self._data

    def take(self, datagram: Captured) -> Found | None:
        """Take a datagram. If it acknowledges an earlier DATA, the two are a transfer."""
        octets = datagram.octets
        if opcode_of(octets) is Opcode.DATA and len(octets) >= HEADER.size:
            self._data[datagram.source, datagram.to] = datagram
            if len(self._data) > KEPT:
                self._data.popitem(last=False)
        elif opcode_of(octets) is Opcode.ACK and datagram.size == HEADER.size:
            data = self._data.get((datagram.to, datagram.source))
            if data is not None and data.octets[2:4] == octets[2:4]:
                del self._data[datagram.to, datagram.source]
                return Found(data.source, data.to, data, datagram)
        return None
