"""What a table is made of: states, and rows.

A row is what `transitions` takes, plus two fields for people: `why` and `rfc`. One row is one
arrow of the picture, or, where `dest` is None, one line inside its state.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum

from tftp_fsm.frozen import frozen


class State(Enum):
    """What a session is doing. The value is the name that people read."""

    IDLE = "idle"
    REQUESTING = "requesting"
    RECEIVING = "receiving"
    AWAITING_ACK = "awaiting-ack"
    DALLYING = "dallying"
    DONE = "done"
    ERROR = "error"

    @property
    def is_final(self) -> bool:
        """A final state hears nothing more."""
        return self in (State.DONE, State.ERROR)


@frozen
class Row:
    """On `trigger` in `source`, where all `conditions` hold and no `unless` does: do `after`.

    `dest` None stays without leaving. `why` is one sentence; `rfc` is where it comes from.
    """

    trigger: str
    source: State
    dest: State | None
    conditions: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    why: str = ""
    rfc: str = ""

    @property
    def stays(self) -> bool:
        """Drawn inside its state, not as an arrow."""
        return self.dest is None

    @property
    def guard(self) -> str:
        """The conditions in words: `is_next_run, not holds_last_block`."""
        return ", ".join((*self.conditions, *(f"not {name}" for name in self.unless)))

    def __str__(self) -> str:
        guard = f" [{self.guard}]" if self.guard else ""
        dest = f" -> {self.dest.value}" if self.dest else ""
        return f"{self.source.value}: {self.trigger}{guard}{dest}"


@frozen
class Table:
    """One machine: its name, its rows in the order a reader wants them, and what it hears."""

    name: str
    title: str
    rows: tuple[Row, ...]

    __eq__ = object.__eq__  # a table is the key to its machine
    __hash__ = object.__hash__

    @property
    def states(self) -> tuple[State, ...]:
        """The states that the rows name, in the order of `State`."""
        named = {row.source for row in self.rows} | {row.dest for row in self.rows}
        return tuple(state for state in State if state in named)

    @property
    def triggers(self) -> tuple[str, ...]:
        """Every trigger, in order of first appearance."""
        return tuple(dict.fromkeys(row.trigger for row in self.rows))


def in_each(
    states: Iterable[State],
    trigger: str,
    dest: State | None,
    *,
    conditions: tuple[str, ...] = (),
    unless: tuple[str, ...] = (),
    after: tuple[str, ...] = (),
    why: str,
    rfc: str,
) -> tuple[Row, ...]:
    """The same row from several states, each spelt out: never `"*"`, which leaves `done` too."""
    return tuple(Row(trigger, s, dest, conditions, unless, after, why, rfc) for s in states)
