"""The rows that an event could take, and the guards that decide, each with its value.

Guards are pure, so they may be asked: all of them, on the session as it was before the step.
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
