"""The height of each moment. Time runs down in proportion, as long as the picture is readable.

The usual transit of the network takes `TRANSIT` pixels. A silence of more than `MOST` pixels is cut
short and drawn as a break. Moments of one lane keep `APART`, so that their text can be read.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from statistics import median

from tftp_fsm.frozen import frozen
from tftp_fsm.ladder.model import Arrow, Fold, Item, Ladder, Mark, Moment

TRANSIT = 40.0  # pixels
MOST = 110.0  # pixels; a longer silence is cut short
APART = 20.0  # pixels between two moments of one lane
AFTER_MARK = 25.0  # pixels; the text of a mark needs room
BAND = 40.0  # pixels; a part that was left out
USUAL = 0.001  # seconds of a transit, if the trace does not show it


@frozen
class Break:
    """A place at height `y` where time was cut out."""

    y: float
    seconds: float


class Scale:
    """The height of every moment (pixels from the top). `more` has extra room before orders.

    `transit` is the usual time on the way in seconds. If it is None, the arrivals show it.
    """

    def __init__(
        self,
        ladder: Ladder,
        top: float,
        more: Mapping[int, float],
        transit: float | None = None,
    ) -> None:
        self.top = top
        self.breaks: list[Break] = []
        self.bands: list[tuple[Fold, float]] = []
        self._y: dict[int, float] = {}
        self._folds = [item for item in ladder.items if isinstance(item, Fold)]
        self._siblings = _siblings(ladder)
        self._transit = transit or _usual_transit(ladder)
        self._per_second = TRANSIT / self._transit
        happenings = _happenings(ladder)
        self._placed = [happening.moment for happening in happenings]
        self._place(happenings, more)

    def y(self, moment: Moment) -> float:
        """Return the pixels from the top. A moment that was left out has the height of its band."""
        return self._y[moment.order]

    def expected(self, arrow: Arrow) -> float:
        """Return the height (pixels) at which a lost packet would have arrived.

        Its arrow is parallel to those of the packets of the same step, so that they do not cross.
        """
        sent = arrow.start
        siblings = self._siblings.get((arrow.sender, sent.step), [])
        if not siblings:
            return self._expected_alone(sent)
        near = min(siblings, key=lambda other: abs(other.start.order - sent.order))
        return self.y(sent) + self.y(near.arrived[0]) - self.y(near.start)

    def _expected_alone(self, sent: Moment) -> float:
        due = sent.at + self._transit
        last = self._placed[bisect_right(self._placed, due, key=lambda m: m.at) - 1]
        y = self.y(max(last, sent))
        return max(y + min((due - last.at) * self._per_second, TRANSIT), self.y(sent) + APART)

    def after(self, y: float, seconds: float) -> float:
        """Return the height (pixels) of a moment that is `seconds` after the one at `y`."""
        return y + min(max(seconds, 0.0) * self._per_second, MOST)

    def following(self, moment: Moment) -> int:
        """Return the order of the next event, or that of `moment` if it is the last."""
        after = bisect_right(self._placed, moment.order, key=lambda placed: placed.order)
        return (self._placed[after] if after < len(self._placed) else moment).order

    @property
    def bottom(self) -> float:
        """Return the height (pixels) below everything."""
        return max(self._y.values(), default=self.top) + APART

    def folded(self, moment: Moment) -> bool:
        """Whether the moment was left out."""
        return self._fold_of(moment) is not None

    def _place(self, happenings: list[_Happening], more: Mapping[int, float]) -> None:
        y = self.top - APART
        at: float | None = None
        lanes: dict[str, float] = {}
        for happening in happenings:
            moment, lane = happening.moment, happening.lane
            fold = self._fold_of(moment)
            if fold is None:
                gap = APART if at is None else self._gap(y, moment.at - at)
                y = max(y + gap, lanes.get(lane, y)) + more.get(moment.order, 0.0)
                lanes[lane] = y + (AFTER_MARK if happening.marks else APART)
            elif not self.bands or self.bands[-1][0] is not fold:
                y += more.get(moment.order, 0.0)
                self.bands.append((fold, y + BAND / 2))
                y += BAND
                lanes = {}
            at = moment.at if fold is None else None
            self._y[moment.order] = y

    def _fold_of(self, moment: Moment) -> Fold | None:
        found = bisect_right(self._folds, moment.order, key=lambda fold: fold.first.order)
        fold = self._folds[found - 1] if found else None
        return fold if fold is not None and moment.order <= fold.last.order else None

    def _gap(self, y: float, seconds: float) -> float:
        pixels = seconds * self._per_second
        if pixels <= MOST:
            return pixels
        self.breaks.append(Break(y + MOST / 2, seconds))
        return MOST


@frozen
class _Happening:
    moment: Moment
    lane: str
    marks: bool = False


def _happenings(ladder: Ladder) -> list[_Happening]:
    found: dict[int, _Happening] = {}
    for span in ladder.spans:
        found[span.start.order] = _Happening(span.start, span.end)
    for item in ladder.items:
        for happening in _of_item(item):
            found[happening.moment.order] = happening
    return [found[order] for order in sorted(found)]


def _of_item(item: Item) -> Iterator[_Happening]:
    match item:
        case Arrow():
            yield from (_Happening(moment, lane) for lane, moment in item.moments)
        case Mark():
            yield _Happening(item.moment, item.end, marks=True)
        case Fold():
            yield _Happening(item.first, "")


def _siblings(ladder: Ladder) -> dict[tuple[str, int], list[Arrow]]:
    """The packets that a step sent and that arrived as usual, by their sender and step."""
    found: dict[tuple[str, int], list[Arrow]] = {}
    for arrow in ladder.arrows:
        if arrow.sent is not None and arrow.arrived and not arrow.fate:
            found.setdefault((arrow.sender, arrow.sent.step), []).append(arrow)
    return found


def _usual_transit(ladder: Ladder) -> float:
    transits = [
        arrow.arrived[0].at - arrow.sent.at
        for arrow in ladder.arrows
        if arrow.sent is not None and arrow.arrived
    ]
    return median([seconds for seconds in transits if seconds > 0] or [USUAL])
