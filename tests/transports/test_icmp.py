"""Which errors end a transfer, and which may pass (RFC 1122 sections 3.2.2.1 and 4.1.3.3)."""

from __future__ import annotations

import errno
from contextlib import closing

import pytest

from tftp_fsm.transports import Unreachable
from tftp_fsm.transports.icmp import CLOSED, PASSING, UNREACHABLE, unreachable
from tftp_fsm.transports.session_transport import SessionTransport

PEER = ("192.0.2.1", 69)


@pytest.mark.parametrize("number", [errno.ECONNREFUSED, errno.ECONNRESET, 10054, 10061])
def test_a_closed_port_is_hard(number: int) -> None:
    assert unreachable(number, PEER) == Unreachable(PEER)


@pytest.mark.parametrize(
    "number",
    [errno.ENETUNREACH, errno.EHOSTUNREACH, errno.EHOSTDOWN, errno.ENETDOWN, errno.EPERM, 10065],
)
def test_anything_else_may_pass_and_has_a_reason(number: int) -> None:
    found = unreachable(number, PEER)
    assert not found.is_hard and found.reason


def test_an_icmpv6_refusal_by_a_firewall_may_pass() -> None:
    assert unreachable(errno.EACCES, PEER) == Unreachable(
        PEER, False, "communication is prohibited"
    )


def test_a_send_that_this_host_forbids_is_no_matter_of_the_network() -> None:
    assert errno.EACCES not in UNREACHABLE
    assert 0 not in UNREACHABLE
    assert not CLOSED & set(PASSING) - {0}


def test_a_send_of_a_servers_fast_path_that_fails_is_reported_to_its_session() -> None:
    transport = SessionTransport(PEER, None, None, memoryview(bytearray(100)))
    with closing(transport):
        transport.on_error(OSError(errno.ENETUNREACH, "as the kernel says it"))
        assert transport.receive() == Unreachable(PEER, False, "network is unreachable")
        assert transport.receive() is None
