"""The parts of a layout: boxes, labels and arrows. All numbers are pixels from the top left."""

from __future__ import annotations

from tftp_fsm.diagram.labels import Label
from tftp_fsm.diagram.legend import Item
from tftp_fsm.diagram.model import Edge
from tftp_fsm.frozen import frozen

Point = tuple[float, float]


@frozen
class Box:
    """A state. The labels of its rows are listed with all other labels."""

    state: str
    x: float
    y: float
    width: float
    height: float
    name_y: float  # the middle of the name

    @property
    def right(self) -> float:
        return self.x + self.width

    @property
    def bottom(self) -> float:
        return self.y + self.height


@frozen
class Placed:
    """A label and its top left corner. It is inside `state` or beside the arrow `edge`."""

    label: Label
    x: float
    y: float
    state: str | None = None
    edge: Edge | None = None


@frozen
class Arrow:
    """An arrow with right angles. Its last point is the point of its head."""

    edge: Edge
    points: tuple[Point, ...]


@frozen
class Layout:
    """All parts with their places. `start` is the initial dot and the point of its arrow."""

    width: float
    height: float
    boxes: tuple[Box, ...]
    labels: tuple[Placed, ...]
    arrows: tuple[Arrow, ...]
    start: tuple[Point, Point]
    legend: tuple[Item, ...]
