"""Comparisons: jobs that do the same work, one of them ours, and the limit for ours.

`at_most` is a ratio of medians: our seconds divided by theirs. None: there is no target.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

MIB = 1 << 20
GIB = 1 << 30

Judged = Literal["client", "server", "pair"]


@dataclass(frozen=True, slots=True)
class Job:
    """One transfer (or `clients` at once) of `octets` by `client` with `server`.

    Meanwhile another process may send `flood` requests a second for names that do not exist.
    """

    verb: str
    octets: int
    server: str
    client: str
    blksize: int = 512
    windowsize: int = 1
    judged: Judged = "client"
    clients: int = 1
    flood: int = 0

    @property
    def moved(self) -> int:
        """Return the octets of all clients together."""
        return self.octets * self.clients


@dataclass(frozen=True, slots=True)
class Side:
    """A job that is compared with ours."""

    job: Job
    at_most: float | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """The same work, which each side does in turn. `often` multiplies the number of short runs.

    A long run is done `once`.
    """

    name: str
    title: str
    ours: Job
    others: tuple[Side, ...]
    often: int = 1
    once: bool = False


@dataclass(frozen=True, slots=True)
class Sample:
    """One run: seconds, CPU seconds of both ends, and the peak KiB of the measured program.

    With many clients, `late` is the time in seconds after which 99 of 100 had their file.
    """

    seconds: float
    cpu: float
    peak: int
    late: float | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the report. `met` is None if there is no target or no result."""

    case: str
    title: str
    ours: str
    theirs: str
    figures: tuple[str, str]
    ratio: str
    target: str = ""
    met: bool | None = None
    cpu: str = ""
    peak: str = ""
