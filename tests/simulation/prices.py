"""The cost of a bad network as a table: simulated seconds and packets that were sent again.

    python -m tests.simulation.prices          writes tests/simulation/prices.md

The table is committed, and a test compares it whole: who changes a timer sees the price in the
diff. The same seeds give the same table on every machine.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from statistics import median

from tftp_fsm.simulation.ends import Setup
from tftp_fsm.simulation.transfer import Result, Simulation
from tftp_fsm.transports.faults import Faults
from tftp_fsm.wire.options import offer

TABLE = Path(__file__).with_name("prices.md")
OCTETS = 40_000
LATENCY = 0.005  # seconds each way
LOSSES = (0.0, 0.01, 0.05, 0.1, 0.2, 0.3)
SHAPES = ((512, 1), (512, 4), (512, 16), (1428, 1), (1428, 4), (1428, 16), (8192, 1))
SEEDS = range(5)

INTRODUCTION = f"""\
# What losses cost

A get of {OCTETS} octets over a simulated network of {LATENCY * 1000:.0f} ms each way, which loses
each datagram with the probability of the column. Median of {len(SEEDS)} seeds: simulated seconds
until both ends are done, and packets sent again. An exclamation mark for each transfer that was
given up. Written by `python -m tests.simulation.prices`; a test compares it whole.
"""


def transfer(blksize: int, windowsize: int, loss: float, seed: int) -> Result:
    """Make one transfer of the table."""
    options = offer(blksize=blksize, windowsize=windowsize, tsize=0)
    faults = Faults(loss=loss, seed=seed)
    return Simulation(Setup("get", bytes(OCTETS), faults, LATENCY, options)).run()


def price(blksize: int, windowsize: int, loss: float) -> str:
    """Return one cell."""
    results = [transfer(blksize, windowsize, loss, seed) for seed in SEEDS]
    seconds = median(result.seconds for result in results)
    again = median(result.retransmissions for result in results)
    failed = sum(not result.intact for result in results)
    return f"{seconds:.2f} s, {again:.0f}{' ' if failed else ''}{'!' * failed}"


def lines() -> Iterator[str]:
    """Yield the table line by line."""
    heads = ["blksize", "windowsize", *(f"{loss:.0%}" for loss in LOSSES)]
    yield f"| {' | '.join(heads)} |"
    yield f"|{'---:|' * len(heads)}"
    for blksize, windowsize in SHAPES:
        cells = [price(blksize, windowsize, loss) for loss in LOSSES]
        yield f"| {blksize} | {windowsize} | {' | '.join(cells)} |"


def table() -> str:
    """Return the whole file."""
    return INTRODUCTION + "\n" + "\n".join(lines()) + "\n"


if __name__ == "__main__":
    TABLE.write_text(table(), encoding="utf-8")
