"""`tftp-fsm ladder TRACE`: what a recorded transfer did, drawn packet by packet."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

from tftp_fsm.cli.common import DONE, integer, make_parser
from tftp_fsm.errors import LocalError
from tftp_fsm.ladder import Ladder, build, mermaid_ladder, svg_ladder, text_ladder
from tftp_fsm.ladder.columns import drawn_on
from tftp_fsm.trace.trace import Trace, read_trace

WIDTHS = (60, 120)  # columns; a wider terminal is no easier to read
ROWS = 100  # lines on a terminal, before the middle is folded

RENDERERS: dict[str, Callable[[Ladder, int], str]] = {
    ".svg": lambda ladder, limit: svg_ladder(ladder, limit),
    ".mmd": lambda ladder, limit: mermaid_ladder(ladder, limit),
    ".txt": lambda ladder, limit: text_ladder(ladder, limit=limit),
}

EPILOG = """\
examples:
  tftp-fsm get tftp://192.0.2.1/boot.img --trace boot.jsonl
  tftp-fsm ladder boot.jsonl
  tftp-fsm ladder boot.jsonl --output boot.svg

A trace is also what `tftp-fsm simulate --trace FILE` writes. - reads standard input."""


def main(argv: list[str]) -> int:
    """The exit status; `LocalError` where a file cannot be read or written."""
    parser = make_parser("tftp-fsm ladder", "Draw a recorded transfer, packet by packet.", EPILOG)
    parser.add_argument("trace", metavar="TRACE", help="a recorded transfer, - for standard input")
    parser.add_argument(
        "-o",
        "--output",
        metavar="FILE",
        type=Path,
        help="draw into FILE: .svg, .txt, or .mmd for Mermaid (default: text, here)",
    )
    parser.add_argument(
        "--width",
        metavar="N",
        type=integer(40, 1000),
        help="columns of the text (default: the terminal's)",
    )
    parser.add_argument(
        "--limit",
        metavar="N",
        type=integer(0, 10**9),
        default=ROWS,
        help=f"fold the middle of longer ladders; 0 draws all (default: {ROWS} rows)",
    )
    args = parser.parse_args(argv)
    if args.output is not None and args.output.suffix not in RENDERERS:
        parser.error(f"--output {args.output} should end with {known_suffixes()}")
    ladder = build(load(args.trace))
    if args.output is None:
        print_ladder(ladder, args.limit, args.width)
    else:
        save_ladder(ladder, args.output, args.limit)
    return DONE


def known_suffixes() -> str:
    """`.svg, .mmd, .txt`."""
    return ", ".join(RENDERERS)


def load(name: str) -> Trace:
    """The trace in this file, or in standard input."""
    try:
        # A trace is ASCII; whatever else is in the file is told by its line, not by its octet.
        source = nullcontext(sys.stdin) if name == "-" else open(name, errors="replace")  # noqa: SIM115
        with source as lines:
            return read_trace(lines)
    except (OSError, ValueError) as failed:
        raise LocalError(f"cannot read the trace {name}: {reason_of(failed)}") from None
    except LocalError as wrong:
        raise LocalError(f"{name}: {wrong}") from None


def save_ladder(ladder: Ladder, path: Path, limit: int = ROWS) -> None:
    """Draw into a file, as its suffix says."""
    text = RENDERERS[path.suffix](ladder, limit)
    try:
        path.write_text(text, encoding="utf-8", newline="\n")
    except (OSError, ValueError) as failed:
        raise LocalError(f"cannot write the ladder {path}: {reason_of(failed)}") from None


def reason_of(failed: OSError | ValueError) -> str:
    """Without the number and the name, which the line has already."""
    return getattr(failed, "strerror", None) or str(failed)


def print_ladder(ladder: Ladder, limit: int = ROWS, width: int | None = None) -> None:
    """On standard output, in characters that it has."""
    least, most = WIDTHS
    columns = width or min(max(shutil.get_terminal_size((80, 24)).columns, least), most)
    sys.stdout.write(drawn_on(sys.stdout, text_ladder(ladder, columns, limit)))
