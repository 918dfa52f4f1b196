"""`tftp-fsm bench [HOST]`: how fast a link is, and with which settings."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tftp_fsm.cli.common import DONE, Parser, integer, make_parser, number, port, say

if TYPE_CHECKING:
    from tftp_fsm.bench import Report, Setting, Target
    from tftp_fsm.client.result import Verb

DESCRIPTION = """\
Measure a link: octets a second over blksize and windowsize, the round trip, and what had to be
sent again. Then say which settings to use. Without HOST, the embedded server on the loopback."""
EPILOG = """\
examples:
  tftp-fsm bench                                      this machine alone
  tftp-fsm bench 192.0.2.1 --file boot.img            read a file that the server has
  tftp-fsm bench 192.0.2.1 --put bench.bin            write one, many times; the last one stays
  tftp-fsm bench --windowsize 1,8,64 --output bench.svg

TFTP has no listing, so --file has to name what is there; a file of some MiB tells most. What is
read is thrown away. A transfer that has used its share is stopped, and the server is told so."""
_UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30}


def main(argv: list[str]) -> int:
    """Measure, and say what was found; the exit status."""
    parser = _parser()
    args = parser.parse_args(argv)
    if args.host is not None and args.file is None and args.put is None:
        parser.error("which file? --file NAME reads one from the host, --put NAME writes one")
    if args.host is None and (args.port is not None or args.file is not None):
        parser.error("-p and --file are for a HOST: the embedded server has its own")
    report = _measured(args)
    _show(report, args)
    return DONE


def _parser() -> Parser:
    parser = make_parser("tftp-fsm bench", DESCRIPTION, EPILOG)
    add = parser.add_argument
    add("host", nargs="?", metavar="HOST", help="a TFTP server (the embedded one)")
    add("-p", "--port", type=port, metavar="N", help="the server's port (69)")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--file", metavar="NAME", help="read this file, which the server has")
    what.add_argument("--put", metavar="NAME", help="write a file of this name, made up")
    add("--size", type=size, metavar="N", help="of the file that is made up (16M)")
    add("--blksize", type=_several(8, 65464), metavar="A,B", help="octets (512,1428,8192)")
    add("--windowsize", type=_several(1, 32767), metavar="A,B", help="blocks (1,4,16,64)")
    add("--seconds", type=_seconds, default=20.0, metavar="S", help="at the most (20)")
    add("--octets", type=size, default=512 << 20, metavar="N", help="at the most (512M)")
    add("--output", metavar="FILE.svg", help="draw it too")
    add("--json", action="store_true", help="the result as JSON")
    return parser


_seconds = number(0.1, 86400, " of seconds")


def size(text: str) -> int:
    """An option's value: octets, or K, M, G of them, powers of 1024."""
    digits, unit = (text[:-1], text[-1].upper()) if text[-1:].isalpha() else (text, "")
    if unit in _UNITS and digits.isascii() and digits.isdigit() and 0 < int(digits[:12]):
        octets = int(digits) * _UNITS[unit]
        if octets < 1 << 40:
            return octets
    raise argparse.ArgumentTypeError(f"{text!r} is not a size, such as 65536 or 16M")


def _several(least: int, most: int) -> Callable[[str], tuple[int, ...]]:
    read = integer(least, most)

    def read_all(text: str) -> tuple[int, ...]:
        return tuple(map(read, text.split(",")))

    return read_all


def _measured(args: argparse.Namespace) -> Report:
    from time import perf_counter

    from tftp_fsm.bench import (
        BLKSIZES,
        WINDOWSIZES,
        Budget,
        Mover,
        Report,
        grid_of,
        measure,
    )

    grid = grid_of(args.blksize or BLKSIZES, args.windowsize or WINDOWSIZES)
    with _target(args) as target, _watching(quiet=args.json) as watch:
        mover = Mover(target)
        cells = measure(mover, grid, Budget(args.seconds, args.octets), perf_counter, watch)
    return Report(target, tuple(cells), embedded=args.host is None)


@contextmanager
def _target(args: argparse.Namespace) -> Iterator[Target]:
    from tftp_fsm.bench.moves import DEFAULT_SIZE, Target
    from tftp_fsm.bench.served import HOST, NAME, served
    from tftp_fsm.wire.packets import WELL_KNOWN_PORT

    made = args.size or DEFAULT_SIZE
    verb: Verb = "get" if args.put is None else "put"
    if args.host is not None:
        name = args.file if args.put is None else args.put
        yield Target(verb, args.host, args.port or WELL_KNOWN_PORT, name, made)
        return
    with served(made) as chosen:
        yield Target(verb, HOST, chosen, args.put or NAME, made)


@contextmanager
def _watching(*, quiet: bool) -> Iterator[Callable[[Setting], None]]:
    """One line, written over again, where a person looks at it."""
    if quiet or not sys.stderr.isatty():
        yield lambda setting: None
        return

    def show(setting: Setting) -> None:
        words = f"measuring blksize {setting.blksize} windowsize {setting.windowsize}"
        print(f"\r{words:<50}", end="", file=sys.stderr, flush=True)

    try:
        yield show
    finally:
        print(f"\r{'':<50}\r", end="", file=sys.stderr, flush=True)


def _show(report: Report, args: argparse.Namespace) -> None:
    from tftp_fsm.bench import as_record, as_svg, as_text

    if args.json:
        import json

        print(json.dumps(as_record(report)))
    else:
        print(as_text(report))
    if args.output is not None:
        _write(args.output, as_svg(report))
        if not args.json:
            say(f"drew {args.output}")


def _write(path: str, picture: str) -> None:
    from tftp_fsm.errors import LocalError

    try:
        with open(path, "w", encoding="utf-8", newline="\n") as file:
            file.write(picture)
    except OSError as failed:
        raise LocalError(f"cannot write {path}: {failed.strerror}") from failed
