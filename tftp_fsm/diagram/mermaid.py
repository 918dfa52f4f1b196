"""Mermaid text (`stateDiagram-v2`), which many sites draw. Rows that stay are in their state."""

from __future__ import annotations

import re
from collections.abc import Sequence

from tftp_fsm.borders import mermaid
from tftp_fsm.diagram.labels import make_labels
from tftp_fsm.diagram.model import Detail, Kind, Picture, PictureRow, state_words
from tftp_fsm.diagram.text import SIGNS

_WIDE = 10_000  # letters in a line: Mermaid breaks lines itself
_RESERVED = frozenset({"state", "end", "note", "direction", "class", "style", "click", "default"})


def render_mermaid(picture: Picture, *, detail: Detail = "full") -> str:
    """The picture as Mermaid text."""
    names = _identifiers(picture.states)
    lines = [
        "stateDiagram-v2",
        f"    accTitle: {mermaid(picture.name)}",
        *(
            f'    state "{mermaid(state_words(state))}" as {names[state]}'
            for state in picture.states
        ),
        f"    [*] --> {names[picture.initial]}",
    ]
    for state in picture.column if picture.side is None else (*picture.column, picture.side):
        rows = () if detail == "states" else picture.inside(state)
        lines += [f"    {names[state]} : {line}" for line in _labels(rows, detail)]
        for edge in (e for e in picture.edges if e.source == state):
            words = "<br/>".join(_labels(edge.rows, detail))
            lines.append(f"    {names[state]} --> {names[edge.dest]} : {words}")
    lines += [f"    {names[s]} --> [*]" for s in picture.states if s in picture.finals]
    if picture.side:
        lines.append("    classDef failure stroke:#b42318,stroke-width:2px")
        lines.append(f"    class {names[picture.side]} failure")
    return "\n".join(lines) + "\n"


def _labels(rows: Sequence[PictureRow], detail: Detail) -> list[str]:
    return [
        f"{_sign(label.kind)} {mermaid(label.text)}" for label in make_labels(rows, detail, _WIDE)
    ]


def _sign(kind: Kind) -> str:
    """Return the sign as an entity, because Mermaid would read > or * as Markdown."""
    return f"#{ord(SIGNS[kind])};"


def _identifiers(states: Sequence[str]) -> dict[str, str]:
    """Return a unique id of letters, digits and underscores for each state."""
    names: dict[str, str] = {}
    for state in states:
        name = re.sub(r"\W", "_", state, flags=re.ASCII)
        if name.lower() in _RESERVED or not name[:1].isalpha():
            name = f"s_{name}"
        while name in names.values():
            name += "_"
        names[state] = name
    return names
