"""The rows that an event could take, and the guards that decide, each with its value.

Guards are pure, so they may be asked: all of them, on the session as it was before the step.
"""

from __future__ import annotations

from collections.abc import Hashable
from functools import cache
from inspect import getdoc
from typing import Any, TypeAlias, cast

from tftp_fsm.frozen import frozen
from tftp_fsm.protocol.events import Event, trigger_of
from tftp_fsm.protocol.operands import operands_of, operands_words
from tftp_fsm.protocol.rows import Row
from tftp_fsm.protocol.session import Session


@frozen
class Guard:
    """A guard of a row: `wanted` is the answer that the row needs, `value` the answer it got.

    `operands` are what it compared: (name, value), in order.
    """

    name: str
    wanted: bool
    value: bool
    doc: str
    operands: tuple[tuple[str, object], ...] = ()

    @property
    def holds(self) -> bool:
        """The answer is the one that the row needs."""
        return self.value is self.wanted

    @property
    def words(self) -> str:
        """`is_next_run: yes (block 3, wanted 3)`, or `is_next_run: no (...), so not this row`."""
        compared = f" ({operands_words(dict(self.operands))})" if self.operands else ""
        answer = f"{self.name}: {'yes' if self.value else 'no'}{compared}"
        return answer if self.holds else f"{answer}, so not this row"


@frozen
class Candidate:
    """A row of this state and event. `index` is its place in the table."""

    row: Row
    index: int
    guards: tuple[Guard, ...]

    @property
    def passes(self) -> bool:
        """All of its guards hold, so this row is taken."""
        return all(guard.holds for guard in self.guards)


def candidates(session: Session, event: Event, now: float) -> tuple[Candidate, ...]:
    """Each row that could answer `event` at `now` (seconds), in the order in which it is tried."""
    asked = session.about_to_hear(now)
    rows, trigger = session.table.rows, trigger_of(event)
    answers: dict[str, Answer] = {}
    return tuple(
        Candidate(row, index, _guards(asked, row, event, answers))
        for index, row in enumerate(rows)
        if row.source is session.state and row.trigger == trigger
    )


class Asked:
    """A session as it was before a step, whose guards are asked when somebody wants to know.

    Most steps of a long run are never looked at. Nothing may change `session` any more.
    """

    __slots__ = ("event", "now", "session")

    def __init__(self, session: Session, event: Event, now: float) -> None:
        self.session, self.event, self.now = session, event, now

    @property
    def candidates(self) -> tuple[Candidate, ...]:
        """See `candidates`."""
        return candidates(self.session, self.event, self.now)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Asked) and self.candidates == other.candidates


def row_for(session: Session, event: Event, now: float) -> Row | None:
    """The row that would answer."""
    return next((c.row for c in candidates(session, event, now) if c.passes), None)


Answer: TypeAlias = tuple[bool, str, tuple[tuple[str, object], ...]]
"""The value of a guard, its documentation, and its operands."""


def _guards(
    session: Session, row: Row, event: Event, answers: dict[str, Answer]
) -> tuple[Guard, ...]:
    """The guards of a row. Each is asked once for all rows; `answers` has those known already."""
    wanted = [(name, True) for name in row.conditions] + [(name, False) for name in row.unless]
    for name, _ in wanted:
        if name not in answers:
            answers[name] = _ask(session, name, event)
    return tuple(Guard(name, want, *answers[name]) for name, want in wanted)


def _ask(session: Session, name: str, event: Event) -> Answer:
    operands = tuple(operands_of(session, name, event).items())
    return bool(getattr(session, name)(event)), _doc(cast(Hashable, type(session)), name), operands


@cache
def _doc(kind: Any, name: str) -> str:
    return (getdoc(getattr(kind, name)) or "").partition("\n")[0]
