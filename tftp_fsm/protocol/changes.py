"""Tables with other rows: rows are replaced, removed or added, and the session classes follow.

    changes = (
        replaced(where("ack_received", guard="is_stale_ack"), after=("send_window",)),
        only("READ_CLIENT", removed(where("stray_received"))),
    )
    kinds = changed_kinds(OURS.kinds, "WRONG", changes)       # the four classes, with these rows

A change applies to each of the tables in which it finds a row, or `only` to one of them. If a
change finds no row in any table, this is a mistake, and `LocalError` says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields as row_fields
from dataclasses import replace
from typing import Any, TypeAlias

from tftp_fsm.errors import LocalError
from tftp_fsm.frozen import frozen
from tftp_fsm.language.sentences import marked, sentence
from tftp_fsm.protocol.rows import Row, State, Table
from tftp_fsm.protocol.session import Session

__all__ = ["Change", "added", "only", "removed", "replaced", "where"]

Where: TypeAlias = Callable[[Row], bool]

OPTIONAL = "words"
"""The name of a change that need not find a row."""


@frozen
class Change:
    """One change of rows: `what` describes it, and the function returns a table's new rows."""

    what: str
    of: Callable[[Table], tuple[Row, ...]]


def where(
    trigger: str,
    source: State | None = None,
    *,
    guard: str | None = None,
    does: str | None = None,
) -> Where:
    """Find rows by trigger, and if they are given, by state, by a guard in `conditions`, and by
    action.
    """

    def finds(row: Row) -> bool:
        return (
            row.trigger == trigger
            and source in (None, row.source)
            and (guard is None or guard in row.conditions)
            and (does is None or does in row.after)
        )

    finds.__name__ = " ".join(
        word for word in (trigger, source and source.value, guard, does) if word
    )
    return finds


def replaced(which: Where, **fields: Any) -> Change:
    """Change these fields of the rows: `after`, `dest`, `conditions`, and so on.

    A value may be a function that takes the row. Raises LocalError if a row has no such field.
    """
    for name in fields.keys() - {field.name for field in row_fields(Row)}:
        raise LocalError(sentence("a row has no field {name!r}", name=name))

    def change(row: Row) -> Row:
        new = {k: v(row) if callable(v) else v for k, v in fields.items()}
        return replace(row, **new)

    def of(table: Table) -> tuple[Row, ...]:
        return tuple(change(row) if which(row) else row for row in table.rows)

    return Change(sentence("replaced {rows}", rows=which.__name__), of)


def removed(which: Where) -> Change:
    """Remove the rows."""
    return Change(
        sentence("removed {rows}", rows=which.__name__),
        lambda table: tuple(row for row in table.rows if not which(row)),
    )


def added(table_name: str, *rows: Row) -> Change:
    """Add these rows to the table of this name, after its own rows."""

    def of(table: Table) -> tuple[Row, ...]:
        return (*table.rows, *rows) if table.name == table_name else table.rows

    return Change(sentence("added to {table}", table=table_name), of)


def only(table_name: str, change: Change) -> Change:
    """Apply the change only to the table of this name, such as READ_SERVER."""

    def of(table: Table) -> tuple[Row, ...]:
        return change.of(table) if table.name == table_name else table.rows

    what = sentence("{change} in {table}", change=change.what, table=table_name)
    return Change(what, of)


def changed_kinds(
    kinds: Iterable[type[Session]],
    name: str,
    changes: tuple[Change, ...],
    methods: Mapping[str, object] | None = None,
) -> list[type[Session]]:
    """Return these sessions with changed rows. `methods` has guards and actions for the rows.

    A class without changes stays the same object. Raises LocalError if a change finds no row.
    """
    tables = {kind: kind.table.rows for kind in kinds}
    for change in changes:
        new = {kind: change.of(replace(kind.table, rows=rows)) for kind, rows in tables.items()}
        if new == tables and change.what != OPTIONAL:
            raise LocalError(
                sentence("no table has a row for this change: {change}", change=change.what)
            )
        tables = new
    return [_kind(kind, name, rows, methods or {}) for kind, rows in tables.items()]


def _kind(
    kind: type[Session], name: str, rows: tuple[Row, ...], methods: Mapping[str, object]
) -> type[Session]:
    own = {
        key: value for key, value in methods.items() if hasattr(kind, key) or key in _named(rows)
    }
    if rows == kind.table.rows and not own:
        return kind
    title = sentence("{title}, changed", title=marked(kind.table.title))
    table = Table(f"{kind.table.name}_{name}", title, rows)
    return type(
        f"{kind.__name__}_{name}", (kind,), {**own, "table": table, "__doc__": kind.__doc__}
    )


def _named(rows: tuple[Row, ...]) -> set[str]:
    return {name for row in rows for name in (*row.conditions, *row.unless, *row.after)}
