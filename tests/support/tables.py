"""What tests ask of a table: the triggers that a state can hear, and the rows that answer them."""

from __future__ import annotations

from tftp_fsm.protocol.rows import Row, State, Table

PACKETS = (
    "request_received",
    "data_received",
    "ack_received",
    "oack_received",
    "error_received",
    "malformed_received",
    "empty_received",
    "stray_received",
    "unreachable_received",
)
ANYTIME = (*PACKETS, "timeout_expired", "storage_failed", "aborted")


def hears(table: Table, state: State) -> tuple[str, ...]:
    """The triggers that can come in `state`. The table must have rows for each of them."""
    if state.is_final:
        return ()
    counts = ("end_found",) if table.name == "READ_SERVER" else ()
    if state is not State.IDLE:
        return (*ANYTIME, *counts)
    first = "opened" if table.name.endswith("CLIENT") else "request_received"
    return (first, "storage_failed", "aborted", *counts)


def rows_of(table: Table, state: State, trigger: str) -> tuple[Row, ...]:
    """The rows that may answer `trigger` in `state`, in order."""
    return tuple(row for row in table.rows if row.source is state and row.trigger == trigger)
