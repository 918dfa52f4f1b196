"""The transition table, in Markdown and CSV: one line per row, in the order of the table."""

from __future__ import annotations

import csv
import io

from tftp_fsm.diagram.model import Picture, PictureRow

COLUMNS = ("row", "state", "event", "guard", "action", "next state", "RFC section", "why")


def render_markdown(picture: Picture) -> str:
    """A table that GitHub renders."""
    lines = [
        f"# {picture.name}: {picture.title}" if picture.title else f"# {picture.name}",
        "",
        _line(COLUMNS),
        _line(tuple("---" for _ in COLUMNS)),
        *(_line(_cells(row)) for row in picture.rows),
    ]
    return "\n".join(lines) + "\n"


def render_csv(picture: Picture) -> str:
    """CSV for a spreadsheet: a heading, then one record for each row. Lines end in LF."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(_cells(row) for row in picture.rows)
    return out.getvalue()


def _cells(row: PictureRow) -> tuple[str, ...]:
    goal = row.dest or "(stays)"
    return (
        str(row.index), row.source, row.trigger, row.guard, row.actions, goal, row.rfc, row.why,
    )  # fmt: skip


def _line(cells: tuple[str, ...]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"
