"""Measure how cost grows with the file, the sessions, the loss, the trace, and the states.

    .venv/bin/python benchmarks/growth.py --quick              # small sizes, about a minute
    .venv/bin/python benchmarks/growth.py --update-results     # benchmarks/GROWTH.md and its plots
    .venv/bin/python benchmarks/growth.py --long --only trace  # up to a million steps

Costs are CPU seconds, so other work on the machine matters little. For each line the exponent of
the upper part is fitted: cost is in proportion to n to that power. It may be no more than that of
n log n over the same sizes, and a tolerance.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from math import log
from pathlib import Path
from statistics import linear_regression

ROOT = Path(__file__).resolve().parents[1]
HERE = ROOT / "benchmarks"
RESULTS = HERE / "GROWTH.md"
sys.path[:0] = [str(ROOT)]

import growing  # noqa: E402
import machine  # noqa: E402
from bench import Bench  # noqa: E402
from plots import Points, plot  # noqa: E402
from report import put_between_markers  # noqa: E402

TOLERANCE = 0.12  # of an exponent; short measurements differ by as much
UPPER = 100.0  # the exponent is that of the sizes from the largest divided by this


@dataclass
class Curve:
    """One picture: a line for each of `lines`, cost by size."""

    name: str
    title: str
    x_unit: str
    y_unit: str
    lines: dict[str, Points] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    is_power: bool = True  # whether an exponent makes sense


def exponents(points: Points) -> tuple[float, float]:
    """Return the exponent of the upper part of `points`, and that of n log n for the same sizes."""
    most = max(x for x, _ in points)
    upper = [(x, y) for x, y in points if x * UPPER >= most and y > 0]
    if len(upper) < 2:
        return 0.0, 1.0
    sizes = [log(x) for x, _ in upper]
    own = linear_regression(sizes, [log(y) for _, y in upper]).slope
    other = linear_regression(sizes, [log(x * log(max(x, 2.0))) for x, _ in upper]).slope
    return own, other


def main(argv: list[str]) -> int:
    """Measure, print the table, and return 0 if nothing grows faster than n log n."""
    args = _parser().parse_args(argv)
    wanted = [name for name in growing.MEASURES if not args.only or name in args.only]
    if not wanted:
        print(f"growth: choose from {' '.join(growing.MEASURES)}", file=sys.stderr)
        return 2
    if args.first:
        machine.come_first()
    curves = list(_measured(args, wanted))
    markdown = "\n".join(_markdown(curves))
    print(markdown)
    if args.update_results:
        put_between_markers(RESULTS, markdown)
        for curve in curves:
            picture = plot(curve.title, curve.x_unit, curve.y_unit, curve.lines)
            (HERE / "growth" / f"{curve.name}.svg").write_text(picture, encoding="utf-8")
    return 0 if all(_is_fine(curve) for curve in curves) else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="benchmarks/growth.py", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    add = parser.add_argument
    add("--only", action="append", default=[], metavar="NAME", help="one of the measures")
    add("--quick", action="store_true", help="small sizes")
    add("--long", action="store_true", help="the largest sizes: half an hour")
    add("--first", action="store_true", help="run before the other work of a busy machine (root)")
    add("--work", metavar="DIR", help="where files are (a new one in /tmp)")
    add("--update-results", action="store_true", help="write GROWTH.md and the plots")
    return parser


def _measured(args: argparse.Namespace, wanted: list[str]) -> Iterator[Curve]:
    scale = growing.QUICK if args.quick else growing.LONG if args.long else growing.USUAL
    with tempfile.TemporaryDirectory(prefix="tftp-growth-", dir=args.work) as directory:
        Path(directory).chmod(0o755)
        bench = Bench(Path(directory), repeat=1, quick=False)
        try:
            for name in wanted:
                curve = Curve(name, *growing.TITLES[name], is_power=name != "loss")
                for line, x, y in growing.MEASURES[name](bench, scale):
                    print(f"growth: {name}: {line}: {x:g}: {y:.6g}", file=sys.stderr, flush=True)
                    curve.lines[line] = [*curve.lines.get(line, ()), (x, y)]
                yield curve
        finally:
            bench.close()


def _is_fine(curve: Curve) -> bool:
    if not curve.is_power:
        return True
    pairs = [exponents(points) for points in curve.lines.values()]
    return all(own <= other + TOLERANCE for own, other in pairs)


def _markdown(curves: list[Curve]) -> Iterator[str]:
    yield f"{machine.described()}; loopback."
    yield ""
    yield "| what grows | line | from | to | cost at the end | exponent | n log n | |"
    yield "| --- | --- | --- | --- | --- | --- | --- | --- |"
    for curve in curves:
        for name, points in curve.lines.items():
            yield _row(curve, name, sorted(points))
    for curve in curves:
        yield ""
        yield f"![{curve.title}](growth/{curve.name}.svg)"


def _row(curve: Curve, name: str, points: Points) -> str:
    (least, _), (most, cost) = points[0], points[-1]
    cells = [
        f"{curve.title}, by {curve.x_unit}",
        name,
        f"{least:,g}",
        f"{most:,.10g}",
        f"{cost:.3g} {curve.y_unit}",
    ]
    if curve.is_power:
        own, other = exponents(points)
        fits = own <= other + TOLERANCE
        cells += [f"{own:.2f}", f"{other:.2f}", "no more" if fits else "**more**"]
    else:
        cells += [f"{cost / max(points[0][1], 1e-9):.1f} times the first", "", ""]
    return "| " + " | ".join(cells) + " |"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
