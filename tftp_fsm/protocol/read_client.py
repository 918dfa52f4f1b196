"""The client that reads. It has its own module, because a short get needs only this one."""

from __future__ import annotations

from tftp_fsm.lazy import ClassVar
from tftp_fsm.protocol.opening import ClientOpening
from tftp_fsm.protocol.receiver import Receiver
from tftp_fsm.protocol.rows import Table
from tftp_fsm.protocol.tables.read_client import READ_CLIENT
from tftp_fsm.protocol.termination import Termination


class ReadClient(ClientOpening, Receiver, Termination):
    """The client that reads a file (RRQ)."""

    table: ClassVar[Table] = READ_CLIENT
