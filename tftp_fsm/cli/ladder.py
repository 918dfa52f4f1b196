"""`tftp-fsm ladder TRACE`: draw a recorded transfer, packet by packet."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from pathlib import Path

from tftp_fsm.cli.common import DONE, integer, make_parser
from tftp_fsm.cli.files import load_trace, write_octets, write_text
from tftp_fsm.ladder import Ladder, build, mermaid_ladder, svg_ladder, text_ladder
from tftp_fsm.ladder.columns import drawn_on
from tftp_fsm.ladder.svg import MOST

WIDTHS = (60, 120)  # columns; a wider terminal is no easier to read
ROWS = 100  # lines; of a longer ladder the middle is left out


def _png_ladder(ladder: Ladder, limit: int) -> bytes:
    from tftp_fsm.diagram.png import to_png

    return to_png(svg_ladder(ladder, limit))


RENDERERS: dict[str, Callable[[Ladder, int], str | bytes]] = {
    ".svg": svg_ladder,
    ".png": _png_ladder,
    ".mmd": mermaid_ladder,
    ".txt": lambda ladder, limit: text_ladder(ladder, limit=limit),
}

CAPTURE = ".pcapng"
EPILOG = """\
examples:
  tftp-fsm get tftp://192.0.2.1/boot.img --trace boot.jsonl
  tftp-fsm ladder boot.jsonl
  tftp-fsm ladder boot.jsonl --output boot.svg

`tftp-fsm simulate --trace FILE` writes a trace, too. TRACE - reads stdin."""


def main(argv: list[str]) -> int:
    """The exit status. LocalError: a file cannot be read or written."""
    parser = make_parser("tftp-fsm ladder", "Draw a recorded transfer, packet by packet.", EPILOG)
    parser.add_argument("trace", metavar="TRACE", help="the recorded transfer (-: from stdin)")
    parser.add_argument(
        "-o",
        "--output",
        metavar="FILE",
        type=Path,
        help="write FILE; its suffix says how: .svg, .png, .txt, .mmd for Mermaid, or "
        f"{CAPTURE} for Wireshark",
    )
    add_size(parser.add_argument)
    args = parser.parse_args(argv)
    if args.output is not None and args.output.suffix not in (*RENDERERS, CAPTURE):
        parser.error(f"--output {args.output} must end with one of {known_suffixes()}, {CAPTURE}")
    trace = load_trace(args.trace)
    if args.output is not None and args.output.suffix == CAPTURE:
        from tftp_fsm.cli.capture import save_capture

        save_capture(trace, str(args.output))
        return DONE
    ladder = build(trace)
    if args.output is None:
        print_ladder(ladder, args.limit, args.width)
    else:
        save_ladder(ladder, args.output, args.limit)
    return DONE


def add_size(add: Callable[..., object]) -> None:
    """Options for the size of a ladder."""
    what = "columns of the ladder (default: those of the terminal)"
    add("--width", metavar="N", type=integer(40, 1000), help=what)
    what = f"draw about N rows, without the middle; 0 draws all, a picture {MOST} (default: {ROWS})"
    add("--limit", metavar="N", type=integer(0, 10**9), default=ROWS, help=what)


def known_suffixes() -> str:
    """`.svg, .png, .mmd, .txt`."""
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
