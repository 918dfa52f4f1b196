"""`tftp-fsm diagram`: the machines, drawn from the rows that run."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tftp_fsm.cli.common import DONE, FAILED, Parser, make_parser, say
from tftp_fsm.diagram import (
    Picture,
    picture_of_table,
    render_csv,
    render_dot,
    render_markdown,
    render_mermaid,
    render_svg,
    render_text,
)
from tftp_fsm.diagram.check import OVERVIEWS, check_all, file_name, write_all
from tftp_fsm.diagram.counts import counts_of
from tftp_fsm.diagram.model import DETAILS
from tftp_fsm.diagram.overview import meet
from tftp_fsm.diagram.overview_svg import describe_meeting, render_overview
from tftp_fsm.diagram.png import to_png
from tftp_fsm.errors import LocalError
from tftp_fsm.ladder.columns import drawn_on
from tftp_fsm.protocol.rows import State
from tftp_fsm.protocol.tables import TABLES
from tftp_fsm.trace.trace import read_trace

DESCRIPTION = "Draw the state machines from the rows that run. With no option: here, as text."
EPILOG = """\
machines: read-client, write-client, read-server, write-server, overview; none means all four

examples:
  tftp-fsm diagram read-client                            in the terminal
  tftp-fsm diagram read-client --format svg > rrq.svg     one picture
  tftp-fsm diagram --output diagrams                      every machine in every form
  tftp-fsm diagram --check                                are the files in diagrams/ up to date?
  tftp-fsm diagram read-client --highlight receiving --format svg --output .
  tftp-fsm simulate get --loss 0.2 --seed 7 --trace t.jsonl
  tftp-fsm diagram --trace t.jsonl --format svg --output .    rows taken, with counts
"""
EXTENSIONS = {
    "svg": "svg", "png": "png", "mermaid": "mmd", "dot": "dot", "table": "md", "csv": "csv",
    "text": "txt",
}  # fmt: skip
DIRECTORY = "diagrams"


def main(argv: list[str]) -> int:
    """Draw, write or check; the exit status."""
    parser = _parser()
    told = parser.parse_args(argv)
    if told.check:
        return _check(Path(told.output or DIRECTORY))
    if told.output and not (told.machines or told.format or told.trace or told.highlight):
        return _write_all(Path(told.output))
    counts = _counts(told.trace)
    pictures = _pictures(parser, told, counts)
    files = _render(parser, told, pictures, counts)
    return _write(files, Path(told.output)) if told.output else _show(parser, told, files)


def _check(directory: Path) -> int:
    wrong = check_all(directory)
    for line in wrong:
        say(line)
    if wrong:
        say(f"write them again: tftp-fsm diagram --output {directory}")
    return FAILED if wrong else DONE


def _write_all(directory: Path) -> int:
    changed = _on_disk(lambda: write_all(directory))
    print(f"{directory}: {', '.join(changed) if changed else 'nothing has changed'}")
    return DONE


def _counts(trace: str | None) -> dict[str, dict[int, int]] | None:
    if trace is None:
        return None
    try:
        with open(trace, encoding="utf-8") as lines:
            return counts_of(read_trace(lines))
    except (OSError, UnicodeDecodeError) as failed:
        raise LocalError(f"{trace}: cannot be read: {failed}") from None
    except LocalError as wrong:
        raise LocalError(f"{trace}: {wrong}") from None


def _pictures(
    parser: Parser, told: argparse.Namespace, counts: Mapping[str, object] | None
) -> list[Picture]:
    """The machines asked for; of a trace, those that are in it."""
    known = {table.name.lower().replace("_", "-"): table for table in TABLES}
    asked = [name.lower().replace("_", "-") for name in told.machines]
    for name in asked:
        if name not in known and name != "overview":
            parser.error(f"no machine {name!r}: there are {', '.join(known)} and overview")
    tables = [known[name] for name in asked or known if name != "overview"]
    if counts is not None:
        tables = [table for table in tables if table.name in counts]
        if not tables:
            parser.error(f"the trace is of {' and '.join(counts)}: name one of them, or none")
    pictures = [picture_of_table(table) for table in tables]
    if told.highlight:
        pictures = [p for p in pictures if told.highlight in p.states]
        if not pictures:
            parser.error(f"no machine asked for has a state {told.highlight!r}")
    return pictures


def _render(
    parser: Parser,
    told: argparse.Namespace,
    pictures: list[Picture],
    counts: Mapping[str, Mapping[int, int]] | None,
) -> dict[str, str | bytes]:
    """By file name."""
    form = told.format or ("svg" if told.output else "text")
    files: dict[str, str | bytes] = {}
    for picture in pictures:
        taken = None if counts is None else counts[picture.name]
        name = file_name(picture, EXTENSIONS[form], told.detail)
        files[name] = _one(picture, form, told, taken)
    if "overview" in (name.lower() for name in told.machines):
        files |= _overviews(parser, form)
    return files


def _one(
    picture: Picture, form: str, told: argparse.Namespace, counts: Mapping[int, int] | None
) -> str | bytes:
    detail, lit = told.detail, told.highlight
    match form:
        case "svg":
            return render_svg(picture, detail=detail, highlight=lit, counts=counts)
        case "png":
            svg = render_svg(picture, detail=detail, highlight=lit, counts=counts, theme="light")
            return to_png(svg)
        case "mermaid":
            return render_mermaid(picture, detail=detail)
        case "dot":
            return render_dot(picture, detail=detail)
        case "table":
            return render_markdown(picture)
        case "csv":
            return render_csv(picture)
    return render_text(picture, detail=detail, highlight=lit, counts=counts)


def _overviews(parser: Parser, form: str) -> dict[str, str | bytes]:
    files: dict[str, str | bytes] = {}
    for verb, svg_name in OVERVIEWS.items():
        meeting, name = meet(verb), svg_name.removesuffix("svg") + EXTENSIONS[form]
        match form:
            case "svg":
                files[name] = render_overview(meeting)
            case "png":
                files[name] = to_png(render_overview(meeting, theme="light"))
            case "text":
                files[name] = describe_meeting(meeting)
            case _:
                parser.error(f"the overview is drawn as svg, png or text, not as {form}")
    return files


def _write(files: Mapping[str, str | bytes], directory: Path) -> int:
    def write() -> None:
        directory.mkdir(parents=True, exist_ok=True)
        for name, made in files.items():
            (directory / name).write_bytes(made if isinstance(made, bytes) else made.encode())
            print(directory / name)

    _on_disk(write)
    return DONE


def _show(parser: Parser, told: argparse.Namespace, files: Mapping[str, str | bytes]) -> int:
    form = told.format or "text"
    if form not in ("text", "table") and len(files) != 1:
        parser.error(f"one machine at a time as {form}, or --output DIR for several files")
    for made in files.values():
        if isinstance(made, bytes):
            if sys.stdout.isatty():
                parser.error("a PNG is not for a terminal: --output DIR, or > FILE")
            sys.stdout.buffer.write(made)
        else:
            text = made if made.endswith("\n") else made + "\n"
            sys.stdout.write(drawn_on(sys.stdout, text) if form == "text" else text)
    return DONE


def _on_disk(act: Callable[[], Any]) -> Any:
    try:
        return act()
    except OSError as failed:
        raise LocalError(f"{failed.filename}: cannot be written: {failed.strerror}") from None


def _parser() -> Parser:
    parser = make_parser("tftp-fsm diagram", DESCRIPTION, EPILOG)
    states = ", ".join(state.value for state in State)
    parser.add_argument("machines", nargs="*", metavar="MACHINE", help="which to draw")
    parser.add_argument("--format", choices=tuple(EXTENSIONS), help="text unless files are written")
    parser.add_argument("--output", metavar="DIR", help="write files there")
    parser.add_argument("--check", action="store_true", help=f"compare DIR, or {DIRECTORY}/")
    parser.add_argument("--highlight", default="", metavar="STATE", help=f"one of {states}")
    parser.add_argument("--trace", metavar="FILE", help="show which rows a transfer took")
    parser.add_argument("--detail", choices=DETAILS, default="full", help="how much is written")
    return parser
