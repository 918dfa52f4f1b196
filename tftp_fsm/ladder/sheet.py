"""The places of all parts in the picture of a ladder, and the places that text has taken."""

from __future__ import annotations

from collections import defaultdict
from math import fsum

from tftp_fsm.borders import xml
from tftp_fsm.ladder.labels import Label, Point, overlap, width_of
from tftp_fsm.ladder.model import Arrow, Ladder, Lane
from tftp_fsm.ladder.scale import Scale

MARGIN = 12.0
TIMES = 58.0  # pixels, for the times beside a lane
BAR = 104.0  # pixels, for the states
GUTTER = 16.0  # pixels, for the brackets
PLAIN = 90.0  # pixels, beside a lane whose states are not known
INNER = 470.0  # pixels between the lanes
TOP = 96.0
STRIPE = 50.0  # pixels
LOST_AT = 0.66  # part of the way after which a lost packet ends
ON_SHAFTS = ("label", "mark")  # kinds of text that may lie on shafts


class Sheet:
    """`more` has extra room before orders. `crowded` has the orders whose text has no place."""

    def __init__(self, ladder: Ladder, more: dict[int, float]) -> None:
        self.ladder = ladder
        self.scale = Scale(ladder, TOP, more)
        self.lanes = (ladder.left, ladder.right)
        rooms = [TIMES + BAR + GUTTER if lane.known else PLAIN for lane in self.lanes]
        self.x = {ladder.left.end: MARGIN + rooms[0], ladder.right.end: MARGIN + rooms[0] + INNER}
        self.width = fsum(rooms) + INNER + 2 * MARGIN
        tips = (point[1] + 12 for arrow in ladder.arrows for point in self.line(arrow))
        self.bottom = max(self.scale.bottom, *tips, 0.0)
        self._near: defaultdict[int, list[Label]] = defaultdict(list)
        self.crowded: set[int] = set()

    # -- Places -----------------------------------------------------------------------------------

    def lane(self, end: str) -> Lane:
        """The lane of this end."""
        return self.ladder.left if end == self.ladder.left.end else self.ladder.right

    def outside(self, lane: Lane, distance: float) -> float:
        """Return the x that is `distance` pixels outside of a lane."""
        away = -distance if lane is self.ladder.left else distance
        return self.x[lane.end] + away

    def line(self, arrow: Arrow) -> list[Point]:
        """The arrow's tail, and each of its tips."""
        x, to_x = self.x[arrow.sender], self.x[arrow.receiver]
        if arrow.sent is None:
            y = self.scale.y(arrow.arrived[0])
            return [(to_x + (x - to_x) * (0.7 if arrow.stray else 1.0), y), (to_x, y)]
        y = self.scale.y(arrow.sent)
        if arrow.arrived:
            return [(x, y), *((to_x, self.scale.y(moment)) for moment in arrow.arrived)]
        if "unseen" in arrow.fate:
            return [(x, y), (to_x, y)]
        share = 1.0 if "unheard" in arrow.fate else LOST_AT
        down = self.scale.expected(arrow) - y
        return [(x, y), (x + (to_x - x) * share, y + down * share)]

    # -- Text -------------------------------------------------------------------------------------

    def is_free(self, label: Label) -> bool:
        """Return whether no text that is already drawn touches this label."""
        near = (other for stripe in _stripes(label) for other in self._near[stripe])
        return not any(overlap(label, other) for other in near)

    def centred(self, text: str, x: float, y: float, size: float, kind: str) -> str:
        """Text with its middle at `x`, or as near as the margins allow."""
        wide = width_of(text, size)
        left = min(max(x - wide / 2, MARGIN), self.width - MARGIN - wide)
        return self.text(Label(text, left, y, size=size), kind)

    def text(self, label: Label, kind: str, attributes: str = "", *tip: str) -> str:
        """Return the element of the label, and mark its place as taken."""
        for stripe in _stripes(label):
            self._near[stripe].append(label)
        x, y = num(label.x), num(label.y)
        turn = f' transform="rotate({label.angle:g} {x} {y})"' if label.angle else ""
        about = f"<title>{xml(*tip)}</title>" if tip else ""
        return self._behind(label, turn) * (kind.split()[0] in ON_SHAFTS) + (
            f'<text class="{xml(kind)}" x="{x}" y="{y}" '
            f'textLength="{num(width_of(label.text, label.size))}"{turn}{attributes}>'
            f"{about}{xml(label.text)}</text>"
        )

    def _behind(self, label: Label, turn: str) -> str:
        """Return a background for a label, so that no shaft crosses it. Few programs draw halos."""
        wide, size = width_of(label.text, label.size), label.size
        return (
            f'<rect class="behind" x="{num(label.x)}" y="{num(label.y - 0.8 * size)}" '
            f'width="{num(wide)}" height="{num(1.05 * size)}"{turn}/>'
        )


def _stripes(label: Label) -> range:
    """Return the stripes that contain the text. Only texts with a common stripe can touch."""
    heights = [y for _, y in label.corners]
    return range(int(min(heights) // STRIPE), int(max(heights) // STRIPE) + 1)


def num(number: float) -> str:
    """A number with one decimal at most, so that every machine writes the same digits."""
    return f"{number:.1f}".removesuffix(".0")
