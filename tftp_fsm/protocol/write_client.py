"""The client that writes. It has its own module, because a short put needs only this one."""

from __future__ import annotations

from tftp_fsm.lazy import ClassVar
from tftp_fsm.protocol.events import AckReceived
from tftp_fsm.protocol.opening import ClientOpening
from tftp_fsm.protocol.operands import compares
from tftp_fsm.protocol.rows import Table
from tftp_fsm.protocol.sender import Sender
from tftp_fsm.protocol.tables.write_client import WRITE_CLIENT
from tftp_fsm.protocol.termination import Termination


class WriteClient(ClientOpening, Sender, Termination):
    """The client that writes a file (WRQ)."""

    table: ClassVar[Table] = WRITE_CLIENT

    @compares("block")
    def is_ack_of_request(self, event: AckReceived) -> bool:
        """It is ACK 0."""
        return event.block == 0
