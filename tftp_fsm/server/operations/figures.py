"""The figures of a worker, and those of all workers together.

Each worker counts its own figures (`Figures`), and answers with a dictionary of plain numbers.
`together` adds the dictionaries up.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

from tftp_fsm.protocol.events import Outcome
from tftp_fsm.server.log import Report, Totals

Fields: TypeAlias = dict[str, Any]
"""Numbers, and tables of numbers, by their names."""

BOUNDS = (0.01, 0.1, 1.0, 10.0, 60.0, 600.0)  # seconds; a longer transfer is below no bound


class Figures:
    """Counts how long the transfers of a worker took, in addition to its `Totals`."""

    def __init__(self) -> None:
        self._within = [0] * (len(BOUNDS) + 1)  # the last one counts all
        self._seconds = 0.0

    def add(self, report: Report) -> None:
        """Count a session that has ended. Only a whole transfer has a time."""
        if report.outcome is not Outcome.SUCCEEDED:
            return
        self._seconds += report.seconds
        for place, bound in enumerate((*BOUNDS, math.inf)):
            self._within[place] += report.seconds <= bound

    def fields(self, totals: Totals, running: int, places: int) -> Fields:
        """Return all figures of this worker now."""
        took = {"within": list(self._within), "seconds": self._seconds}
        return {**totals.fields(running), "places": places, "took": took}


def together(all_of_them: Iterable[Mapping[str, Any]]) -> Fields:
    """Return the sums of the figures of several workers."""
    sums: Fields = {}
    for fields in all_of_them:
        for name, value in fields.items():
            sums[name] = _sum(sums[name], value) if name in sums else value
    return sums


def _sum(one: Any, other: Any) -> Any:
    match one:
        case dict():
            return together([one, other])
        case list():
            return [first + second for first, second in zip(one, other, strict=True)]
    return one + other
