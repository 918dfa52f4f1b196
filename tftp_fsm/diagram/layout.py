"""The layout of a picture. All coordinates are computed by `lay_out`.

The good path is a straight column. One state may be beside the column, as a bar of the same height.
Then each arrow to it is one horizontal line, with its rows listed below. Other arrows leave through
the gap below their state (or above it, if they go up) and run in lanes at the left of the column.
Nothing is random, and no font file is measured. So the same rows give the same numbers on every
machine, without a drawing program.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from math import fsum

from tftp_fsm.diagram.geometry import Arrow, Box, Layout, Placed, Point
from tftp_fsm.diagram.labels import Label, columns_in, stack_size, width_of
from tftp_fsm.diagram.legend import LINE as LEGEND_LINE
from tftp_fsm.diagram.legend import Item, flow, legend_of
from tftp_fsm.diagram.model import Detail, Edge, Picture, state_words
from tftp_fsm.diagram.plan import NAME, PAD, SLOT, Block, Columns, Plan
from tftp_fsm.language import shown

A4 = (281.0, 194.0)  # mm, landscape, inside a margin of 8
TITLE = 36.0  # px, the room of the title
MARGIN = 20.0
HEADER = 24.0  # px, the room of a state's name
BESIDE = 14.0  # px, from an arrow straight down to its label
LANE = 14.0  # px, between arrows that run beside the column
_WIDTHS = (30, 36, 42, 48, 56, 64, 72, 84)


def lay_out(
    picture: Picture, detail: Detail = "full", counts: Mapping[int, int] | None = None
) -> Layout:
    """Try several widths of lines. Return the layout that is largest on A4 in landscape."""
    widths = _WIDTHS if detail == "full" else _WIDTHS[:1]
    plans = (Plan(picture, detail, counts, Columns(i, a)) for i in widths for a in widths)
    return max((_Sheet(plan).finished() for plan in plans), key=print_scale)


def print_scale(layout: Layout) -> float:
    """Return the millimetres per pixel if the layout fills a sheet of A4 in landscape."""
    return min(A4[0] / layout.width, A4[1] / layout.height)


class _Sheet:
    """Computes the coordinates of a plan, from top to bottom."""

    def __init__(self, plan: Plan) -> None:
        self.plan, self.picture = plan, plan.picture
        self.column = plan.picture.column
        self.gaps = [plan.gap(i) for i in range(len(self.column))]
        self.halves = [plan.half(i) for i in range(len(self.column))]
        self.asides = [plan.aside(state) for state in self.column]
        self.boxes: dict[str, Box] = {}
        self.labels: list[Placed] = []
        self.arrows: list[Arrow] = []
        self.turning: list[tuple[Block, tuple[Point, Point]]] = []
        lanes = sum(b.way in ("skip", "back") for gap in self.gaps for b in gap.blocks)
        self.axis = MARGIN + (lanes * LANE + 10 if lanes else 0) + max(self.halves)
        self.zone = self.axis + max(self.halves) + 18
        stacks = [labels for aside in self.asides for _, labels in aside]
        aside = max((stack_size(s)[0] for s in stacks), default=0.0)
        self.side_x = max(self.zone + aside + 24, self.axis + BESIDE + self._least_down() + 20)

    def finished(self) -> Layout:
        start = (self.axis, TITLE + 6.0)
        y = start[1] + 22
        first = (self.axis, y)
        for index, state in enumerate(self.column):
            y = self._place_state(index, state, y)
            y = self._place_gap(index, y)
        if self.picture.side is not None:
            self._place_side(self.picture.side)
        self._place_lanes()
        items = legend_of(self.picture, self.plan.detail, counted=self.plan.counts is not None)
        width = max(self._right(), MARGIN + max(item.width for item in items)) + MARGIN
        legend = self._beside_the_end(items, width - MARGIN)
        legend = legend or flow(items, MARGIN, self._bottom() + 22, width - 2 * MARGIN)
        return Layout(
            width,
            max(legend[-1].y + LEGEND_LINE, self._bottom()) + 10,
            tuple(self.boxes.values()),
            tuple(self.labels),
            tuple(self.arrows),
            (start, first),
            legend,
        )

    def _least_down(self) -> float:
        """Return the width of the widest word beside an arrow down. Words are not broken."""
        downs = (self.plan.down(i, 1) for i in range(len(self.column)))
        return max((stack_size(down[1])[0] for down in downs if down), default=0.0)

    def _place_state(self, index: int, state: str, y: float) -> float:
        """Place a box, its labels and the arrows beside it. Return the bottom of the box."""
        half, labels = self.halves[index], self.plan.inside(state)
        inner = HEADER + (stack_size(labels)[1] + PAD if labels else 4)
        aside = fsum(stack_size(stack)[1] + 24 for _, stack in self.asides[index])
        height = max(inner, aside, HEADER + 4 + LANE * (self._lanes_into(state) - 1))
        name_y = y + (height + 2) / 2 if not labels else y + HEADER / 2 + 2
        self.boxes[state] = Box(state, self.axis - half, y, 2 * half, height, name_y)
        self._stack(labels, self.axis - half + PAD, y + HEADER + 2, state=state)
        self._place_aside(index, state, y + HEADER / 2)
        return y + height

    def _place_aside(self, index: int, state: str, y: float) -> None:
        for edge, labels in self.asides[index]:
            near, far = (self.boxes[state].right, y), (self.side_x, y)
            ends = (near, far) if edge.source == state else (far, near)
            self.arrows.append(Arrow(edge, ends))
            self._stack(labels, self.zone, y + 6, edge=edge)
            y += stack_size(labels)[1] + 24

    def _place_gap(self, index: int, top: float) -> float:
        """Place the arrows below a state. Return the top of the next state."""
        gap, last = self.gaps[index], index + 1 == len(self.column)
        down = self.plan.down(index, columns_in(self._free(), self.plan.counts is not None))
        size = stack_size(down[1])[1] if down else 0.0
        if last and not gap.blocks:
            return top
        bottom = top + max(32.0, size + 12, gap.height + 8)
        if down:
            self.arrows.append(Arrow(down[0], ((self.axis, top), (self.axis, bottom))))
            self._stack(down[1], self.axis + BESIDE, (top + bottom - 6 - size) / 2, edge=down[0])
        self._place_blocks(index, top, bottom)
        return bottom

    def _place_blocks(self, index: int, top: float, bottom: float) -> None:
        gap = self.gaps[index]
        left = self.axis - gap.width + PAD
        y = top + 8
        for block in gap.blocks:
            x, height = left + block.slot * SLOT, max(block.size[1], 18.0)
            text_y = y + (height - block.size[1]) / 2
            self._stack(block.labels, left + gap.slots * SLOT, text_y, edge=block.edge)
            self._lead(block, x, (top, y, y + height, bottom))
            y += height + 12

    def _lead(self, block: Block, x: float, levels: tuple[float, float, float, float]) -> None:
        """Place the arrow of a block, or the part of it in the gap."""
        top, upper, lower, bottom = levels
        match block.way:
            case "up":
                self.arrows.append(Arrow(block.edge, ((x, bottom), (x, top))))
            case "again":
                turn = ((x, top), (x, lower), (x + SLOT, lower), (x + SLOT, top))
                self.arrows.append(Arrow(block.edge, turn))
            case "skip":
                self.turning.append((block, ((x, top), (x, lower + 4))))
            case "back":
                self.turning.append((block, ((x, bottom), (x, upper - 4))))

    def _place_lanes(self) -> None:
        """Place the lanes: short arrows near the column, long ones outside, each at its height."""
        ports: dict[str, int] = {}
        near = self.axis - max(self.halves) - 12
        order = sorted(self.turning, key=lambda t: abs(self._entry(t[0].edge, {}) - t[1][1][1]))
        for lane, (block, (leave, turn)) in enumerate(order):
            x, y = near - lane * LANE, self._entry(block.edge, ports)
            ports[block.edge.dest] = ports.get(block.edge.dest, 0) + 1
            points = (leave, turn, (x, turn[1]), (x, y), (self.boxes[block.edge.dest].x, y))
            self.arrows.append(Arrow(block.edge, points))

    def _entry(self, edge: Edge, ports: Mapping[str, int]) -> float:
        return self.boxes[edge.dest].y + HEADER / 2 + LANE * ports.get(edge.dest, 0)

    def _lanes_into(self, state: str) -> int:
        blocks = (b for gap in self.gaps for b in gap.blocks if b.way in ("skip", "back"))
        return sum(b.edge.dest == state for b in blocks)

    def _place_side(self, state: str) -> None:
        """Place the state beside the column. It is as tall as the part that has arrows to it."""
        labels = self.plan.inside(state)
        met = [self.boxes[s] for s, aside in zip(self.column, self.asides, strict=True) if aside]
        met = met or list(self.boxes.values())
        width = max(width_of(state_words(state), NAME) + 3 * PAD, stack_size(labels)[0] + 2 * PAD)
        top, bottom = met[0].y, met[-1].bottom
        bottom = max(bottom, top + HEADER + stack_size(labels)[1] + PAD)
        name_y = top + HEADER / 2 + 2 if labels else (top + bottom) / 2
        self.boxes[state] = Box(state, self.side_x, top, width, bottom - top, name_y)
        self._stack(labels, self.side_x + PAD, top + HEADER + 2, state=state)

    def _stack(
        self,
        labels: tuple[Label, ...],
        x: float,
        y: float,
        *,
        state: str | None = None,
        edge: Edge | None = None,
    ) -> None:
        for label in labels:
            self.labels.append(Placed(label, x, y, state, edge))
            y += label.height

    def _free(self) -> float:
        """Return the pixels from the axis to the state aside: room for a label of an arrow down."""
        end = self.side_x if self.picture.side else self.axis + max([*self.halves, 260.0])
        return end - self.axis - BESIDE - 20

    def _beside_the_end(self, items: tuple[Item, ...], right: float) -> tuple[Item, ...]:
        """Return the legend in the free corner right of the last state, or () if it has no room."""
        last = self.boxes[self.column[-1]]
        beyond = [p.x + p.label.width for p in self.labels if p.y + p.label.height > last.y - 90]
        left = max([last.right, *beyond]) + 40
        others = [b.bottom for b in self.boxes.values() if b is not last and b.right > left]
        others += [p.y + p.label.height for p in self.labels if p.x + p.label.width > left]
        top = max(others, default=0.0) + 22
        placed = flow(items, left, top, right - left) if right - left > 300 else ()
        fits = placed and placed[-1].y + LEGEND_LINE <= self._bottom() + 2
        shift = self._bottom() - placed[-1].y - LEGEND_LINE if fits else 0.0
        return tuple(replace(item, y=item.y + shift) for item in placed) if fits else ()

    def _right(self) -> float:
        texts = (p.x + p.label.width for p in self.labels)
        title = shown(self.picture.title)
        name = MARGIN + width_of(self.picture.name, 20) + 14 + width_of(title, 13)
        return max([*(b.right for b in self.boxes.values()), *texts, name])

    def _bottom(self) -> float:
        arrows = (y for arrow in self.arrows for _, y in arrow.points)
        return max([*(b.bottom for b in self.boxes.values()), *arrows])
