"""The legend: the symbols and their meanings, wrapped to the width of the picture."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal, TypeAlias

from tftp_fsm.diagram.labels import width_of
from tftp_fsm.diagram.model import KIND_WORDS, KINDS, Detail, Picture
from tftp_fsm.frozen import frozen
from tftp_fsm.language import shown, tr

Symbol: TypeAlias = Literal[
    "packet", "time", "error", "local", "start", "final", "good", "go", "stay", "again", "taken",
    "never",
]  # fmt: skip
LINE = 20.0  # px, from one line of the legend to the next
SYMBOL = 26.0  # px, the room that a symbol takes


@frozen
class Item:
    """A symbol and its meaning. `x` and `y` are the top left corner of the item."""

    symbol: Symbol
    words: str
    x: float = 0.0
    y: float = 0.0

    @property
    def width(self) -> float:
        return SYMBOL + width_of(self.words)


def legend_of(picture: Picture, detail: Detail, *, counted: bool) -> tuple[Item, ...]:
    """Return the items for the signs and lines in this picture."""
    used = {row.kind for row in picture.rows}
    items = [Item(kind, shown(KIND_WORDS[kind])) for kind in KINDS if kind in used]
    items.append(Item("start", tr("begins")))
    if picture.finals:
        items.append(Item("final", tr("ends")))
    items += [Item("good", tr("the good path")), Item("go", tr("to another state"))]
    if detail != "states" and any(row.dest is None for row in picture.rows):
        items.append(Item("stay", tr("in the box: no new state")))
    if any(row.dest == row.source for row in picture.rows):
        items.append(Item("again", tr("leaves and enters again")))
    if counted:
        items += [Item("taken", tr("times taken")), Item("never", tr("never taken"))]
    return tuple(items)


def flow(items: tuple[Item, ...], left: float, top: float, width: float) -> tuple[Item, ...]:
    """Place the items in reading order, each line as full as `width` allows."""
    placed: list[Item] = []
    x, y = left, top
    for item in items:
        if x > left and x + item.width > left + width:
            x, y = left, y + LINE
        placed.append(replace(item, x=x, y=y))
        x += item.width + 22
    return tuple(placed)
