"""Break each row in turn. The check of tables, a scenario or `verify` must find each fault.

    python -m tests.support.mutation             # `make mutate`; some minutes
    python -m tests.support.mutation READ_SERVER

A row is dropped, each of its guards is dropped or negated, each action is dropped, and its dest is
another. A fault that is not found is a survivor. `mutation_survivors.py` has the reason why each
such table is as good as ours. A survivor without a reason, or a reason without a survivor, fails.
"""

from __future__ import annotations

import signal
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from time import monotonic

from tests.protocol.test_row_coverage import EVERYWHERE, SCENARIOS, scenarios
from tests.protocol.test_session_properties import KINDS as WALKERS
from tests.protocol.test_session_properties import walk
from tests.support.mutation_survivors import REASONS
from tftp_fsm.protocol.roles import OURS
from tftp_fsm.protocol.rows import Row, State, Table
from tftp_fsm.protocol.session import Session
from tftp_fsm.protocol.whole import mistakes
from tftp_fsm.verify.case import Budgets, Case
from tftp_fsm.verify.cases import HOSTILE, cases
from tftp_fsm.verify.explore import Limits, explore

FEW = Budgets(losses=1, copies=1, early=1)
ENOUGH = Limits(states=20_000)
WALKS = 40
PATIENCE = 20  # seconds; if a scenario takes longer, the fault is found


@dataclass(frozen=True)
class Mutation:
    """One row of a table, broken. `row` is None if it is dropped."""

    kind: type[Session]
    index: int
    what: str
    row: Row | None

    @property
    def name(self) -> str:
        """Such as `READ_SERVER, idle: aborted -> error: action fail_aborted is dropped`."""
        table = self.kind.table
        return f"{table.name}, {table.rows[self.index]}: {self.what}"

    @property
    def table(self) -> Table:
        """Return the table with this row. Its name is the same."""
        ours = self.kind.table
        new = () if self.row is None else (self.row,)
        return replace(ours, rows=(*ours.rows[: self.index], *new, *ours.rows[self.index + 1 :]))


def mutations(kind: type[Session]) -> Iterator[Mutation]:
    """Yield all broken rows of one table."""
    for index, row in enumerate(kind.table.rows):
        for what, broken in _broken(row):
            yield Mutation(kind, index, what, broken)


def _broken(row: Row) -> Iterator[tuple[str, Row | None]]:
    yield "dropped", None
    for name in row.conditions:
        others = tuple(n for n in row.conditions if n != name)
        yield f"guard {name} is dropped", replace(row, conditions=others)
        negated = replace(row, conditions=others, unless=(*row.unless, name))
        yield f"guard {name} is negated", negated
    for name in row.unless:
        others = tuple(n for n in row.unless if n != name)
        yield f"guard not {name} is dropped", replace(row, unless=others)
        negated = replace(row, conditions=(*row.conditions, name), unless=others)
        yield f"guard not {name} is negated", negated
    for name in row.after:
        without = tuple(n for n in row.after if n != name)
        yield f"action {name} is dropped", replace(row, after=without)
    for dest in {None, State.DONE, State.ERROR} - {row.dest}:
        where = "stays" if dest is None else f"goes to {dest.value}"
        yield where, replace(row, dest=dest)


# -- Who finds it ---------------------------------------------------------------------------------


def noticed_by(mutation: Mutation) -> str | None:
    """Return the first check that finds it, or None."""
    kind = mutation.kind
    with _with_table(mutation):
        if next(mistakes(kind), None) is not None:
            return "the check of tables"
        if _fails_a_scenario(kind):
            return "a scenario"
        if _fails_a_walk(kind):
            return "a walk"
        for case in _cases(kind):
            if explore(case, ENOUGH).counterexample is not None:
                return "verify"
    return None


def _fails_a_scenario(kind: type[Session]) -> bool:
    with _patience():
        try:
            for scenario in scenarios(SCENARIOS[kind.table.name] + EVERYWHERE):
                scenario()
        except Exception:
            return True
    return False


def _fails_a_walk(kind: type[Session]) -> bool:
    """Send random events. After each, promises must hold and guards must exclude each other."""
    maker = next(maker for maker in WALKERS if maker.__name__.upper() == kind.table.name)
    with _patience():
        try:
            for seed in range(WALKS):
                walk(maker, seed, 60)
        except Exception:
            return True
    return False


def _cases(kind: type[Session]) -> list[Case]:
    """Run small transfers with the table, and then peers that send anything to this end."""
    verb = "get" if kind.table.name.startswith("READ") else "put"
    end = "client" if kind.table.name.endswith("CLIENT") else "server"
    hostile = cases((HOSTILE,), budgets=FEW)
    return [
        *cases((verb,), windows=(1, 2), budgets=FEW),
        *(case for case in hostile if (case.verb, case.hostile_to) == (verb, end)),
    ]


@contextmanager
def _with_table(mutation: Mutation) -> Iterator[None]:
    ours = mutation.kind.table
    mutation.kind.table = mutation.table
    try:
        yield
    finally:
        mutation.kind.table = ours


@contextmanager
def _patience() -> Iterator[None]:
    def late(number: int, frame: object) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(PATIENCE)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def main(names: list[str]) -> int:
    """Break the tables of these names, or all. Return the exit status."""
    chosen = [kind for kind in OURS.kinds if not names or kind.table.name in names]
    survivors, counts, began = [], Counter[str](), monotonic()
    for kind in chosen:
        for mutation in mutations(kind):
            found = noticed_by(mutation)
            counts[found or "nobody"] += 1
            if found is None:
                survivors.append(mutation.name)
                print(("known    " if mutation.name in REASONS else "SURVIVES ") + mutation.name)
    told = ", ".join(f"{count} by {who}" for who, count in counts.most_common())
    print(f"{counts.total()} broken rows, noticed: {told}; {monotonic() - began:.0f} seconds")
    known = {name for name in REASONS if any(name.startswith(k.table.name) for k in chosen)}
    for name in sorted(known - set(survivors)):
        print(f"NOTICED  {name}: take its reason away")
    return 1 if set(survivors) != known else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
