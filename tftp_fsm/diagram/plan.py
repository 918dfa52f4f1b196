"""The plan of a picture, without coordinates: the labels of each state, gap and side arrow.

Below each state of the column is a gap. At the right of the axis, the gap has the label of the
arrow that goes straight down. At the left it has blocks. A block is an arrow that re-enters the
state above, that skips states on its way down, or that leads back up.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import fsum
from typing import Literal, TypeAlias

from tftp_fsm.diagram.labels import Label, make_labels, stack_size, width_of
from tftp_fsm.diagram.model import Detail, Edge, Picture, PictureRow, state_words
from tftp_fsm.frozen import frozen

Way: TypeAlias = Literal["again", "skip", "back", "up"]  # "up": straight to the state above

NAME = 15.0  # px, the size of a state's name
PAD = 10.0  # px, between a box and its contents
SLOT = 15.0  # px, between arrows that leave a state side by side
LEAST_HALF = 74.0  # px, half of the narrowest box


@frozen
class Block:
    """An arrow at the left of the axis, and its label."""

    edge: Edge
    way: Way
    labels: tuple[Label, ...]
    slot: int  # which arrow from the left, within its gap

    @property
    def size(self) -> tuple[float, float]:
        return stack_size(self.labels)


@frozen
class Gap:
    """The space between one state of the column and the next."""

    blocks: tuple[Block, ...]

    @property
    def slots(self) -> int:
        return max((b.slot + (2 if b.way == "again" else 1) for b in self.blocks), default=0)

    @property
    def width(self) -> float:
        """The width that is needed at the left of the axis."""
        if not self.blocks:
            return 0.0
        return PAD + self.slots * SLOT + max(b.size[0] for b in self.blocks) + 14

    def width_for(self, *ways: Way) -> float:
        """Return `width` if an arrow of one of `ways` touches the state, else 0."""
        return self.width if any(block.way in ways for block in self.blocks) else 0.0

    @property
    def height(self) -> float:
        return fsum(max(b.size[1], 18.0) + 12 for b in self.blocks)


@frozen
class Columns:
    """The most letters of a line inside a state, beside a side arrow, and in a gap."""

    inside: int
    aside: int
    gap: int = 34


@frozen
class Plan:
    """All labels of a picture, for one width of lines."""

    picture: Picture
    detail: Detail
    counts: Mapping[int, int] | None
    columns: Columns

    def inside(self, state: str) -> tuple[Label, ...]:
        rows = self.picture.inside(state)
        return () if self.detail == "states" else self._labels(rows, self.columns.inside)

    def aside(self, state: str) -> tuple[tuple[Edge, tuple[Label, ...]], ...]:
        """Return the arrows between `state` and the state beside the column: out, then in."""
        side = self.picture.side
        pairs = ((state, side), (side, state)) if side else ()
        edges = [e for a, b in pairs if a and b and (e := self.picture.edge(a, b))]
        return tuple((e, self._beside(e, self.columns.aside)) for e in edges)

    def down(self, index: int, columns: int) -> tuple[Edge, tuple[Label, ...]] | None:
        """Return the arrow straight down from the column's state `index`, or None."""
        column = self.picture.column
        if index + 1 >= len(column):
            return None
        edge = self.picture.edge(column[index], column[index + 1])
        return None if edge is None else (edge, self._beside(edge, columns))

    def gap(self, index: int) -> Gap:
        """Return the blocks below the column's state `index`. Those that end highest come first."""
        blocks: list[Block] = []
        for edge, way in self._ways(index):
            above = way in ("again", "skip")
            before = [b for b in blocks if (b.way in ("again", "skip")) == above or way == "up"]
            slot = Gap(tuple(before)).slots
            blocks.append(Block(edge, way, self._beside(edge, self.columns.gap), slot))
        return Gap(tuple(blocks))

    def half(self, index: int) -> float:
        """Half the width that the column's state `index` needs."""
        state = self.picture.column[index]
        inner = stack_size(self.inside(state))[0] + 2 * PAD
        below = self.gap(index).width_for("again", "skip", "up")
        above = self.gap(index - 1).width_for("back", "up") if index else 0.0
        return max(
            LEAST_HALF, inner / 2, width_of(state_words(state), NAME) / 2 + 2 * PAD, below, above
        )

    def _ways(self, index: int) -> list[tuple[Edge, Way]]:
        """Arrows of the gap below `index`, in the order in which their blocks are stacked."""
        column = self.picture.column
        here = column[index]
        below = column[index + 1] if index + 1 < len(column) else None
        place = {state: i for i, state in enumerate(column)}
        inner = [e for e in self.picture.edges if e.source in place and e.dest in place]
        ways: list[tuple[Edge, Way]] = [(e, "again") for e in inner if e.source == e.dest == here]
        ways += [(e, "skip") for e in inner if e.source == here and place[e.dest] > index + 1]
        backs = [e for e in inner if e.source == below and place[e.dest] < place[e.source]]
        ways += [(e, "back") for e in backs if e.dest != here]
        ways += [(e, "up") for e in backs if e.dest == here]
        return ways

    def _beside(self, edge: Edge, columns: int) -> tuple[Label, ...]:
        """Return the labels. With the least detail, arrows of failures have only signs."""
        words = self.detail != "states" or edge.dest != self.picture.side
        return self._labels(edge.rows, columns, words=words)

    def _labels(
        self, rows: tuple[PictureRow, ...], columns: int, *, words: bool = True
    ) -> tuple[Label, ...]:
        return make_labels(rows, self.detail, columns, self.counts, words=words)
