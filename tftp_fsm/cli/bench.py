"""`tftp-fsm bench [HOST]`: measure the speed of a link with several settings."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from tftp_fsm.cli.common import DONE, examples, kind, port, say
from tftp_fsm.cli.parser import Parser, make_parser
from tftp_fsm.cli.progress import one_line
from tftp_fsm.language import mark, sentence, shown, tr
from tftp_fsm.wire.ranges import BLKSIZE, SECONDS, WINDOWSIZE, Range

if TYPE_CHECKING:
    from tftp_fsm.bench.plan import Setting, Target
    from tftp_fsm.bench.text import Report
    from tftp_fsm.client.result import Verb

DESCRIPTION = mark("""\
Measure a link: the rate for each blksize and windowsize, the round trip, and the retransmissions.
Then recommend settings. Without HOST, only this machine is measured.""")
EXAMPLES = mark("""\
  tftp-fsm bench                                      only this machine
  tftp-fsm bench 192.0.2.1 --file boot.img            read a file that the server has
  tftp-fsm bench 192.0.2.1 --put bench.bin            write a file many times; the last one stays
  tftp-fsm bench --windowsize 1,8,64 --output bench.svg""")
NOTES = mark("""\
TFTP cannot list files, so --file must name a file that exists. A file of some MiB gives the best
results. The octets that are read are not kept. A transfer that has used its share of the time is
aborted, and the server gets an ERROR.""")
_UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30}


def main(argv: list[str]) -> int:
    """Measure, and print the result. Return the exit status."""
    parser = command_parser()
    args = parser.parse_args(argv)
    if args.host is not None and args.file is None and args.put is None:
        parser.error(tr("name a file: --file NAME reads one from HOST, --put NAME writes one"))
    if args.host is None and (args.port is not None or args.file is not None):
        parser.error(tr("-p and --file need a HOST"))
    if args.output is not None and Path(args.output).suffix not in (".svg", ".png"):
        parser.error(tr("--output {path} must end with .svg or .png", path=args.output))
    report = _measured(args)
    _show(report, args)
    return DONE


def command_parser() -> Parser:
    epilog = f"{examples(shown(EXAMPLES))}\n\n{shown(NOTES)}"
    parser = make_parser("tftp-fsm bench", shown(DESCRIPTION), epilog)
    add = parser.add_argument
    add("host", nargs="?", metavar="HOST", help=tr("a TFTP server (default: one in this process)"))
    add("-p", "--port", type=port, metavar="N", help=tr("the server's port (default: 69)"))
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--file", metavar="NAME", help=tr("read this file from the server"))
    what.add_argument("--put", metavar="NAME", help=tr("write a file of this name to the server"))
    for option, read, default, metavar, does in (
        ("--size", size, None, "N", tr("octets of the file that is written (default: 16M)")),
        ("--blksize", _several(BLKSIZE), None, "A,B", tr("default: 512,1428,8192")),
        ("--windowsize", _several(WINDOWSIZE), None, "A,B", tr("default: 1,4,16,64")),
        ("--seconds", _seconds, 20.0, "S", tr("stop after S seconds (default: 20)")),
        ("--octets", size, 512 << 20, "N", tr("stop after N octets (default: 512M)")),
        ("--output", str, None, "FILE", tr("write a chart to FILE (.svg or .png)")),
    ):
        add(option, type=read, default=default, metavar=metavar, help=does)
    add("--json", action="store_true", help=tr("print the result as JSON"))
    return parser


_seconds = kind(Range(0.1, SECONDS.most, "seconds", is_whole=False))


def size(text: str) -> int:
    """Read an option's value: octets, or with K, M or G a multiple by a power of 1024."""
    digits, unit = (text[:-1], text[-1].upper()) if text[-1:].isalpha() else (text, "")
    if unit in _UNITS and digits.isascii() and digits.isdigit() and 0 < int(digits[:12]):
        octets = int(digits) * _UNITS[unit]
        if octets < 1 << 40:
            return octets
    raise argparse.ArgumentTypeError(tr("{text!r} is not a size, such as 65536 or 16M", text=text))


def _several(allowed: Range) -> Callable[[str], tuple[int, ...]]:
    read = kind(allowed)

    def read_all(text: str) -> tuple[int, ...]:
        return tuple(map(read, text.split(",")))

    return read_all


def _measured(args: argparse.Namespace) -> Report:
    from time import perf_counter

    from tftp_fsm.bench.plan import BLKSIZES, WINDOWSIZES, Budget, grid_of, measure
    from tftp_fsm.bench.text import Report
    from tftp_fsm.bench.transfer import NetworkTransfer

    grid = grid_of(args.blksize or BLKSIZES, args.windowsize or WINDOWSIZES)
    with _target(args) as target, _watching(quiet=args.json) as watch:
        transfer = NetworkTransfer(target)
        cells = measure(transfer, grid, Budget(args.seconds, args.octets), perf_counter, watch)
    return Report(target, tuple(cells), embedded=args.host is None)


@contextmanager
def _target(args: argparse.Namespace) -> Iterator[Target]:
    from tftp_fsm.bench.plan import DEFAULT_SIZE, Target
    from tftp_fsm.bench.server_process import HOST, NAME, server_process
    from tftp_fsm.wire.packets import WELL_KNOWN_PORT

    made = args.size or DEFAULT_SIZE
    verb: Verb = "get" if args.put is None else "put"
    if args.host is not None:
        name = args.file if args.put is None else args.put
        yield Target(verb, args.host, args.port or WELL_KNOWN_PORT, name, made)
        return
    with server_process(made) as chosen:
        yield Target(verb, HOST, chosen, args.put or NAME, made)


@contextmanager
def _watching(*, quiet: bool) -> Iterator[Callable[[Setting], None]]:
    """Show the present measurement in one line of a terminal."""

    def words(setting: Setting) -> str:
        return tr(
            "measuring blksize {blksize} windowsize {windowsize}",
            blksize=setting.blksize,
            windowsize=setting.windowsize,
        )

    with one_line(quiet=quiet) as show:
        yield lambda setting: show(words(setting))


def _show(report: Report, args: argparse.Namespace) -> None:
    from tftp_fsm.bench.chart import as_svg
    from tftp_fsm.bench.text import as_record, as_text
    from tftp_fsm.storage.named import write_octets, write_text

    if args.json:
        import json

        print(json.dumps(as_record(report)))
    else:
        print(as_text(report))
    if args.output is not None:
        if args.output.endswith(".png"):
            from tftp_fsm.diagram.png import to_png

            write_octets(args.output, to_png(as_svg(report)))
        else:
            write_text(args.output, as_svg(report))
        if not args.json:
            say(sentence("wrote {path}", path=args.output))
