"""The sessions of a case before their first events: ours, or those of changed tables."""

from __future__ import annotations

from tftp_fsm.protocol.roles import Sessions, client_session, server_session
from tftp_fsm.protocol.session import Session
from tftp_fsm.simulation.addresses import CLIENT, LISTENER
from tftp_fsm.verify.case import LIMITS, Case
from tftp_fsm.verify.mutants import sessions_of
from tftp_fsm.verify.table_file import load_sessions
from tftp_fsm.wire.options import offer
from tftp_fsm.wire.packets import Request, Rrq, Wrq


def kinds_of(case: Case) -> Sessions:
    """The classes of the four sessions."""
    return sessions_of(case.mutant) if case.table is None else load_sessions(case.table)


def client_of(case: Case) -> Session:
    """The client's session before its first event."""
    size = case.size if case.verb == "put" else 0
    offered = offer(blksize=case.block, windowsize=case.windowsize, tsize=size)
    kind: type[Request] = Rrq if case.verb == "get" else Wrq
    request = kind(b"file", "octet", offered.pairs() if case.has_options else ())
    return client_session(request, LISTENER, case.retry_policy, size=size, sessions=kinds_of(case))


def server_of(case: Case, request: Request) -> Session:
    """The server's session before its first event."""
    return server_session(
        request, CLIENT, case.retry_policy, LIMITS, size=case.size, sessions=kinds_of(case)
    )
