"""`tftp-fsm verify --table FILE.py` for a file with two machines that are not TFTP."""

from __future__ import annotations

import argparse
import json
from time import monotonic

from tftp_fsm.borders import terminal
from tftp_fsm.cli.common import DONE, FAILED, Parser, refuse_others
from tftp_fsm.cli.ladder import print_ladder
from tftp_fsm.verify.parties import RULES, Faults, Found, Pair, explore, pair_of
from tftp_fsm.verify.party import Party
from tftp_fsm.verify.party_ladder import NARROW, party_ladder

STOPPED = 3
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
    return FAILED if found.rule else STOPPED if found.stopped else DONE


def _print(
    args: argparse.Namespace, pair: Pair, faults: Faults, found: Found, seconds: float
) -> None:
    names = ", ".join(kind.table.name for kind in pair.kinds)
    print(terminal(f"tables    {args.table}: {names}"))
    order = "any order" if pair.reorders else "in order"
    print(
        f"faults    {faults.losses} losses, {faults.copies} copies, {faults.early} early time-outs,"
        f" {order}; {len(pair.items)} items"
    )
    print(
        f"seen      {found.states:,} states, {found.transitions:,} transitions,"
        f" depth {found.depth}, {seconds:.1f} s"
    )
    if found.stopped:
        print(f"stopped   at {found.stopped}; no rule is broken so far")
    elif not found.rule:
        print(f"proven    every state was seen, and {len(RULES)} rules hold in each")
    else:
        print(f"\nbroken    {RULES[found.rule]}")
        print(terminal(f"how       {found.how}"))
        print("where     no run with fewer moves breaks a rule\n")
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
