"""The states of a small transfer as a graph: both ends, the datagrams under way, and the moves.

    graph = graph_of(Case("get", 700, has_options=False, budgets=FEW))
    graph.spine                     # the states of the run without a fault, from first to last

Two states can look the same at both ends. Then they differ in the datagrams under way, or in the
number of faults that may still come.
"""

from __future__ import annotations

from typing import Any

from tftp_fsm.errors import LocalError
from tftp_fsm.frozen import frozen
from tftp_fsm.language import sentence
from tftp_fsm.protocol.receiver import Receiver
from tftp_fsm.protocol.sender import Sender
from tftp_fsm.protocol.session import Session
from tftp_fsm.trace.describe import datagram_words
from tftp_fsm.verify.case import END_WORDS, Budgets, Case, states_words
from tftp_fsm.verify.known import kinds_of
from tftp_fsm.verify.search import Search, Stopped
from tftp_fsm.verify.world import COPY, EXPIRE, SILENCE, Move, World, unpacked

FEW = Budgets(losses=1, copies=0, early=0)
BLOCKS = 2
MOST = 20_000  # states; a larger graph is not written


@frozen
class Node:
    """One state: the words of each end, the datagrams under way, and the faults so far."""

    client: str
    server: str
    under_way: tuple[str, ...]
    faults: int
    is_end: bool

    @property
    def lines(self) -> tuple[str, str, str]:
        """The state in three lines."""
        under_way = " + ".join(self.under_way)
        return (
            sentence("client {words}", words=self.client),
            sentence("server {words}", words=self.server),
            sentence("under way: {packets}", packets=under_way)
            if under_way
            else sentence("under way: nothing"),
        )


@frozen
class Edge:
    """An edge from one state to another, by their numbers. `is_time` is true for a time-out."""

    source: int
    dest: int
    words: str
    is_time: bool
    by_client: bool


@frozen
class Graph:
    """All states of a case. In the first state the request has just been sent."""

    case: Case
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]

    @property
    def spine(self) -> tuple[int, ...]:
        """The states of the run in which nothing goes wrong."""
        way, at = [0], 0
        while good := [e for e in self.edges if e.source == at and self._is_good(e)]:
            at = good[0].dest
            way.append(at)
        return tuple(way)

    def _is_good(self, edge: Edge) -> bool:
        return self.nodes[edge.dest].faults == 0


def graph_of(case: Case) -> Graph:
    """Explore the case. Raises LocalError if it has more than `MOST` states or breaks a rule."""
    search = Search(case, kinds_of(case), lambda states: states <= MOST, most=MOST)
    try:
        violation = search.run()
    except Stopped:
        raise LocalError(
            sentence(
                "the graph has more than {states}: ask for fewer faults or blocks",
                states=states_words(MOST),
            )
        ) from None
    if violation is not None:
        raise LocalError(
            sentence(
                "a rule is broken: {breach}; see `verify` without --graph",
                breach=str(violation.breach),
            )
        )
    world = search.world
    nodes = tuple(_node(world, state) for state in search.states)
    edges: dict[tuple[int, int], Edge] = {}
    for source, move, dest in search.edges():
        edges[source, dest] = _edge(world, not nodes[source].under_way, source, move, dest)
    return Graph(case, nodes, tuple(edges.values()))


def as_json(graph: Graph) -> dict[str, Any]:
    """The graph as values of JSON."""
    return {
        "case": graph.case.name,
        "spine": list(graph.spine),
        "states": [
            {
                "client": node.client,
                "server": node.server,
                "under_way": list(node.under_way),
                "faults": node.faults,
                "is_end": node.is_end,
            }
            for node in graph.nodes
        ],
        "edges": [{"from": e.source, "to": e.dest, "what": e.words} for e in graph.edges],
    }


def _node(world: World, state: int) -> Node:
    client, server, datagrams = world.parts(state)
    words = tuple(_packet(world, octets) for octets in datagrams)
    is_end = client.state.is_final and (server is None or server.state.is_final)
    return Node(_end(client), _end(server), words, world.faults(state), is_end)


def _end(session: Session | None) -> str:
    match session:
        case Receiver():
            return sentence(
                "{state}, has {blocks}", state=session.state.value, blocks=session.received
            )
        case Sender():
            acked = max(session.acked, 0)
            return sentence("{state}, acked {blocks}", state=session.state.value, blocks=acked)
    return sentence("not begun")


def _packet(world: World, octets: bytes) -> str:
    words = datagram_words(octets, len(octets))
    return words.partition(" (")[0] if words.startswith("DATA") else words.split(" file")[0]


def _edge(world: World, is_idle: bool, source: int, move: int, dest: int) -> Edge:
    known = unpacked(move)
    is_time = known.kind in (EXPIRE, SILENCE)
    return Edge(source, dest, _words(world, known, is_idle), is_time, known.is_client)


def _words(world: World, move: Move, is_idle: bool) -> str:
    """Return the words for a move. `is_idle` is true if no datagram is under way before it."""
    end = END_WORDS["client" if move.is_client else "server"]
    if move.kind == SILENCE and is_idle:
        return sentence("{end} times out", end=end)
    if move.kind == SILENCE:
        return sentence("lost: {end} times out", end=end)
    if move.kind == EXPIRE:
        return sentence("{end} times out early", end=end)
    packet = _packet(world, world.book.datagrams[move.packet].octets)
    if move.kind == COPY:
        return sentence("{packet} arrives, and a copy stays under way", packet=packet)
    return sentence("{packet} arrives", packet=packet)
