"""Check that a table is whole: a state has rows for each event, and each name is a method.

    for line in mistakes(ReadServer):       # none
        ...

Guards are not asked here. `tftp-fsm verify` tries every reachable position, and finds a position in
which two rows can be taken, or none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from enum import Enum
from typing import Any

from tftp_fsm.language.meant import with_meant
from tftp_fsm.language.sentences import layout, sentence
from tftp_fsm.protocol.events import TRIGGERS
from tftp_fsm.protocol.rows import Row, State, Table
from tftp_fsm.protocol.session import Session

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
    """Return the triggers that can come in `state`. The table needs rows for each of them."""
    if state.is_final:
        return ()
    counts = ("end_found",) if table.name.startswith("READ_SERVER") else ()
    if state is not State.IDLE:
        return (*ANYTIME, *counts)
    first = "opened" if "_CLIENT" in table.name else "request_received"
    return (first, "storage_failed", "aborted", *counts)


def rows_of(table: Table, state: State, trigger: str) -> tuple[Row, ...]:
    """Return the rows that may answer `trigger` in `state`, in order."""
    return tuple(row for row in table.rows if row.source is state and row.trigger == trigger)


def mistakes(kind: type[Session]) -> Iterator[str]:
    """Yield the mistakes in the table of a session, each as one line."""
    return mistakes_of(kind, kind.table, State, TRIGGERS, hears)


def mistakes_of(
    kind: type,
    table: Table,
    states: type[Enum],
    triggers: frozenset[str],
    hears: Callable[[Table, State], tuple[str, ...]],
) -> Iterator[str]:
    """Yield the mistakes in a table of these states and triggers. `kind` has its methods."""
    for number, row in enumerate(table.rows):
        wrong = _wrong_types(row, states)
        if wrong:
            yield sentence(
                "{table}, row {number} ({trigger}): {wrong}",
                table=table.name,
                number=number,
                trigger=row.trigger,
                wrong=wrong,
            )
            return
        yield from _wrong_names(kind, f"{table.name}, {row}", row, triggers)
    for state in table.states:
        yield from _wrong_cells(table, state, hears(table, state), triggers)


def _wrong_types(row: Any, states: type[Enum]) -> str:
    """Return the mistake in the types of a row, or "". A user's file may have any types."""
    if not isinstance(row.source, states) or not isinstance(row.dest, states | None):
        return sentence("source and dest are states, such as State.DONE")
    for value in (row.conditions, row.unless, row.after):
        if isinstance(value, str):
            return sentence(
                "guards and actions are tuples of names, such as ({name!r},)", name=value
            )
    return ""


def _wrong_names(kind: type, where: str, row: Row, triggers: frozenset[str]) -> Iterator[str]:
    if row.trigger not in triggers:
        told = sentence("there is no event {name!r}", name=row.trigger)
        yield layout("{where}: {told}", where=where, told=with_meant(told, row.trigger, triggers))
    methods = [name for name in dir(kind) if callable(getattr(kind, name))]
    guards, known = (*row.conditions, *row.unless), [*methods]
    for name in dict.fromkeys((*guards, *row.after)):
        if name not in methods:
            told = sentence("there is no action {name!r}", name=name)
            if name not in row.after:
                told = sentence("there is no guard {name!r}", name=name)
            yield layout("{where}: {told}", where=where, told=with_meant(told, name, known))


def _wrong_cells(
    table: Table, state: State, heard: tuple[str, ...], triggers: frozenset[str]
) -> Iterator[str]:
    written = dict.fromkeys(row.trigger for row in table.rows if row.source is state)
    for trigger in heard:
        if trigger not in written:
            yield sentence(
                "{table}: no row answers {trigger} in state {state}",
                table=table.name,
                trigger=trigger,
                state=state.value,
            )
    for trigger in written:
        if trigger in triggers and trigger not in heard:
            yield sentence(
                "{table}: {trigger} never comes in state {state}",
                table=table.name,
                trigger=trigger,
                state=state.value,
            )
        rows = rows_of(table, state, trigger)
        for first, second in ((a, b) for i, a in enumerate(rows) for b in rows[i + 1 :]):
            if not _can_differ(first, second):
                yield sentence(
                    "{table}: two rows can both be taken: {first}; {second}",
                    table=table.name,
                    first=first,
                    second=second,
                )


def _can_differ(first: Row, second: Row) -> bool:
    """Return whether the guards' names allow that only one of the two rows is taken."""
    ours, theirs = _guards(first), _guards(second)
    return not (ours <= theirs or theirs <= ours)


def _guards(row: Row) -> set[tuple[str, bool]]:
    return {(name, True) for name in row.conditions} | {(name, False) for name in row.unless}
