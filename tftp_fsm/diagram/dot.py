"""DOT text, for people who want the layout of Graphviz. This package does not need Graphviz."""

from __future__ import annotations

from collections.abc import Sequence

from tftp_fsm.borders import dot
from tftp_fsm.diagram.labels import make_labels
from tftp_fsm.diagram.model import Detail, Picture, PictureRow, state_words
from tftp_fsm.diagram.text import SIGNS
from tftp_fsm.language import shown

_COLUMNS = 44  # letters in a line
_COLOURS = {"packet": "#0b51c1", "time": "#875000", "error": "#b42318", "local": "#414a54"}


def render_dot(picture: Picture, *, detail: Detail = "full") -> str:
    """The picture as a digraph."""
    title = f"{picture.name}  {shown(picture.title)}".strip()
    lines = [
        f"digraph {_quoted(picture.name)} {{",
        f"  label={_quoted(title)}; labelloc=t; rankdir=TB;",
        '  node [fontname="DejaVu Sans Mono", fontsize=11, style=rounded];',
        '  edge [fontname="DejaVu Sans Mono", fontsize=10];',
        "  initial [shape=point, width=0.15];",
        f"  initial -> {_quoted(picture.initial)};",
        *(_node(picture, state, detail) for state in picture.states),
        *_edges(picture, detail),
        "}",
    ]
    return "\n".join(lines) + "\n"


def _node(picture: Picture, state: str, detail: Detail) -> str:
    rows = () if detail == "states" else picture.inside(state)
    inside = _label(rows, detail)
    name = dot(state_words(state))
    label = f"{name}\\n{inside}" if inside else name
    double = ", peripheries=2" if state in picture.finals else ""
    colour = f', color="{_COLOURS["error"]}"' if state == picture.side else ""
    return f'  {_quoted(state)} [shape=box, label="{label}"{double}{colour}];'


def _edges(picture: Picture, detail: Detail) -> list[str]:
    lines = []
    for edge in picture.edges:
        kinds = {row.kind for row in edge.rows}
        kind = "error" if edge.dest == picture.side else kinds.pop() if len(kinds) == 1 else "local"
        wide = ", penwidth=2, weight=10" if picture.is_on_spine(edge) else ""
        ends = f"{_quoted(edge.source)} -> {_quoted(edge.dest)}"
        label = _label(edge.rows, detail)
        lines.append(f'  {ends} [label="{label}", color="{_COLOURS[kind]}"{wide}];')
    return lines


def _label(rows: Sequence[PictureRow], detail: Detail) -> str:
    """Lines that are aligned at the left."""
    out = ""
    for label in make_labels(rows, detail, _COLUMNS):
        for number, (indent, pieces) in enumerate(label.lines):
            mark = f"{SIGNS[label.kind]} " if number == 0 else "  "
            out += dot(mark + " " * indent + " ".join(text for _, text in pieces)) + "\\l"
    return out


def _quoted(text: str) -> str:
    return f'"{dot(text)}"'
