"""The result of an exploration."""

from __future__ import annotations

from tftp_fsm.frozen import frozen
from tftp_fsm.protocol.events import Outcome
from tftp_fsm.trace.trace import Trace
from tftp_fsm.verify.case import Case
from tftp_fsm.verify.rules import Rule


@frozen
class Counterexample:
    """A broken rule and the shortest run that breaks it; `moves` is its length.

    `recorded` is the trace of the run without the session classes of mutants, because it is sent
    from process to process. `known.found_trace` returns it with these classes.
    """

    rule: Rule
    how: str
    moves: int
    recorded: Trace


@frozen
class Ending:
    """The outcomes of both sides. `states` is the number of states with these outcomes.

    `faults` is the smallest number of faults that leads to one of these states.
    """

    client: Outcome | None
    server: Outcome | None
    states: int
    faults: int

    @property
    def outcomes(self) -> tuple[Outcome | None, Outcome | None]:
        """The outcomes of the client and the server."""
        return self.client, self.server


@frozen
class Report:
    """The result for one case. `stopped_by` names the limit that was reached."""

    case: Case
    states: int
    transitions: int
    depth: int
    seconds: float
    endings: tuple[Ending, ...]
    counterexample: Counterexample | None = None
    stopped_by: str | None = None

    @property
    def is_proven(self) -> bool:
        """Whether every state was seen, and no rule is broken."""
        return self.counterexample is None and self.stopped_by is None
