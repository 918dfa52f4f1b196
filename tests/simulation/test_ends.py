"""The two ends without a network: who hears what arrives, and whose time-out is next."""

from __future__ import annotations

import pytest

from tftp_fsm.driver.driver import Driver
from tftp_fsm.protocol.events import Opened
from tftp_fsm.protocol.roles import ReadClient, ReadServer, WriteClient, WriteServer
from tftp_fsm.simulation.addresses import CLIENT, LISTENER, SERVER, TIDS, End
from tftp_fsm.simulation.ends import Ends, Setup
from tftp_fsm.simulation.network import SimulatedNetwork
from tftp_fsm.transports import Burst
from tftp_fsm.wire.address import Address
from tftp_fsm.wire.packets import Rrq, Wrq, build

RRQ = build(Rrq(b"file"))


def ends_of(setup: Setup) -> tuple[Ends, list[str]]:
    """The ends, on a network that delivers nothing, and who has joined."""
    network, joined = SimulatedNetwork(), list[str]()

    def note(end: End, driver: Driver) -> None:
        joined.append(end)

    ends = Ends(setup, lambda end: network.transport(TIDS[end]), note)
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
