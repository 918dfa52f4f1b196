"""`tftp-fsm diagram`: draw the machines from the rows that run."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path

from tftp_fsm.borders import terminal
from tftp_fsm.borders.columns import drawn_on
from tftp_fsm.cli.common import DONE, add_table, add_transfer
from tftp_fsm.cli.generated_files import check_kept, say_written
from tftp_fsm.cli.parser import Parser, make_parser, refuse_overwriting
from tftp_fsm.cli.traces import load_trace
from tftp_fsm.diagram.counts import counts_of
from tftp_fsm.diagram.dot import render_dot
from tftp_fsm.diagram.files import OVERVIEWS, check_all, file_name, write_all
from tftp_fsm.diagram.mermaid import render_mermaid
from tftp_fsm.diagram.model import DETAILS, Picture, picture_of_table
from tftp_fsm.diagram.overview import meet
from tftp_fsm.diagram.overview_svg import describe_meeting, render_overview
from tftp_fsm.diagram.png import to_png
from tftp_fsm.diagram.svg import render_svg
from tftp_fsm.diagram.table import render_csv, render_markdown
from tftp_fsm.diagram.text import render_text
from tftp_fsm.language import mark, shown, tr
from tftp_fsm.protocol.rows import State, Table
from tftp_fsm.protocol.tables.four import TABLES
from tftp_fsm.storage.named import writing
from tftp_fsm.verify.table_file import tables_of

DESCRIPTION = mark(
    "Draw the state machines from the rows that the program runs. Without options, draw them "
    "as text in the terminal."
)
EPILOG = mark("""\
MACHINE is read-client, write-client, read-server, write-server (without one: all four), or
overview, which shows client and server side by side.

examples:
  tftp-fsm diagram read-client                            in the terminal
  tftp-fsm diagram read-client --format svg > rrq.svg     one picture
  tftp-fsm diagram --output diagrams                      every machine in every form
  tftp-fsm diagram --check                                are the files in diagrams/ up to date?
  tftp-fsm diagram read-client --highlight receiving --format svg --output .
  tftp-fsm simulate get --loss 0.2 --seed 7 --trace t.jsonl
  tftp-fsm diagram --trace t.jsonl --format svg --output .    with how often each row ran
""")
EXTENSIONS = {
    "svg": "svg", "png": "png", "mermaid": "mmd", "dot": "dot", "table": "md", "csv": "csv",
    "text": "txt",
}  # fmt: skip
DIRECTORY = "diagrams"


def main(argv: list[str]) -> int:
    """Draw, write or check. Return the exit status."""
    parser = command_parser()
    args = parser.parse_intermixed_args(argv)
    if args.transfer is not None and args.trace is None:
        parser.error(tr("--transfer needs --trace and a capture"))
    if args.check:
        directory = Path(args.output or DIRECTORY)
        return check_kept(check_all(directory), f"tftp-fsm diagram --output {directory}")
    chosen = (args.machines, args.format, args.trace, args.highlight, args.table)
    if args.output and not any(chosen):
        return _write_all(Path(args.output))
    refuse_overwriting(parser, {"--output": args.output}, args.trace, args.table)
    own = None if args.table is None else tables_of(args.table)
    trace = None if args.trace is None else load_trace(args.trace, args.transfer)
    counts = None if trace is None else counts_of(trace)
    traced = None if trace is None else list(trace.tables.values())
    pictures = _pictures(parser, args, traced, own or [])
    files = _render(parser, args, pictures, counts)
    if not args.output:
        return _show(parser, args, files)
    for name in files:
        refuse_overwriting(parser, {"--output": Path(args.output) / name}, args.trace, args.table)
    return _write(files, Path(args.output))


def _write_all(directory: Path) -> int:
    with writing(directory):
        changed = write_all(directory)
    return say_written(directory, changed)


def _pictures(
    parser: Parser, args: argparse.Namespace, traced: list[Table] | None, own: list[Table]
) -> list[Picture]:
    """Return the named machines, or with a trace those of them that are in the trace.

    Without a name, the `own` tables are drawn in place of ours, if there are any.
    """
    tables = (*(() if own and not args.machines else TABLES), *(traced or ()), *own)
    known = {table.name.lower().replace("_", "-"): table for table in tables}
    asked = [name.lower().replace("_", "-") for name in args.machines]
    for name in asked:
        if name not in known and name != "overview":
            every = f"{', '.join(known)}, overview"
            parser.error(
                tr("there is no machine {name!r}; choose from {known}", name=name, known=every)
            )
    drawn = [known[name] for name in asked or known if name != "overview"]
    if traced is not None:
        drawn = [table for table in drawn if table in traced]
        if not drawn:
            parser.error(_not_traced(traced))
    pictures = [picture_of_table(table) for table in drawn]
    if args.highlight:
        pictures = [p for p in pictures if args.highlight in p.states]
        if not pictures:
            parser.error(tr("none of these machines has a state {state!r}", state=args.highlight))
    return pictures


def _not_traced(traced: list[Table]) -> str:
    names = [table.name for table in traced]
    if len(names) == 2:
        return tr(
            "the trace has only {one} and {other}: name one of these, or no machine",
            one=names[0],
            other=names[1],
        )
    return tr(
        "the trace has only {names}: name one of these, or no machine", names=" and ".join(names)
    )


def _render(
    parser: Parser,
    args: argparse.Namespace,
    pictures: list[Picture],
    counts: Mapping[str, Mapping[int, int]] | None,
) -> dict[str, str | bytes]:
    """Return each picture by its file name."""
    form = args.format or ("svg" if args.output else "text")
    files: dict[str, str | bytes] = {}
    for picture in pictures:
        taken = None if counts is None else counts[picture.name]
        name = file_name(picture, EXTENSIONS[form], args.detail)
        files[name] = _one(picture, form, args, taken)
    if "overview" in (name.lower() for name in args.machines):
        files |= _overviews(parser, form)
    return files


def _one(
    picture: Picture, form: str, args: argparse.Namespace, counts: Mapping[int, int] | None
) -> str | bytes:
    detail, lit = args.detail, args.highlight
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
        case "text":
            return render_text(picture, detail=detail, highlight=lit, counts=counts)
    raise NotImplementedError(f"no renderer draws the format {form!r}")


def _overviews(parser: Parser, form: str) -> dict[str, str | bytes]:
    files: dict[str, str | bytes] = {}
    for svg_name, (verb, plain) in OVERVIEWS.items():
        meeting = meet(verb, plain=plain)
        name = svg_name.removesuffix("svg") + EXTENSIONS[form]
        match form:
            case "svg":
                files[name] = render_overview(meeting)
            case "png":
                files[name] = to_png(render_overview(meeting, theme="light"))
            case "text":
                files[name] = describe_meeting(meeting)
            case _:
                parser.error(
                    tr("the overview cannot be drawn as {form}: use svg, png or text", form=form)
                )
    return files


def _write(files: Mapping[str, str | bytes], directory: Path) -> int:
    with writing(directory):
        directory.mkdir(parents=True, exist_ok=True)
        for name, drawn in files.items():
            octets = drawn if isinstance(drawn, bytes) else drawn.encode()
            (directory / name).write_bytes(octets)
    for name in files:
        print(terminal(str(directory / name)))
    return DONE


def _show(parser: Parser, args: argparse.Namespace, files: Mapping[str, str | bytes]) -> int:
    form = args.format or "text"
    if form not in ("text", "table") and len(files) != 1:
        parser.error(
            tr(
                "name one machine for {form}, or use --output DIR to write a file for each",
                form=form,
            )
        )
    for drawn in files.values():
        if isinstance(drawn, bytes):
            if sys.stdout.isatty():
                parser.error(tr("a terminal cannot show a PNG: use --output DIR, or > FILE"))
            sys.stdout.buffer.write(drawn)
        else:
            text = drawn if drawn.endswith("\n") else drawn + "\n"
            sys.stdout.write(drawn_on(sys.stdout, text) if form == "text" else text)
    return DONE


def command_parser() -> Parser:
    parser = make_parser("tftp-fsm diagram", shown(DESCRIPTION), shown(EPILOG))
    states = ", ".join(state.value for state in State)
    add = parser.add_argument
    add("machines", nargs="*", metavar="MACHINE", help=tr("what to draw"))
    add("--format", choices=tuple(EXTENSIONS), help=tr("default: text, or svg with --output"))
    add("--output", metavar="DIR", help=tr("write the pictures to files in DIR"))
    what = tr(
        "check that the files in --output are up to date (default: {directory})",
        directory=DIRECTORY,
    )
    add("--check", action="store_true", help=what)
    add(
        "--highlight",
        default="",
        metavar="STATE",
        help=tr("highlight a state: one of {states}", states=states),
    )
    add_table(add)
    what = tr("show how often each row was taken in the transfer of a trace or a capture")
    add("--trace", metavar="FILE", help=what)
    add_transfer(add)
    add("--detail", choices=DETAILS, default="full", help=tr("how much text an arrow has"))
    return parser
