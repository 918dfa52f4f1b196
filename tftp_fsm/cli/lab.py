"""`tftp-fsm lab`: a page on which a user acts in a running transfer. It is served, or in files."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from tftp_fsm.cli.common import DONE, ended_by_signals, kind, say
from tftp_fsm.cli.lab_grade import add_grading, grade_results
from tftp_fsm.cli.parser import Parser, make_parser
from tftp_fsm.errors import LocalError
from tftp_fsm.language import mark, reason, sentence, shown, tr
from tftp_fsm.storage.named import write_octets, writing
from tftp_fsm.wire.ranges import LISTENING_PORT

if TYPE_CHECKING:
    from tftp_fsm.lab.server import LabServer

EPILOG = mark("""examples:
  tftp-fsm lab
  tftp-fsm lab --scenario lost-ack
  tftp-fsm lab --port 8069 --no-browser
  tftp-fsm lab --single lab.html                   one file, its Python in the browser
  tftp-fsm lab --output lab                        a static site
  tftp-fsm lab --grade anna.json --lesson 2        what a student has done""")
SERVER_ONLY = ("port", "browser", "scenario", "allow_python")
BUILD_ONLY = ("pyodide", "snapshot")


def main(argv: list[str]) -> int:
    """Serve until the user ends it."""
    parser = command_parser()
    args = parser.parse_args(argv)
    if _grades(parser, args):
        return _grade(args)
    if _writes(parser, args):
        return _write(args)
    with ended_by_signals(), _server(args) as server:
        address = server.address + (f"#{args.scenario}" if args.scenario else "")
        print(tr("the lab is at {address} (Ctrl-C ends it)", address=address), flush=True)
        if args.browser:
            _show(address)
        server.serve_forever()
    return DONE


def command_parser() -> Parser:
    """The parser of `lab`."""
    does = tr("Open a page on which you drop, delay and edit the packets.")
    parser = make_parser("tftp-fsm lab", does, shown(EPILOG))
    _add_serving(parser)
    _add_files(parser)
    add_grading(parser)
    return parser


def _add_serving(parser: Parser) -> None:
    from tftp_fsm.debugger.scenarios import SCENARIOS

    add = parser.add_argument
    does = tr("serve at this port of 127.0.0.1 (default: a free one)")
    add("--port", type=kind(LISTENING_PORT), default=0, metavar="N", help=does)
    does = tr("print the address, and open no browser")
    add("--no-browser", dest="browser", action="store_false", help=does)
    does = tr("open this scenario first")
    add("--scenario", choices=SCENARIOS, metavar="NAME", help=does)
    does = tr("run Python rows that are typed on the page, in this process (default: refuse them)")
    add("--allow-python", action="store_true", help=does)


def _server(args: argparse.Namespace) -> LabServer:
    from functools import partial

    from tftp_fsm.lab.server import HOST, LabServer, begin_lab

    begin = partial(begin_lab, allows_python=args.allow_python)
    try:
        return LabServer(args.port, begin)
    except OSError as failed:
        why = sentence(
            "cannot serve at {host} port {port}: {why}; choose another --port",
            host=HOST,
            port=args.port,
            why=reason(failed),
        )
        raise LocalError(why) from None


def _show(address: str) -> None:
    """Open the browser of this desktop, if there is one. A text browser would hide our output."""
    import os
    import sys
    import webbrowser

    shows = ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER")
    if sys.platform in ("win32", "darwin") or any(os.environ.get(name) for name in shows):
        webbrowser.open(address)


# -- Files instead of a server --------------------------------------------------------------------


def _add_files(parser: Parser) -> None:
    """Add the options that write a lab instead of serving one."""
    add = parser.add_argument_group(tr("files instead of a server")).add_argument
    does = tr("write the lab to this folder, for any web server")
    add("--output", metavar="DIR", type=Path, help=does)
    does = tr("write the lab to one file, which a browser opens from disk")
    add("--single", metavar="FILE", type=Path, help=does)
    does = tr("folder of Pyodide, the unpacked npm package (default: npm downloads it)")
    add("--pyodide", metavar="DIR", type=Path, help=does)
    does = tr("leave out the snapshot of Python's memory: half the size, but a slower start")
    add("--no-snapshot", dest="snapshot", action="store_false", help=does)


def _writes(parser: Parser, args: argparse.Namespace) -> bool:
    """Return whether to write files. Exit with status 2 if the options do not fit together."""
    writes = args.output is not None or args.single is not None
    for option in _given(parser, args, SERVER_ONLY if writes else BUILD_ONLY):
        parser.error(
            tr("{option} is for the server: leave out --output and --single", option=option)
            if writes
            else tr("{option} needs --output or --single", option=option)
        )
    return writes


def _grades(parser: Parser, args: argparse.Namespace) -> bool:
    """Return whether to grade results. Exit with status 2 if the options do not fit together."""
    grades = args.grade is not None
    others = (*SERVER_ONLY, *BUILD_ONLY, "output", "single") if grades else ("lesson", "json")
    for option in _given(parser, args, others):
        parser.error(
            tr("{option} cannot be used with --grade", option=option)
            if grades
            else tr("{option} needs --grade", option=option)
        )
    return grades


def _grade(args: argparse.Namespace) -> int:
    from tftp_fsm.lab.lessons.grade import judged

    return grade_results(args, judged)


def _given(parser: Parser, args: argparse.Namespace, names: Iterable[str]) -> Iterator[str]:
    """Yield those of these options that were given, in the form that a user types."""
    negative = {"browser": "--no-browser", "snapshot": "--no-snapshot"}
    for name in names:
        if getattr(args, name) != parser.get_default(name):
            yield negative.get(name, f"--{name.replace('_', '-')}")


def _write(args: argparse.Namespace) -> int:
    """Build the lab once, and write the wanted files."""
    from tftp_fsm.lab.browser.bundle import bundle_of
    from tftp_fsm.lab.browser.pyodide import pyodide_folder
    from tftp_fsm.lab.site import single_page, site_files

    if args.single is not None and not args.single.parent.is_dir():
        raise LocalError(
            sentence(
                "cannot write {path}: there is no folder {folder}",
                path=args.single,
                folder=args.single.parent,
            )
        )
    with pyodide_folder(args.pyodide) as folder:
        bundle = bundle_of(folder, snapshot=args.snapshot)
        if args.snapshot and not bundle.has_snapshot:
            say(
                tr("no snapshot was made, because Node.js is missing or does not run this Pyodide:")
            )
            say(tr("the lab will take some seconds longer to start"))
        if args.output is not None:
            _write_site(args.output, site_files(folder, bundle))
        if args.single is not None:
            text = single_page(folder, bundle).encode()
            write_octets(args.single, text)
            say(
                sentence(
                    "wrote {path} ({size}): open it in a browser",
                    path=args.single,
                    size=_megabytes(text),
                )
            )
    return DONE


def _write_site(folder: Path, contents: dict[str, bytes]) -> None:
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
    for name, octets in contents.items():
        write_octets(folder / name, octets)
    size = _megabytes(b"".join(contents.values()))
    say(sentence("wrote {path} ({size}): put it on any web server", path=folder, size=size))
    say(tr("answers-for-teachers.html is for teachers: remove it if students should not read it"))
    say(sentence("to try it: python -m http.server --directory {folder}", folder=folder))


def _megabytes(octets: bytes) -> str:
    return f"{len(octets) / 1e6:.1f} MB"
