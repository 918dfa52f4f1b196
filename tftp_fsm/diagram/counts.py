"""Count how often each row of each table was taken in a recorded transfer."""

from __future__ import annotations

from tftp_fsm.trace.trace import Trace


def counts_of(trace: Trace) -> dict[str, dict[int, int]]:
    """Return counts by table name and row index, without rows that never ran."""
    counts: dict[str, dict[int, int]] = {}
    for end, table in trace.tables.items():
        places = {row: index for index, row in enumerate(table.rows)}
        taken = counts.setdefault(table.name, {})
        for who, step in trace.steps:
            if who == end and step.row is not None:
                index = places[step.row]
                taken[index] = taken.get(index, 0) + 1
    return counts
