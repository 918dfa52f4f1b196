"""The cases that are explored if nothing else is asked for, and several at a time."""

from __future__ import annotations

import signal
from collections.abc import Iterator, Sequence
from dataclasses import replace
from multiprocessing import Pool, Value
from typing import Any

from tftp_fsm.simulation.addresses import End
from tftp_fsm.verify.case import LEAD, PLAIN_BLOCK, SMALL_BLOCK, Budgets, Case, Verb
from tftp_fsm.verify.explore import Limits, explore
from tftp_fsm.verify.report import Report

VERBS: tuple[Verb, ...] = ("get", "put")
HOSTILE = "hostile"
KINDS = (*VERBS, HOSTILE)
ENDS: tuple[End, ...] = ("client", "server")
BLOCKS = 3
USUAL = Budgets()
WINDOWS = (1, 2, 4)
LARGE = 4  # blocks in a window; a short last block leads to the same states as an empty one


def cases(
    kinds: Sequence[str] = KINDS,
    windows: Sequence[int] = WINDOWS,
    blocks: int = BLOCKS,
    budgets: Budgets = USUAL,
    mutant: str | None = None,
    table: str | None = None,
) -> list[Case]:
    """Each verb with each windowsize, and without options, and hostile peers; the smallest first.

    The file has so many blocks, the last of which is short, or empty after an exact multiple. An
    empty file is there too. With a LARGE window only the exact multiple is explored. Without
    options there is only a windowsize of 1.
    """
    found = []
    for verb in (v for v in VERBS if v in kinds):
        plain = [(1, False)] if 1 in windows else []
        for windowsize, has_options in (*plain, *((w, True) for w in windows)):
            block = SMALL_BLOCK if has_options else PLAIN_BLOCK
            for size in _sizes(block, blocks, windowsize):
                found.append(Case(verb, size, windowsize, has_options, budgets))
    found += [_roll_over(verb, budgets) for verb in VERBS if verb in kinds and 1 in windows]
    found += _hostile_cases(budgets) if HOSTILE in kinds else []
    found.sort(key=_size_of_search)
    return [replace(case, mutant=mutant, table=table) for case in found]


def _size_of_search(case: Case) -> tuple[object, ...]:
    """Sorts the cases: lock-step, one end alone, windows."""
    if case.hostile_to is not None:
        return (1, case.windowsize)
    is_large = 2 if case.windowsize > 1 else 0
    return (is_large, case.windowsize, case.blocks, case.has_options, -case.size, case.verb)


def _roll_over(verb: Verb, budgets: Budgets) -> Case:
    """Four blocks around the number 65535, after which 0 comes."""
    return Case(verb, 3 * PLAIN_BLOCK + 1, 1, False, budgets, lead=LEAD)


def _hostile_cases(budgets: Budgets) -> list[Case]:
    """Both ends of both verbs, without options and with windows."""
    return [
        Case(verb, 2 * block + block // 2, windowsize, has_options, budgets, hostile_to=end)
        for block, windowsize, has_options in ((PLAIN_BLOCK, 1, False), (SMALL_BLOCK, 2, True))
        for verb in VERBS
        for end in ENDS
    ]


def _sizes(block: int, blocks: int, windowsize: int) -> set[int]:
    """An exact multiple of the block, one that leaves a short block, and an empty file."""
    multiple = block * (blocks - 1)
    return {multiple} if windowsize >= LARGE else {multiple, multiple + block // 2, 0}


def explore_all(
    all_cases: Sequence[Case], limits: Limits, workers: int, counter: Any
) -> Iterator[Report]:
    """The report of each case, in order. `counter` is a shared number that counts the states.

    Each worker is a process of its own. The largest cases begin first, or the smallest if the
    tables are not ours: a mistake shows itself in small cases. If the caller stops listening, the
    workers are ended.
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
    """Ctrl-C is for the process that began the workers; it ends them."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _share(counter)


def shared_counter() -> Any:
    """A number that several processes add to."""
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
