"""States and rows: the parts of tables.

A row has the fields that `transitions` needs, and two fields for people: `why` and `rfc`. In a
diagram a row is an arrow. If its `dest` is None, it is a line inside its state.
"""

from __future__ import annotations

from enum import Enum

from tftp_fsm.frozen import frozen

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable


class State(Enum):
    """The state of a session. The value is the name for people."""

    IDLE = "idle"
    REQUESTING = "requesting"
    RECEIVING = "receiving"
    AWAITING_ACK = "awaiting-ack"
    DALLYING = "dallying"
    DONE = "done"
    ERROR = "error"

    @property
    def is_final(self) -> bool:
        """Whether the state is final: it hears nothing more."""
        return self in (State.DONE, State.ERROR)


@frozen
class Row:
    """One rule: on `trigger` in state `source`, go to state `dest` and do the actions `after`.

    The row is taken if all `conditions` hold and no guard in `unless` does. If `dest` is None, the
    session stays in its state. `why` is the reason in one or two sentences, and `rfc` is its
    source. The reason says only what this end knows and infers ("as if the ACK was lost"). It never
    claims what the other end has heard or what the network did. If windows have another rule, it is
    in `why_window` and `rfc_window`. A machine that is not TFTP has its states in another Enum.
    """

    trigger: str
    source: State
    dest: State | None
    conditions: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    why: str = ""
    rfc: str = ""
    why_window: str = ""
    rfc_window: str = ""

    def reason(self, windowsize: int) -> tuple[str, str]:
        """Return the reason and its source, for a transfer with this windowsize (blocks)."""
        if windowsize > 1 and self.why_window:
            return self.why_window, self.rfc_window
        return self.why, self.rfc

    @property
    def stays(self) -> bool:
        """Whether the session stays in its state. Diagrams show such a row inside the state."""
        return self.dest is None

    @property
    def guard(self) -> str:
        """The guards in words: `is_next_run, not holds_last_block`."""
        return ", ".join((*self.conditions, *(f"not {name}" for name in self.unless)))

    def __str__(self) -> str:
        guard = f" [{self.guard}]" if self.guard else ""
        dest = f" -> {self.dest.value}" if self.dest else ""
        return f"{self.source.value}: {self.trigger}{guard}{dest}"


@frozen
class Table:
    """The rows of one machine, in the best order for reading."""

    name: str
    title: str
    rows: tuple[Row, ...]

    def __eq__(self, other: object) -> bool:
        return self is other  # `machine_for` looks a table up by identity

    def __hash__(self) -> int:
        return id(self)

    @property
    def states(self) -> tuple[State, ...]:
        """The states of the rows, in the order of `State` or of their Enum."""
        named = {row.source for row in self.rows} | {row.dest for row in self.rows}
        return tuple(state for state in type(self.rows[0].source) if state in named)

    @property
    def triggers(self) -> tuple[str, ...]:
        """The triggers of the rows, in the order in which they first appear."""
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
    """Return one row for each of these states. (In `transitions`, `"*"` would include `done`.)"""
    return tuple(Row(trigger, s, dest, conditions, unless, after, why, rfc) for s in states)
