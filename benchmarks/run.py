"""`make bench`: compare tftp-fsm with well-known TFTP programs, and with bare loops.

    .venv/bin/python benchmarks/run.py --list
    .venv/bin/python benchmarks/run.py --quick --only 'lock-step-get-512-*'

Whole processes are timed, from start to end. The two sides take turns. A ratio is our median
divided by theirs, so less is better. Every file is compared.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict
from fnmatch import fnmatch
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "benchmarks" / "RESULTS.md"
sys.path[:0] = [str(ROOT)]

import dask_urls  # noqa: E402
import explaining  # noqa: E402
import exploring  # noqa: E402
import machine  # noqa: E402
import many  # noqa: E402
import memory  # noqa: E402
import slow_disk  # noqa: E402
from bench import Bench  # noqa: E402
from cases import all_cases  # noqa: E402
from jobs import Case, Row  # noqa: E402
from report import as_markdown, put_between_markers  # noqa: E402

SPECIAL = {
    name: module.measured
    for module in (many, dask_urls, memory, slow_disk, exploring, explaining)
    for name in module.CASES
}


def main(argv: list[str]) -> int:
    """Return the exit status: 0 if something was measured, 2 if there was nothing to measure."""
    args = _parser().parse_args(argv)
    cases = [case for case in all_cases() if _wanted(case.name, args.only)]
    special = [name for name in SPECIAL if _wanted(name, args.only)]
    if args.list:
        print("\n".join([case.name for case in cases] + special))
        return 0
    if not cases and not special:
        print(f"bench: nothing is called {' or '.join(args.only)}: see --list", file=sys.stderr)
        return 2
    rows = _measured(args, cases, special)
    markdown = as_markdown(rows, _notes(args))
    print(markdown)
    if args.json:
        Path(args.json).write_text(json.dumps([asdict(row) for row in rows], indent=1) + "\n")
    if args.update_results:
        put_between_markers(RESULTS, markdown)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="benchmarks/run.py", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    add = parser.add_argument
    add("--only", action="append", default=[], metavar="PATTERN", help="names, or parts of them")
    add("--repeat", type=int, default=3, metavar="N", help="runs of each side (3)")
    add("--quick", action="store_true", help="a tenth of the octets and of the clients")
    add("--list", action="store_true", help="say what can be measured")
    add("--json", metavar="FILE", help="the rows as JSON too")
    add("--first", action="store_true", help="run before the other work of a busy machine (root)")
    add("--work", metavar="DIR", help="where files are: the disk that is used (a new one in /tmp)")
    add("--update-results", action="store_true", help="write the table into benchmarks/RESULTS.md")
    return parser


def _wanted(name: str, patterns: list[str]) -> bool:
    return not patterns or any(part in name or fnmatch(name, part) for part in patterns)


def _measured(args: argparse.Namespace, cases: list[Case], special: list[str]) -> list[Row]:
    if args.first:
        machine.come_first()
    load = machine.load()
    words = "" if load <= machine.QUIET else ": NOT QUIET, the figures are worth little"
    print(f"bench: load average {load:.2f}{words}", file=sys.stderr, flush=True)
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="tftp-bench-", dir=args.work) as directory:
        # Some servers serve only files that all users may read, and check the parent folders, too.
        Path(directory).chmod(0o755)
        bench = Bench(Path(directory), repeat=max(1, args.repeat), quick=args.quick)
        try:
            for row in _rows(bench, cases, special):
                rows.append(row)
                _say_row(row)
        finally:
            bench.close()
    return rows


def _rows(bench: Bench, cases: list[Case], special: list[str]) -> Iterator[Row]:
    for case in cases:
        print(f"bench: {case.name}", file=sys.stderr, flush=True)
        yield from bench.compare(case)
    for name in special:
        print(f"bench: {name}", file=sys.stderr, flush=True)
        yield from SPECIAL[name](bench, name)


def _say_row(row: Row) -> None:
    verdict = "" if row.met is None else "  met" if row.met else "  NOT MET"
    sides = f"{row.ours} {row.figures[0]}, {row.theirs} {row.figures[1]}"
    print(f"  {sides}: {row.ratio} {row.target}{verdict}", file=sys.stderr, flush=True)


def _notes(args: argparse.Namespace) -> Iterator[str]:
    yield f"{machine.described()}; loopback, files on one disk."
    yield f"Against {machine.versions()}."
    yield (
        f"Medians of {args.repeat} alternating runs of whole processes; ratio: ours by theirs, "
        "less is better. CPU seconds are those of both ends. The peak is that of the compared "
        "program, and at least the 12 MiB or so of the program that starts it. Cases without a "
        "target, and those with a thousand clients, ran once."
    )
    if args.first:
        yield "All programs had a fixed priority (SCHED_FIFO), because the machine had other work."
    if args.quick:
        yield "With `--quick`, a tenth of the sizes: not for publication."


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        print("bench: interrupted", file=sys.stderr)
        sys.exit(130)
