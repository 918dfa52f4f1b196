"""A datagram without octets moves nothing in any session, and gets no answer."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.support.playbook import Datagram, Playbook, ack, data, play
from tftp_fsm.protocol.events import Opened, RequestReceived
from tftp_fsm.protocol.roles import ReadClient, ReadServer, WriteClient, WriteServer
from tftp_fsm.protocol.session import Session
from tftp_fsm.wire.address import Address
from tftp_fsm.wire.options import Options
from tftp_fsm.wire.packets import Rrq, Wrq

PEER: Address = ("192.0.2.9", 4000)
EMPTY = Datagram(b"", PEER)


def requesting_read() -> Session:
    client = ReadClient(Rrq(b"f"), PEER)
    play(client, Opened())
    return client


def receiving() -> Session:
    client = requesting_read()
    play(client, data(1))
    return client


def dallying() -> Session:
    server = WriteServer(Wrq(b"f"), Options(), PEER)
    play(server, RequestReceived(), data(1, 3))
    return server


def requesting_write() -> Session:
    client = WriteClient(Wrq(b"f"), 1500, PEER)
    play(client, Opened())
    return client


def sending() -> Session:
    client = requesting_write()
    play(client, ack(0))
    return client


def serving() -> Session:
    server = ReadServer(Rrq(b"f"), 1500, Options(), PEER)
    play(server, RequestReceived())
    return server


def keeping() -> Session:
    server = WriteServer(Wrq(b"f"), Options(), PEER)
    play(server, RequestReceived())
    return server


def client_that_stays() -> Session:
    client = receiving()
    client.counters.duplicates = 1  # something was lost, so it stays for the last ACK
    play(client, data(2, 3))
    return client


STATES: list[Callable[[], Session]] = [
    requesting_read,
    receiving,
    client_that_stays,
    dallying,
    requesting_write,
    sending,
    serving,
    keeping,
]


@pytest.mark.parametrize("make", STATES)
def test_an_empty_datagram_moves_nothing(make: Callable[[], Session]) -> None:
    session = make()
    deadline = session.deadline
    assert Playbook(session) >> EMPTY >> EMPTY << session.state
    assert session.counters.ignored == 2
    assert session.deadline == deadline
