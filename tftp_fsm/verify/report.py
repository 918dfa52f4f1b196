"""What an exploration has found out."""

from __future__ import annotations

from tftp_fsm.frozen import frozen
from tftp_fsm.protocol.events import Outcome
from tftp_fsm.trace.trace import Trace
from tftp_fsm.verify.case import Case
from tftp_fsm.verify.rules import Rule


@frozen
class Counterexample:
    """A broken rule and the shortest run that breaks it; `moves` is its length.

    `recorded` is the trace of the run, without the sessions of mutants: it goes between processes.
    `known.found_trace` has it with them.
    """

    rule: Rule
    how: str
    moves: int
    recorded: Trace


@frozen
class Ending:
    """How both sides can end, in how many states, and after how few faults."""

    client: Outcome | None
    server: Outcome | None
    states: int
    faults: int

    @property
    def outcomes(self) -> tuple[Outcome | None, Outcome | None]:
        """The client's and the server's."""
        return self.client, self.server


@frozen
class Report:
    """What was found out about a case. `stopped_by` names the limit that was reached."""

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
        """Everything was seen, and no rule is broken."""
        return self.counterexample is None and self.stopped_by is None
