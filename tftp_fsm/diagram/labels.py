"""The labels beside arrows and inside states: their rows, lines and widths.

All text has a monospaced font with letters of 0.602 em (DejaVu Sans Mono). `svg` fits other fonts
to the same width with `textLength`. So widths can be computed and are the same on every machine.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import fsum
from typing import Literal, TypeAlias

from tftp_fsm.borders.columns import wide_letters
from tftp_fsm.diagram.model import Detail, Kind, Names, PictureRow
from tftp_fsm.frozen import frozen

SIZE = 12.0  # px, the size of a label's letters
ADVANCE = 0.60205  # em, of every letter
LINE = 14.2  # px, from one line of a label to the next
SIGN = 12.0  # px, the square that a sign is drawn in
INDENT = 2  # letters, for the further lines of a label

Part: TypeAlias = Literal["trigger", "guard", "action"]
Piece: TypeAlias = tuple[Part, str]
Line: TypeAlias = tuple[int, tuple[Piece, ...]]


@frozen
class Label:
    """One row, or several with the same text. `taken` is how often they ran, or None if unknown."""

    rows: tuple[PictureRow, ...]
    kind: Kind
    lines: tuple[Line, ...]
    taken: int | None

    @property
    def gutter(self) -> float:
        """The space at the left of the text for the count and the sign."""
        return SIGN + 6 + (0 if self.taken is None else width_of("x9999") + 6)

    @property
    def text(self) -> str:
        """The whole text on one line."""
        return " ".join(text for _, pieces in self.lines for _, text in pieces)

    @property
    def width(self) -> float:
        letters = max((indent + _length(pieces) for indent, pieces in self.lines), default=0)
        return self.gutter + width_of("m" * letters)

    @property
    def height(self) -> float:
        return LINE * max(1, len(self.lines))


def width_of(text: str, size: float = SIZE) -> float:
    """The width of `text` in pixels. A letter that takes two columns, as in Korean, is 1 em."""
    wide = wide_letters(text)
    return (len(text) - wide) * size * ADVANCE + wide * size


def columns_in(pixels: float, counted: bool) -> int:
    """Return how many letters fit after the space for count and sign."""
    gutter = SIGN + 6 + (width_of("x9999") + 6 if counted else 0)
    return max(12, int((pixels - gutter) / width_of("m")))


def make_labels(
    rows: Sequence[PictureRow],
    detail: Detail,
    columns: int,
    counts: Mapping[int, int] | None = None,
    *,
    words: bool = True,
) -> tuple[Label, ...]:
    """Return a label for each row, or with less detail for each trigger. `words` False: signs."""
    groups: dict[tuple[str, ...], list[PictureRow]] = {}
    for row in rows:
        groups.setdefault(_key(row, detail, words), []).append(row)
    return tuple(
        Label(
            tuple(group),
            group[0].kind,
            _wrapped(_tokens(group[0], detail, words), columns),
            None if counts is None else sum(counts.get(r.index, 0) for r in group),
        )
        for group in groups.values()
    )


def stack_size(labels: Iterable[Label]) -> tuple[float, float]:
    """Return width and height of labels in a vertical stack."""
    stack = tuple(labels)
    height = fsum(label.height for label in stack)
    return max((label.width for label in stack), default=0.0), height


def _key(row: PictureRow, detail: Detail, words: bool) -> Names:
    if not words:
        return (row.kind,)
    return (str(row.index),) if detail == "full" else (row.trigger,)


def _tokens(row: PictureRow, detail: Detail, words: bool) -> list[Piece]:
    """Return the pieces of text. A line can be broken only between two pieces."""
    if not words:
        return []
    tokens: list[Piece] = [("trigger", row.trigger)]
    if detail != "full":
        return tokens
    if row.guard:
        tokens += [("guard", word) for word in f"[{row.guard}]".replace(", ", ",\n").split("\n")]
    if row.actions:
        first, *rest = row.actions.replace(", ", ",\n").split("\n")
        tokens += [("action", f"/ {first}"), *(("action", word) for word in rest)]
    return tokens


def _wrapped(tokens: Sequence[Piece], columns: int) -> tuple[Line, ...]:
    lines: list[Line] = []
    current: list[Piece] = []
    for token in tokens:
        indent = INDENT if lines else 0
        if current and indent + _length((*current, token)) > columns:
            lines.append((indent, tuple(current)))
            current = []
        current.append(token)
    if current:
        lines.append((INDENT if lines else 0, tuple(current)))
    return tuple(lines)


def _length(pieces: Sequence[Piece]) -> int:
    return sum(len(text) for _, text in pieces) + max(0, len(pieces) - 1)
