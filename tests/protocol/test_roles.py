"""The session that a request begins, and the options that a server accepts."""

from __future__ import annotations

import pytest

from tftp_fsm.protocol.roles import (
    ReadClient,
    ReadServer,
    WriteClient,
    WriteServer,
    client_session,
    server_session,
)
from tftp_fsm.protocol.timing import RetryPolicy
from tftp_fsm.wire.address import Address
from tftp_fsm.wire.options import OptionLimits, Options
from tftp_fsm.wire.packets import Request, Rrq, Wrq

PEER: Address = ("192.0.2.1", 69)
POLICY = RetryPolicy(retries=7)
OFFERED = Options(blksize=1428, tsize=0).pairs()


@pytest.mark.parametrize(
    ("request_", "kind"), [(Rrq(b"f"), ReadClient), (Wrq(b"f"), WriteClient)], ids=["RRQ", "WRQ"]
)
def test_a_client_sends_the_request_to_the_server(request_: Request, kind: type) -> None:
    session = client_session(request_, PEER, POLICY, size=9)
    assert (type(session), session.request, session.peer) == (kind, request_, PEER)
    assert session.retry_policy == POLICY
    assert getattr(session, "size", 9) == 9


@pytest.mark.parametrize(
    ("request_", "kind", "tsize"),
    [(Rrq(b"f", "octet", OFFERED), ReadServer, 9), (Wrq(b"f", "octet", OFFERED), WriteServer, 0)],
    ids=["RRQ", "WRQ"],
)
def test_a_server_accepts_options_within_its_limits(
    request_: Request, kind: type, tsize: int
) -> None:
    session = server_session(request_, PEER, POLICY, OptionLimits(blksize=1000), size=9)
    assert (type(session), session.request, session.peer) == (kind, request_, PEER)
    assert session.retry_policy == POLICY
    assert session.agreed == Options(blksize=1000, tsize=tsize)


@pytest.mark.parametrize("request_", [Rrq(b"f", "octet", OFFERED), Wrq(b"f", "octet", OFFERED)])
def test_without_limits_a_server_accepts_no_option(request_: Request) -> None:
    assert server_session(request_, PEER, POLICY, None).agreed == Options()


def test_a_size_that_is_not_counted_is_not_told() -> None:
    request = Rrq(b"f", "octet", OFFERED)
    session = server_session(request, PEER, POLICY, OptionLimits(), size=9, is_counted=False)
    assert isinstance(session, ReadServer) and not session.is_counted
    assert session.agreed == Options(blksize=1428)
