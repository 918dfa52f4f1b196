"""Sessions that follow an end of another program.

They have the rows of the product, with three differences. A time-out is never too early, because
the other program has its own timers. After a loss a window is always sent whole, because sending it
in parts is our choice and not a rule. Options that are in no RFC may be agreed.
"""

from __future__ import annotations

from dataclasses import replace
from math import inf
from typing import TypeAlias

from tftp_fsm.explain.transfer.endpoint import UNKNOWN_SIZE
from tftp_fsm.protocol.events import Event, OackReceived
from tftp_fsm.protocol.opening import ClientOpening
from tftp_fsm.protocol.read_client import ReadClient
from tftp_fsm.protocol.read_server import ReadServer
from tftp_fsm.protocol.sender import Sender
from tftp_fsm.protocol.session import MODES, Session
from tftp_fsm.protocol.timing import RetryPolicy
from tftp_fsm.protocol.write_client import WriteClient
from tftp_fsm.protocol.write_server import WriteServer
from tftp_fsm.wire.address import Address
from tftp_fsm.wire.kinds import Request, Rrq
from tftp_fsm.wire.options import Options, Refusal
from tftp_fsm.wire.ranges import OPTIONS

PATIENT = RetryPolicy(patience=86_400.0, retransmissions=1_000_000, dally=1.0)


class _Followed(Session):
    def _is_due(self, event: Event) -> bool:
        return True

    def _retry_limit(self) -> float:
        return inf


class _FollowedClient(_Followed, ClientOpening):
    def _agree(self, event: OackReceived) -> Options | Refusal:
        """Check an OACK. An option that is in no RFC is allowed if it was offered."""
        unknown = {name.lower() for name, _ in self.request.options} - OPTIONS.keys()
        known = tuple(pair for pair in event.options if pair[0].lower() not in unknown)
        return super()._agree(replace(event, options=known))


class _FollowedSender(_Followed, Sender):
    def slow_down(self, event: Event) -> None:
        super().slow_down(event)
        self.burst = self.windowsize


class FollowedReadClient(_FollowedClient, ReadClient):
    """The client of a get."""


class FollowedWriteServer(_Followed, WriteServer):
    """The server of a put."""


class FollowedWriteClient(_FollowedClient, _FollowedSender, WriteClient):
    """The client of a put."""


class FollowedReadServer(_FollowedSender, ReadServer):
    """The server of a get."""


FOLLOWED: dict[str, type[Session]] = {
    kind.table.name: kind
    for kind in (
        FollowedReadClient,
        FollowedWriteClient,
        FollowedReadServer,
        FollowedWriteServer,
    )
}
"""The session classes by their tables, for traces that are made from captures."""

Client: TypeAlias = FollowedReadClient | FollowedWriteClient
Server: TypeAlias = FollowedReadServer | FollowedWriteServer


def client_of(request: Request, server: Address) -> Client:
    """Return the session of the client that sends `request` to `server`."""
    if isinstance(request, Rrq):
        return FollowedReadClient(request, server, PATIENT)
    return FollowedWriteClient(request, UNKNOWN_SIZE, server, PATIENT)


def server_of(request: Request, options: Options, client: Address) -> Server:
    """Return the session of the server that answers with `options`. It takes any mode."""
    if request.mode.lower() not in MODES:
        request = replace(request, mode="octet")
    if isinstance(request, Rrq):
        return FollowedReadServer(request, UNKNOWN_SIZE, options, client, PATIENT)
    return FollowedWriteServer(request, options, client, PATIENT)
