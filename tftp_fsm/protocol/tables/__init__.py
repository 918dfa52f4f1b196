"""The four machines of TFTP, as tables of rows.

A transfer has two ends and two directions, so there are four machines. Each has its own opening
rows. Then the receiving side has the receiving rows, and the sending side has the sending rows.
All have the rows for failures. Each state change of a session is a row here: `machine` runs these
tables, and `diagram` draws them.

Tables are total: every event has rows in every state in which it can come, even if it is ignored.
The guards of one state and trigger exclude each other, so the order of rows decides nothing.
"""

from __future__ import annotations

from tftp_fsm.lazy import lazily

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tftp_fsm.protocol.tables.four import TABLES
    from tftp_fsm.protocol.tables.read_client import READ_CLIENT
    from tftp_fsm.protocol.tables.read_server import READ_SERVER
    from tftp_fsm.protocol.tables.write_client import WRITE_CLIENT
    from tftp_fsm.protocol.tables.write_server import WRITE_SERVER
else:  # a type checker that saw `__getattr__` would let every name pass
    __getattr__, __dir__ = lazily(
        __name__,
        {
            "four": "TABLES",
            "read_client": "READ_CLIENT",
            "read_server": "READ_SERVER",
            "write_client": "WRITE_CLIENT",
            "write_server": "WRITE_SERVER",
        },
    )

__all__ = ["READ_CLIENT", "READ_SERVER", "TABLES", "WRITE_CLIENT", "WRITE_SERVER"]
