"""The simulated network: its clock, the two ways to run it, and its faults."""

from __future__ import annotations

import pytest

from tftp_fsm.simulation.network import Arrival, SimulatedNetwork, SimulationStuck
from tftp_fsm.transports import Burst, Unreachable
from tftp_fsm.transports.faults import Faults, Impairment

HERE, THERE = ("here", 1024), ("there", 69)


def octets(arrived: Arrival | None) -> bytes:
    assert isinstance(arrived, Burst), arrived
    return b"|".join(arrived.datagrams())


def test_a_datagram_takes_the_latency_and_no_more() -> None:
    network = SimulatedNetwork(latency=0.25)
    here, there = network.transport(HERE), network.transport(THERE)
    here.send(Burst.of(b"x", THERE))
    assert octets(there.receive(deadline=9.0)) == b"x"
    assert there.now() == here.now() == network.now() == 0.25


def test_a_wait_jumps_to_its_deadline() -> None:
    here = SimulatedNetwork().transport(HERE)
    assert here.receive(3600.0) is None
    assert here.now() == 3600.0


def test_what_is_due_at_the_deadline_is_still_in_time() -> None:
    network = SimulatedNetwork(latency=1.0)
    here, there = network.transport(HERE), network.transport(THERE)
    here.send(Burst.of(b"x", THERE))
    assert octets(there.receive(deadline=1.0)) == b"x"


def test_what_is_due_after_the_deadline_comes_next_time() -> None:
    network = SimulatedNetwork(latency=1.0)
    here, there = network.transport(HERE), network.transport(THERE)
    here.send(Burst.of(b"x", THERE))
    assert there.receive(deadline=0.5) is None
    assert network.now() == 0.5
    assert octets(there.receive(deadline=2.0)) == b"x"


def test_one_side_blocks_while_the_other_is_a_function() -> None:
    network = SimulatedNetwork(latency=0.5)

    def answer(arrived: Arrival) -> None:
        server.send(Burst.of(b"re: " + octets(arrived), HERE))

    server = network.transport(THERE, heard=answer)
    client = network.transport(HERE)
    client.send(Burst.of(b"hello", THERE))
    assert octets(client.receive(deadline=5.0)) == b"re: hello"
    assert client.now() == 1.0


def test_stepping_tells_where_each_arrival_goes_and_when() -> None:
    network = SimulatedNetwork(latency=0.5)
    here, there = network.transport(HERE), network.transport(THERE)
    here.send(Burst.of(b"ping", THERE))
    assert network.next_due() == 0.5
    assert network.deliver_next() == (THERE, Burst((b"ping",), 4, HERE))
    there.send(Burst.of(b"pong", HERE))
    assert network.next_due() == 1.0
    assert network.deliver_next() == (HERE, Burst((b"pong",), 4, THERE))
    assert (network.now(), network.next_due()) == (1.0, None)


def test_advance_delivers_what_is_due_and_leaves_the_rest() -> None:
    network = SimulatedNetwork(latency=1.0)
    here, there = network.transport(HERE), network.transport(THERE)
    here.send(Burst.of(b"first", THERE))
    network.advance(to=0.5)
    here.send(Burst.of(b"second", THERE))
    network.advance(to=1.25)
    assert network.now() == 1.25
    assert octets(there.receive(deadline=1.25)) == b"first"
    assert there.receive(deadline=1.25) is None
    assert network.next_due() == 1.5


def test_advance_delivers_what_is_due_at_its_very_end() -> None:
    network = SimulatedNetwork(latency=1.0)
    here, there = network.transport(HERE), network.transport(THERE)
    here.send(Burst.of(b"x", THERE))
    network.advance(to=1.0)
    assert network.next_due() is None
    assert octets(there.receive(deadline=0.0)) == b"x"


def test_the_clock_does_not_advance_backwards() -> None:
    network = SimulatedNetwork()
    network.advance(to=2.0)
    network.advance(to=1.0)
    assert network.now() == 2.0


def test_a_burst_arrives_as_single_datagrams() -> None:
    network = SimulatedNetwork()
    here, there = network.transport(HERE), network.transport(THERE)
    here.send(Burst([b"aabbc"], 2, THERE))
    assert [octets(there.receive(1.0)) for _ in range(3)] == [b"aa", b"bb", b"c"]


def test_a_burst_arrives_whole_where_that_is_asked_for() -> None:
    network = SimulatedNetwork(burst=True)
    here, there = network.transport(HERE), network.transport(THERE)
    here.send(Burst([b"aabbc"], 2, THERE))
    assert there.receive(1.0) == Burst((b"aabbc",), 2, HERE)


def test_a_burst_that_lost_one_arrives_as_what_is_left_of_it() -> None:
    network = SimulatedNetwork(faults=Faults(loss=0.5, seed=1), burst=True)
    here, there = network.transport(HERE), network.transport(THERE)
    sent = [bytes([number]) * 2 for number in range(32)]
    here.send(Burst(sent, 2, THERE))
    arrived = []
    bursts = 0
    while (burst := there.receive(1.0)) is not None:
        assert isinstance(burst, Burst)
        arrived += list(burst.datagrams())
        bursts += 1
    assert arrived == [datagram for datagram in sent if datagram in arrived]
    assert 0 < bursts < len(arrived) < 32


def test_an_address_that_nobody_opened_answers_after_there_and_back() -> None:
    network = SimulatedNetwork(latency=0.5)
    here = network.transport(HERE)
    here.send(Burst.of(b"x", THERE))
    assert here.receive(9.0) == Unreachable(THERE)
    assert here.now() == 1.0


def test_refusals_can_be_left_out() -> None:
    network = SimulatedNetwork(refusals=False)
    here = network.transport(HERE)
    here.send(Burst.of(b"x", THERE))
    assert here.receive(9.0) is None


def test_closing_while_a_datagram_is_under_way_refuses_it() -> None:
    network = SimulatedNetwork()
    here, there = network.transport(HERE), network.transport(THERE)
    here.send(Burst.of(b"x", THERE))
    there.close()
    assert here.receive(9.0) == Unreachable(THERE)


def test_an_address_is_one_transport_s_until_it_closes() -> None:
    network = SimulatedNetwork()
    first = network.transport(HERE)
    with pytest.raises(ValueError, match="already open"):
        network.transport(HERE)
    first.close()
    second = network.transport(HERE)
    first.close()
    second.send(Burst.of(b"x", HERE))
    assert octets(second.receive(1.0)) == b"x"


def test_a_livelock_is_stopped() -> None:
    network = SimulatedNetwork(steps=100)

    def echo(arrived: Arrival) -> None:
        assert isinstance(arrived, Burst)
        there.send(Burst(arrived.buffers, arrived.segment, THERE))

    there = network.transport(THERE, heard=echo)
    there.send(Burst.of(b"x", THERE))
    with pytest.raises(SimulationStuck, match="has not ended"):
        network.advance(to=1e9)


def test_a_wait_for_ever_with_nothing_under_way_is_stopped() -> None:
    here = SimulatedNetwork().transport(HERE)
    with pytest.raises(SimulationStuck, match="no packet is under way"):
        here.receive(deadline=None)


def network_story(seed: int) -> tuple[list[tuple[float, bytes]], list[Impairment]]:
    mishaps: list[Impairment] = []
    faults = Faults(loss=0.2, duplicate=0.2, reorder=0.2, delay=0.01, seed=seed)
    network = SimulatedNetwork(faults=faults, log=mishaps.append)
    here, there = network.transport(HERE), network.transport(THERE)
    for number in range(50):
        here.send(Burst.of(bytes([number]), THERE))
    arrivals = []
    while (arrived := there.receive(1.0)) is not None:
        arrivals.append((there.now(), octets(arrived)))
    return arrivals, mishaps


def test_the_same_seed_tells_the_same_story() -> None:
    assert network_story(seed=4) == network_story(seed=4)
    assert network_story(seed=4) != network_story(seed=5)


def test_every_kind_of_mishap_happens_and_is_logged() -> None:
    _, mishaps = network_story(seed=4)
    kinds = {kind for mishap in mishaps for kind in mishap.fate.mishaps}
    assert kinds == {"lost", "duplicated", "reordered", "delayed"}
