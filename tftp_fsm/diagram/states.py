"""A graph of states as SVG and as DOT. The good path is the spine, and faults are branches."""

from __future__ import annotations

from tftp_fsm.borders import dot, xml
from tftp_fsm.diagram.geometry import Point
from tftp_fsm.diagram.labels import width_of
from tftp_fsm.diagram.lanes import Lanes
from tftp_fsm.diagram.marks import classes, text_at
from tftp_fsm.diagram.model import Kind
from tftp_fsm.diagram.shapes import arrow, num, sign
from tftp_fsm.diagram.style import Theme
from tftp_fsm.diagram.svg import document
from tftp_fsm.errors import LocalError
from tftp_fsm.frozen import frozen
from tftp_fsm.language import sentence, tr


@frozen
class StateBox:
    """One state: its lines of text and a hint. The last line is less important."""

    lines: tuple[str, ...]
    is_end: bool
    hint: str


@frozen
class StateArrow:
    """An arrow between two states, given by number. A branch to the left has `is_left`."""

    source: int
    dest: int
    words: str
    is_time: bool
    is_left: bool


@frozen
class StateGraph:
    """States and arrows without a circle. The first state leads to all others. See `lanes`."""

    title: str
    subtitle: str
    boxes: tuple[StateBox, ...]
    arrows: tuple[StateArrow, ...]
    spine: tuple[int, ...]


MOST_DRAWN = 200  # states in a picture; a larger picture is not readable
LETTERS = 30  # letters in a line of a box
WIDTH, HEIGHT = width_of("m" * LETTERS) + 20, 64.0  # px, of a box
GAP = 64.0  # px, between rows
ASIDE = 34.0  # px, between lanes
LABEL = 80.0  # px, of a label beyond the box of the last lane
TOP, MARGIN = 64.0, 24.0


def render_graph(graph: StateGraph, *, theme: Theme = "auto") -> str:
    """Return one SVG document. LocalError: the graph is too large for a picture."""
    if len(graph.boxes) > MOST_DRAWN:
        raise LocalError(
            sentence(
                "{count} states are too many for a picture (at most {most}): "
                "ask for fewer faults or blocks, or write .dot or .json",
                count=len(graph.boxes),
                most=MOST_DRAWN,
            )
        )
    return Drawing(graph).document(theme)


def graph_dot(graph: StateGraph) -> str:
    """The graph as DOT text."""
    spine = set(graph.spine)
    lines = [f'digraph "{dot(graph.title)}" {{', "  node [shape=box];"]
    for number, node in enumerate(graph.boxes):
        ends = ", peripheries=2" if node.is_end else ""
        words = "\\n".join(dot(line) for line in node.lines)
        lines.append(f'  {number} [label="{words}"{ends}];')
    for edge in graph.arrows:
        good = ", penwidth=2, weight=10" if {edge.source, edge.dest} <= spine else ""
        late = ", style=dashed" if edge.is_time else ""
        lines.append(f'  {edge.source} -> {edge.dest} [label="{dot(edge.words)}"{good}{late}];')
    return "\n".join([*lines, "}"]) + "\n"


class Drawing:
    """A graph with the places of its parts, in pixels."""

    def __init__(self, graph: StateGraph) -> None:
        self.graph, self.spine = graph, graph.spine
        ends = [(e.source, e.dest, e.is_left) for e in graph.arrows]
        self.lanes = Lanes(len(graph.boxes), ends, self.spine)
        left, right = min(self.lanes.columns), max(self.lanes.columns)
        self.axis = MARGIN + WIDTH / 2 - left * (WIDTH + ASIDE)
        self.width = self.axis + right * (WIDTH + ASIDE) + WIDTH / 2 + LABEL + MARGIN
        self.height = TOP + (max(self.lanes.rows) + 1) * (HEIGHT + GAP)
        self.ports: dict[float, int] = {}

    def document(self, theme: Theme) -> str:
        body = [
            text_at(MARGIN, 26, self.graph.title, "heading", 20),
            text_at(MARGIN, 46, self.graph.subtitle, "subtitle soft", 13),
            *(self._edge(edge) for edge in self.graph.arrows),
            *(self._node(number, node) for number, node in enumerate(self.graph.boxes)),
        ]
        words = "; ".join(map(_arrow_words, self.graph.arrows))
        return document(self.graph.title, words, self.width, self.height, body, theme, "")

    def _place(self, node: int) -> Point:
        """Return the middle of the top of a box."""
        x = self.axis + self.lanes.columns[node] * (WIDTH + ASIDE)
        return x, TOP + self.lanes.rows[node] * (HEIGHT + GAP)

    def _node(self, number: int, node: StateBox) -> str:
        x, y = self._place(number)
        left = x - WIDTH / 2
        inner = "" if not node.is_end else _rect("inner", left + 4, y + 4, 8)
        texts = (
            text_at(
                left + 10,
                y + 19 + 16 * i,
                line[:LETTERS],
                "soft" if i + 1 == len(node.lines) else "",
            )
            for i, line in enumerate(node.lines)
        )
        parts = "".join((_rect("box", left, y, 0), inner, *texts))
        hint = xml(*node.lines, node.hint)
        return f'<g id="node-{number}" class="state"><title>{hint}</title>{parts}</g>'

    def _edge(self, edge: StateArrow) -> str:
        points = self._points(edge)
        kind: Kind = "time" if edge.is_time else "packet"
        is_good = {edge.source, edge.dest} <= set(self.spine)
        across = points[0][0] != points[-1][0] and points[1][1] < points[0][1] + GAP / 2
        x, y = (points[-1][0], points[-1][1] - 22) if across else (points[0][0], points[0][1] + 24)
        line = arrow(points)
        if edge.is_time and not is_good:
            line = f'<g stroke-dasharray="5 4">{line}</g>'
        words = text_at(x + 24, y + 4, edge.words, "trigger")
        back = f'<rect class="paper" x="{num(x + 6)}" y="{num(y - 8)}" '
        back += f'width="{num(width_of(edge.words) + 20)}" height="15"/>'
        cls = classes("edge", kind, spine=is_good)
        return f'<g class="{cls}">{line}{back}{sign(kind, x + 8, y - 6)}{words}</g>'

    def _points(self, edge: StateArrow) -> tuple[Point, ...]:
        """Return the points of an arrow. In one lane it goes straight down.

        Otherwise it crosses just below the source, or just above the dest, if the rest of the lane
        is free. Otherwise it goes down between two lanes.
        """
        (x, y), (goal, end) = self._place(edge.source), self._place(edge.dest)
        y += HEIGHT
        side = -16 if goal < x else 16
        if x == goal and self._is_free(edge, x):
            return (x, y), (goal, end)
        begins_here = edge.source in self.spine
        ways = ("branch", "merge") if begins_here else ("merge", "branch")
        free = {"branch": self._is_free(edge, goal), "merge": self._is_free(edge, x)}
        way = next((w for w in ways if free[w] and x != goal), "between")
        below = y + 8 + 7 * self._port(edge.source) if way != "merge" else 0.0
        above = end - 8 - 7 * self._port(self.lanes.rows[edge.dest] - 0.5) if way != "branch" else 0
        if way == "branch":
            return (x + side, y), (x + side, below), (goal, below), (goal, end)
        if way == "merge":
            return (x, y), (x, above), (goal - side, above), (goal - side, end)
        between = x + side / 16 * (WIDTH + ASIDE) / 2
        return (
            *((x + side, y), (x + side, below), (between, below), (between, above)),
            *((goal - side, above), (goal - side, end)),
        )

    def _is_free(self, edge: StateArrow, x: float) -> bool:
        """Return whether the lane at `x` has no box between the rows of both ends."""
        rows = self.lanes.rows
        between = range(rows[edge.source] + 1, rows[edge.dest])
        return not any(
            rows[node] in between and self._place(node)[0] == x for node in range(len(rows))
        )

    def _port(self, key: float) -> int:
        """Return a place for a line beside others. After a few lines, places are used again."""
        self.ports[key] = self.ports.get(key, -1) + 1
        return self.ports[key] % 4


def _arrow_words(edge: StateArrow) -> str:
    return tr("{source} to {goal}: {words}", source=edge.source, goal=edge.dest, words=edge.words)


def _rect(cls: str, x: float, y: float, less: float) -> str:
    size = f'width="{num(WIDTH - less)}" height="{num(HEIGHT - less)}" rx="{9 - less / 2:g}"'
    return f'<rect class="{cls}" x="{num(x)}" y="{num(y)}" {size}/>'
