"""`tftp-fsm verify --graph FILE`: the states of one small transfer as a picture."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from tftp_fsm.borders import terminal
from tftp_fsm.cli.common import DONE, Parser
from tftp_fsm.cli.files import write_text
from tftp_fsm.diagram.states import StateArrow, StateBox, StateGraph, graph_dot, render_graph
from tftp_fsm.verify.case import PLAIN_BLOCK, SMALL_BLOCK, Budgets, Case
from tftp_fsm.verify.graph import BLOCKS, FEW, Graph, as_json, graph_of

FORMS = (".svg", ".dot", ".json")
SMALL: dict[str, Any] = {
    "losses": FEW.losses,
    "copies": FEW.copies,
    "early": FEW.early,
    "blocks": BLOCKS,
}
"""The usual budgets of a graph: a picture of more is none."""


def main(parser: Parser, args: argparse.Namespace, budgets: Budgets) -> int:
    """Write the file; the exit status."""
    form = Path(args.graph).suffix
    if form not in FORMS:
        parser.error(f"--graph writes {', '.join(FORMS)}, by the end of the name: {args.graph}")
    if args.kind == "hostile":
        parser.error("--graph needs both ends: get or put")
    write_text(args.graph, _text(form, graph_of(_case(args, budgets))))
    print(terminal(args.graph))
    return DONE


def _case(args: argparse.Namespace, budgets: Budgets) -> Case:
    """The last block is half full. Windows need options; without them the packets are those of
    RFC 1350.
    """
    (windowsize,) = (args.windowsize or [1])[:1]
    block = PLAIN_BLOCK if windowsize == 1 else SMALL_BLOCK
    size = block * (args.blocks - 1) + block // 2
    return Case(
        args.kind or "get",
        size,
        windowsize,
        windowsize > 1,
        budgets,
        mutant=args.mutant,
        table=args.table,
    )


def _text(form: str, graph: Graph) -> str:
    match form:
        case ".svg":
            return render_graph(drawn(graph))
        case ".dot":
            return graph_dot(drawn(graph))
    return json.dumps(as_json(graph), indent=2) + "\n"


def drawn(graph: Graph) -> StateGraph:
    """The graph as it is drawn: the time-outs of the client lead left."""
    losses, count = graph.case.budgets.losses, len(graph.nodes)
    return StateGraph(
        f"Every state of: {graph.case.name}",
        f"{count} states, at most {losses} lost; blocks that an end has, or whose ACK it has; "
        "time-outs of the client lead left, of the server right",
        tuple(StateBox(n.lines, n.is_end, f"faults so far: {n.faults}") for n in graph.nodes),
        tuple(StateArrow(e.source, e.dest, e.words, e.is_time, e.by_client) for e in graph.edges),
        graph.spine,
    )
