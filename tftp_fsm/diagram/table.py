"""The transition table, in Markdown and CSV: one line per row, in the order of the table."""

from __future__ import annotations

import csv
import io

from tftp_fsm.diagram.model import Picture, PictureRow
from tftp_fsm.language import shown, tr
from tftp_fsm.protocol.gloss import rfc_words

COLUMNS = ("row", "state", "event", "guard", "action", "next state", "RFC section", "why")


def render_markdown(picture: Picture) -> str:
    """A table that GitHub renders."""
    title = shown(picture.title)
    lines = [
        f"# {picture.name}: {title}" if title else f"# {picture.name}",
        "",
        _line(_headings()),
        _line(tuple("---" for _ in COLUMNS)),
        *(_line(_cells(row, tr("(stays)"))) for row in picture.rows),
    ]
    return "\n".join(lines) + "\n"


def render_csv(picture: Picture) -> str:
    """CSV for a program: a heading, then one record for each row, in English. Lines end in LF."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(map(_fields, picture.rows))
    return out.getvalue()


def _headings() -> tuple[str, ...]:
    """Return the headings of the columns for people."""
    return (
        tr("row"),
        tr("state"),
        tr("event"),
        tr("guard"),
        tr("action"),
        tr("next state"),
        tr("RFC section"),
        tr("why"),
    )


def _cells(row: PictureRow, stays: str) -> tuple[str, ...]:
    """Return the cells of a row for people."""
    *names, _, rfc, why = _fields(row)
    return *names, row.dest or stays, shown(rfc_words(rfc)), shown(why)


def _fields(row: PictureRow) -> tuple[str, ...]:
    goal = row.dest or "(stays)"
    return (
        str(row.index), row.source, row.trigger, row.guard, row.actions, goal, row.rfc, row.why,
    )  # fmt: skip


def _line(cells: tuple[str, ...]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"
