"""Measure how many states per second `tftp-fsm verify` visits, with and without its cache.

The other side computes every change of a session again, as a search that copies sessions must.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from time import process_time

from bench import Bench
from jobs import Row

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tftp_fsm.protocol.roles import OURS
from tftp_fsm.verify.case import Budgets, Case
from tftp_fsm.verify.search import Search

CASES = ("exploring",)
TIMES = 20.0  # how much faster the search with the cache must be


def measured(bench: Bench, name: str) -> Iterator[Row]:
    """Return the row: states in a CPU second."""
    looked_up = _states_in_a_second(Budgets(2, 2, 2), forgets=False)
    anew = _states_in_a_second(Budgets(1, 1, 0), forgets=True)
    yield Row(
        name,
        "states of a get in 3 blocks with windowsize 2, in a CPU second",
        "changes looked up",
        "changes computed each time",
        (f"{looked_up:,.0f}", f"{anew:,.0f}"),
        f"{anew / looked_up:.4f}",
        f"at most {1 / TIMES:g}",
        looked_up >= TIMES * anew,
    )


def _states_in_a_second(budgets: Budgets, *, forgets: bool) -> float:
    search = Search(Case("get", 20, windowsize=2, budgets=budgets), OURS)
    if forgets:
        for side in (search.world.client, search.world.server):
            side._heard, side._expired = _Forgetful(), _Forgetful()
    began = process_time()
    assert search.run() is None
    return len(search.states) / (process_time() - began)


class _Forgetful(dict):  # type: ignore[type-arg]
    """A dictionary that keeps nothing."""

    def __setitem__(self, key: object, value: object) -> None:
        pass
