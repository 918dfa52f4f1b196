"""`tftp-fsm simulate get|put`: both ends over a simulated network, in virtual time.

The same options and seed give the same run, datagram by datagram.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from tftp_fsm.cli.common import (
    DONE,
    FAILED,
    Parser,
    integer,
    make_parser,
    probability,
    say,
    seconds,
)
from tftp_fsm.cli.ladder import (
    RENDERERS,
    ROWS,
    known_suffixes,
    print_ladder,
    reason_of,
    save_ladder,
)
from tftp_fsm.cli.statistics import Statistics, judge
from tftp_fsm.errors import LocalError
from tftp_fsm.ladder import build
from tftp_fsm.protocol.events import Finished
from tftp_fsm.simulation.ends import Setup
from tftp_fsm.simulation.network import SimulationStuck
from tftp_fsm.simulation.transfer import Result, Simulation, record
from tftp_fsm.trace.trace import Trace, write_trace
from tftp_fsm.transports.faults import Faults
from tftp_fsm.wire.options import BLKSIZE_RANGE, TIMEOUT_RANGE, WINDOWSIZE_TOLD_APART, offer
from tftp_fsm.wire.packets import printable

EPILOG = """\
examples:
  tftp-fsm simulate get --loss 0.2                 the ladder of one transfer
  tftp-fsm simulate get --loss 0.2 --seed 7        another one, the same each time
  tftp-fsm simulate put --windowsize 8 --loss 0.05 --ladder lossy.svg
  tftp-fsm simulate get --loss 0.3 --runs 200      how often it works, and how long it takes
  tftp-fsm simulate get --loss 0.1 --trace t.jsonl && tftp-fsm debug t.jsonl"""


def main(argv: list[str]) -> int:
    """The exit status: 1 where a single transfer did not succeed."""
    parser = _parser()
    args = parser.parse_args(argv)
    if args.runs and (args.trace or args.ladder):
        parser.error("--trace and --ladder show one run: give its --seed, without --runs")
    if args.ladder is not None and args.ladder.suffix not in RENDERERS:
        parser.error(f"--ladder {args.ladder} should end with {known_suffixes()}")
    setup = _setup(args)
    try:
        return _many(args, setup) if args.runs else _one(args, setup)
    except SimulationStuck as endless:
        raise LocalError(f"{endless} (seed {args.seed}): a smaller --size ends sooner") from None


# -- One run ------------------------------------------------------------------------------------


def _one(args: argparse.Namespace, setup: Setup) -> int:
    result, trace = record(setup)
    if args.trace is not None:
        _save_trace(trace, args.trace)
    if args.ladder is not None:
        save_ladder(build(trace), args.ladder, args.limit)
    if args.json:
        print(json.dumps(_settings(args) | _as_json(result), indent=2))
    else:
        if args.ladder is None:
            print_ladder(build(trace), args.limit, args.width)
        print("\n".join(_report(args, setup, result)))
    return _status(result, args.seed)


def _status(result: Result, seed: int) -> int:
    kind = judge(result)
    if kind == "succeeded":
        return DONE
    what = "the file arrived damaged" if kind == "damaged" else _words(result.client)
    say(f"the simulated transfer did not succeed: {what} (seed {seed})")
    return FAILED


def _report(args: argparse.Namespace, setup: Setup, result: Result) -> Iterator[str]:
    received = "nothing" if result.received is None else f"{len(result.received):,} octets"
    whole = "whole" if result.intact else "not whole"
    yield f"client    {_words(result.client)}"
    yield f"server    {_words(result.server)}"
    yield f"file      {received} of {len(setup.content):,}, {whole}"
    yield f"time      {result.seconds:.4f} virtual seconds"
    yield f"again     {result.retransmissions:,} packets"
    yield f"seed      {args.seed}"


def _words(finished: Finished | None) -> str:
    if finished is None:
        return "never began"
    return f"{finished.outcome.value} {printable(finished.message)}".rstrip()


def _as_json(result: Result) -> dict[str, Any]:
    return {
        "judged": judge(result),
        "client": _end_as_json(result.client),
        "server": _end_as_json(result.server),
        "received": None if result.received is None else len(result.received),
        "intact": result.intact,
        "seconds": result.seconds,
        "retransmissions": result.retransmissions,
    }


def _end_as_json(finished: Finished | None) -> dict[str, Any] | None:
    if finished is None:
        return None
    return {"outcome": finished.outcome.value, "message": finished.message, "code": finished.code}


def _save_trace(trace: Trace, path: Path) -> None:
    try:
        with path.open("w", encoding="ascii", newline="\n") as stream:
            write_trace(trace, stream)
    except OSError as failed:
        raise LocalError(f"cannot write the trace {path}: {reason_of(failed)}") from None


def _many(args: argparse.Namespace, setup: Setup) -> int:
    seeds = range(args.seed, args.seed + args.runs)
    runs = {seed: replace(setup, faults=replace(setup.faults, seed=seed)) for seed in seeds}
    statistics = Statistics({seed: _outcome(one) for seed, one in runs.items()})
    if args.json:
        print(json.dumps(_settings(args) | statistics.as_json(), indent=2))
    else:
        print("\n".join(statistics.lines()))
    return DONE


def _outcome(setup: Setup) -> Result:
    """Without the file, of which a million copies would be too many."""
    return replace(Simulation(setup).run(), received=None)


# -- The command line -----------------------------------------------------------------------------


def _parser() -> Parser:
    parser = make_parser(
        "tftp-fsm simulate",
        "Run both ends of a transfer over a simulated network, in virtual time.",
        EPILOG,
    )
    parser.add_argument("verb", choices=("get", "put"), help="what the client does")
    network = parser.add_argument_group("the network, each datagram by itself")
    for name, does in (
        ("loss", "is lost"),
        ("duplicate", "arrives twice"),
        ("reorder", "is held until others have passed"),
        ("corrupt", "has one bit turned over"),
    ):
        network.add_argument(
            f"--{name}",
            metavar="P",
            type=probability,
            default=0.0,
            help=f"probability, 0 to 1, that it {does} (default: 0)",
        )
    _add_seconds(network, "--delay", 0.0, "the most that one is late, at random")
    _add_seconds(network, "--latency", 0.001, "what every one takes, one way")
    network.add_argument(
        "--seed", metavar="N", type=integer(0, 2**63), default=1, help="chance (default: 1)"
    )
    _add_transfer(parser)
    _add_output(parser)
    return parser


def _add_seconds(group: Any, name: str, default: float, does: str) -> None:
    words = f"{does}, in seconds (default: {default:g})"
    group.add_argument(name, metavar="S", type=seconds, default=default, help=words)


def _add_transfer(parser: Parser) -> None:
    transfer = parser.add_argument_group("the transfer")
    for name, values, default, does in (
        ("size", range(1 << 28), 2000, "of the file, in octets"),
        ("blksize", BLKSIZE_RANGE, 512, "octets a block"),
        ("windowsize", WINDOWSIZE_TOLD_APART, 1, "blocks for one ACK"),
    ):
        transfer.add_argument(
            f"--{name}",
            metavar="N",
            type=integer(values[0], values[-1]),
            default=default,
            help=f"{does} (default: {default})",
        )
    transfer.add_argument(
        "--timeout",
        metavar="S",
        type=integer(TIMEOUT_RANGE[0], TIMEOUT_RANGE[-1]),
        help="negotiate this many seconds (default: adapt)",
    )


def _add_output(parser: Parser) -> None:
    output = parser.add_argument_group("what is shown")
    output.add_argument(
        "--runs", metavar="N", type=integer(1, 10**6), help="statistics over N seeds"
    )
    output.add_argument("--trace", metavar="FILE", type=Path, help="write the trace")
    output.add_argument(
        "--ladder", metavar="FILE", type=Path, help="draw into FILE (.svg, .txt, .mmd), not here"
    )
    output.add_argument("--json", action="store_true", help="the outcome as JSON, no ladder")
    output.add_argument("--width", metavar="N", type=integer(40, 1000), help="columns of the text")
    output.add_argument(
        "--limit",
        metavar="N",
        type=integer(0, 10**9),
        default=ROWS,
        help=f"fold longer ladders; 0: never (default: {ROWS} rows)",
    )


def _setup(args: argparse.Namespace) -> Setup:
    options = offer(
        blksize=args.blksize,
        windowsize=args.windowsize,
        timeout=args.timeout,
        tsize=args.size if args.verb == "put" else 0,
    )
    faults = Faults(
        args.loss, args.duplicate, args.reorder, args.delay, args.corrupt, seed=args.seed
    )
    return Setup(args.verb, _content(args.size), faults, args.latency, options)


def _content(size: int) -> bytes:
    """Octets in which no block is like the next, so that a misplaced one is noticed."""
    unit = b"".join(number.to_bytes(3, "big") for number in range(4093))
    return (unit * (size // len(unit) + 1))[:size]


def _settings(args: argparse.Namespace) -> dict[str, Any]:
    names = (
        *("verb", "size", "blksize", "windowsize", "timeout", "latency", "seed", "runs"),
        *(name for name in asdict(Faults()) if name != "seed"),
    )
    return {"settings": {name: getattr(args, name) for name in names}}
