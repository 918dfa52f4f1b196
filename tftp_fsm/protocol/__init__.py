"""The protocol: tables of rows, and the sessions that they move. No I/O and no clock.

An event goes into a session, and a step comes out. `session` has the method `handle` for this,
`roles` has the four kinds of sessions, `tables` has the rows that decide, and `machine` has the
engine that runs the rows.

    from tftp_fsm.protocol import Opened, ReadClient
    from tftp_fsm.wire import Rrq

    step = ReadClient(Rrq(b"boot.img")).handle(Opened(), now=0.0)
"""

from __future__ import annotations

from tftp_fsm.lazy import lazily

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tftp_fsm.protocol.counters import Counters
    from tftp_fsm.protocol.events import (
        Aborted,
        AckReceived,
        BeginAnew,
        Commit,
        DataReceived,
        Deliver,
        Effect,
        EmptyReceived,
        EndFound,
        ErrorReceived,
        Event,
        Finished,
        MalformedReceived,
        OackReceived,
        Opened,
        Outcome,
        RequestReceived,
        Send,
        SendAcks,
        SendBlocks,
        Step,
        StorageFailed,
        StrayReceived,
        TimeoutExpired,
        UnreachableReceived,
    )
    from tftp_fsm.protocol.roles import ReadClient, ReadServer, WriteClient, WriteServer
    from tftp_fsm.protocol.rows import Row, State, Table
    from tftp_fsm.protocol.session import Session
    from tftp_fsm.protocol.tables import (
        READ_CLIENT,
        READ_SERVER,
        TABLES,
        WRITE_CLIENT,
        WRITE_SERVER,
    )
    from tftp_fsm.protocol.timing import RetryPolicy
else:  # a type checker that saw `__getattr__` would let every name pass
    __getattr__, __dir__ = lazily(
        __name__,
        {
            "events": (
                "Aborted AckReceived BeginAnew Commit DataReceived Deliver Effect EmptyReceived "
                "EndFound "
                "ErrorReceived Event Finished MalformedReceived OackReceived Opened Outcome "
                "RequestReceived "
                "Send SendAcks SendBlocks Step StorageFailed StrayReceived TimeoutExpired "
                "UnreachableReceived"
            ),
            "roles": "ReadClient ReadServer WriteClient WriteServer",
            "rows": "Row State Table",
            "counters": "Counters",
            "session": "Session",
            "tables": "READ_CLIENT READ_SERVER TABLES WRITE_CLIENT WRITE_SERVER",
            "timing": "RetryPolicy",
        },
    )

__all__ = [
    "READ_CLIENT",
    "READ_SERVER",
    "TABLES",
    "WRITE_CLIENT",
    "WRITE_SERVER",
    "Aborted",
    "AckReceived",
    "BeginAnew",
    "Commit",
    "Counters",
    "DataReceived",
    "Deliver",
    "Effect",
    "EmptyReceived",
    "EndFound",
    "ErrorReceived",
    "Event",
    "Finished",
    "MalformedReceived",
    "OackReceived",
    "Opened",
    "Outcome",
    "ReadClient",
    "ReadServer",
    "RequestReceived",
    "RetryPolicy",
    "Row",
    "Send",
    "SendAcks",
    "SendBlocks",
    "Session",
    "State",
    "Step",
    "StorageFailed",
    "StrayReceived",
    "Table",
    "TimeoutExpired",
    "UnreachableReceived",
    "WriteClient",
    "WriteServer",
]
