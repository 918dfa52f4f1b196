"""`tftp-fsm simulate get|put`: both ends over a simulated network, in virtual time.

The same options and seed give the same run, datagram by datagram.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from tftp_fsm.borders import brief
from tftp_fsm.cli.capture import save_capture
from tftp_fsm.cli.common import DONE, FAILED, examples, integer, kind, say
from tftp_fsm.cli.faults import add_faults, add_link, faults_of
from tftp_fsm.cli.ladder_output import (
    RENDERERS,
    add_size,
    known_suffixes,
    print_ladder,
    save_ladder,
)
from tftp_fsm.cli.parser import Parser, make_parser, refuse_overwriting
from tftp_fsm.cli.statistics import Statistics, judge, row
from tftp_fsm.errors import LocalError
from tftp_fsm.ladder.build import build
from tftp_fsm.language import mark, sentence, shown, tr, tr_n, tr_p
from tftp_fsm.protocol.events import Finished
from tftp_fsm.protocol.gloss import outcome_gloss
from tftp_fsm.simulation.ends import Setup
from tftp_fsm.simulation.network import SimulationStuck
from tftp_fsm.simulation.transfer import Result, Simulation, record
from tftp_fsm.storage.named import writing
from tftp_fsm.trace.trace import Trace, write_trace
from tftp_fsm.transports.faults import Faults
from tftp_fsm.wire.options import offer
from tftp_fsm.wire.ranges import BLKSIZE, OFFERED_TIMEOUT, SIMULATED_SIZE, WINDOWSIZE

STDOUT = Path("-")

EXAMPLES = mark("""\
  tftp-fsm simulate get --loss 0.2                 the ladder of one transfer
  tftp-fsm simulate get --loss 0.2 --seed 7        another transfer; the same seed repeats it
  tftp-fsm simulate put --windowsize 8 --loss 0.05 --ladder lossy.svg
  tftp-fsm simulate get --loss 0.3 --runs 200      how often a transfer succeeds, and its time
  tftp-fsm simulate get --loss 0.1 --trace t.jsonl && tftp-fsm debug t.jsonl
  tftp-fsm simulate get --trace - | tftp-fsm ladder - --output quiet.svg""")


def main(argv: list[str]) -> int:
    """Return the exit status. Without --runs it is 1 if the transfer did not succeed."""
    parser = command_parser()
    args = parser.parse_args(argv)
    if args.runs and (args.trace or args.ladder or args.pcap):
        parser.error(
            tr(
                "--trace, --ladder and --pcap show one run: leave out --runs, and give the "
                "--seed of the run"
            )
        )
    if args.json + (args.trace == STDOUT) + (args.pcap == "-") > 1:
        parser.error(
            tr(
                "only one of --json, --trace - and --pcap - can write to stdout: give a file "
                "to the others"
            )
        )
    if args.ladder is not None and args.ladder.suffix not in RENDERERS:
        known = known_suffixes()
        told = tr("--ladder {path} must end with one of {known}", path=args.ladder, known=known)
        parser.error(told)
    refuse_overwriting(
        parser, {"--trace": args.trace, "--ladder": args.ladder, "--pcap": args.pcap}
    )
    setup = _setup(args)
    try:
        return _many(args, setup) if args.runs else _one(args, setup)
    except SimulationStuck as endless:
        why = sentence(
            "{why} (seed {seed}); try a smaller --size", why=str(endless), seed=args.seed
        )
        raise LocalError(why) from None


# -- One run ------------------------------------------------------------------------------------


def _one(args: argparse.Namespace, setup: Setup) -> int:
    result, trace = record(setup)
    if args.trace is not None:
        _save_trace(trace, args.trace)
    if args.ladder is not None:
        save_ladder(build(trace), args.ladder, args.limit)
    if args.pcap is not None:
        save_capture(trace, args.pcap, setup.content)
    if args.json:
        print(json.dumps(_settings(args) | _as_json(result), indent=2))
    elif args.trace != STDOUT and args.pcap != "-":
        if args.ladder is None:
            print_ladder(build(trace), args.limit, args.width)
        print("\n".join(_report(args, setup, result)))
    return _status(result, args.seed)


def _status(result: Result, seed: int) -> int:
    kind = judge(result)
    if kind == "succeeded":
        return DONE
    what = _words(result.client)
    if kind == "damaged":
        what = sentence("the file arrived damaged")
    told = sentence(
        "the simulated transfer did not succeed: {what} (seed {seed})", what=what, seed=seed
    )
    say(told)
    return FAILED


def _report(args: argparse.Namespace, setup: Setup, result: Result) -> Iterator[str]:
    yield row(tr("client"), shown(_words(result.client)))
    yield row(tr("server"), shown(_words(result.server)))
    yield row(tr_p("in a report", "file"), _arrived(result, len(setup.content)))
    yield row(tr("time"), tr("{seconds:.4f} virtual seconds", seconds=result.seconds))
    again = tr_n("{count:,} packet", "{count:,} packets", result.retransmissions)
    yield row(tr_p("in a report", "again"), again)
    yield row(tr("seed"), str(args.seed))


def _arrived(result: Result, size: int) -> str:
    received = tr("nothing")
    if result.received is not None:
        received = tr_n("{count:,} octet", "{count:,} octets", len(result.received))
    if result.intact:
        return tr("{received} of {size:,}, whole", received=received, size=size)
    return tr("{received} of {size:,}, not whole", received=received, size=size)


def _words(finished: Finished | None) -> str:
    if finished is None:
        return sentence("did not begin")
    outcome = outcome_gloss(finished.outcome)
    if not finished.message:
        return outcome
    return sentence("{outcome} {why}", outcome=outcome, why=brief(finished.message))


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
    if path == STDOUT:
        write_trace(trace, sys.stdout)
        return
    with writing(path), path.open("w", encoding="ascii", newline="\n") as stream:
        write_trace(trace, stream)


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
    """Return the result without the file: a million runs would keep a million files."""
    return replace(Simulation(setup).run(), received=None)


# -- The command line -----------------------------------------------------------------------------


def command_parser() -> Parser:
    parser = make_parser(
        "tftp-fsm simulate",
        tr("Run both ends of a transfer over a simulated network, in virtual time."),
        examples(shown(EXAMPLES)),
    )
    parser.add_argument(
        "verb",
        choices=("get", "put"),
        help=tr("get reads a file from the server, and put writes a file to it"),
    )
    network = parser.add_argument_group(tr("network"))
    add_faults(network.add_argument, seed=1)
    add_link(network.add_argument)
    _add_transfer(parser)
    _add_output(parser)
    return parser


def _add_transfer(parser: Parser) -> None:
    transfer = parser.add_argument_group(tr("transfer"))
    for name, metavar, allowed, default, does in (
        ("size", "N", SIMULATED_SIZE, 2000, tr("size of the file in octets (default: 2000)")),
        ("blksize", "N", BLKSIZE, None, tr("octets in a block (default: 512, not offered)")),
        ("windowsize", "N", WINDOWSIZE, None, tr("blocks in a window (default: 1, not offered)")),
        (
            "timeout",
            "S",
            OFFERED_TIMEOUT,
            None,
            tr("offer this timeout, in seconds (default: none)"),
        ),
    ):
        transfer.add_argument(
            f"--{name}", metavar=metavar, type=kind(allowed), default=default, help=does
        )


def _add_output(parser: Parser) -> None:
    output = parser.add_argument_group(tr("output"))
    output.add_argument(
        "--runs", metavar="N", type=integer(1, 10**6), help=tr("run N seeds and print statistics")
    )
    output.add_argument(
        "--trace",
        metavar="FILE",
        type=Path,
        help=tr("write the steps to FILE (-: to stdout, which then has nothing else)"),
    )
    output.add_argument(
        "--ladder",
        metavar="FILE",
        type=Path,
        help=tr("write the ladder to FILE (.svg, .png, .txt, .mmd)"),
    )
    output.add_argument(
        "--pcap", metavar="FILE", help=tr("write the packets and reasons to FILE, for Wireshark")
    )
    output.add_argument("--json", action="store_true", help=tr("print the outcome as JSON"))
    add_size(output.add_argument)


def _setup(args: argparse.Namespace) -> Setup:
    options = offer(
        blksize=args.blksize,
        windowsize=args.windowsize,
        timeout=args.timeout,
        tsize=args.size if args.verb == "put" else 0,
    )
    network = faults_of(args), args.latency, options
    return Setup(args.verb, _content(args.size), *network, rate=args.rate)


def _content(size: int) -> bytes:
    """Return a file in which all blocks differ, so that a misplaced block is noticed."""
    unit = b"".join(number.to_bytes(3, "big") for number in range(4093))
    return (unit * (size // len(unit) + 1))[:size]


def _settings(args: argparse.Namespace) -> dict[str, Any]:
    names = (
        *("verb", "size", "blksize", "windowsize", "timeout", "latency", "rate", "seed", "runs"),
        *(name for name in asdict(Faults()) if name != "seed"),
    )
    return {"settings": {name: getattr(args, name) for name in names}}
