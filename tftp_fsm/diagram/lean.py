"""Small SVG, for a page that shows several pictures.

The page has one style sheet, and makes the tooltips from its data. So a picture has no style sheet,
no tooltips and no legend. `sign_definitions` draws each sign once, and pictures use it by name.
Rows with the same label share an element, and its `data-rows` has their indices.
"""

from __future__ import annotations

import re

from tftp_fsm.borders import xml
from tftp_fsm.diagram.geometry import Placed
from tftp_fsm.diagram.labels import LINE
from tftp_fsm.diagram.layout import MARGIN, lay_out
from tftp_fsm.diagram.marks import BASELINE, initial, text_at
from tftp_fsm.diagram.model import Edge, Picture
from tftp_fsm.diagram.shapes import PATHS, num, sign_middle
from tftp_fsm.diagram.style import style_sheet
from tftp_fsm.diagram.svg import Drawer
from tftp_fsm.language import shown, tr

_UNUSED = (
    "machine",
    "big",
    "never",
    "message",
    "mark",
    "action",
    "paper",
)  # classes that only other pictures have


def render_lean(picture: Picture, prefix: str) -> str:
    """Return the picture as an SVG element, with the rows' triggers.

    The ids are those of `render_svg`, but rows have no ids. The id of the element is `prefix`.
    """
    layout = lay_out(picture, "triggers", None)
    drawer = _LeanDrawer(picture, layout, f"{prefix}-")
    body = (
        *drawer.heading(),
        initial(*layout.start, picture.initial),
        *(drawer.state(box, lit=False) for box in layout.boxes),
        *(drawer.edge(arrow) for arrow in layout.arrows),
    )
    width = num(layout.width)
    title = shown(picture.title)
    label = tr("State machine {name}: {title}", name=picture.name, title=title)
    height = num(max(box.bottom for box in layout.boxes) + MARGIN)
    return (
        f'<svg id="{prefix}" class="fsm" viewBox="0 0 {width} {height}" width="{width}" role="img" '
        f'aria-label="{xml(label)}">'
        f"{_whole_pixels(''.join(body))}</svg>".replace("\n", "")
    )


def _whole_pixels(svg: str) -> str:
    """Return the coordinates without tenths, which are not visible on a screen."""
    return re.sub(r"(?<=[\" ,MLQHV-])\d+\.\d", lambda tenths: num(round(float(tenths[0]))), svg)


def sign_definitions() -> str:
    """Return the signs for all pictures of a page, as an invisible SVG element."""
    paths = "".join(f'<path id="s-{kind}" d="{path}"/>' for kind, path in PATHS.items())
    return f'<svg class="signs" aria-hidden="true"><defs>{paths}</defs></svg>'


def lean_style_sheet() -> str:
    """Return the style sheet for such pictures. Each `use` is a sign.

    The page has the colours as variables. A text within a row is its trigger.
    """
    unused = tuple(f".fsm .{name}" for name in _UNUSED)
    rules = style_sheet("page").replace(".sign", "use").replace(".fsm .trigger", ".fsm .row text")
    lines = rules.replace(" .trigger", " text").splitlines()
    return "\n".join(line for line in lines if not line.startswith(unused))


class _LeanDrawer(Drawer):
    FIXED = False  # the page chooses the font

    def rows_of(self, edge: Edge) -> str:
        """Return no attribute: the labels beside the edge have it."""
        return ""

    def label(self, placed: Placed) -> str:
        """Return one element for all rows of a label, without their ids and reasons."""
        label = placed.label
        left, right = placed.x + label.gutter - 18, placed.x + label.gutter
        rows = " ".join(str(row.index) for row in label.rows)
        text = text_at(right, placed.y + BASELINE, label.text, fixed=self.FIXED)
        return (
            f'<g class="row {label.kind}" data-rows="{rows}">'
            f'<use href="#s-{label.kind}" x="{num(left)}" '
            f'y="{num(placed.y + sign_middle(LINE))}"/>{text}</g>'
        )
