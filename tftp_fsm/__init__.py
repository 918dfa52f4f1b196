"""TFTP (RFC 1350, with options and windows), run by readable state machines.

    import tftp_fsm

    tftp_fsm.get("192.0.2.1", "boot.img", "boot.img")
    tftp_fsm.put("192.0.2.1", b"octets", "name")

The public names are those in the `__all__` of this package and of `tftp_fsm.protocol`, `wire`,
`transports`, `transports.udp`, `aio` and `diagram`. All other names may change in any release.
A name is imported when it is first used, so `import tftp_fsm` takes almost no time.
"""

from __future__ import annotations

from tftp_fsm.lazy import lazily

__version__ = "0.2.0"

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tftp_fsm import aio
    from tftp_fsm.client.api import get, put
    from tftp_fsm.client.result import Transfer
    from tftp_fsm.client.settings import Settings
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
    from tftp_fsm.server.embedded import Server
    from tftp_fsm.trace.failed_transfer import keep_failure
    from tftp_fsm.transports.faults import Faults
    from tftp_fsm.wire.options import Options
else:  # a type checker that saw `__getattr__` would let every name pass
    __getattr__, __dir__ = lazily(
        __name__,
        {
            "aio": "aio",
            "client.api": "get put",
            "client.result": "Transfer",
            "client.settings": "Settings",
            "errors": (
                "HostUnreachable LocalError MalformedPacket OutcomeUnknown PeerError "
                "PredictionError ProtocolError TftpError TransferAborted TransferTimedOut"
            ),
            "protocol.events": "Outcome Step",
            "protocol.rows": "State",
            "server.embedded": "Server",
            "trace.failed_transfer": "keep_failure",
            "transports.faults": "Faults",
            "wire.options": "Options",
        },
    )

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
    "aio",
    "get",
    "keep_failure",
    "put",
]
