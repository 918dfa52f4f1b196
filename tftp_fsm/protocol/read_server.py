"""The server for reading: it receives RRQ, and then sends the file."""

from __future__ import annotations

from tftp_fsm.language.sentences import sentence
from tftp_fsm.lazy import ClassVar
from tftp_fsm.protocol.events import AckReceived, ErrorReceived, Outcome, RequestReceived
from tftp_fsm.protocol.opening import ServerOpening
from tftp_fsm.protocol.operands import compares
from tftp_fsm.protocol.rows import Table
from tftp_fsm.protocol.sender import Sender
from tftp_fsm.protocol.tables.read_server import READ_SERVER
from tftp_fsm.protocol.termination import Termination
from tftp_fsm.protocol.timing import UNPROVEN_RETRIES, RetryPolicy
from tftp_fsm.wire.address import Address
from tftp_fsm.wire.kinds import ErrorCode, Rrq
from tftp_fsm.wire.options import Options, octets_sent

SPECIFIC_ERRORS = range(ErrorCode.FILE_NOT_FOUND, ErrorCode.REFUSED_OPTIONS)  # they name a failure
ESTABLISHED = 2  # ACKs; guessing a TID among 16,384 twice succeeds once in 268 million attempts


class ReadServer(ServerOpening, Sender, Termination):
    """The server for reading a file (RRQ)."""

    table: ClassVar[Table] = READ_SERVER
    _acks = 0

    def __init__(
        self,
        request: Rrq,
        size: int,
        options: Options,
        peer: Address | None = None,
        retry_policy: RetryPolicy | None = None,
        is_counted: bool = True,
    ) -> None:
        super().__init__(request, size, peer, retry_policy, is_counted)
        self._open(options)

    @compares("tsize", "acked", "retries", "code")
    def is_probe(self, event: ErrorReceived) -> bool:
        """The client has got the tsize that it asked for, and has acknowledged no data.

        Its ERROR names no failure: ERROR 5, for example, says that the client did not ask. And it
        answers at once. A client that leaves after a silence has lost its patience.
        """
        has_size = self.tsize is not None and self.acked <= 0
        return has_size and not self.retries and event.code not in SPECIFIC_ERRORS

    @property
    def tsize(self) -> int | None:
        """The size in octets that the client got, or None."""
        return self.agreed.tsize

    def finish_probe(self, event: ErrorReceived) -> None:
        """End the transfer with the message of the client. This is not a failure."""
        told = sentence("left when it had the size")
        if event.message:
            told = sentence("left when it had the size: {message}", message=event.message)
        self._finish(Outcome.PROBED, told)

    @property
    def is_proven(self) -> bool:
        return self._heard_ack

    @property
    def is_established(self) -> bool:
        return self._acks >= ESTABLISHED

    def advance(self, event: AckReceived) -> None:
        """Note that everything up to this block has arrived, and count the ACKs."""
        self._acks += event.count
        super().advance(event)

    def _retry_limit(self) -> float:
        """Return the limit. After only one ACK, which may be forged, it is low."""
        limit, most = super()._retry_limit(), self.retry_policy.doubtful_octets
        if most is None or not self.is_proven or self.is_established:
            return limit
        windows = most // (self.windowsize * octets_sent(self.blksize))
        return min(limit, max(UNPROVEN_RETRIES, windows - 1))

    def _send_opening(self) -> None:
        self._resending = True
        self._resent = 0
        self.send_oack(RequestReceived())
