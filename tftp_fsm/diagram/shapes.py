"""Shapes as SVG path data: arrows, and signs that can be recognised without colour."""

from __future__ import annotations

from collections.abc import Sequence

from tftp_fsm.diagram.geometry import Point
from tftp_fsm.diagram.labels import SIGN
from tftp_fsm.diagram.model import Kind

PATHS: dict[Kind, str] = {
    "packet": "M0.5 2h11v8h-11z M0.5 2l5.5 4.5L11.5 2",
    "time": "M6 0.5a5.5 5.5 0 1 0 0.01 0z M6 2.8V6l2.6 1.6",
    "error": "M1.5 1.5l9 9 M10.5 1.5l-9 9",
    "local": "M6 0.5L11.5 6 6 11.5 0.5 6z",
}


def num(value: float) -> str:
    """A number with at most one decimal, which is the same on every machine."""
    return f"{value:.1f}".removesuffix(".0")


def sign(kind: Kind, x: float, y: float) -> str:
    """The sign of `kind` in a square with this top left corner."""
    return f'<path class="sign" transform="translate({num(x)} {num(y)})" d="{PATHS[kind]}"/>'


def sign_middle(line: float) -> float:
    """Return the distance from the top of a line to the top of its sign."""
    return (line - SIGN) / 2


def rounded(points: Sequence[Point], radius: float = 7.0) -> str:
    """Path data of straight lines with round corners."""
    data = f"M{num(points[0][0])} {num(points[0][1])}"
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        near, off = _toward(corner, before, radius), _toward(corner, after, radius)
        data += f"L{_pair(near)}Q{_pair(corner)} {_pair(off)}"
    return f"{data}L{_pair(points[-1])}"


def head(before: Point, tip: Point, size: float = 9.0) -> tuple[Point, str]:
    """Return the end of the line before an arrow head at `tip`, and the head's path data."""
    base = _toward(tip, before, size)
    ux, uy = (tip[0] - base[0]) / size, (tip[1] - base[1]) / size
    wing = size * 0.48
    one = (base[0] - uy * wing, base[1] + ux * wing)
    other = (base[0] + uy * wing, base[1] - ux * wing)
    return base, f"M{_pair(tip)}L{_pair(one)}L{_pair(other)}z"


def arrow(points: Sequence[Point], *, hollow: bool = False) -> str:
    """Return a line with round corners, and its head at the last of `points`."""
    end, tip = head(points[-2], points[-1])
    line = rounded((*points[:-1], end))
    kind = "hollow" if hollow else "head"
    return f'<path class="wire" d="{line}"/><path class="{kind}" d="{tip}"/>'


def _toward(start: Point, goal: Point, distance: float) -> Point:
    """Return the point at `distance` from `start` towards `goal`, at most halfway."""
    dx, dy = goal[0] - start[0], goal[1] - start[1]
    length = abs(dx) + abs(dy)  # lines are horizontal or vertical
    part = min(distance, length / 2) / length if length else 0.0
    return start[0] + dx * part, start[1] + dy * part


def _pair(point: Point) -> str:
    return f"{num(point[0])} {num(point[1])}"
