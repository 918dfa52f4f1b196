"""Text along arrows. Each text is at the first place where it covers no other text."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from math import atan2, cos, degrees, hypot, sin

from tftp_fsm.borders.columns import columns, wide_letters
from tftp_fsm.frozen import frozen

Point = tuple[float, float]

SIZE = 12.0  # pixels; the size of the font
COLUMN = 0.6  # width of a letter relative to the size, in DejaVu Sans Mono and similar fonts
ABOVE = 6.5  # pixels between a shaft and the words over it
ALONG = 14.0  # pixels between an arrow's tail and its words
STEP = 24.0  # pixels from one tried place to the next


def width_of(text: str, size: float = SIZE) -> float:
    """The width of `text` in pixels. A letter that takes two columns, as in Korean, is 1 em."""
    wide = wide_letters(text)
    return (columns(text) - 2 * wide) * size * COLUMN + wide * size


@frozen
class Label:
    """Text with its baseline at (x, y), turned by `angle` degrees about that point."""

    text: str
    x: float
    y: float
    angle: float = 0.0
    size: float = SIZE

    @property
    def corners(self) -> tuple[Point, ...]:
        """The four corners of its box, after the turn."""
        return _corners(self)


@lru_cache(4096)
def _corners(label: Label) -> tuple[Point, ...]:
    """Return the value of `corners`. It is cached, because a large picture needs it very often."""
    wide, up, down = width_of(label.text, label.size), -0.8 * label.size, 0.25 * label.size
    turn = label.angle / 57.29577951308232
    return tuple(
        (label.x + dx * cos(turn) - dy * sin(turn), label.y + dx * sin(turn) + dy * cos(turn))
        for dx, dy in ((0.0, up), (wide, up), (wide, down), (0.0, down))
    )


def overlap(one: Label, other: Label) -> bool:
    """Whether the boxes touch: no line separates them (separating axis theorem)."""
    if abs(one.y - other.y) > 600:
        return False
    return all(_shadows_touch(axis, one, other) for axis in (*_axes(one), *_axes(other)))


def _axes(label: Label) -> tuple[Point, Point]:
    turn = label.angle / 57.29577951308232
    return (cos(turn), sin(turn)), (-sin(turn), cos(turn))


def _shadows_touch(axis: Point, one: Label, other: Label) -> bool:
    (low, high), (least, most) = _shadow(axis, one), _shadow(axis, other)
    return low < most and least < high


def _shadow(axis: Point, label: Label) -> tuple[float, float]:
    along = [x * axis[0] + y * axis[1] for x, y in label.corners]
    return min(along), max(along)


def places(text: str, tail: Point, tip: Point) -> Iterator[Label]:
    """Yield places above the shaft, starting at the tail."""
    (x, y), (to_x, to_y) = tail, tip
    length, wide = hypot(to_x - x, to_y - y), width_of(text)
    rightwards = to_x > x
    turn = atan2(to_y - y, to_x - x) if rightwards else atan2(y - to_y, x - to_x)
    begin = ALONG
    while begin == ALONG or begin + wide + ALONG <= length:
        share = (begin if rightwards else begin + wide) / length
        at_x, at_y = x + (to_x - x) * share, y + (to_y - y) * share
        yield Label(
            text, at_x + ABOVE * sin(turn), at_y - ABOVE * cos(turn), round(degrees(turn), 2)
        )
        begin += STEP
