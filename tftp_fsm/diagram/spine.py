"""Choose the states of the good path, and the state beside it."""

from __future__ import annotations

from collections.abc import Sequence

Arrow = tuple[str, str]
_FAILURES = ("error", "failed", "failure", "fault", "broken", "aborted", "cancelled", "rejected")
_LOOKS = 20_000  # paths that are tried; after them the best one so far is taken


def choose_side(states: Sequence[str], initial: str, arrows: Sequence[Arrow]) -> str | None:
    """Return a state named like a failure, or a final state that three or more states lead to."""
    free = [s for s in states if s != initial and (s, s) not in arrows]
    for state in free:
        if state.lower() in _FAILURES:
            return state
    leading = {s: len({a for a, b in arrows if b == s}) for s in free}
    ends = [s for s in free if leading[s] >= 3 and not any(a == s for a, _ in arrows)]
    return max(ends, key=lambda s: leading[s], default=None) if len(ends) > 1 else None


def choose_spine(initial: str, arrows: Sequence[Arrow]) -> tuple[str, ...]:
    """Return the longest path from `initial` that visits no state twice.

    A path to a final state is better than a longer path to another state. Of equal paths the first
    in the order of the rows is taken.
    """
    following: dict[str, list[str]] = {}
    for a, b in arrows:
        if b not in following.setdefault(a, []):
            following[a].append(b)
    best: tuple[str, ...] = (initial,)
    looks = 0
    paths: list[tuple[str, ...]] = [(initial,)]
    while paths and looks < _LOOKS:
        path = paths.pop()
        looks += 1
        if _rank(path, following) > _rank(best, following):
            best = path
        onward = (n for n in following.get(path[-1], ()) if n not in path)
        paths.extend((*path, n) for n in reversed(list(onward)))
    return best


def _rank(path: tuple[str, ...], following: dict[str, list[str]]) -> tuple[bool, int]:
    return not following.get(path[-1]), len(path)
