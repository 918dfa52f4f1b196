"""The rows that an event could take, and the guards that decide, each with its value.

Guards are pure, so the debugger may ask all of them, on a copy of the session before the step.
"""

from __future__ import annotations

from collections.abc import Hashable
from functools import cache
from inspect import getdoc
from typing import Any, TypeAlias, cast

from tftp_fsm.debugger.candidates import Candidate, Guard
from tftp_fsm.protocol.events import Event, trigger_of
from tftp_fsm.protocol.operands import operands_of
from tftp_fsm.protocol.rows import Row
from tftp_fsm.protocol.session import Session


def candidates(session: Session, event: Event, now: float) -> tuple[Candidate, ...]:
    """Return each row that could answer `event` at `now` (seconds), in the order of trying."""
    asked = session.about_to_hear(now)
    rows, trigger = session.table.rows, trigger_of(event)
    answers: dict[str, Answer] = {}
    return tuple(
        Candidate(row, index, _guards(asked, row, event, answers))
        for index, row in enumerate(rows)
        if row.source is session.state and row.trigger == trigger
    )


class Asked:
    """A copy of a session before a step. Its guards are asked only when the result is read.

    Most steps of a long run are never inspected. `session` must not change later.
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
    """Return the row that would answer the event, or None."""
    return next((c.row for c in candidates(session, event, now) if c.passes), None)


Answer: TypeAlias = tuple[bool, str, tuple[tuple[str, object], ...]]
"""The value of a guard, its documentation, and its operands."""


def _guards(
    session: Session, row: Row, event: Event, answers: dict[str, Answer]
) -> tuple[Guard, ...]:
    """Yield the guards of a row. `answers` keeps the answers, so each guard is asked once."""
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
