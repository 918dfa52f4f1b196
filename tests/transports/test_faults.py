"""The fault wrapper: what it does to datagrams, by seed, on a clock that jumps."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from tests.support.timers import call_at
from tftp_fsm.simulation.network import Arrival, SimulatedNetwork
from tftp_fsm.transports import Burst, Unreachable
from tftp_fsm.transports.faults import LOST, UNHARMED, Fate, Faults, Impairment, decide
from tftp_fsm.transports.impaired import FaultyTransport

HERE, THERE = ("here", 1024), ("there", 69)
MANY = 4000


def only(name: str, value: float, seed: int = 0) -> Faults:
    """One kind of fault, named as in Faults."""
    options: dict[str, Any] = {name: value}
    return Faults(seed=seed, **options)


def fates(faults: Faults, count: int = MANY, octets: int = 516) -> list[Fate]:
    random = faults.random("sent")
    return [decide(faults, random, octets) for _ in range(count)]


@pytest.mark.parametrize("name", ["loss", "duplicate", "reorder", "corrupt"])
@pytest.mark.parametrize("value", [-0.1, 1.1, float("nan")])
def test_a_probability_is_from_0_to_1(name: str, value: float) -> None:
    with pytest.raises(ValueError, match=f"{name} is a number from 0 to 1, not {value}"):
        only(name, value)


@pytest.mark.parametrize("value", [-1.0, float("inf"), float("nan")])
def test_a_delay_is_some_seconds(value: float) -> None:
    with pytest.raises(ValueError, match="delay is a number of seconds from 0 to 86400"):
        Faults(delay=value)


def test_only_a_seed_is_no_fault() -> None:
    assert not Faults(seed=3)
    assert Faults(loss=0.01) and Faults(delay=0.1)
    assert set(fates(Faults(seed=3))) == {UNHARMED}


def test_certain_loss_loses_everything_and_zero_loses_nothing() -> None:
    assert set(fates(Faults(loss=1.0))) == {LOST}
    assert LOST not in fates(Faults(loss=0.0, delay=1.0))


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("mishap, name", [("lost", "loss"), ("duplicated", "duplicate")])
def test_mishaps_are_as_frequent_as_asked(mishap: str, name: str, seed: int) -> None:
    found = fates(only(name, 0.2, seed))
    share = sum(mishap in fate.mishaps for fate in found) / MANY
    assert abs(share - 0.2) < 0.03, f"seed {seed}: {share}"


def test_a_delay_is_never_longer_than_asked() -> None:
    delays = [delay for fate in fates(Faults(delay=0.5)) for delay in fate.delays]
    assert 0.0 < min(delays) < 0.01
    assert 0.49 < max(delays) <= 0.5


def test_a_duplicate_never_comes_before_its_original() -> None:
    for fate in fates(Faults(duplicate=1.0, delay=0.1)):
        first, second = fate.delays
        assert 0.0 < first < second


def test_one_fault_changes_nothing_of_what_the_others_do() -> None:
    alone = fates(Faults(loss=0.2, seed=9))
    together = fates(Faults(loss=0.2, duplicate=0.5, corrupt=0.5, seed=9))
    assert [fate.delays == () for fate in alone] == [fate.delays == () for fate in together]


def test_corruption_flips_exactly_one_bit_of_what_is_there() -> None:
    datagram = bytes(7)
    for fate in fates(Faults(corrupt=1.0), octets=7):
        assert sum(octet.bit_count() for octet in fate.applied_to(datagram)) == 1
        assert len(fate.applied_to(datagram)) == 7
    assert {fate.flipped for fate in fates(Faults(corrupt=1.0), octets=7)} == set(range(56))


def test_nothing_of_an_empty_datagram_can_be_corrupted() -> None:
    assert decide(Faults(corrupt=1.0), Random(1), 0).applied_to(b"") == b""


class WireEvent:
    """A faulty end `here` and a sound end `there` on a network without latency."""

    def __init__(self, faults: Faults) -> None:
        self.log: list[Impairment] = []
        self.network = SimulatedNetwork(latency=0.0)
        self.here = FaultyTransport(self.network.transport(HERE), faults, self.log.append)
        self.there = self.network.transport(THERE)

    def send(self, *datagrams: bytes) -> None:
        for datagram in datagrams:
            self.here.send(Burst.of(datagram, THERE))

    def answer(self, *datagrams: bytes) -> None:
        for datagram in datagrams:
            self.there.send(Burst.of(datagram, HERE))

    def heard_there(self) -> list[bytes]:
        found: list[bytes] = []
        while isinstance(burst := self.there.receive(self.network.now()), Burst):
            found += burst.datagrams()
        return found

    def heard_here(self, until: float) -> list[tuple[float, bytes]]:
        found: list[tuple[float, bytes]] = []
        while isinstance(burst := self.here.receive(until), Burst):
            found += [(self.network.now(), datagram) for datagram in burst.datagrams()]
        return found


def numbered(count: int) -> list[bytes]:
    return [bytes([0, 3, 0, number]) for number in range(count)]


def test_without_faults_a_burst_passes_as_it_is() -> None:
    network = SimulatedNetwork(burst=True)
    here = FaultyTransport(network.transport(HERE), Faults(seed=1))
    there = network.transport(THERE)
    burst = Burst((b"aabb",), 2, THERE)
    here.send(burst)
    assert there.receive(1.0) == Burst((b"aabb",), 2, HERE)
    there.send(Burst((b"ccdd",), 2, HERE))
    assert here.receive(1.0) == Burst((b"ccdd",), 2, THERE)


def test_datagrams_without_a_fault_stay_together() -> None:
    network = SimulatedNetwork(burst=True)
    here = FaultyTransport(network.transport(HERE), Faults(loss=0.5, seed=1))
    there = network.transport(THERE)
    here.send(Burst(numbered(32), 4, THERE))
    arrived: list[Burst] = []
    while isinstance(burst := there.receive(1.0), Burst):
        arrived.append(burst)
    datagrams = [datagram for burst in arrived for datagram in burst.datagrams()]
    assert datagrams == [datagram for datagram in numbered(32) if datagram in datagrams]
    assert 0 < len(arrived) < len(datagrams) < 32


def test_loss_works_in_both_directions() -> None:
    wire = WireEvent(Faults(loss=0.5, seed=2))
    wire.send(*numbered(40))
    wire.answer(*numbered(40))
    sent, received = wire.heard_there(), wire.heard_here(until=1.0)
    assert 5 < len(sent) < 35 and 5 < len(received) < 35
    assert sent == [datagram for datagram in numbered(40) if datagram in sent]
    assert len(wire.log) == 80 - len(sent) - len(received)
    assert {entry.direction for entry in wire.log} == {"sent", "received"}


def test_each_datagram_of_a_burst_meets_its_own_fate() -> None:
    wire = WireEvent(Faults(loss=0.5, seed=2))
    wire.here.send(Burst(numbered(40), 4, THERE))
    of_a_burst = wire.heard_there()
    wire = WireEvent(Faults(loss=0.5, seed=2))
    wire.send(*numbered(40))
    assert of_a_burst == wire.heard_there()


def test_the_directions_do_not_disturb_each_other() -> None:
    faults = Faults(loss=0.5, seed=2)
    quiet, busy = WireEvent(faults), WireEvent(faults)
    quiet.send(*numbered(20))
    for datagram in numbered(20):
        busy.answer(b"between")
        busy.heard_here(until=0.0)
        busy.send(datagram)
    assert quiet.heard_there() == busy.heard_there()


def test_what_is_delayed_goes_out_while_this_side_waits() -> None:
    wire = WireEvent(Faults(delay=2.0, seed=1))
    wire.send(b"late")
    assert wire.heard_there() == []
    assert wire.here.receive(deadline=2.0) is None
    assert wire.network.now() == 2.0
    assert wire.heard_there() == [b"late"]


def test_what_was_delayed_on_the_way_here_wakes_the_receiver_when_it_is_due() -> None:
    wire = WireEvent(Faults(delay=2.0, seed=1))
    wire.answer(b"late")
    ((when, datagram),) = wire.heard_here(until=5.0)
    (entry,) = wire.log
    assert datagram == b"late"
    assert (when,) == entry.fate.delays
    assert entry.fate.mishaps == ("delayed",)
    assert wire.network.now() == 5.0


def test_what_is_held_beyond_the_deadline_comes_next_time() -> None:
    wire = WireEvent(Faults(delay=2.0, seed=1))
    wire.answer(b"late")
    assert wire.heard_here(until=0.001) == []
    assert [datagram for _, datagram in wire.heard_here(until=2.0)] == [b"late"]


def test_what_is_due_at_the_deadline_is_still_in_time() -> None:
    wire = WireEvent(Faults(delay=2.0, seed=1))
    wire.answer(b"late")
    assert wire.heard_here(until=0.0) == []
    (due,) = wire.log[0].fate.delays
    assert wire.heard_here(until=due) == [(due, b"late")]


def test_a_wait_for_ever_ends_when_something_held_is_due() -> None:
    wire = WireEvent(Faults(delay=2.0, seed=1))
    wire.answer(b"late")
    arrived = wire.here.receive(deadline=None)
    assert isinstance(arrived, Burst) and list(arrived.datagrams()) == [b"late"]


def test_a_reordered_datagram_is_overtaken_and_still_arrives() -> None:
    wire = WireEvent(Faults(reorder=0.3, seed=1))
    wire.answer(*numbered(20))
    arrived = [datagram for _, datagram in wire.heard_here(until=1.0)]
    assert arrived != numbered(20)
    assert sorted(arrived) == numbered(20)


def test_a_duplicate_arrives_twice() -> None:
    wire = WireEvent(Faults(duplicate=1.0, seed=1))
    wire.answer(b"twice")
    assert [datagram for _, datagram in wire.heard_here(until=1.0)] == [b"twice", b"twice"]


def test_what_is_held_goes_out_before_the_transport_closes() -> None:
    wire = WireEvent(Faults(delay=2.0, seed=1))
    wire.send(b"last words")
    wire.here.close()
    wire.here.close()
    assert wire.heard_there() == [b"last words"]


def test_unreachable_passes_untouched() -> None:
    wire = WireEvent(Faults(duplicate=1.0, corrupt=1.0, seed=1))
    wire.there.close()
    wire.send(b"x")
    assert wire.here.receive(1.0) == Unreachable(THERE)


def story(seed: int) -> list[tuple[float, bytes]]:
    wire = WireEvent(Faults(0.2, 0.2, 0.2, 0.1, 0.2, seed))
    call_at(wire.network, 0.05, lambda: wire.answer(*numbered(30)))
    wire.answer(*numbered(30))
    return wire.heard_here(until=3.0)


def test_the_same_seed_tells_the_same_story() -> None:
    assert story(seed=11) == story(seed=11)
    assert story(seed=11) != story(seed=12)


def test_a_log_is_not_needed() -> None:
    network = SimulatedNetwork()
    here = FaultyTransport(network.transport(HERE), Faults(loss=1.0))
    heard: list[Arrival] = []
    network.transport(THERE, heard=heard.append)
    here.send(Burst.of(b"x", THERE))
    assert here.receive(1.0) is None
    assert heard == []
