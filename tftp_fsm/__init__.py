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
    from tftp_fsm.client.api import get, put
    from tftp_fsm.client.result import Transfer
    from tftp_fsm.client.settings import Settings
    from tftp_fsm.driver.postmortem import keep_failure
    from tftp_fsm.errors import (
        HostUnreachable,
        LocalError,
        MalformedPacket,
        OutcomeUnknown,
        PeerError,
        PredictionError,
        ProtocolError,
        TftpError,
        TransferAborted,
        TransferTimedOut,
    )
    from tftp_fsm.protocol.events import Outcome, Step
    from tftp_fsm.protocol.rows import State
    from tftp_fsm.server import Server
    from tftp_fsm.transports.faults import Faults
    from tftp_fsm.wire.options import Options

__all__ = [
    "Faults",
    "HostUnreachable",
    "LocalError",
    "MalformedPacket",
    "Options",
    "Outcome",
    "OutcomeUnknown",
    "PeerError",
    "PredictionError",
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
    "get": "client.api",
    "put": "client.api",
    "Outcome": "protocol.events",
    "Step": "protocol.events",
    "keep_failure": "driver.postmortem",
    "Options": "wire.options",
    "Transfer": "client.result",
    "State": "protocol.rows",
    "Server": "server",
    "Settings": "client.settings",
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
