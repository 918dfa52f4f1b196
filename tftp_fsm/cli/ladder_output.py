"""Ladders on stdout and in files, for each command that draws a transfer."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from pathlib import Path

from tftp_fsm.borders.columns import drawn_on
from tftp_fsm.cli.common import integer
from tftp_fsm.ladder.mermaid import mermaid_ladder
from tftp_fsm.ladder.model import Ladder
from tftp_fsm.ladder.svg import MOST, svg_ladder
from tftp_fsm.ladder.text import text_ladder
from tftp_fsm.language import tr
from tftp_fsm.storage.named import write_octets, write_text

WIDTHS = (60, 120)  # columns; a wider ladder is not easier to read
ROWS = 100  # lines; in a longer ladder the middle is left out


def _png_ladder(ladder: Ladder, limit: int) -> bytes:
    from tftp_fsm.diagram.png import to_png

    return to_png(svg_ladder(ladder, limit))


RENDERERS: dict[str, Callable[[Ladder, int], str | bytes]] = {
    ".svg": svg_ladder,
    ".png": _png_ladder,
    ".mmd": mermaid_ladder,
    ".txt": lambda ladder, limit: text_ladder(ladder, limit=limit),
}


def add_size(add: Callable[..., object]) -> None:
    """Add the options for the size of a ladder."""
    what = tr("width of the ladder, in columns (default: that of the terminal)")
    add("--width", metavar="N", type=integer(40, 1000), help=what)
    what = tr(
        "draw about N rows, and leave out rows in the middle; 0 draws all rows, but at most "
        "{most} in a picture (default: {rows})",
        most=MOST,
        rows=ROWS,
    )
    add("--limit", metavar="N", type=integer(0, 10**9), default=ROWS, help=what)


def known_suffixes() -> str:
    """Return `.svg, .png, .mmd, .txt`."""
    return ", ".join(RENDERERS)


def save_ladder(ladder: Ladder, path: Path, limit: int = ROWS) -> None:
    """Draw into a file, in the format of its suffix."""
    drawn = RENDERERS[path.suffix](ladder, limit)
    if isinstance(drawn, str):
        write_text(path, drawn)
    else:
        write_octets(path, drawn)


def print_ladder(ladder: Ladder, limit: int = ROWS, width: int | None = None) -> None:
    """Print the ladder, with characters that stdout can show."""
    least, most = WIDTHS
    columns = width or min(max(shutil.get_terminal_size((80, 24)).columns, least), most)
    sys.stdout.write(drawn_on(sys.stdout, text_ladder(ladder, columns, limit)))
