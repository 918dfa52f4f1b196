"""What can go wrong with a transfer, by whose fault it is.

TftpError
├── MalformedPacket   a datagram that is no TFTP packet
├── PeerError         the peer said ERROR
├── ProtocolError     the peer did what the RFCs forbid; it has been told so
├── TransferTimedOut  the peer fell silent
├── HostUnreachable   no such host, or nobody listens there
├── OutcomeUnknown    everything was sent, but the last ACK never came
├── TransferAborted   the user gave up
├── PredictionError   a fault of this program: the driver and the table disagree
└── LocalError        this side's file, disk, socket or arguments
"""

from __future__ import annotations

from typing import Any


class TftpError(Exception):
    """Base of every exception that this package raises on purpose.

    `trace` holds the last steps of the transfer that failed, for `keep_failure`; None where there
    were none.
    """

    trace: Any = None  # a `trace.Trace`, which is above this floor


class MalformedPacket(TftpError):
    """These octets are no TFTP packet; `where` is the path of the field that broke."""

    def __init__(self, where: str, why: str) -> None:
        super().__init__(f"{where}: {why}")
        self.where = where
        self.why = why


class PeerError(TftpError):
    """The peer ended the transfer with ERROR (RFC 1350 section 7).

    `code` is the number on the wire, known or not; `message` is the peer's text.
    """

    def __init__(self, code: int, message: str) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message

    def __str__(self) -> str:
        return f"error {self.code}: {self.message}"


class ProtocolError(TftpError):
    """The peer sent what no delay or duplication explains (RFC 1350 section 2)."""


class TransferTimedOut(TftpError):
    """The peer stayed silent through every retransmission."""


class HostUnreachable(TftpError):
    """The name does not resolve, or the kernel was told that nobody listens there."""


class OutcomeUnknown(TftpError):
    """Every block was sent, the final ACK never came: the peer may have the file."""


class TransferAborted(TftpError):
    """The user gave up; the peer has been told."""


class PredictionError(TftpError):
    """A fault of this program: the driver sent an answer that the table does not give."""


class LocalError(TftpError):
    """This side's fault. `code` is the ERROR code that the peer is told (RFC 1350 section 5).

    `setting` names the argument whose other value would help, such as "port_range"; it is empty
    if there is none. A program can add how that is set there.
    """

    def __init__(self, message: str, code: int = 0, *, setting: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.setting = setting
