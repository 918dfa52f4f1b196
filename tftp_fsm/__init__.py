"""TFTP (RFC 1350, with options and windows), run by state machines that can be read.

    import tftp_fsm

    tftp_fsm.get("192.0.2.1", "boot.img", "boot.img")
    tftp_fsm.put("192.0.2.1", b"octets", "name")

The names below are imported when they are first used, so that `import tftp_fsm` costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

__version__ = "0.1.0"

if TYPE_CHECKING:
    from tftp_fsm.client import get, put
    from tftp_fsm.errors import (
        HostUnreachable,
        LocalError,
        MalformedPacket,
        OutcomeUnknown,
        PeerError,
        ProtocolError,
        TftpError,
        TransferAborted,
        TransferTimedOut,
    )
    from tftp_fsm.events import Outcome, Step
    from tftp_fsm.failures import keep_failure
    from tftp_fsm.options import Options
    from tftp_fsm.result import Transfer
    from tftp_fsm.rows import State
    from tftp_fsm.server import Server
    from tftp_fsm.settings import Settings
    from tftp_fsm.transports.faults import Faults

__all__ = [
    "Faults",
    "HostUnreachable",
    "LocalError",
    "MalformedPacket",
    "Options",
    "Outcome",
    "OutcomeUnknown",
    "PeerError",
    "ProtocolError",
    "Server",
    "Settings",
    "State",
    "Step",
    "TftpError",
    "Transfer",
    "TransferAborted",
    "TransferTimedOut",
    "get",
    "keep_failure",
    "put",
]

_HOMES = {
    "get": "client",
    "put": "client",
    "Outcome": "events",
    "Step": "events",
    "keep_failure": "failures",
    "Options": "options",
    "Transfer": "result",
    "State": "rows",
    "Server": "server",
    "Settings": "settings",
    "Faults": "transports.faults",
}


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOMES.get(name, 'errors')}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
