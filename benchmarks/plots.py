"""Draw plots with logarithmic axes as SVG: points, and a line through them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import ceil, floor, log10
from xml.sax.saxutils import escape

WIDTH, HEIGHT = 520, 340
LEFT, RIGHT, TOP, BOTTOM = 70, 20, 40, 50
INK, LINE = "#333333", "#1f5fa8"

Points = Sequence[tuple[float, float]]


class Axis:
    """Return the position of a value between `low` and `high`, which are powers of ten."""

    def __init__(self, values: Sequence[float], begin: float, end: float) -> None:
        self.low = floor(log10(min(values)))
        self.high = max(ceil(log10(max(values))), self.low + 1)
        self._begin, self._end = begin, end

    def place(self, value: float) -> float:
        share = (log10(value) - self.low) / (self.high - self.low)
        return round(self._begin + share * (self._end - self._begin), 1)

    def decades(self) -> list[int]:
        return list(range(self.low, self.high + 1))


def plot(title: str, x_unit: str, y_unit: str, lines: dict[str, Points]) -> str:
    """Return one picture with a line for each name."""
    every = [point for points in lines.values() for point in points]
    across = Axis([x for x, _ in every], LEFT, WIDTH - RIGHT)
    up = Axis([y for _, y in every], HEIGHT - BOTTOM, TOP)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'font-family="sans-serif" font-size="12" fill="{INK}">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
        f'<text x="{LEFT}" y="20" font-size="14">{escape(title)}</text>',
        *_grid(across, up, x_unit, y_unit),
        *_lines(across, up, lines),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _grid(across: Axis, up: Axis, x_unit: str, y_unit: str) -> Iterator[str]:
    below = HEIGHT - BOTTOM + 18
    for decade in across.decades():
        x = across.place(10.0**decade)
        yield f'<path d="M{x} {TOP}V{HEIGHT - BOTTOM}" stroke="#eeeeee"/>'
        yield f'<text x="{x}" y="{below}" text-anchor="middle">{power(decade)}</text>'
    for decade in up.decades():
        y = up.place(10.0**decade)
        yield f'<path d="M{LEFT} {y}H{WIDTH - RIGHT}" stroke="#eeeeee"/>'
        yield f'<text x="{LEFT - 6}" y="{y + 4}" text-anchor="end">{power(decade)}</text>'
    middle = (LEFT + WIDTH - RIGHT) / 2
    yield f'<text x="{middle}" y="{HEIGHT - 10}" text-anchor="middle">{escape(x_unit)}</text>'
    yield (
        f'<text x="16" y="{(TOP + HEIGHT - BOTTOM) / 2}" text-anchor="middle" '
        f'transform="rotate(-90 16 {(TOP + HEIGHT - BOTTOM) / 2})">{escape(y_unit)}</text>'
    )


def _lines(across: Axis, up: Axis, lines: dict[str, Points]) -> Iterator[str]:
    for number, (name, points) in enumerate(lines.items()):
        yield from _line(across, up, number, name, points)


def power(decade: int) -> str:
    """Return a power of ten in digits: 10^3 is 1000, 10^6 is 1e6."""
    return str(10**decade) if 0 <= decade < 5 else f"1e{decade}"


def _line(across: Axis, up: Axis, number: int, name: str, points: Points) -> Iterator[str]:
    places = [(across.place(x), up.place(y)) for x, y in sorted(points)]
    path = "M" + "L".join(f"{x} {y}" for x, y in places)
    dash = ("", ' stroke-dasharray="6 4"', ' stroke-dasharray="2 3"')[number % 3]
    yield f'<path d="{path}" fill="none" stroke="{LINE}" stroke-width="2"{dash}/>'
    for x, y in places:
        yield f'<circle cx="{x}" cy="{y}" r="3" fill="{LINE}"/>'
    y = TOP + 14 + 16 * number
    yield f'<path d="M{LEFT + 8} {y - 4}h24" stroke="{LINE}" stroke-width="2"{dash}/>'
    yield f'<text x="{LEFT + 38}" y="{y}">{escape(name)}</text>'
