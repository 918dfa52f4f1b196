"""A ladder as SVG: time runs down, arrows slant as long as a packet is under way.

The same ladder gives the same octets. No script, nothing fetched; `<title>` and `<desc>` tell
those who do not see it. For programs: `id="arrow-ORDER"`, classes (`data`, `again`, `lost`, ...),
and `data-step`, the number of the step that sent or took it, from 0.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import fsum
from xml.sax.saxutils import escape

from tftp_fsm.ladder.build import Source, build
from tftp_fsm.ladder.columns import cut_label, fit
from tftp_fsm.ladder.fold import fold
from tftp_fsm.ladder.labels import COLUMN, SIZE, Point, Words, overlap, places, width_of
from tftp_fsm.ladder.model import Arrow, Ladder, Lane, Mark, Moment, Span
from tftp_fsm.ladder.scale import Break, Scale
from tftp_fsm.ladder.style import style_sheet

MARGIN = 12.0
TIMES = 58.0  # pixels, for the times beside a lane
BAR = 104.0  # pixels, for the states
GUTTER = 16.0  # pixels, for the brackets
INNER = 470.0  # pixels between the lanes
TOP = 96.0
LEGEND = 52.0
ATTEMPTS = 12  # times that room is made for words that found none
LOST_AT = 0.66  # of the way
MARK_COLUMNS = 36
SHORT_LABELS = (34, 24, 16)  # columns, tried in turn where the whole finds no place
LIMIT = 240  # items of a picture that is still a picture

_LEGEND = (
    "Time runs down, in seconds; two strokes across a lane: time left out. A bracket is a wait.",
    "Double line: sent again. Cross: lost. Dashed: a second copy. Ring: nobody listened any more.",
)


def svg_ladder(source: Source | Ladder, limit: int = LIMIT) -> str:
    """The whole document; at most about `limit` items (0: all)."""
    ladder = fold(source if isinstance(source, Ladder) else build(source), limit)
    more: dict[int, float] = {}
    for _ in range(ATTEMPTS):
        picture = _Picture(ladder, more)
        parts = picture.draw()
        if not picture.crowded:
            break
        more = {**more, **{order: more.get(order, 0.0) + 16.0 for order in picture.crowded}}
    return "\n".join(parts) + "\n"


class _Picture:
    def __init__(self, ladder: Ladder, more: dict[int, float]) -> None:
        self.ladder = ladder
        self.scale = Scale(ladder, TOP, more)
        sides = (ladder.left, ladder.right)
        rooms = [TIMES + BAR + GUTTER if lane.known else 90.0 for lane in sides]
        self.x = {ladder.left.end: MARGIN + rooms[0], ladder.right.end: MARGIN + rooms[0] + INNER}
        self.width = fsum(rooms) + INNER + 2 * MARGIN
        tips = (point[1] + 12 for arrow in ladder.arrows for point in self._line(arrow))
        self.bottom = max(self.scale.bottom, *tips, 0.0)
        self.words: list[Words] = []
        self.crowded: set[int] = set()

    def draw(self) -> list[str]:
        height = self.bottom + LEGEND
        body = [*self._lanes(), *self._breaks(), *self._waits()]
        arrows = [line for arrow in self.ladder.arrows for line in self._arrow(arrow)]
        return [
            f'<svg xmlns="http://www.w3.org/2000/svg" class="ladder" role="img" '
            f'aria-labelledby="ladder-title ladder-desc" width="{_n(self.width)}" '
            f'height="{_n(height)}" viewBox="0 0 {_n(self.width)} {_n(height)}">',
            f'<title id="ladder-title">{escape(self._title())}</title>',
            f'<desc id="ladder-desc">{escape(summary(self.ladder))}</desc>',
            f"<style>\n{style_sheet()}\n</style>",
            f'<rect class="paper" width="{_n(self.width)}" height="{_n(height)}"/>',
            *self._heading(),
            *body,
            *arrows,
            *self._bands(),
            *self._marks(),
            *self._labels(),
            *self._legend(),
            "</svg>",
        ]

    # -- Around -----------------------------------------------------------------------------------

    def _title(self) -> str:
        return self.ladder.title or "A transfer"

    def _heading(self) -> Iterator[str]:
        room = int((self.width - 2 * MARGIN) / (16 * COLUMN))
        yield self._text(Words(fit(self._title(), room), MARGIN, 26, size=16), "heading")
        for lane in (self.ladder.left, self.ladder.right):
            yield self._centred(lane.name, self.x[lane.end], 58, 14, "lane")
            if lane.title:
                yield self._centred(lane.title, self.x[lane.end], 75, 10, "small")

    def _legend(self) -> Iterator[str]:
        for number, line in enumerate(_LEGEND):
            y = self.bottom + 24 + 15 * number
            yield self._text(Words(line, MARGIN, y, size=10), "small")

    def _centred(self, text: str, x: float, y: float, size: float, kind: str) -> str:
        left = min(
            max(x - width_of(text, size) / 2, MARGIN),
            self.width - MARGIN - width_of(text, size),
        )
        return self._text(Words(text, left, y, size=size), kind)

    def _text(self, words: Words, kind: str, attributes: str = "", tip: str = "") -> str:
        self.words.append(words)
        turn = (
            f' transform="rotate({words.angle:g} {_n(words.x)} {_n(words.y)})"'
            if words.angle
            else ""
        )
        about = f"<title>{escape(tip)}</title>" if tip else ""
        return (
            f'<text class="{kind}" x="{_n(words.x)}" y="{_n(words.y)}" '
            f'textLength="{_n(width_of(words.text, words.size))}"{turn}{attributes}>'
            f"{about}{escape(words.text)}</text>"
        )

    # -- Lanes ------------------------------------------------------------------------------------

    def _lanes(self) -> Iterator[str]:
        for lane in (self.ladder.left, self.ladder.right):
            if lane.known:
                yield from self._states(lane)
                yield from self._times(lane)
            x = _n(self.x[lane.end])
            yield f'<path class="life" d="M{x} {_n(TOP - 12)}V{_n(self.bottom)}"/>'

    def _outside(self, lane: Lane, distance: float) -> float:
        """So many pixels outside of a lane."""
        away = -distance if lane is self.ladder.left else distance
        return self.x[lane.end] + away

    def _states(self, lane: Lane) -> Iterator[str]:
        spans = self._spans(lane)
        x = self._outside(lane, GUTTER + BAR if lane is self.ladder.left else GUTTER)
        for span, following in zip(spans, (*spans[1:], None), strict=True):
            y = self.scale.y(span.start)
            end = self.bottom if following is None else self.scale.y(following.start)
            name = span.state.value
            yield (
                f'<rect id="{lane.end}-{span.start.order}" class="bar {name}" x="{_n(x)}" '
                f'y="{_n(y)}" width="{_n(BAR)}" height="{_n(end - y)}" '
                f'data-step="{span.start.step}"><title>{escape(span.why or name)}</title></rect>'
            )
            middle = x + BAR / 2 - width_of(name) / 2
            yield self._text(Words(name, middle, y + 14), "state")

    def _spans(self, lane: Lane) -> list[Span]:
        """Those that are drawn: of several that were left out the last."""
        drawn: dict[float, Span] = {}
        for span in self.ladder.spans_of(lane.end):
            drawn[self.scale.y(span.start)] = span
        return list(drawn.values())

    def _times(self, lane: Lane) -> Iterator[str]:
        last = ""
        for y, moment in sorted(self._moments(lane)):
            text = f"{moment.at - self.ladder.start:.4f}"
            if text != last:
                wide = width_of(text, 10)
                outside = self._outside(lane, GUTTER + BAR + 5)
                x = outside - wide if lane is self.ladder.left else outside
                yield self._text(Words(text, x, y + 4, size=10), "small")
            last = text

    def _moments(self, lane: Lane) -> set[tuple[float, Moment]]:
        found: set[Moment] = {
            m for arrow in self.ladder.arrows for end, m in arrow.moments if end == lane.end
        }
        marks = [item for item in self.ladder.items if isinstance(item, Mark)]
        found |= {mark.moment for mark in marks if mark.end == lane.end}
        return {(self.scale.y(m), m) for m in found if not self.scale.folded(m)}

    def _breaks(self) -> Iterator[str]:
        for cut in self.scale.breaks:
            yield from self._break(cut)

    def _break(self, cut: Break) -> Iterator[str]:
        tip = f"{cut.seconds:.3f} s, not drawn to scale"
        for x in self.x.values():
            left, right, y = x - 8, x + 8, cut.y
            yield (
                f'<g class="break"><title>{tip}</title>'
                f'<path class="gap" d="M{_n(left)} {_n(y)}L{_n(right)} {_n(y - 6)}V{_n(y)}'
                f'L{_n(left)} {_n(y + 6)}Z"/>'
                f'<path class="stroke" d="M{_n(left)} {_n(y)}L{_n(right)} {_n(y - 6)}'
                f'M{_n(left)} {_n(y + 6)}L{_n(right)} {_n(y)}"/></g>'
            )

    def _waits(self) -> Iterator[str]:
        for mark in self.ladder.items:
            if isinstance(mark, Mark) and mark.kind in ("timeout", "dally") and mark.since:
                lane = self._lane(mark.end)
                x, tip = self._outside(lane, GUTTER - 7), self._outside(lane, 2)
                top, end = self._last_before(mark, mark.since), self.scale.y(mark.moment)
                yield (
                    f'<path class="wait" data-step="{mark.moment.step}" '
                    f'd="M{_n(tip)} {_n(top)}H{_n(x)}V{_n(end)}H{_n(tip)}">'
                    f"<title>{escape(mark.words)}</title></path>"
                )

    def _last_before(self, mark: Mark, since: Moment) -> float:
        """The height of the last thing of this lane before the wait began."""
        moments = self._moments(self._lane(mark.end))
        before = [y for y, moment in moments if moment.order < since.order]
        return max(before, default=TOP) + 3

    def _lane(self, end: str) -> Lane:
        return self.ladder.left if end == self.ladder.left.end else self.ladder.right

    def _bands(self) -> Iterator[str]:
        left, right = self.x.values()
        for band, y in self.scale.bands:
            yield (
                f'<rect class="band" x="{_n(left)}" y="{_n(y - 13)}" '
                f'width="{_n(right - left)}" height="26"/>'
            )
            words = fit(f"... {band.words} ...", int(INNER / (SIZE * COLUMN)))
            yield self._centred(words, (left + right) / 2, y + 4, SIZE, "left-out")

    # -- Marks and arrows -------------------------------------------------------------------------

    def _marks(self) -> Iterator[str]:
        for mark in self.ladder.items:
            if isinstance(mark, Mark):
                text = fit(mark.words, MARK_COLUMNS)
                at_left = self._lane(mark.end) is self.ladder.left
                edge = self.x[mark.end]
                x = edge + 10 if at_left else edge - 10 - width_of(text)
                words = Words(text, x, self.scale.y(mark.moment) + 4)
                if not self._is_free(words):
                    self.crowded.add(mark.moment.order)
                data = f' data-step="{mark.moment.step}"'
                tip = f"{mark.words}\n{mark.why}"
                yield self._text(words, f"mark {mark.kind}", data, tip)

    def _arrow(self, arrow: Arrow) -> Iterator[str]:
        tail, *tips = self._line(arrow)
        yield (
            f'<g id="arrow-{arrow.start.order}" class="{_classes(arrow)}" '
            f'data-step="{arrow.start.step}"><title>{escape(self._tip(arrow))}</title>'
        )
        for number, tip in enumerate(tips):
            copy = " copy" if number else ""
            yield f'<path class="shaft{copy}" d="{_path(tail, tip)}"/>'
            if arrow.again and not number:
                yield f'<path class="core" d="{_path(tail, tip)}"/>'
            yield _ending(arrow, tail, tip)
        yield "</g>"

    def _line(self, arrow: Arrow) -> list[Point]:
        """Its tail, and each of its tips."""
        x, to_x = self.x[arrow.sender], self.x[arrow.receiver]
        if arrow.sent is None:
            y = self.scale.y(arrow.arrived[0])
            return [(to_x + (x - to_x) * (0.7 if arrow.stray else 1.0), y), (to_x, y)]
        y = self.scale.y(arrow.sent)
        if arrow.arrived:
            return [(x, y), *((to_x, self.scale.y(moment)) for moment in arrow.arrived)]
        if arrow.fate == ("unseen",):
            return [(x, y), (to_x, y)]
        share = 1.0 if "unheard" in arrow.fate else LOST_AT
        return [(x, y), (x + (to_x - x) * share, y + (self.scale.expected(arrow.sent) - y) * share)]

    def _labels(self) -> Iterator[str]:
        for arrow in self.ladder.arrows:
            data = f' data-step="{arrow.start.step}"'
            kind = _classes(arrow).replace("arrow", "label")
            yield self._text(self._label(arrow), kind, data, self._tip(arrow))

    def _label(self, arrow: Arrow) -> Words:
        """At the first free place; where there is none for the whole, for a part of it."""
        tail, tip, *_ = self._line(arrow)
        room = int((abs(tip[0] - tail[0]) - 30) / (SIZE * COLUMN))
        for cut in (room, *(short for short in SHORT_LABELS if short < room)):
            found = list(places(cut_label(arrow.words, arrow.remarks, cut), tail, tip))
            for words in found:
                if self._is_free(words):
                    return words
        self.crowded.add(arrow.start.order)
        return found[0]

    def _is_free(self, words: Words) -> bool:
        return not any(overlap(words, other) for other in self.words)

    def _tip(self, arrow: Arrow) -> str:
        lines = [arrow.label]
        if arrow.sent:
            lines.append(f"sent at {self._at(arrow.sent)} by {arrow.sender}: {arrow.sent_why}")
        for moment in arrow.arrived:
            lines.append(f"taken at {self._at(moment)} by {arrow.receiver}: {arrow.arrived_why}")
        return "\n".join(lines)

    def _at(self, moment: Moment) -> str:
        return f"{moment.at - self.ladder.start:.4f} s"


def summary(ladder: Ladder) -> str:
    """The ladder in one sentence or two, for those who do not see it."""
    arrows = ladder.arrows
    said = (
        (len(arrows), "packets are drawn"),
        (sum(arrow.lost for arrow in arrows), "were lost"),
        (sum(arrow.again for arrow in arrows), "were sent again"),
        (sum(isinstance(i, Mark) and i.kind == "timeout" for i in ladder.items), "time-outs"),
    )
    counts = ", ".join(f"{number} {what}" for number, what in said)
    states = "; ".join(
        f"{lane.name}: {', '.join(span.state.value for span in ladder.spans_of(lane.end))}"
        for lane in (ladder.left, ladder.right)
        if lane.known
    )
    return f"{counts}. {states}. {ladder.outcome}".strip()


def _classes(arrow: Arrow) -> str:
    words = ["arrow", arrow.kind, *arrow.fate]
    words += ["again"] if arrow.again else []
    words += ["lost"] if arrow.lost else []
    words += ["stray"] if arrow.stray else []
    words += [] if arrow.moves else ["idle"]
    return " ".join(dict.fromkeys(words))


def _ending(arrow: Arrow, tail: Point, tip: Point) -> str:
    (x, y), side = tip, 1.0 if tip[0] > tail[0] else -1.0
    if "unheard" in arrow.fate:
        return f'<circle class="open" cx="{_n(x - side * 5)}" cy="{_n(y)}" r="4"/>'
    if arrow.lost:
        return (
            f'<path class="cross" d="M{_n(x - 5)} {_n(y - 5)}L{_n(x + 5)} {_n(y + 5)}'
            f'M{_n(x - 5)} {_n(y + 5)}L{_n(x + 5)} {_n(y - 5)}"/>'
        )
    slope = (y - tail[1]) / (abs(x - tail[0]) or 1.0)
    back_x, back_y = x - side * 10, y - slope * 10
    return (
        f'<path class="head" d="M{_n(x)} {_n(y)}L{_n(back_x - side * slope * 4)} '
        f'{_n(back_y + 4)}L{_n(back_x + side * slope * 4)} {_n(back_y - 4)}Z"/>'
    )


def _path(tail: Point, tip: Point) -> str:
    return f"M{_n(tail[0])} {_n(tail[1])}L{_n(tip[0])} {_n(tip[1])}"


def _n(number: float) -> str:
    """The same digits everywhere, and no more than a reader's screen can show."""
    return f"{number:.1f}".removesuffix(".0")
