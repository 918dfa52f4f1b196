"""How often each row of each table was taken in a recorded transfer."""

from __future__ import annotations

from collections.abc import Mapping

from tftp_fsm.protocol.tables import TABLES
from tftp_fsm.trace.trace import Trace


def counts_of(trace: Trace) -> dict[str, dict[int, int]]:
    """Counts by table name, then by the index of the row, without rows that never ran."""
    counts: dict[str, dict[int, int]] = {}
    places: Mapping[str, Mapping[object, int]] = {
        table.name: {row: index for index, row in enumerate(table.rows)} for table in TABLES
    }
    tables = {end: str(head["table"]) for end, head in trace.ends.items()}
    for end, name in tables.items():
        taken = counts.setdefault(name, {})
        for who, step in trace.steps:
            if who == end and step.row is not None:
                index = places[name][step.row]
                taken[index] = taken.get(index, 0) + 1
    return counts
