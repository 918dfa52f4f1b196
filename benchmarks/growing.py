"""The measurements of `growth.py`. Each yields the name of a line, a size, and its cost."""

from __future__ import annotations

import io
import os
import resource
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from statistics import fmean
from time import process_time

from bench import Bench, allow_files
from jobs import GIB, MIB, Job
from programs import CROWD, OURS

from tftp_fsm.ladder import build, text_ladder
from tftp_fsm.protocol.roles import OURS as MACHINES
from tftp_fsm.simulation.ends import Setup
from tftp_fsm.simulation.transfer import Simulation, record
from tftp_fsm.trace.reading import read_trace
from tftp_fsm.trace.trace import write_trace
from tftp_fsm.transports.faults import Faults
from tftp_fsm.verify.case import Budgets, Case
from tftp_fsm.verify.search import Search
from tftp_fsm.wire.options import offer

Measured = Iterator[tuple[str, float, float]]

SMALL_FILE = 4096  # octets, for each of many sessions
SEEDS = range(8)


@dataclass(frozen=True)
class Scale:
    """The largest sizes."""

    octets: int
    sessions: int
    steps: int
    budgets: int


QUICK = Scale(4 * MIB, 100, 1000, 3)
USUAL = Scale(GIB, 10_000, 100_000, 6)
LONG = Scale(4 * GIB, 10_000, 1_000_000, 7)
BUDGETS = ((0, 0, 0), (1, 0, 0), (1, 1, 0), (1, 1, 1), (2, 1, 1), (2, 2, 1), (2, 2, 2))


def file_size(bench: Bench, scale: Scale) -> Measured:
    """Measure the CPU seconds of both ends for a whole transfer with windows."""
    for verb in ("get", "put"):
        for octets in _sizes(1024, scale.octets, 16):
            job = Job(verb, octets, OURS, OURS, 1428, 64, "pair")
            times = 3 if octets < GIB else 1
            yield verb, octets, max(min(bench.run(job).cpu for _ in range(times)), 0.001)


def file_memory(bench: Bench, scale: Scale) -> Measured:
    """Measure the peak memory of both ends in MiB. It must not grow."""
    for verb in ("get", "put"):
        for octets in _sizes(1024, scale.octets, 64):
            job = Job(verb, octets, OURS, OURS, 1428, 64, "pair")
            yield verb, octets, bench.run(job).peak / 1024


def sessions(bench: Bench, scale: Scale) -> Measured:
    """Measure the CPU seconds of our server for many clients at once, with a small file each.

    The clients wait long before they ask again. If they asked again each second, a slow server
    would have more work, and that would be measured.
    """
    os.environ["CROWD_PATIENCE"] = "15"
    allow_files(2 * scale.sessions + 200)
    room = (resource.getrlimit(resource.RLIMIT_NOFILE)[0] - 100) // 2
    for count in _sizes(10, min(scale.sessions, room), 10):
        server = bench.server(OURS)
        before = server.cpu()
        bench.run(Job("get", SMALL_FILE, OURS, CROWD, 512, judged="server", clients=count))
        yield "server", count, max(server.cpu() - before, 0.01)


def loss(bench: Bench, scale: Scale) -> Measured:
    """Measure the seconds of the simulated clock for 256 KiB with a round trip of 20 ms."""
    size = 16 * 1024 if scale is QUICK else 256 * 1024
    for windowsize in (1, 16):
        options = offer(blksize=1024, windowsize=windowsize)
        for percent in (0.1, 1, 2, 5, 10, 20):
            setups = [
                Setup("get", bytes(size), Faults(percent / 100, seed=seed), 0.01, options)
                for seed in SEEDS
            ]
            ends = [Simulation(setup).run().seconds for setup in setups]
            yield f"windowsize {windowsize}", percent, fmean(ends)


def trace(bench: Bench, scale: Scale) -> Measured:
    """Measure the CPU seconds to record, write, read and draw a trace, by its steps."""
    for steps in _sizes(10, scale.steps, 10):
        began = process_time()
        # Four blocks fewer than half the steps: a simulation delivers a million datagrams at most.
        setup = Setup("get", bytes(4 * steps - 32), latency=1e-5, options=offer(blksize=8))
        _, made = record(setup)
        yield "record", len(made.entries), process_time() - began
        began, written = process_time(), io.StringIO()
        write_trace(made, written)
        read_trace(written.getvalue().splitlines())
        yield "write and read", len(made.entries), process_time() - began
        began = process_time()
        text_ladder(build(made), limit=100)
        yield "draw", len(made.entries), process_time() - began


def states(bench: Bench, scale: Scale) -> Measured:
    """Measure the CPU seconds for a whole search, by its states."""
    for budget in BUDGETS[: scale.budgets]:
        began = process_time()
        search = Search(Case("get", 20, windowsize=2, budgets=Budgets(*budget)), MACHINES)
        assert search.run() is None, "the tables have a fault"
        yield "verify", len(search.states), process_time() - began


def _sizes(first: int, last: int, factor: int) -> list[int]:
    sizes = [first]
    while sizes[-1] * factor < last:
        sizes.append(sizes[-1] * factor)
    return [*sizes, last]


MEASURES: dict[str, Callable[[Bench, Scale], Measured]] = {
    "file": file_size,
    "memory": file_memory,
    "sessions": sessions,
    "loss": loss,
    "trace": trace,
    "states": states,
}
TITLES = {
    "file": ("A file, windows of 64 blocks", "octets of the file", "CPU seconds"),
    "memory": ("Peak memory of both ends", "octets of the file", "MiB"),
    "sessions": ("Clients at once, 4 KiB each", "clients", "CPU seconds"),
    "loss": ("256 KiB over 20 ms, with loss", "percent of datagrams lost", "seconds"),
    "trace": ("A recorded transfer", "steps of both ends", "CPU seconds"),
    "states": ("Exploring all orders of events", "states", "CPU seconds"),
}
