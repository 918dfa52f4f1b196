"""Over a bad network a transfer ends with the whole file, or each end reports a true error."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from random import Random
from typing import Literal
from unittest.mock import patch

import pytest

from tftp_fsm.protocol.events import Finished, Outcome, SendBlocks, Step
from tftp_fsm.protocol.timing import RetryPolicy
from tftp_fsm.simulation import transfer as simulation
from tftp_fsm.simulation.addresses import CLIENT, End
from tftp_fsm.simulation.ends import Setup
from tftp_fsm.simulation.network import SimulatedNetwork
from tftp_fsm.simulation.transfer import Result, Simulation, simulate
from tftp_fsm.transports import Burst
from tftp_fsm.transports.faults import Faults, Impairment
from tftp_fsm.wire.address import Address
from tftp_fsm.wire.options import Options, offer

TRANSFERS = int(os.environ.get("TFTP_FSM_TRANSFERS", "1000"))  # 10000 take some minutes
SUCCEEDED = Finished(Outcome.SUCCEEDED)
HONEST = (Outcome.TIMED_OUT, Outcome.UNKNOWN, Outcome.PEER_ERROR, Outcome.UNREACHABLE)
SIZES = (0, 1, 511, 512, 513, 1024, 1500, 4000)
BLKSIZES = (8, 64, 511, 512, 513, 1428)
WINDOWSIZES = (1, 1, 2, 3, 4, 8, 16, 64)
MOST_SECONDS = 4 * 3600.0  # of the simulated clock; 240 waits of the longest RTO, a minute


def content_of(size: int) -> bytes:
    return bytes(number * 31 % 251 for number in range(size))


def one_of(seed: int) -> Setup:
    """Return the transfer of a seed; every other one is a put."""
    random = Random(f"transfer {seed}")
    worst = random.choice((0.05, 0.15, 0.4))
    faults = Faults(
        loss=random.random() * worst,
        duplicate=random.random() * worst,
        reorder=random.random() * worst,
        delay=random.choice((0.0, 0.0, 0.01)),
        seed=seed,
    )
    blksize, windowsize = random.choice(BLKSIZES), random.choice(WINDOWSIZES)
    content = content_of(random.choice(SIZES))
    tsize = len(content) if seed % 2 else 0
    options = offer(blksize=blksize, windowsize=windowsize, tsize=tsize)
    return Setup("put" if seed % 2 else "get", content, faults, options=options)


def check_honest(result: Result, verb: str, setting: object) -> None:
    assert result.client is not None, setting
    for end in (result.client, result.server):
        assert end is None or end.outcome in (Outcome.SUCCEEDED, *HONEST), (end, setting)
        assert end != SUCCEEDED or result.intact, setting
    assert result.seconds < MOST_SECONDS, setting
    receiver, sender = (
        (result.client, result.server) if verb == "get" else (result.server, result.client)
    )
    if sender == SUCCEEDED:
        assert receiver == SUCCEEDED, setting


@pytest.mark.slow
@pytest.mark.parametrize("tens", range(TRANSFERS // 50))
def test_a_thousand_transfers_end_whole_or_honest(tens: int) -> None:
    outcomes: Counter[Outcome] = Counter()
    for seed in range(tens * 50, tens * 50 + 50):
        setup = one_of(seed)
        result = Simulation(setup).run()
        check_honest(result, setup.verb, (seed, setup.verb, setup.options, setup.faults))
        assert result.client is not None
        outcomes[result.client.outcome] += 1
    assert outcomes[Outcome.SUCCEEDED] >= 45, f"with such losses most still arrive: {outcomes}"


@pytest.mark.parametrize("seed", range(20))
def test_damaged_packets_raise_nothing_and_are_no_livelock(seed: int) -> None:
    faults = Faults(corrupt=0.2, loss=0.1, duplicate=0.1, seed=seed)
    result = Simulation(replace(one_of(seed), faults=faults)).run()
    assert result.client is not None
    assert result.seconds < MOST_SECONDS


@pytest.mark.parametrize("verb", ["get", "put"])
@pytest.mark.parametrize("seed", range(4))
def test_the_same_seed_gives_the_same_steps(verb: Literal["get", "put"], seed: int) -> None:
    def steps() -> list[tuple[End, Step]]:
        seen: list[tuple[End, Step]] = []
        faults = Faults(loss=0.1, duplicate=0.1, reorder=0.1, seed=seed)
        watch = lambda end, step: seen.append((end, step))  # noqa: E731
        simulate(verb, content_of(5000), faults=faults, windowsize=4, watch=watch)
        return seen

    assert steps() == steps()


@pytest.mark.parametrize("verb", ["get", "put"])
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("windowsize", [1, 4])
def test_on_a_good_network_nothing_is_sent_twice(
    verb: Literal["get", "put"], size: int, windowsize: int
) -> None:
    result = simulate(verb, content_of(size), windowsize=windowsize)
    assert (result.client, result.server, result.intact) == (SUCCEEDED, SUCCEEDED, True)
    assert result.retransmissions == 0


@pytest.mark.slow
@pytest.mark.parametrize("verb", ["get", "put"])
def test_blocks_wrap_past_65535(verb: Literal["get", "put"]) -> None:
    content = content_of(8 * 66_000 + 3)
    result = simulate(verb, content, blksize=8, windowsize=64)
    assert (result.client, result.server, result.received) == (SUCCEEDED, SUCCEEDED, content)


@pytest.mark.parametrize("verb", ["get", "put"])
def test_an_answer_that_comes_at_the_moment_of_the_time_out_is_in_time(
    verb: Literal["get", "put"],
) -> None:
    """Half a second each way, and a first RTO of one second."""
    result = simulate(verb, b"x", latency=0.5)
    assert (result.client, result.retransmissions) == (SUCCEEDED, 0)


@pytest.mark.parametrize("verb", ["get", "put"])
def test_a_server_that_is_not_there_is_given_up_after_30_seconds(
    verb: Literal["get", "put"],
) -> None:
    result = simulate(verb, b"x", faults=Faults(loss=1.0))
    assert result.client == Finished(Outcome.TIMED_OUT, "no answer after 5 attempts")
    assert result.server is None
    assert result.seconds == 30.0


# -- One mishap: few octets are sent again --------------------------------------------------------


class OneMishap(SimulatedNetwork):
    """The `which`-th datagram of one direction is lost, comes twice, or is overtaken."""

    def __init__(self, which: int, of_client: bool, mishap: str) -> None:
        super().__init__()
        self._left, self._of_client, self._mishap = which, of_client, mishap
        self.octets = 0
        self.blocks: Counter[bytes] = Counter()

    def carry(self, sender: Address, burst: Burst) -> None:
        for datagram in burst.datagrams():
            self.octets += len(datagram)
            self.blocks[datagram] += datagram[:2] == b"\0\3"
            self._carry_one(sender, Burst.of(datagram, burst.peer))

    def _carry_one(self, sender: Address, burst: Burst) -> None:
        chosen = (sender == CLIENT) == self._of_client and self._left == 0
        self._left -= (sender == CLIENT) == self._of_client
        if not chosen:
            super().carry(sender, burst)
        elif self._mishap == "twice":
            super().carry(sender, burst)
            self._carry_late(sender, burst, 0.0005)
        elif self._mishap == "late":
            self._carry_late(sender, burst, 0.0025)

    def _carry_late(self, sender: Address, burst: Burst, delay: float) -> None:
        for arrival in self._arrivals(burst, sender):
            self._schedule(self.now() + self._link.latency + delay, burst.peer, arrival, sender)


def with_mishap(setup: Setup, which: int, of_client: bool, mishap: str) -> tuple[Result, OneMishap]:
    network = OneMishap(which, of_client, mishap)
    with patch.object(simulation, "SimulatedNetwork", lambda *_, **__: network):
        return Simulation(setup).run(), network


def mishaps() -> Iterator[tuple[Literal["get", "put"], int, bool, str]]:
    verbs: tuple[Literal["get", "put"], ...] = ("get", "put")
    for verb in verbs:
        for windowsize in (1, 8):
            for of_client in (True, False):
                for mishap in ("lost", "twice", "late"):
                    yield verb, windowsize, of_client, mishap


@pytest.mark.parametrize(("verb", "windowsize", "of_client", "mishap"), list(mishaps()))
def test_one_mishap_anywhere_costs_a_window_at_most(
    verb: Literal["get", "put"], windowsize: int, of_client: bool, mishap: str
) -> None:
    content = content_of(64 * 20 + 5)
    options = Options(blksize=64, windowsize=windowsize if windowsize > 1 else None)
    setup = Setup(verb, content, options=options, server_retry_policy=RetryPolicy(dally=0.0))
    quiet, network = with_mishap(setup, -1, of_client, "")
    assert quiet.client == SUCCEEDED
    window = windowsize * (64 + 4) + 3 * 4
    for which in range(60):
        result, disturbed = with_mishap(setup, which, of_client, mishap)
        check_honest(result, verb, (which, result))
        if mishap != "lost":
            assert result.client == SUCCEEDED, (which, result)
        extra = disturbed.octets - network.octets
        silence = result.client != SUCCEEDED or result.server != SUCCEEDED
        assert silence or extra <= window + 40, (which, extra)
        if windowsize == 1 and mishap == "twice":
            assert max(disturbed.blocks.values()) == 1, (which, "Sorcerer's Apprentice")


def test_every_position_of_the_window_may_be_lost() -> None:
    for lost in range(1, 17):
        result, _network = with_mishap(
            Setup("get", content_of(64 * 30), options=Options(blksize=64, windowsize=8)),
            lost,  # 0 is the OACK
            False,
            "lost",
        )
        assert (result.client, result.server, result.intact) == (SUCCEEDED, SUCCEEDED, True)
        assert result.seconds < 6.0, "one silence at the most"


# -- What the simulation tells --------------------------------------------------------------------


def test_the_log_has_each_mishap_and_the_watcher_each_step_of_both_ends() -> None:
    mishaps_seen: list[Impairment] = []
    steps: list[tuple[End, Step]] = []
    result = Simulation(
        Setup("get", content_of(3000), Faults(loss=0.2, seed=5)),
        watch=lambda end, step: steps.append((end, step)),
        log=mishaps_seen.append,
    ).run()
    assert result.client == SUCCEEDED
    assert mishaps_seen
    assert {end for end, _ in steps} == {"client", "server"}
    sent = sum(
        effect.count
        for end, step in steps
        for effect in step.effects
        if end == "server" and isinstance(effect, SendBlocks)
    )
    assert sent >= 6
