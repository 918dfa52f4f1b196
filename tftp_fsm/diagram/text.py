"""A machine as text: a drawing for a terminal, or a description in sentences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from tftp_fsm.borders.columns import columns, left
from tftp_fsm.diagram.labels import Label, make_labels
from tftp_fsm.diagram.model import KIND_WORDS, Detail, Edge, Kind, Picture, PictureRow, state_words
from tftp_fsm.language import shown, tr

SIGNS: Mapping[Kind, str] = {"packet": ">", "time": "@", "error": "!", "local": "*"}
COLUMNS = 96  # letters in a line


def render_text(
    picture: Picture,
    *,
    detail: Detail = "full",
    highlight: str = "",
    counts: Mapping[int, int] | None = None,
) -> str:
    """Return the machine in box-drawing characters, with a line for each row."""
    drawer = _Drawer(picture, detail, highlight, counts)
    return "\n".join(line.rstrip() for line in drawer.lines()) + "\n"


def describe(picture: Picture) -> str:
    """Return the text alternative: each state, with its triggers and the states they lead to."""
    first = state_words(picture.initial)
    said = [tr("State machine {name}. It begins in {state}.", name=picture.name, state=first)]
    for state in picture.states:
        words = state_words(state)
        said += [_goes(edge) for edge in picture.edges if edge.source == state]
        if stays := picture.inside(state):
            said.append(tr("{state} stays on {events}.", state=words, events=_triggers(stays)))
        if state in picture.finals:
            said.append(tr("{state} is final.", state=words))
    return " ".join(said)


def _goes(edge: Edge) -> str:
    state, events = state_words(edge.source), _triggers(edge.rows)
    if edge.source == edge.dest:
        return tr("{state} re-enters itself on {events}.", state=state, events=events)
    goal = state_words(edge.dest)
    return tr("{state} goes to {goal} on {events}.", state=state, goal=goal, events=events)


def _triggers(rows: Sequence[PictureRow]) -> str:
    return ", ".join(dict.fromkeys(row.trigger for row in rows))


class _Drawer:
    def __init__(
        self, picture: Picture, detail: Detail, highlight: str, counts: Mapping[int, int] | None
    ) -> None:
        self.picture, self.detail = picture, detail
        self.highlight, self.counts = highlight, counts
        self.order = (*picture.column, *((picture.side,) if picture.side else ()))

    def lines(self) -> Iterator[str]:
        yield f"{self.picture.name}  {shown(self.picture.title)}"
        yield ""
        yield "  ●"
        yield "  ▼"
        for index, state in enumerate(self.order):
            yield from self._box(state)
            yield from self._arrows(index, state)
        used = dict.fromkeys(row.kind for row in self.picture.rows)
        yield "   ".join(f"{SIGNS[kind]} {shown(KIND_WORDS[kind])}" for kind in used)

    def _box(self, state: str) -> Iterator[str]:
        rows = () if self.detail == "states" else self.picture.inside(state)
        inside = [line for label in self._labels(rows, COLUMNS - 8) for line in self._words(label)]
        name = state_words(state)
        name = tr("{state}  <== here", state=name) if state == self.highlight else name
        width = max(map(columns, (name, *inside, " " * 12))) + 2
        corner, bar, end, side = "╔═╗║" if state in self.picture.finals else "┌─┐│"
        yield f"{corner}{bar * width}{end}"
        yield f"{side} {left(name, width - 1)}{side}"
        if inside:
            yield f"├{bar * width}┤"
        yield from (f"{side} {line:<{width - 1}}{side}" for line in inside)
        yield self._floor(state, width)

    def _floor(self, state: str, width: int) -> str:
        if any(e.source == state for e in self.picture.edges):
            return f"└─┬{'─' * (width - 2)}┘"
        return f"╚{'═' * width}╝" if state in self.picture.finals else f"└{'─' * width}┘"

    def _arrows(self, index: int, state: str) -> Iterator[str]:
        """Yield the arrows of a state. The arrow to the state below is the last one."""
        below = self.order[index + 1] if index + 1 < len(self.order) else None
        down = self.picture.edge(state, below) if below else None
        others = [e for e in self.picture.edges if e.source == state and e != down]
        for edge in others:
            last = down is None and edge is others[-1]
            goal = state_words(edge.dest)
            goal = tr("{state} (again)", state=goal) if edge.dest == state else goal
            yield f"  {'└' if last else '├'}──► {goal}"
            yield from (f"  {' ' if last else '│'}      {line}" for line in self._beside(edge))
        if down:
            yield from (f"  │ {line}" for line in self._beside(down))
            yield "  ▼"
        else:
            yield ""

    def _beside(self, edge: Edge) -> list[str]:
        labels = self._labels(edge.rows, COLUMNS - 12)
        return [line for label in labels for line in self._words(label)]

    def _labels(self, rows: Sequence[PictureRow], columns: int) -> tuple[Label, ...]:
        return make_labels(rows, self.detail, columns, self.counts)

    def _words(self, label: Label) -> Iterator[str]:
        for number, (indent, pieces) in enumerate(label.lines):
            mark = f"{SIGNS[label.kind]} " if number == 0 else "  "
            count = "" if label.taken is None else f"{label.taken or '-':>5} "
            gutter = count if number == 0 else " " * len(count)
            yield gutter + mark + " " * indent + " ".join(text for _, text in pieces)
