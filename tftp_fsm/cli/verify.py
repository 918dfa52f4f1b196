"""`tftp-fsm verify`: try every order of losses, copies, reorderings and time-outs."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from time import monotonic
from typing import Any

from tftp_fsm.borders import terminal
from tftp_fsm.borders.columns import left, right, titled
from tftp_fsm.cli import verify_graph, verify_parties
from tftp_fsm.cli.common import DONE, FAILED, UNFINISHED, add_reorder, add_table, integer, seconds
from tftp_fsm.cli.ladder_output import print_ladder
from tftp_fsm.cli.parser import Parser, make_parser, refuse_overwriting
from tftp_fsm.cli.verify_lessons import add_lessons, is_asked, lessons
from tftp_fsm.cli.verify_progress import SearchProgress
from tftp_fsm.language import mark, sentence_n, shown, tr
from tftp_fsm.protocol.gloss import rfc_words
from tftp_fsm.storage.named import writing
from tftp_fsm.trace.trace import write_trace
from tftp_fsm.verify.case import MOST_FAULTS, Budgets, faults_words, states_words
from tftp_fsm.verify.cases import BLOCKS, KINDS, WINDOWS, cases
from tftp_fsm.verify.explore import Limits
from tftp_fsm.verify.known import found_trace
from tftp_fsm.verify.lesson_files import ladder_of
from tftp_fsm.verify.mutants import MUTANTS
from tftp_fsm.verify.report import Counterexample, Report
from tftp_fsm.verify.rules import RULES
from tftp_fsm.verify.several import explore_all, shared_counter
from tftp_fsm.verify.table_file import changed, load_parties, load_sessions

NAMES = 50  # columns; the longest name of a case has 49
LIMIT = 10_000_000  # states
DESCRIPTION = mark("""\
Try every order of events in small transfers, with the tables that the program runs. Each datagram
may be lost, copied or overtaken, and each time-out may come early, up to the numbers below. The
rules are checked in every state that can be reached. Then each end alone meets a peer that sends
any packet, from any TID. If a rule is broken, print the shortest run that breaks it.

Exit status: 0 if every state was seen and no rule is broken, 1 if a rule is broken, 3 if the search
stopped at a limit.""")
EPILOG = mark("""\
examples:
  tftp-fsm verify                                  reads and writes, windowsize 1, 2 and 4
  tftp-fsm verify get --blocks 4 --windowsize 2 --losses 3
  tftp-fsm verify --graph read.svg                 every state of a small read, as a picture
  tftp-fsm verify --list-mutants
  tftp-fsm verify --mutant sorcerer --output sorcerer.jsonl && tftp-fsm debug sorcerer.jsonl""")


def main(argv: list[str]) -> int:
    """The exit status, see above."""
    parser = command_parser()
    args = parser.parse_args(argv)
    if args.list_mutants:
        print("\n".join(_mutants()))
        return DONE
    writes = {"--output": args.output, "--graph": args.graph, "--lessons": args.lessons}
    refuse_overwriting(parser, writes, args.table)
    if is_asked(args):
        return lessons(args)
    parties = None if args.table is None else load_parties(args.table)
    if parties is not None:
        return verify_parties.main(parser, args, parties)
    if args.reorders:
        parser.error(
            tr("--any-order needs a --table of parties; TFTP is always tried in any order")
        )
    if args.table is not None:
        load_sessions(args.table)
    if args.graph is not None:
        parser.set_defaults(**verify_graph.SMALL)
        args = parser.parse_args(argv)
        return verify_graph.main(parser, args, _budgets(args))
    found = _explored(args)
    if args.json:
        print(json.dumps(_as_json(args, found), indent=2))
    broken = next((r for r in found if r.counterexample is not None), None)
    if broken is not None and broken.counterexample is not None:
        _show(args, broken, broken.counterexample)
        return FAILED
    return UNFINISHED if any(report.stopped_by for report in found) else DONE


def _explored(args: argparse.Namespace) -> list[Report]:
    """The reports, each printed when it is there. A broken rule ends the search."""
    kinds = KINDS if args.kind is None else (args.kind,)
    budgets = _budgets(args)
    windows = args.windowsize or WINDOWS
    all_cases = cases(kinds, windows, args.blocks, budgets, args.mutant, args.table)
    limits = Limits(args.limit, args.max_time)
    began, found = monotonic(), []
    if not args.json:
        print("\n".join(_heading(args, budgets)))
    with SearchProgress(len(all_cases), shared_counter()) as progress:
        for report in explore_all(all_cases, limits, _workers(args), progress.counter):
            found.append(report)
            progress.advance()
            if not args.json:
                progress.say(_line(report))
            if report.counterexample is not None:
                break
    if not args.json:
        print("\n".join(_summary(found, monotonic() - began)))
    return found


def _budgets(args: argparse.Namespace) -> Budgets:
    return Budgets(args.losses, args.copies, args.early, args.retries, args.failures)


def _workers(args: argparse.Namespace) -> int:
    return int(args.workers or min(2, os.cpu_count() or 1))


# -- Text -----------------------------------------------------------------------------------------


def _heading(args: argparse.Namespace, budgets: Budgets) -> Iterator[str]:
    if args.mutant is not None:
        yield titled(tr("mutant"), f"{args.mutant}: {shown(MUTANTS[args.mutant].what)}")
    if args.table is not None:
        kinds = changed(load_sessions(args.table))
        names = ", ".join(kind.table.name for kind in kinds)
        yield terminal(titled(tr("tables"), f"{args.table}: {names}"))
    retries = sentence_n("{count} retransmission", "{count} retransmissions", budgets.retries)
    words = tr(
        "{losses}, {copies}, {early}, any order; {retries} without an answer",
        retries=retries,
        **faults_words(budgets.losses, budgets.copies, budgets.early),
    )
    yield titled(tr("faults"), words)
    heads = (tr("states"), 10), (tr("transitions"), 12), (tr("depth"), 6), (tr("seconds"), 8)
    yield " " * NAMES + " ".join(right(text, width) for text, width in heads)


def _line(report: Report) -> str:
    counts = f"{report.states:>10,} {report.transitions:>12,} {report.depth:>6}"
    verdict = _verdict(report)
    name = left(shown(report.case.name), NAMES)
    return f"{name}{counts} {report.seconds:>8.1f}  {verdict}".rstrip()


def _verdict(report: Report) -> str:
    if report.counterexample is not None:
        return tr("broken: {rule}", rule=report.counterexample.rule.name)
    return tr("stopped at {limit}", limit=report.stopped_by) if report.stopped_by else ""


def _summary(found: Sequence[Report], seconds: float) -> Iterator[str]:
    states = sum(report.states for report in found)
    transitions = sum(report.transitions for report in found)
    all_of_them = left(tr("all"), NAMES)
    yield f"{all_of_them}{states:>10,} {transitions:>12,} {'':6} {seconds:>8.1f}"
    if all(report.is_proven for report in found):
        words = tr("every state was seen, and {rules} rules hold in each state", rules=len(RULES))
        yield titled(tr("proven"), words)
    elif all(report.counterexample is None for report in found):
        words = tr(
            "the search reached a limit: no rule was broken so far, but this does not prove "
            "anything"
        )
        yield titled(tr("stopped"), words)
    for (client, server), (count, faults) in _open_ends(found).items():
        words = tr(
            "the client says {client} and the server says {server}, in {states}, after "
            "{faults} or more",
            client=client,
            server=server,
            states=states_words(count),
            faults=sentence_n("{count} fault", "{count} faults", faults),
        )
        yield titled(tr("allowed"), words)


def _open_ends(found: Sequence[Report]) -> dict[tuple[str, str], tuple[int, int]]:
    """The ends in which one side has the file and the other does not know it."""
    ends: dict[tuple[str, str], tuple[int, int]] = {}
    for report in found:
        for ending in report.endings:
            words = tuple("nothing" if o is None else o.value for o in ending.outcomes)
            if words.count("succeeded") == 1:
                client, server = words
                count, faults = ends.get((client, server), (0, ending.faults))
                both = (count + ending.states, min(faults, ending.faults))
                ends[client, server] = both
    return ends


def _show(args: argparse.Namespace, report: Report, found: Counterexample) -> None:
    if args.output is not None:
        with writing(args.output), args.output.open("w", encoding="ascii", newline="\n") as stream:
            write_trace(found_trace(found), stream)
    if args.json:
        return
    rule = f"{shown(found.rule.sentence)} ({shown(rfc_words(found.rule.rfc))})"
    print()
    print(titled(tr("broken"), rule))
    print(titled(tr("how"), shown(found.how)))
    words = tr("{case}; no run with fewer moves breaks a rule of this case", case=report.case.name)
    print(titled(tr("where"), words) + "\n")
    print_ladder(ladder_of(found))


def _mutants() -> Iterator[str]:
    for mutant in MUTANTS.values():
        yield f"{mutant.name:20}{shown(mutant.what)}"
        yield f"{'':20}{shown(mutant.who)}"


def _as_json(args: argparse.Namespace, found: Sequence[Report]) -> dict[str, Any]:
    return {
        "proven": all(report.is_proven for report in found),
        "mutant": args.mutant,
        "rules": [{"name": r.name, "sentence": r.sentence, "rfc": r.rfc} for r in RULES],
        "cases": [_case_as_json(report) for report in found],
    }


def _case_as_json(report: Report) -> dict[str, Any]:
    case, found = report.case, report.counterexample
    return {
        "name": case.name,
        "states": report.states,
        "transitions": report.transitions,
        "depth": report.depth,
        "seconds": round(report.seconds, 3),
        "stopped_by": report.stopped_by,
        "endings": [
            {
                "client": ending.client and ending.client.value,
                "server": ending.server and ending.server.value,
                "states": ending.states,
                "least_faults": ending.faults,
            }
            for ending in report.endings
        ],
        "broken": None
        if found is None
        else {"rule": found.rule.name, "how": found.how, "moves": found.moves},
    }


# -- The command line -----------------------------------------------------------------------------


def command_parser() -> Parser:
    parser = make_parser("tftp-fsm verify", shown(DESCRIPTION), shown(EPILOG))
    does = tr("only reads, only writes, or only one end against a peer that sends any packet")
    parser.add_argument("kind", nargs="?", choices=KINDS, help=does)
    _add_faults(parser)
    _add_transfer(parser)
    group = parser.add_argument_group(tr("other tables"))
    one = group.add_mutually_exclusive_group()
    add_table(one.add_argument)
    add = one.add_argument
    add("--mutant", metavar="NAME", choices=MUTANTS, help=tr("explore tables with this mistake"))
    add = group.add_argument
    add(
        "--list-mutants",
        action="store_true",
        help=tr("list the mutants, and the programs that had each mistake"),
    )
    add_lessons(parser)
    add = parser.add_argument_group(tr("output")).add_argument
    add("-o", "--output", metavar="FILE", type=Path, help=tr("write the shortest run as a trace"))
    add("--json", action="store_true", help=tr("print the result as JSON"))
    add_reorder(group.add_argument)
    does = tr("write all states of one small transfer (2 blocks, 1 loss) as .svg, .dot or .json")
    add("--graph", metavar="FILE", help=does)
    return parser


def _add_faults(parser: Parser) -> None:
    add = parser.add_argument_group(tr("faults of one run")).add_argument
    most, usual = integer(0, MOST_FAULTS), Budgets()
    for name, default, does in (
        ("losses", usual.losses, tr("number of lost datagrams")),
        ("copies", usual.copies, tr("number of datagrams that arrive twice")),
        ("early", usual.early, tr("number of time-outs while a packet is still under way")),
        (
            "failures",
            usual.failures,
            tr("number of writes that the disk refuses, or of users who give up"),
        ),
        ("retries", usual.retries, tr("number of retransmissions before a side gives up")),
    ):
        add(
            f"--{name}",
            metavar="N",
            type=most,
            default=default,
            help=tr("{does} (default: {default})", does=does, default=default),
        )


def _add_transfer(parser: Parser) -> None:
    add = parser.add_argument_group(tr("transfer and search")).add_argument
    blocks, windows = integer(1, 32), integer(1, 32)
    add(
        "--blocks",
        metavar="N",
        type=blocks,
        default=BLOCKS,
        help=tr("number of blocks (default: 3)"),
    )
    add(
        "--windowsize",
        metavar="N",
        type=windows,
        action="append",
        help=tr("blocks in a window; may be repeated (default: 1, 2 and 4)"),
    )
    does = tr("stop a case at N states (default: {limit:,}, about 2 GB of memory)", limit=LIMIT)
    add("--limit", metavar="N", type=integer(1, 10**9), default=LIMIT, help=does)
    add("--max-time", metavar="S", type=seconds, help=tr("stop a case after S seconds"))
    add(
        "--workers",
        metavar="N",
        type=integer(1, 64),
        help=tr("number of processes; each one tries one case at a time (default: 2)"),
    )
