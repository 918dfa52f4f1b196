"""The server for writing: it receives WRQ, and then receives the file."""

from __future__ import annotations

from tftp_fsm.lazy import ClassVar
from tftp_fsm.protocol.events import Event
from tftp_fsm.protocol.opening import ServerOpening
from tftp_fsm.protocol.receiver import Receiver
from tftp_fsm.protocol.rows import Table
from tftp_fsm.protocol.tables.write_server import WRITE_SERVER
from tftp_fsm.protocol.termination import Termination
from tftp_fsm.protocol.timing import RetryPolicy
from tftp_fsm.wire.address import Address
from tftp_fsm.wire.kinds import Wrq
from tftp_fsm.wire.options import Options


class WriteServer(ServerOpening, Receiver, Termination):
    """The server for writing a file (WRQ)."""

    table: ClassVar[Table] = WRITE_SERVER

    def __init__(
        self,
        request: Wrq,
        options: Options,
        peer: Address | None = None,
        retry_policy: RetryPolicy | None = None,
    ) -> None:
        super().__init__(request, peer, retry_policy)
        self._open(options)

    @property
    def is_proven(self) -> bool:
        return self.received > 0

    @property
    def is_established(self) -> bool:
        return self.received > 1

    def _send_answer(self, event: Event) -> None:
        if self.received == 0 and self.agreed.pairs():
            self.send_oack(event)
        else:
            self.send_ack(event)
