"""`tftp-fsm verify --graph FILE`: the states of one small transfer as a picture."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from tftp_fsm.borders import terminal
from tftp_fsm.cli.common import DONE
from tftp_fsm.cli.parser import Parser
from tftp_fsm.diagram.states import StateArrow, StateBox, StateGraph, graph_dot, render_graph
from tftp_fsm.language import shown, tr
from tftp_fsm.storage.named import write_text
from tftp_fsm.verify.case import PLAIN_BLOCK, SMALL_BLOCK, Budgets, Case, states_words
from tftp_fsm.verify.graph import BLOCKS, FEW, Graph, Node, as_json, graph_of

FORMS = (".svg", ".dot", ".json")
SMALL: dict[str, Any] = {
    "losses": FEW.losses,
    "copies": FEW.copies,
    "early": FEW.early,
    "blocks": BLOCKS,
}
"""The usual budgets of a graph. With larger ones the picture would be unreadable."""


def main(parser: Parser, args: argparse.Namespace, budgets: Budgets) -> int:
    """Write the file; the exit status."""
    form = Path(args.graph).suffix
    if form not in FORMS:
        parser.error(
            tr(
                "the name of the --graph file must end with one of {forms}: {path}",
                forms=", ".join(FORMS),
                path=args.graph,
            )
        )
    if args.kind == "hostile":
        parser.error(tr("--graph needs both ends: get or put"))
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
        tr("Every state of: {case}", case=graph.case.name),
        tr(
            "{states}, at most {losses} lost; the numbers are the blocks that an end has, or "
            "whose ACK it has; time-outs of the client go left, and those of the server go "
            "right",
            states=states_words(count),
            losses=losses,
        ),
        tuple(_box(node) for node in graph.nodes),
        tuple(
            StateArrow(e.source, e.dest, shown(e.words), e.is_time, e.by_client)
            for e in graph.edges
        ),
        graph.spine,
    )


def _box(node: Node) -> StateBox:
    first, second, third = map(shown, node.lines)
    faults = tr("faults so far: {faults}", faults=node.faults)
    return StateBox((first, second, third), node.is_end, faults)
