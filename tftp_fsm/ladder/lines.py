"""The lines of a ladder in text. A line is one datagram, or one event of one lane.

In each lane, time never goes back from one line to the next. An arrow has one line if that is
possible. If the receiver heard something else in between, the datagram was overtaken. Then its
arrow has two lines: one where it leaves, and one where it arrives.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict, deque
from typing import TypeAlias

from tftp_fsm.frozen import frozen
from tftp_fsm.ladder.model import Arrow, Fold, Ladder, Mark, Moment


@frozen
class Leaving:
    """The first half of an arrow that others overtake."""

    arrow: Arrow


@frozen
class Arriving:
    """The second half, or a second copy."""

    arrow: Arrow
    moment: Moment


Line: TypeAlias = Arrow | Leaving | Arriving | Mark | Fold


def lines_of(ladder: Ladder) -> tuple[Line, ...]:
    """All lines, from top to bottom."""
    lanes = _Lanes(ladder)
    lines: list[tuple[int, Line]] = []
    for item in ladder.items:
        match item:
            case Arrow(sent=Moment() as sent, arrived=(first, *copies)):
                whole = lanes.take(item.receiver, sent.order, first.order)
                arrivals = copies if whole else (first, *copies)
                lines.append((sent.order, item if whole else Leaving(item)))
                lines += [(moment.order, Arriving(item, moment)) for moment in arrivals]
            case Arrow():
                lines.append((item.start.order, item))
            case Mark(moment=moment) | Fold(first=moment):
                lines.append((moment.order, item))
    return tuple(line for _, line in sorted(lines, key=lambda pair: pair[0]))


def touches(line: Line) -> tuple[tuple[str, Moment], ...]:
    """Return (lane, moment) for each event that a line shows."""
    match line:
        case Arrow():
            return line.moments[: 2 if line.sent else 1]
        case Leaving(arrow):
            return arrow.moments[:1]
        case Arriving(arrow, moment):
            return ((arrow.receiver, moment),)
        case Mark(end=end, moment=moment):
            return ((end, moment),)
        case Fold():
            return ()


class Names:
    """The names of states, from top to bottom. Each is shown once, at the first line of the state.

    If a lane went through several states at once, only the last one is shown.
    """

    def __init__(self, ladder: Ladder) -> None:
        ends = (ladder.left.end, ladder.right.end)
        self._spans = {end: deque(list(ladder.spans_of(end))[1:]) for end in ends}

    def at(self, end: str, order: int) -> str:
        """Return the state to show for `end` at this order, or an empty string."""
        spans, name = self._spans[end], ""
        while spans and spans[0].start.order <= order:
            name = spans.popleft().state.value
        return name


class _Lanes:
    """The orders of each lane that have no line yet. Their lines will be below all others."""

    def __init__(self, ladder: Ladder) -> None:
        self._orders: dict[str, list[int]] = defaultdict(list)
        for item in ladder.items:
            moments = item.moments if isinstance(item, Arrow) else ()
            for lane, moment in moments:
                self._orders[lane].append(moment.order)
            if isinstance(item, Mark):
                self._orders[item.end].append(item.moment.order)
        for orders in self._orders.values():
            orders.sort()

    def take(self, lane: str, sent: int, arrived: int) -> bool:
        """Return whether an arrow to `lane` can have one line. If so, take its arrival into it."""
        orders = self._orders[lane]
        at = bisect_left(orders, arrived)
        if bisect_right(orders, sent) != at:
            return False
        del orders[at]
        return True
