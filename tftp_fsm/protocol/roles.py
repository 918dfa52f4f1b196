"""The four kinds of sessions. Each has its own opening, and then receives or sends.

ReadClient   sends RRQ, then receives        ReadServer   receives RRQ, then sends
WriteClient  sends WRQ, then sends           WriteServer  receives WRQ, then receives

`client_session` and `server_session` choose between them by the request.
"""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from tftp_fsm.frozen import frozen
from tftp_fsm.protocol.events import AckReceived, ErrorReceived, Event, Outcome, RequestReceived
from tftp_fsm.protocol.opening import ClientOpening, ServerOpening
from tftp_fsm.protocol.operands import compares
from tftp_fsm.protocol.receiver import Receiver
from tftp_fsm.protocol.rows import Table
from tftp_fsm.protocol.sender import Sender
from tftp_fsm.protocol.session import Session
from tftp_fsm.protocol.tables import READ_CLIENT, READ_SERVER, WRITE_CLIENT, WRITE_SERVER
from tftp_fsm.protocol.timing import UNPROVEN_RETRIES, RetryPolicy
from tftp_fsm.wire.address import Address
from tftp_fsm.wire.options import OptionLimits, Options, accept, octets_sent
from tftp_fsm.wire.packets import ErrorCode, Request, Rrq, Wrq

SPECIFIC_ERRORS = range(ErrorCode.FILE_NOT_FOUND, ErrorCode.REFUSED_OPTIONS)  # they say what failed
ESTABLISHED = 2  # ACKs; nobody guesses a TID among 16,384 twice: once in 268 million attempts


class ReadClient(ClientOpening, Receiver):
    """The client that reads a file (RRQ)."""

    table: ClassVar[Table] = READ_CLIENT


class WriteClient(ClientOpening, Sender):
    """The client that writes a file (WRQ)."""

    table: ClassVar[Table] = WRITE_CLIENT

    @compares("block")
    def is_ack_of_request(self, event: AckReceived) -> bool:
        """It is ACK 0."""
        return event.block == 0


class ReadServer(ServerOpening, Sender):
    """The server of a file that is read (RRQ)."""

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
        """The size that the client was told, in octets, or None."""
        return self.agreed.tsize

    def finish_probe(self, event: ErrorReceived) -> None:
        """End the transfer, with the words of the client. This is not a failure."""
        said = f": {event.message}" if event.message else ""
        self._finish(Outcome.PROBED, f"left when it had the size{said}")

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
        """A first ACK may be forged, and sent to every TID: it brings few windows."""
        limit, most = super()._retry_limit(), self.retry_policy.doubtful_octets
        if most is None or not self.is_proven or self.is_established:
            return limit
        windows = most // (self.windowsize * octets_sent(self.blksize))
        return min(limit, max(UNPROVEN_RETRIES, windows - 1))

    def _send_opening(self) -> None:
        self._resending = True
        self._resent = 0
        self.send_oack(RequestReceived())


class WriteServer(ServerOpening, Receiver):
    """The server of a file that is written (WRQ)."""

    table: ClassVar[Table] = WRITE_SERVER

    def __init__(
        self,
        request: Wrq,
        options: Options,
        peer: Address | None = None,
        retry_policy: RetryPolicy | None = None,
    ) -> None:
        super().__init__(request, peer, retry_policy)
        self._open(options)

    @property
    def is_proven(self) -> bool:
        return self.received > 0

    @property
    def is_established(self) -> bool:
        return self.received > 1

    def _send_answer(self, event: Event) -> None:
        if self.received == 0 and self.agreed.pairs():
            self.send_oack(event)
        else:
            self.send_ack(event)


@frozen
class Sessions:
    """The classes of the four sessions. Others than these have other rows: see `changes`."""

    read_client: type[ReadClient] = ReadClient
    write_client: type[WriteClient] = WriteClient
    read_server: type[ReadServer] = ReadServer
    write_server: type[WriteServer] = WriteServer

    @property
    def kinds(self) -> tuple[type[Session], ...]:
        """All four."""
        return self.read_client, self.write_client, self.read_server, self.write_server


OURS = Sessions()


def client_session(
    request: Request,
    server: Address,
    retry_policy: RetryPolicy,
    *,
    size: int = 0,
    sessions: Sessions = OURS,
) -> ReadClient | WriteClient:
    """The session that sends `request` to `server`.

    `size` is the size of the file of a WRQ, in octets on the wire.
    """
    match request:
        case Rrq():
            return sessions.read_client(request, server, retry_policy)
        case Wrq():
            return sessions.write_client(request, size, server, retry_policy)


def server_session(
    request: Request,
    client: Address,
    retry_policy: RetryPolicy,
    limits: OptionLimits | None,
    *,
    size: int = 0,
    is_counted: bool = True,
    sessions: Sessions = OURS,
) -> ReadServer | WriteServer:
    """The session that answers `request` of `client`, with the options that `limits` allow.

    Without `limits` it accepts no option. `size` is what the file of an RRQ has, in octets on the
    wire. If `is_counted` is false, `size` is only an upper limit.
    """
    pairs = () if limits is None else request.options
    limits = limits or OptionLimits()
    match request:
        case Rrq():
            options = accept(pairs, limits, tsize=size)
            if not is_counted:  # RFC 2349 lets a server leave tsize out
                options = replace(options, tsize=None)
            return sessions.read_server(request, size, options, client, retry_policy, is_counted)
        case Wrq():
            options = accept(pairs, limits, tsize=None)
            return sessions.write_server(request, options, client, retry_policy)
