"""The four kinds of sessions. Each has its own opening, and then receives or sends.

ReadClient   sends RRQ, then receives        ReadServer   receives RRQ, then sends
WriteClient  sends WRQ, then sends           WriteServer  receives WRQ, then receives

`client_session` and `server_session` choose between them by the request.
"""

from __future__ import annotations

from tftp_fsm.frozen import frozen, replaced
from tftp_fsm.protocol.read_client import ReadClient
from tftp_fsm.protocol.read_server import ReadServer
from tftp_fsm.protocol.write_client import WriteClient
from tftp_fsm.protocol.write_server import WriteServer
from tftp_fsm.wire.kinds import Rrq, Wrq
from tftp_fsm.wire.options import OptionLimits, accept

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from tftp_fsm.protocol.session import Session
    from tftp_fsm.protocol.timing import RetryPolicy
    from tftp_fsm.wire.address import Address
    from tftp_fsm.wire.kinds import Request

__all__ = [
    "OURS",
    "ReadClient",
    "ReadServer",
    "Sessions",
    "WriteClient",
    "WriteServer",
    "client_session",
    "server_session",
]


@frozen
class Sessions:
    """The classes of the four sessions. Classes with other rows come from `changes`."""

    read_client: type[ReadClient] = ReadClient
    write_client: type[WriteClient] = WriteClient
    read_server: type[ReadServer] = ReadServer
    write_server: type[WriteServer] = WriteServer

    @property
    def kinds(self) -> tuple[type[Session], ...]:
        """Return all four classes."""
        return self.read_client, self.write_client, self.read_server, self.write_server

    @classmethod
    def of(cls, kinds: Iterable[type[Session]]) -> Sessions:
        """Return the four classes that are given in the order of `kinds`."""
        return cls(*kinds)  # type: ignore[arg-type]


OURS = Sessions()


def client_session(
    request: Request,
    server: Address,
    retry_policy: RetryPolicy,
    *,
    size: int = 0,
    sessions: Sessions = OURS,
) -> ReadClient | WriteClient:
    """Return the session that sends `request` to `server`.

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
    """Return the session that answers `request` of `client`, with the options that `limits` allow.

    Without `limits` it accepts no option. `size` is the size of an RRQ's file in octets on the
    wire. If `is_counted` is false, `size` is only an upper limit.
    """
    pairs = () if limits is None else request.options
    limits = limits or OptionLimits()
    match request:
        case Rrq():
            options = accept(pairs, limits, tsize=size)
            if not is_counted:  # RFC 2349 lets a server leave tsize out
                options = replaced(options, tsize=None)
            return sessions.read_server(request, size, options, client, retry_policy, is_counted)
        case Wrq():
            options = accept(pairs, limits, tsize=None)
            return sessions.write_server(request, options, client, retry_policy)
