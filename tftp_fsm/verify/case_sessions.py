"""Make the sessions of a case. The caller gives the classes of the sessions."""

from __future__ import annotations

from tftp_fsm.protocol.roles import Sessions, client_session, server_session
from tftp_fsm.protocol.session import Session
from tftp_fsm.simulation.addresses import CLIENT, LISTENER
from tftp_fsm.verify.case import LIMITS, Case
from tftp_fsm.wire.options import offer
from tftp_fsm.wire.packets import Request, Rrq, Wrq


def client_of(case: Case, sessions: Sessions) -> Session:
    """Return the client's session before its first event."""
    size = case.size if case.verb == "put" else 0
    offered = offer(blksize=case.block, windowsize=case.windowsize, tsize=size)
    kind: type[Request] = Rrq if case.verb == "get" else Wrq
    request = kind(b"file", "octet", offered.pairs() if case.has_options else ())
    return client_session(request, LISTENER, case.retry_policy, size=size, sessions=sessions)


def server_of(case: Case, sessions: Sessions, request: Request) -> Session:
    """Return the server's session before its first event."""
    return server_session(
        request, CLIENT, case.retry_policy, LIMITS, size=case.size, sessions=sessions
    )
