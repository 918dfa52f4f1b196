"""Shorten a long ladder: leave out quiet stretches first, then the middle."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby

from tftp_fsm.ladder.model import Arrow, Fold, Item, Ladder, Mark, Moment, first_moment

KEPT = 4  # items of a quiet stretch that stay at its beginning, and at its end


def fold(ladder: Ladder, limit: int) -> Ladder:
    """Return the ladder with at most about `limit` items. With 0 all items stay."""
    items = ladder.items
    if not limit or len(items) <= limit:
        return ladder
    items = tuple(_fold_quiet(items, {span.start.order for span in ladder.spans}))
    if len(items) > limit:
        half = max(limit // 2, 1)
        items = (*items[:half], _left_out(items[half:-half]), *items[-half:])
    return replace(ladder, items=items)


def _fold_quiet(items: Sequence[Item], changes: set[int]) -> Iterator[Item]:
    for quiet, group in groupby(items, lambda item: is_quiet(item, changes)):
        run = tuple(group)
        if not quiet or len(run) <= 2 * KEPT + 2:
            yield from run
        else:
            yield from (*run[:KEPT], _left_out(run[KEPT:-KEPT]), *run[-KEPT:])


def is_quiet(item: Item, changes: set[int]) -> bool:
    """Return whether the item is an ordinary arrow. `changes` has the orders of new states."""
    if not isinstance(item, Arrow):
        return isinstance(item, Mark) and item.kind == "pause"
    moves_state = any(moment.order in changes for _, moment in item.moments)
    return not (item.remarks or item.lost or moves_state or len(item.arrived) > 1)


def _left_out(items: Sequence[Item]) -> Fold:
    arrows = [item for item in items if isinstance(item, Arrow)]
    folds = [item for item in items if isinstance(item, Fold)]
    last = max((_end(item) for item in items), key=lambda moment: moment.order)
    return Fold(
        first_moment(items[0]),
        last,
        len(arrows) + sum(fold.packets for fold in folds),
        sum(a.kind == "data" and not a.again for a in arrows) + sum(f.blocks for f in folds),
        sum(arrow.lost for arrow in arrows) + sum(fold.lost for fold in folds),
        sum(isinstance(item, Mark) and item.kind == "timeout" for item in items)
        + sum(fold.timeouts for fold in folds),
    )


def _end(item: Item) -> Moment:
    return item.last if isinstance(item, Fold) else first_moment(item)
