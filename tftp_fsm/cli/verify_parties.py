"""`tftp-fsm verify --table FILE.py` for a file with two machines that are not TFTP."""

from __future__ import annotations

import argparse
import json
from time import monotonic

from tftp_fsm.borders import terminal
from tftp_fsm.borders.columns import titled
from tftp_fsm.cli.common import DONE, FAILED, UNFINISHED
from tftp_fsm.cli.ladder_output import print_ladder
from tftp_fsm.cli.parser import Parser, refuse_others
from tftp_fsm.language import sentence_n, shown, tr
from tftp_fsm.verify.case import faults_words, states_words
from tftp_fsm.verify.parties import RULES, Faults, Found, Pair, explore, pair_of
from tftp_fsm.verify.party import Party
from tftp_fsm.verify.party_ladder import NARROW, party_ladder

MOST = 1_000_000  # states; some 1 GB of memory
GOES = frozenset(
    {"table", "reorders", "losses", "copies", "early", "blocks", "limit", "max_time", "json"}
)


def main(parser: Parser, args: argparse.Namespace, parties: tuple[type[Party], type[Party]]) -> int:
    """The exit status, as that of `verify`."""
    refuse_others(parser, args, GOES)
    pair = pair_of(parties, args.blocks, reorders=args.reorders)
    faults = Faults(args.losses, args.copies, args.early)
    began = monotonic()
    found = explore(
        pair,
        faults,
        min(args.limit, MOST),
        lambda: args.max_time is not None and monotonic() - began > args.max_time,
    )
    if args.json:
        print(json.dumps(_as_json(found), indent=2))
    else:
        _print(args, pair, faults, found, monotonic() - began)
    return FAILED if found.rule else UNFINISHED if found.stopped else DONE


def _print(
    args: argparse.Namespace, pair: Pair, faults: Faults, found: Found, seconds: float
) -> None:
    names = ", ".join(kind.table.name for kind in pair.kinds)
    print(terminal(titled(tr("tables"), f"{args.table}: {names}")))
    counts = faults_words(*faults)
    counts["items"] = sentence_n("{count} item", "{count} items", len(pair.items))
    words = tr("{losses}, {copies}, {early}, messages in order; {items}", **counts)
    if pair.reorders:
        words = tr("{losses}, {copies}, {early}, any order; {items}", **counts)
    print(titled(tr("faults"), words))
    words = tr(
        "{states}, {transitions}, depth {depth}, {seconds:.1f} s",
        states=states_words(found.states),
        transitions=sentence_n("{count:,} transition", "{count:,} transitions", found.transitions),
        depth=found.depth,
        seconds=seconds,
    )
    print(titled(tr("seen"), words))
    if found.stopped:
        words = tr("at {limit}; no rule is broken so far", limit=found.stopped)
        print(titled(tr("stopped"), words))
    elif not found.rule:
        words = tr("every state was seen, and {rules} rules hold in each state", rules=len(RULES))
        print(titled(tr("proven"), words))
    else:
        print()
        print(titled(tr("broken"), shown(RULES[found.rule])))
        print(terminal(titled(tr("how"), shown(found.how))))
        print(titled(tr("where"), tr("no run with fewer moves breaks a rule")) + "\n")
        if found.moves:
            print_ladder(party_ladder(pair, pair.start(faults), found.moves), width=NARROW)


def _as_json(found: Found) -> dict[str, object]:
    return {
        "proven": not found.rule and not found.stopped,
        "rules": [{"name": name, "sentence": words} for name, words in RULES.items()],
        "states": found.states,
        "transitions": found.transitions,
        "depth": found.depth,
        "stopped_by": found.stopped,
        "broken": {"rule": found.rule, "how": found.how, "moves": list(map(list, found.moves))}
        if found.rule
        else None,
    }
