"""The errors of a transfer. Each class says which side has caused the error.

TftpError
├── MalformedPacket   a datagram is not a TFTP packet
├── PeerError         the peer sent ERROR
├── ProtocolError     the peer broke a rule of the RFCs, and we sent it an ERROR
├── TransferTimedOut  the peer stopped answering
├── HostUnreachable   there is no such host, or no program listens there
├── OutcomeUnknown    everything was sent, but the last ACK never came
├── TransferAborted   the user aborted the transfer
├── PredictionError   a fault of this program: the driver and the table disagree
└── LocalError        a file, disk, socket or argument on this side is wrong
"""

from __future__ import annotations

from tftp_fsm.borders import brief
from tftp_fsm.language.sentences import layout, sentence

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any
else:
    Any = object


class TftpError(Exception):
    """The base class of all exceptions of this package.

    `trace` has the last steps of the failed transfer, for `keep_failure`. It is None if the
    transfer made no step. `setting` names an argument that could be changed to avoid the error,
    such as "port_range", or it is empty. A program can add how its user sets this argument.
    """

    trace: Any = None  # a `trace.Trace`; this floor must not import the class
    setting = ""


class MalformedPacket(TftpError):
    """These octets are not a TFTP packet. `where` is the path of the broken field."""

    def __init__(self, where: str, why: str) -> None:
        super().__init__(layout("{where}: {why}", where=where, why=why))
        self.where = where
        self.why = why


class EmptyDatagram(MalformedPacket):
    """A datagram without octets. It has no content, so it needs no answer."""

    def __init__(self) -> None:
        super().__init__("opcode", sentence("the datagram is empty"))


class PeerError(TftpError):
    """The peer ended the transfer with ERROR (RFC 1350 section 7).

    `code` is the number in the packet, which may be unknown. `message` is the peer's text.
    """

    def __init__(self, code: int, message: str) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message

    def __str__(self) -> str:
        if not self.message:
            return sentence("error {code}: the peer gave no reason", code=self.code)
        return sentence("error {code}: {message}", code=self.code, message=brief(self.message))


class ProtocolError(TftpError):
    """The peer sent a packet that no delay or duplication explains (RFC 1350 section 2)."""


class TransferTimedOut(TftpError):
    """The peer answered none of the retransmissions, or the transfer took too long."""

    def __init__(self, message: str, *, setting: str = "") -> None:
        super().__init__(message)
        self.setting = setting


class HostUnreachable(TftpError):
    """The name does not resolve, or an ICMP message says that no program listens there."""


class OutcomeUnknown(TftpError):
    """All blocks were sent, but the final ACK never came. The peer may have the file."""


class TransferAborted(TftpError):
    """The user aborted the transfer. The peer was sent an ERROR."""


class PredictionError(TftpError):
    """A fault of this program: the driver sent an answer that the table does not give."""


class LocalError(TftpError):
    """A fault of this side. `code` is the code of the ERROR for the peer (RFC 1350 section 5).

    `told` is the text for the peer. It never has a path of this host, although the message may have
    one. If it is empty, the peer hears only that this side cannot go on.
    """

    def __init__(self, message: str, code: int = 0, *, setting: str = "", told: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.told = told
        self.setting = setting
