"""A link with a rate: the datagrams of one host leave one after the other."""

from __future__ import annotations

from argparse import ArgumentTypeError
from itertools import pairwise

import pytest

from tftp_fsm.cli.common import rate
from tftp_fsm.debugger.stepper import Stepper
from tftp_fsm.debugger.worlds.setup import WorldSetup
from tftp_fsm.debugger.worlds.simulated import SimulatedWorld
from tftp_fsm.ladder import build
from tftp_fsm.simulation.ends import Setup
from tftp_fsm.simulation.link import Link
from tftp_fsm.simulation.transfer import record
from tftp_fsm.transports.faults import Faults
from tftp_fsm.wire.options import Options

RATE = 8 * 516 * 100.0  # bits per second: a full DATA of 516 octets leaves in 0.01 s
WINDOW = Options(windowsize=4)


def test_without_a_rate_only_the_latency_counts() -> None:
    link = Link(0.25)
    assert [link.arrival("a", 10**6, 1.0) for _ in range(2)] == [1.25, 1.25]


def test_one_leaves_after_the_other_and_each_direction_has_its_own_rate() -> None:
    link = Link(0.25, rate=80.0)
    assert [link.arrival("a", 10, 1.0) for _ in range(3)] == [2.25, 3.25, 4.25]
    assert link.arrival("b", 10, 1.0) == 2.25
    assert link.arrival("a", 10, 9.0) == 10.25  # it was free meanwhile


def test_a_simulated_transfer_and_a_world_of_the_debugger_have_the_same_times() -> None:
    setup = WorldSetup("get", bytes(512 * 6), options=WINDOW, rate=RATE)
    stepper = Stepper(SimulatedWorld(setup))
    stepper.run()
    assert [f.step.now for f in stepper.frames] == [s.now for _, s in record(setup)[1].steps]


def test_the_blocks_of_a_window_arrive_one_after_the_other() -> None:
    result, trace = record(Setup("get", bytes(512 * 5), options=WINDOW, rate=RATE))
    heard = [step.now for end, step in trace.steps if end == "client"]
    later = [round(after - before, 4) for before, after in pairwise(heard)]
    assert later.count(0.01) == 3  # between the four blocks of the first window
    assert result.intact and trace.about["rate"] == RATE


@pytest.mark.parametrize("seed", range(10))
def test_a_ladder_draws_each_packet_that_was_lost_and_no_other_as_lost(seed: int) -> None:
    faults = Faults(loss=0.2, seed=seed)
    _, trace = record(Setup("get", bytes(512 * 9), faults, options=WINDOW, rate=RATE))
    lost = [arrow for arrow in build(trace).arrows if "lost" in arrow.fate]
    assert len(lost) == sum("lost" in wire.fate for wire in trace.wire)
    assert not any(arrow.arrived for arrow in lost)
    assert all(
        arrow.arrived[0].at > arrow.sent.at
        for arrow in build(trace).arrows
        if arrow.sent and arrow.arrived
    )


def test_back_is_exact_with_a_rate() -> None:
    stepper = Stepper(SimulatedWorld(WorldSetup("get", bytes(512 * 6), options=WINDOW, rate=RATE)))
    stepper.run()
    there = list(stepper.frames)
    stepper.goto(3)
    stepper.run()
    assert stepper.frames == there


@pytest.mark.parametrize("text, bits", [("9600", 9600.0), ("64k", 64e3), ("1.5M", 1.5e6)])
def test_a_rate_has_a_unit(text: str, bits: float) -> None:
    assert rate(text) == bits


@pytest.mark.parametrize("text", ["", "k", "0", "-1", "10m", "nan", "1e30", "10 M", "0.1"])
def test_what_is_no_rate_is_refused(text: str) -> None:
    with pytest.raises(ArgumentTypeError, match="is not a rate"):
        rate(text)
