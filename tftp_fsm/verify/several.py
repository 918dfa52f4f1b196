"""Explore several cases at the same time, each in a separate process."""

from __future__ import annotations

import signal
from collections.abc import Iterator, Sequence
from multiprocessing import Pool, Value
from typing import Any

from tftp_fsm.verify.case import Case
from tftp_fsm.verify.explore import Limits, explore
from tftp_fsm.verify.report import Report


def explore_all(
    all_cases: Sequence[Case], limits: Limits, workers: int, counter: Any
) -> Iterator[Report]:
    """Yield the report of each case, in order. `counter` is a shared counter of states.

    Each worker is a separate process. The largest cases begin first. If the tables are not ours,
    the smallest cases begin first, because they are enough to show most mistakes. When the caller
    closes the iterator, the workers are ended.
    """
    if workers == 1 or len(all_cases) == 1:
        _share(counter)
        yield from (_explore(case, limits) for case in all_cases)
        return
    is_changed = any(case.mutant or case.table for case in all_cases)
    order = all_cases if is_changed else all_cases[::-1]
    with Pool(workers, _begin_worker, (counter,)) as pool:
        found = {case: pool.apply_async(_explore, (case, limits)) for case in order}
        yield from (found[case].get() for case in all_cases)


def _begin_worker(counter: Any) -> None:
    """Ignore Ctrl-C in a worker: the process that has started the workers ends them."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _share(counter)


def shared_counter() -> Any:
    """Return a counter that several processes add to."""
    return Value("Q", 0)


_counter: Any = None


def _share(counter: Any) -> None:
    global _counter
    _counter = counter


def _explore(case: Case, limits: Limits) -> Report:
    had = 0

    def told(states: int) -> None:
        nonlocal had
        with _counter.get_lock():
            _counter.value += max(0, states - had)
        had = states

    return explore(case, limits, told)
