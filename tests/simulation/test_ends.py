"""The two ends without a network: which end gets a datagram, and whose time-out is next."""

from __future__ import annotations

from typing import Literal

import pytest

from tftp_fsm.driver.driver import Driver
from tftp_fsm.protocol.events import Opened, Outcome
from tftp_fsm.protocol.roles import ReadClient, ReadServer, WriteClient, WriteServer
from tftp_fsm.simulation.addresses import CLIENT, LISTENER, SERVER, End
from tftp_fsm.simulation.ends import Ends, Setup
from tftp_fsm.simulation.network import SimulatedNetwork
from tftp_fsm.transports import Burst
from tftp_fsm.wire.address import Address
from tftp_fsm.wire.packets import Ack, Data, Rrq, Wrq, build

RRQ = build(Rrq(b"file"))


def ends_of(setup: Setup) -> tuple[Ends, list[str]]:
    """Return the ends, on a network that delivers nothing, and the ends that have joined."""
    network, joined = SimulatedNetwork(), list[str]()

    def note(end: End, driver: Driver) -> None:
        joined.append(end)

    ends = Ends(setup, lambda end, address: network.transport(address), note)
    ends.begin()
    return ends, joined


@pytest.mark.parametrize(
    ("setup", "request_", "client", "server"),
    [
        (Setup("get", b"x"), Rrq(b"file"), ReadClient, ReadServer),
        (Setup("put", b"x"), Wrq(b"file"), WriteClient, WriteServer),
    ],
    ids=["get", "put"],
)
def test_the_client_begins_and_a_request_begins_the_server(
    setup: Setup, request_: Rrq | Wrq, client: type, server: type
) -> None:
    ends, joined = ends_of(setup)
    assert joined == ["client"]
    assert ends.deliver(LISTENER, Burst.of(build(request_), CLIENT))
    assert joined == ["client", "server"]
    assert [type(driver.session) for driver in ends.drivers.values()] == [client, server]


def test_a_repeated_request_finds_the_session_of_the_first() -> None:
    ends, joined = ends_of(Setup("get", b"x"))
    for _ in range(2):
        assert ends.deliver(LISTENER, Burst.of(RRQ, CLIENT))
    assert joined == ["client", "server"]
    assert ends.drivers["server"].session.counters.duplicates == 1


@pytest.mark.parametrize("octets", [b"", b"\0\1file", build(Rrq(b"f"))[:3], b"\0\4\0\1"])
def test_what_is_no_request_begins_nothing(octets: bytes) -> None:
    ends, joined = ends_of(Setup("get", b"x"))
    assert not ends.deliver(LISTENER, Burst.of(octets, CLIENT))
    assert joined == ["client"]


@pytest.mark.parametrize("to", [SERVER, ("server", 4711)], ids=str)
def test_nobody_hears_what_arrives_elsewhere(to: Address) -> None:
    ends, _ = ends_of(Setup("get", b"x"))
    assert not ends.deliver(to, Burst.of(RRQ, CLIENT))


@pytest.mark.parametrize(
    ("arrival", "now", "end"),
    [
        (None, 0.0, "client"),
        (0.5, 0.0, None),
        (1.0, 0.0, None),
        (1.0 + 1e-12, 0.0, None),
        (1.001, 0.0, "client"),
        (1.001, 1.5, None),
    ],
)
def test_an_arrival_at_the_moment_of_a_deadline_is_in_time(
    arrival: float | None, now: float, end: str | None
) -> None:
    ends, _ = ends_of(Setup("get", b"x"))
    assert ends.next_expiry(arrival, now) is None, "nothing is waited for yet"
    ends.drivers["client"].feed(Opened())
    assert ends.drivers["client"].session.deadline == 1.0
    assert ends.next_expiry(arrival, now) == end


@pytest.mark.parametrize(("verb", "request_"), [("get", Rrq(b"file")), ("put", Wrq(b"file"))])
def test_a_client_that_asks_anew_gets_another_session_with_another_tid(
    verb: Literal["get", "put"], request_: Rrq | Wrq
) -> None:
    network, joined = SimulatedNetwork(), list[str]()
    setup = Setup(verb, b"x" * 5000)
    ends = Ends(setup, lambda _, tid: network.transport(tid), lambda end, _: joined.append(end))
    ends.begin()
    asked = Burst.of(build(request_), CLIENT)
    ends.deliver(LISTENER, asked)
    ends.deliver(SERVER, Burst.of(build(Ack(1) if verb == "get" else Data(1, bytes(512))), CLIENT))
    assert not ends.settle()
    network.advance(2.0)
    ends.deliver(LISTENER, asked)
    earlier = ends.drivers["server"]
    assert earlier.finished is not None and earlier.finished.outcome is Outcome.RESTARTED
    assert ends.settle() and not ends.settle()
    assert joined == ["client", "server", "server"]
    later = ends.drivers["server"]
    assert ends.sessions[1:] == [earlier, later]
    assert later.session.counters.octets == 0
    assert not ends.deliver(SERVER, Burst.of(build(Ack(1)), CLIENT)), "that TID is closed"
    assert ends.deliver((SERVER[0], SERVER[1] + 1), Burst.of(build(Ack(0)), CLIENT))


def test_a_file_that_is_whole_stays_whole_while_it_is_brought_again() -> None:
    network = SimulatedNetwork()
    ends = Ends(Setup("put", b"x"), lambda _, tid: network.transport(tid), lambda _, __: None)
    ends.begin()
    asked = Burst.of(build(Wrq(b"file")), CLIENT)
    ends.deliver(LISTENER, asked)
    ends.deliver(SERVER, Burst.of(build(Data(1, b"x")), CLIENT))
    network.advance(2.0)
    ends.deliver(LISTENER, asked)
    assert ends.settle()
    assert ends.received == b"x"
