"""The cases that are explored by default."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tftp_fsm.simulation.addresses import End
from tftp_fsm.verify.case import LEAD, PLAIN_BLOCK, SMALL_BLOCK, Budgets, Case, Verb

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
    """Return each verb with each windowsize, without options, and with hostile peers.

    The smallest case is the first. The file has `blocks` blocks. The last block is short, or it is
    empty if the size is an exact multiple of the block. An empty file is explored too. With a LARGE
    window only the exact multiple is explored. Without options the windowsize is always 1.
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
    """Return the key that sorts the cases: lock-step first, then hostile peers, then windows."""
    if case.hostile_to is not None:
        return (1, case.windowsize)
    is_large = 2 if case.windowsize > 1 else 0
    return (is_large, case.windowsize, case.blocks, case.has_options, -case.size, case.verb)


def _roll_over(verb: Verb, budgets: Budgets) -> Case:
    """Return a case of four blocks around number 65535, which is followed by number 0."""
    return Case(verb, 3 * PLAIN_BLOCK + 1, 1, False, budgets, lead=LEAD)


def _hostile_cases(budgets: Budgets) -> list[Case]:
    """Return the cases of both ends and both verbs, without options and with windows."""
    return [
        Case(verb, 2 * block + block // 2, windowsize, has_options, budgets, hostile_to=end)
        for block, windowsize, has_options in ((PLAIN_BLOCK, 1, False), (SMALL_BLOCK, 2, True))
        for verb in VERBS
        for end in ENDS
    ]


def _sizes(block: int, blocks: int, windowsize: int) -> set[int]:
    """Return the sizes: an exact multiple of the block, one with a short last block, and 0."""
    multiple = block * (blocks - 1)
    return {multiple} if windowsize >= LARGE else {multiple, multiple + block // 2, 0}
