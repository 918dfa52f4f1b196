"""Plan the measurement: the settings, their order, and their shares of time and octets.

All settings are measured once, then all of them again. So other traffic on the link disturbs all
settings equally. This module moves no file.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import fsum
from typing import NamedTuple, TypeAlias

from tftp_fsm.client.result import Verb
from tftp_fsm.errors import TftpError
from tftp_fsm.frozen import frozen

BLKSIZES = (512, 1428, 8192)  # octets: RFC 1350, one Ethernet frame, six frames
WINDOWSIZES = (1, 4, 16, 64)  # blocks
ROUNDS = 3
DEFAULT_SIZE = 16 << 20  # octets of the file that is written
LEAST_SECONDS = 1.0  # for one transfer; enough for a few round trips by satellite


class Setting(NamedTuple):
    """The options that a client offers: octets in a block, blocks in a window."""

    blksize: int
    windowsize: int


@frozen
class Target:
    """The transfer and the server of a measurement. A `put` sends `size` octets."""

    verb: Verb
    host: str
    port: int
    name: str
    size: int = DEFAULT_SIZE


@frozen
class Budget:
    """The most seconds and the most octets of files that may be used."""

    seconds: float = 20.0
    octets: int = 512 << 20

    def share(self, among: int) -> Budget:
        """Return one of `among` equal parts, but at least enough time for a measurement."""
        seconds = max(self.seconds / among, min(LEAST_SECONDS, self.seconds))
        return Budget(seconds, max(1, self.octets // among))


@frozen
class Sample:
    """One transfer in octets and seconds, complete or aborted when its share was used up."""

    agreed: Setting
    octets: int
    seconds: float
    retransmissions: int = 0
    round_trip: float | None = None
    fits: bool = True  # whether a datagram of this size crosses the path unfragmented


@frozen
class Cell:
    """All transfers with one setting. `failure` is the reason if there are no more."""

    setting: Setting
    samples: tuple[Sample, ...] = ()
    failure: str = ""

    @property
    def rate(self) -> float:
        """The rate in octets a second."""
        seconds = fsum(sample.seconds for sample in self.samples)
        return self.octets / seconds if seconds > 0 else 0.0

    @property
    def octets(self) -> int:
        """Octets of files, in all transfers."""
        return sum(sample.octets for sample in self.samples)

    @property
    def retransmissions(self) -> int:
        """Packets that this side sent again."""
        return sum(sample.retransmissions for sample in self.samples)

    @property
    def round_trip(self) -> float | None:
        """The least smoothed round trip in seconds, or None if none was measured."""
        return min((s.round_trip for s in self.samples if s.round_trip is not None), default=None)

    @property
    def agreed(self) -> Setting:
        """The setting that the server agreed to."""
        return self.samples[-1].agreed if self.samples else self.setting

    @property
    def fits(self) -> bool:
        """Whether its datagrams cross the path without fragments, as far as this is known."""
        return all(sample.fits for sample in self.samples)

    @property
    def counts(self) -> bool:
        """Whether it moved octets with the wanted setting."""
        return self.octets > 0 and not self.failure and self.agreed == self.setting


RunTransfer: TypeAlias = Callable[[Setting, Budget], Sample]
"""Runs a transfer with a setting, within a budget. Raises TftpError if it fails."""


def grid_of(blksizes: Sequence[int], windowsizes: Sequence[int]) -> list[Setting]:
    """Return all pairs, each once, in ascending order."""
    return sorted({Setting(size, window) for size in blksizes for window in windowsizes})


def measure(
    run: RunTransfer,
    grid: Sequence[Setting],
    budget: Budget,
    clock: Callable[[], float],
    watch: Callable[[Setting], None] = lambda setting: None,
) -> list[Cell]:
    """Measure each setting of `grid`, as often as the budget allows.

    `watch` is called before each transfer. If the very first transfer fails, its TftpError is
    raised, because a measurement is not possible. A setting that fails later is not tried again.
    """
    begun, octets = clock(), 0
    samples: dict[Setting, list[Sample]] = {setting: [] for setting in grid}
    failures: dict[Setting, str] = {}
    turns = [setting for _ in range(ROUNDS) for setting in grid]
    for place, setting in enumerate(turns):
        left = Budget(budget.seconds - (clock() - begun), budget.octets - octets)
        if left.seconds <= 0 or left.octets <= 0:
            break
        if setting in failures:
            continue
        watch(setting)
        try:
            sample = run(setting, left.share(len(turns) - place))
        except TftpError as failed:
            if place == 0:
                raise
            failures[setting] = str(failed)
            continue
        octets += sample.octets
        samples[setting].append(sample)
    return [Cell(s, tuple(samples[s]), failures.get(s, "")) for s in grid]
