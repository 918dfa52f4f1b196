"""The rows that an event could take, as values: each row with its guards and their answers."""

from __future__ import annotations

from typing import Protocol

from tftp_fsm.frozen import frozen
from tftp_fsm.language import layout, sentence, sentence_p
from tftp_fsm.protocol.operands import operands_words
from tftp_fsm.protocol.rows import Row


@frozen
class Guard:
    """A guard of a row: `wanted` is the answer that the row needs, and `value` is its real answer.

    `operands` has the compared values as (name, value), in order.
    """

    name: str
    wanted: bool
    value: bool
    doc: str
    operands: tuple[tuple[str, object], ...] = ()

    @property
    def holds(self) -> bool:
        """Whether the answer is the one that the row needs."""
        return self.value is self.wanted

    @property
    def words(self) -> str:
        """Words such as `is_next_run: yes (block 3, wanted 3)`."""
        answer = sentence_p("an answer", "yes") if self.value else sentence_p("an answer", "no")
        words = layout("{guard}: {answer}", guard=self.name, answer=answer)
        if self.operands:
            compared = operands_words(dict(self.operands))
            words = layout("{words} ({compared})", words=words, compared=compared)
        return words if self.holds else sentence("{answer}, so this row is not taken", answer=words)


@frozen
class Candidate:
    """A row of this state and event. `index` is its place in the table."""

    row: Row
    index: int
    guards: tuple[Guard, ...]

    @property
    def passes(self) -> bool:
        """Whether all of its guards hold, so that this row is taken."""
        return all(guard.holds for guard in self.guards)


class HasCandidates(Protocol):
    """The candidates of an event. Their guards are asked when they are read. See `guards.Asked`."""

    @property
    def candidates(self) -> tuple[Candidate, ...]: ...
