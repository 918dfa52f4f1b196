"""Pictures in SVG, without scripts and other files.

The ids are `state-NAME`, `row-INDEX` and `edge-SOURCE-DEST`. A program that shows a run adds the
class `lit` to a state, an edge or a row.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from tftp_fsm.borders import xml
from tftp_fsm.diagram.geometry import Arrow, Box, Layout, Placed
from tftp_fsm.diagram.labels import LINE, width_of
from tftp_fsm.diagram.layout import HEADER, MARGIN, lay_out
from tftp_fsm.diagram.marks import (
    BASELINE,
    as_id,
    classes,
    initial,
    legend_item,
    state_box,
    text_at,
)
from tftp_fsm.diagram.model import Detail, Edge, Picture, PictureRow
from tftp_fsm.diagram.shapes import arrow, num, sign, sign_middle
from tftp_fsm.diagram.style import Theme, style_sheet
from tftp_fsm.diagram.text import describe
from tftp_fsm.language import shown
from tftp_fsm.language.svg import language
from tftp_fsm.protocol.gloss import rfc_words

DESCRIPTION = 50_000  # characters; the text names every state and event of the machine


def render_svg(
    picture: Picture,
    *,
    detail: Detail = "full",
    highlight: str | Collection[str] = (),
    counts: Mapping[int, int] | None = None,
    theme: Theme = "auto",
    prefix: str = "",
) -> str:
    """Return the picture as one SVG document.

    `highlight` names the states to mark. `counts` has for the index of a row how often it ran; rows
    without a count are dashed. Each id begins with `prefix`, so that several pictures can be on one
    page.
    """
    lit = {highlight} if isinstance(highlight, str) else set(highlight)
    layout = lay_out(picture, detail, counts)
    drawer = Drawer(picture, layout, prefix, counted=counts is not None)
    body = [
        *drawer.heading(),
        initial(*layout.start, picture.initial),
        *(drawer.state(box, box.state in lit) for box in layout.boxes),
        *(drawer.edge(arrow) for arrow in layout.arrows),
        *drawer.legend(),
    ]
    return document(
        picture.name, describe(picture), layout.width, layout.height, body, theme, prefix
    )


def document(
    title: str,
    description: str,
    width: float,
    height: float,
    body: list[str],
    theme: Theme,
    prefix: str,
) -> str:
    """The SVG document around a picture: size, text alternative, style and paper."""
    w, h = num(width), num(height)
    return "\n".join(
        (
            f'<svg xmlns="http://www.w3.org/2000/svg"{language()} class="fsm" '
            f'viewBox="0 0 {w} {h}" width="{w}" height="{h}" role="img" '
            f'aria-labelledby="{prefix}title {prefix}desc">',
            f'<title id="{prefix}title">{xml(title)}</title>',
            f'<desc id="{prefix}desc">{xml(description, most=DESCRIPTION)}</desc>',
            f"<style>\n{style_sheet(theme)}\n</style>",
            f'<rect class="paper" width="{w}" height="{h}"/>',
            *body,
            "</svg>\n",
        )
    )


class Drawer:
    """The parts of one picture. If `counted` is true, an edge whose rows never ran is dashed."""

    FIXED = True  # texts keep their computed width in any font

    def __init__(
        self, picture: Picture, layout: Layout, prefix: str, *, counted: bool = False
    ) -> None:
        self.picture, self.layout = picture, layout
        self.counted, self.prefix = counted, prefix

    def heading(self) -> list[str]:
        """The machine's name and title."""
        name, title = self.picture.name, shown(self.picture.title)
        x = MARGIN + width_of(name, 20) + 14
        return [
            text_at(MARGIN, 32, name, "heading", 20, fixed=self.FIXED),
            text_at(x, 32, title, "subtitle soft", 13, fixed=self.FIXED) if title else "",
        ]

    def state(self, box: Box, lit: bool) -> str:
        """A state's box, with the rows that stay in it."""
        name, final = box.state, box.state in self.picture.finals
        failure = name == self.picture.side
        start = ("initial-state",) if name == self.picture.initial else ()
        cls = classes("state", *start, final=final, failure=failure, lit=lit)
        rows = [self.label(p) for p in self.layout.labels if p.state == name]
        inside = "\n".join((self._rule(box), *rows)) if rows else ""
        identity = f"{self.prefix}state-{as_id(name)}"
        return state_box(box, cls, final=final, identity=identity, inside=inside, fixed=self.FIXED)

    def edge(self, drawn: Arrow) -> str:
        """An arrow, with the rows that take it."""
        edge = drawn.edge
        rows = [self.label(p) for p in self.layout.labels if p.edge == edge]
        return "\n".join(
            (
                f'<g id="{self.prefix}edge-{as_id(edge.source)}-{as_id(edge.dest)}" '
                f'class="{self._edge_classes(edge)}"{self.rows_of(edge)}>',
                arrow(drawn.points, hollow=edge.source == edge.dest),
                *rows,
                "</g>",
            )
        )

    def rows_of(self, edge: Edge) -> str:
        """The attribute that names an edge's rows."""
        return f' data-rows="{" ".join(str(row.index) for row in edge.rows)}"'

    def _edge_classes(self, edge: Edge) -> str:
        drawn = [p.label for p in self.layout.labels if p.edge == edge]
        return classes(
            "edge",
            spine=self.picture.is_on_spine(edge),
            failing=edge.dest == self.picture.side,
            reenter=edge.source == edge.dest,
            never=self.counted and not any(label.taken for label in drawn),
        )

    def _rule(self, box: Box) -> str:
        y, inset = num(box.y + HEADER - 1), 5
        return f'<path class="rule" d="M{num(box.x + inset)} {y}H{num(box.right - inset)}"/>'

    def label(self, placed: Placed) -> str:
        """A label. It has an element for each row; the elements of several rows are nested."""
        label, x, y = placed.label, placed.x, placed.y
        never = " never" if label.taken == 0 else ""
        opening = "".join(
            f'<g id="{self.prefix}row-{row.index}" class="row {row.kind}{never}">'
            for row in label.rows
        )
        parts = [
            f"{opening}<title>{xml(*_tooltip(label.rows))}</title>",
            f'<rect class="back" x="{num(x - 4)}" y="{num(y)}" width="{num(label.width + 8)}" '
            f'height="{num(label.height)}" rx="3"/>',
            *self._count(placed),
            sign(label.kind, x + label.gutter - 18, y + sign_middle(LINE)),
            *self._words(placed),
        ]
        return "".join(parts) + "</g>" * len(label.rows)

    def _count(self, placed: Placed) -> list[str]:
        """Return a bar, which is solid if the row ran, and the number of times it ran."""
        taken, x, y = placed.label.taken, placed.x, placed.y
        if taken is None:
            return []
        dashed = "" if taken else " dashed"
        down = num(placed.label.height - 4)
        bar = f'<path class="mark{dashed}" d="M{num(x)} {num(y + 2)}v{down}"/>'
        times = f"\u00d7{taken if taken < 10_000 else '9999'}"
        return [bar, text_at(x + 6, y + BASELINE, times, "count")] if taken else [bar]

    def _words(self, placed: Placed) -> list[str]:
        label, lines = placed.label, []
        for number, (indent, pieces) in enumerate(label.lines):
            x = num(placed.x + label.gutter + width_of(" " * indent))
            y = num(placed.y + number * LINE + BASELINE)
            length = num(width_of(" ".join(text for _, text in pieces)))
            spans = " ".join(f'<tspan class="{p}">{xml(text)}</tspan>' for p, text in pieces)
            lines.append(
                f'<text x="{x}" y="{y}" textLength="{length}" '
                f'lengthAdjust="spacingAndGlyphs">{spans}</text>'
            )
        return lines

    def legend(self) -> list[str]:
        """The signs that the picture uses, and what they mean."""
        return ['<g class="legend">', *(legend_item(item) for item in self.layout.legend), "</g>"]


def tooltip(row: PictureRow) -> list[str]:
    """The row, its reason, and the section of the RFC."""
    parts = (f"{row.source}: {row.label}", shown(row.why), shown(rfc_words(row.rfc)))
    return [part for part in parts if part]


def _tooltip(rows: tuple[PictureRow, ...]) -> list[str]:
    """The lines for each row, with an empty line between two rows."""
    lines: list[str] = []
    for row in rows:
        lines += ([""] if lines else []) + tooltip(row)
    return lines
