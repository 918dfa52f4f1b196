"""Make a `Picture` from rows. Every renderer draws this model, which has no coordinates.

Any table that `transitions` takes can be drawn, not only TFTP's: rows are objects with the
attributes of `tftp_fsm.protocol.rows.Row`, or dicts as in `Machine(transitions=[...])`.

    picture = picture_of([{"trigger": "coin", "source": "locked", "dest": "unlocked"}], name="gate")
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from enum import Enum
from typing import Any, Literal, TypeAlias

from tftp_fsm.diagram.spine import choose_side, choose_spine
from tftp_fsm.frozen import frozen
from tftp_fsm.language import mark, marked, sentence, shown
from tftp_fsm.protocol.gloss import state_gloss
from tftp_fsm.protocol.rows import Table

Kind: TypeAlias = Literal["packet", "time", "error", "local"]
Detail: TypeAlias = Literal["states", "triggers", "full"]
Names: TypeAlias = tuple[str, ...]

DETAILS: tuple[Detail, ...] = ("states", "triggers", "full")
KINDS: tuple[Kind, ...] = ("packet", "time", "error", "local")
KIND_WORDS: Mapping[Kind, str] = {
    "packet": mark("a packet"),
    "time": mark("a time-out"),
    "error": mark("an error"),
    "local": mark("an event of this end"),
}
PEOPLE = ("why", "rfc", "why_window", "rfc_window")
_TIME = ("timeout", "timer", "expired", "elapsed", "deadline")
_ERROR = ("error", "fail", "abort", "malformed", "unreachable", "invalid", "fault", "broken")
_PACKET = ("_received", "_arrived")


@frozen
class PictureRow:
    """One row of the table. `index` is its place there. With `dest` None it stays in `source`."""

    index: int
    trigger: str
    kind: Kind
    source: str
    dest: str | None
    guard: str = ""
    actions: str = ""
    why: str = ""
    rfc: str = ""

    @property
    def label(self) -> str:
        """The label in the form of UML: `trigger [guard] / actions`."""
        guard = f" [{self.guard}]" if self.guard else ""
        return self.trigger + guard + (f" / {self.actions}" if self.actions else "")


@frozen
class Edge:
    """One arrow: all rows from one state to another. If both are equal, the state is re-entered."""

    source: str
    dest: str
    rows: tuple[PictureRow, ...]


@frozen
class Picture:
    """A machine to draw. `spine` is the good path, and `side` is the state beside the column."""

    name: str
    title: str
    states: Names
    initial: str
    finals: frozenset[str]
    rows: tuple[PictureRow, ...]
    spine: Names
    side: str | None

    @property
    def column(self) -> Names:
        """The states from top to bottom: the spine, then the others except the state aside."""
        rest = (s for s in self.states if s not in self.spine and s != self.side)
        return (*self.spine, *rest)

    def inside(self, state: str) -> tuple[PictureRow, ...]:
        """Return the rows that stay in `state`, in table order."""
        return tuple(r for r in self.rows if r.source == state and r.dest is None)

    @property
    def edges(self) -> tuple[Edge, ...]:
        """Each arrow once, in the order of their first rows."""
        merged: dict[tuple[str, str], list[PictureRow]] = {}
        for row in self.rows:
            if row.dest is not None:
                merged.setdefault((row.source, row.dest), []).append(row)
        return tuple(Edge(a, b, tuple(rows)) for (a, b), rows in merged.items())

    def edge(self, source: str, dest: str) -> Edge | None:
        return next((e for e in self.edges if (e.source, e.dest) == (source, dest)), None)

    def is_on_spine(self, edge: Edge) -> bool:
        """Return whether `edge` is a step of the good path."""
        return (edge.source, edge.dest) in zip(self.spine, self.spine[1:], strict=False)


def state_words(name: str) -> str:
    """Return the shown name of a state. In languages other than English it has its meaning."""
    return shown(state_gloss(name))


def kind_of(trigger: str) -> Kind:
    """Return the cause in a trigger's name: time, else error, else packet, else this side."""
    if any(word in trigger for word in _TIME):
        return "time"
    if any(word in trigger for word in _ERROR):
        return "error"
    return "packet" if trigger.endswith(_PACKET) else "local"


def picture_of(
    rows: Iterable[Any],
    *,
    name: str,
    title: str = "",
    initial: str | None = None,
    failure: str | None = None,
    kinds: Callable[[str], Kind] = kind_of,
) -> Picture:
    """Return the picture of any table. Raises ValueError for a table without rows.

    `initial` is by default the first row's source. `failure` is the state to draw aside. By default
    it is a state that many states lead to and that is not on the good path.
    """
    drawn = _numbered(rows, kinds)
    if not drawn:
        raise ValueError(sentence("{name}: a table without rows cannot be drawn", name=name))
    states = _states(drawn)
    start = initial or drawn[0].source
    arrows = tuple((r.source, r.dest) for r in drawn if r.dest is not None)
    side = failure or choose_side(states, start, arrows)
    return Picture(
        name,
        title,
        states,
        start,
        frozenset(s for s in states if not any(r.source == s for r in drawn)),
        drawn,
        choose_spine(start, tuple(a for a in arrows if side not in a)),
        side,
    )


def picture_of_table(table: Table) -> Picture:
    """Return the picture of a table. A state `error` is drawn beside the good path."""
    failure = next((s.value for s in table.states if s.value == "error"), None)
    return picture_of(table.rows, name=table.name, title=table.title, failure=failure)


def _numbered(rows: Iterable[Any], kinds: Callable[[str], Kind]) -> tuple[PictureRow, ...]:
    """Return a row for each source: in `transitions` a dict may name several, or "*" for all."""
    fields = [_fields(row) for row in rows]
    every = tuple(dict.fromkeys(n for f in fields for n in _ends(f)))
    drawn: list[PictureRow] = []
    for f in fields:
        for source in _sources(f["source"], every):
            drawn.append(_row(len(drawn), f, source, kinds(str(f["trigger"]))))
    return tuple(drawn)


def _row(index: int, f: Mapping[str, Any], source: str, kind: Kind) -> PictureRow:
    conditions = (*_names(f.get("conditions")), *(f"not {n}" for n in _names(f.get("unless"))))
    actions = (*_names(f.get("prepare")), *_names(f.get("before")), *_names(f.get("after")))
    dest = source if f["dest"] == "=" else None if f["dest"] is None else _name(f["dest"])
    return PictureRow(
        index,
        str(f["trigger"]),
        kind,
        source,
        dest,
        ", ".join(conditions),
        ", ".join(actions),
        _why(*_with_window(f, "why")),
        ", ".join(_with_window(f, "rfc")),
    )


def _why(*reasons: str) -> str:
    """Return the reason, with the reason for windows if the row has one."""
    if len(reasons) < 2:
        return marked(reasons[0]) if reasons else ""
    why, windows = map(marked, reasons)
    return sentence("{why} With windows: {windows}", why=why, windows=windows)


def _with_window(f: Mapping[str, Any], name: str) -> Names:
    """Return the words for people, with the words for windows if the row has some."""
    return tuple(str(f[n]) for n in (name, f"{name}_window") if f.get(n))


def _fields(row: Any) -> Mapping[str, Any]:
    """Return the fields of a dict, of a list (by position, as `transitions` does), or an object."""
    keys = ("trigger", "source", "dest", "conditions", "unless", "before", "after", "prepare")
    if isinstance(row, Mapping):
        return row
    if isinstance(row, list | tuple):
        return dict(zip(keys, row, strict=False))
    return {key: getattr(row, key, None) for key in (*keys, *PEOPLE)}


def _ends(f: Mapping[str, Any]) -> tuple[str, ...]:
    dest = () if f["dest"] in (None, "=") else (_name(f["dest"]),)
    return (*(n for n in _names(f["source"]) if n != "*"), *dest)


def _sources(source: Any, every: Names) -> Names:
    return every if source == "*" else _names(source)


def _states(rows: Iterable[PictureRow]) -> Names:
    named = (n for r in rows for n in (r.source, r.dest) if n is not None)
    return tuple(dict.fromkeys(named))


def _names(value: Any) -> Names:
    if value is None:
        return ()
    if isinstance(value, list | tuple | set | frozenset):
        return tuple(_name(one) for one in value)
    return (_name(value),)


def _name(value: Any) -> str:
    """Return the name of a state or callback: an enum's value, a function's name, or the string."""
    if isinstance(value, Enum):
        return str(value.value)
    return value if isinstance(value, str) else str(getattr(value, "__name__", value))
