"""Frames as compact JSON. The script of the page shows them step by step.

Nothing is written twice. Rows are in their tables. Texts, packets and the answers of guards are in
pools. A variable is written only when it changes. The script does not know the protocol: this
module makes all text for people.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any, TypeAlias

from tftp_fsm.debugger.candidates import Candidate
from tftp_fsm.debugger.datagrams import Field, Held, fields_of
from tftp_fsm.debugger.frames import Frame, entries_of
from tftp_fsm.debugger.page.words import words_of_page
from tftp_fsm.ladder.build import build, lane_of
from tftp_fsm.ladder.model import Arrow, Ladder, Mark
from tftp_fsm.language import current, joined, layout, mark, sentence, shown, tr
from tftp_fsm.protocol.gloss import UNCAPTURED, fate_gloss, rfc_words, state_gloss, unusual_gloss
from tftp_fsm.protocol.operand_names import operand_name
from tftp_fsm.protocol.operands import operand_words
from tftp_fsm.protocol.rows import Row, State, Table
from tftp_fsm.trace.describe import effect_words
from tftp_fsm.wire.words import octets_words

Json: TypeAlias = dict[str, Any]

OCTETS = 64  # shown octets of each packet; the page tells the number of the others
SENT = 32  # shown packets of one step; a window may have more
UNITS = {
    "deadline": mark("deadline (s)"),
    "rto": mark("rto (s)"),
    "srtt": mark("srtt (s)"),
    "blksize": mark("blksize (octets)"),
    "windowsize": mark("windowsize (blocks)"),
}
TIMES = ("deadline",)  # times on the session's clock; the page shows seconds since the first step


def page_data(frames: Sequence[Frame], *, title: str, quiz: bool = False) -> Json:
    """The data of the script. `frames` must not be empty."""
    return _Pool(frames).data(title, quiz)


def ends_of(frames: Iterable[Frame]) -> dict[str, Table]:
    """The table of each end, the client first."""
    tables = {frame.end: frame.table for frame in frames}
    return dict(sorted(tables.items(), key=lambda pair: pair[0] != "client"))


class _Pool:
    def __init__(self, frames: Sequence[Frame]) -> None:
        self.frames = frames
        self.start = frames[0].step.now
        self.tables = ends_of(frames)
        self.ends = list(self.tables)
        self.states = list(State)
        self.names: dict[str, int] = {}
        self.docs: dict[str, str] = {}
        self.operands: dict[str, int] = {}
        self.compares: dict[str, list[int]] = {}
        self.packets: dict[tuple[Any, ...], int] = {}
        self.held: list[Held] = []
        self.words: dict[str, int] = {}
        self.tried: dict[tuple[Any, ...], int] = {}
        self.shapes: dict[tuple[Any, ...], int] = {}
        self.rows = {
            end: {id(row): index for index, row in enumerate(table.rows)}
            for end, table in self.tables.items()
        }
        self.known: dict[str, dict[str, object]] = {end: {} for end in self.ends}

    def data(self, title: str, quiz: bool) -> Json:
        steps = [self._step(frame) for frame in self.frames]
        ladder = build(entries_of(self.frames))
        packets = [self._packet(held) for held in self.held]
        arrows = list(self._arrows(ladder))
        return {
            **words_of_page(),
            "title": title,
            "quiz": quiz,
            "ends": self.ends,
            "states": [state.value for state in State],
            **_glosses(),
            "tables": [self._table(end) for end in self.ends],
            "docs": self.docs,
            "operands": [shown(operand_name(name)) for name in self.operands],
            "compares": self.compares,
            "names": [shown(UNITS[name]) if name in UNITS else name for name in self.names],
            "words": list(self.words),
            "tried": list(self.tried),
            "shapes": list(self.shapes),
            "packets": packets,
            "steps": steps,
            "arrows": arrows,
            "marks": [
                [self._place(m.end), m.moment.step, m.kind, shown(m.words)]
                for m in ladder.items
                if isinstance(m, Mark)
            ],
        }

    def _place(self, lane: str) -> int:
        """Return the place of the first end in this lane of the ladder."""
        return next(at for at, end in enumerate(self.ends) if lane_of(end) == lane)

    # -- Steps ------------------------------------------------------------------------------------

    def _step(self, frame: Frame) -> list[Any]:
        step = frame.step
        before, change = self._variables(frame)
        tried = frame.candidates
        return [
            self.ends.index(frame.end),
            round(step.now - self.start, 6),
            self.states.index(step.before),
            self.states.index(step.after),
            -1 if step.row is None else self.rows[frame.end][id(step.row)],
            self._word(frame.event_words),
            [self._word(effect_words(effect)) for effect in step.effects],
            _in(self.tried, tuple((c.index, tuple(int(g.value) for g in c.guards)) for c in tried)),
            before,
            change,
            -1 if frame.packet is None else self._pooled(frame.packet),
            [self._pooled(held) for held in frame.sent[:SENT]],
            len(frame.sent[SENT:]),
            [self._word(unusual_gloss([word])) for word in frame.unusual],
            [self._word(note) for note in (*frame.notes, *map(_noted, frame.noted))],
            self._compared(tried),
            [self._word(words) for words in frame.really],
        ]

    def _word(self, text: str) -> int:
        return _in(self.words, shown(text))

    def _compared(self, tried: Sequence[Candidate]) -> list[int]:
        """Return the operands of the asked guards: the place of a name, the place of its value, ...

        Each guard itself has only the names of its operands.
        """
        compared: dict[int, int] = {}
        guards = {guard.name: guard for candidate in tried for guard in candidate.guards}
        for guard in guards.values():
            self.docs[guard.name] = shown(guard.doc)
            names = self.compares.setdefault(guard.name, [])
            for name, value in guard.operands:
                index = _in(self.operands, name)
                if index not in compared:
                    compared[index] = self._word(operand_words(value))
                if index not in names:
                    names.append(index)
        return [number for pair in compared.items() for number in pair]

    def _variables(self, frame: Frame) -> tuple[Json, Json]:
        """The changes by hand since the last step of this end, and the changes by this step."""
        known = self.known[frame.end]
        by_hand = self._changes(known, frame.before)
        known.update(frame.before)
        change = self._changes(known, frame.variables)
        known.update(frame.variables)
        return by_hand, change

    def _changes(self, old: Mapping[str, object], new: Mapping[str, object]) -> Json:
        return {
            str(self.names.setdefault(name, len(self.names))): self._plain(name, value)
            for name, value in new.items()
            if name not in old or old[name] != value
        }

    def _plain(self, name: str, value: object) -> Any:
        match value:
            case float() | int() if name in TIMES:
                return round(value - self.start + self.frames[0].start, 6)
            case float():
                return round(value, 6)
            case (host, int(port), *_):
                return tr("{host} port {port}", host=host, port=port)
            case None | bool() | int() | str():
                return value
            case _:
                return str(value)

    def _table(self, end: str) -> Json:
        """The rows, with the words for this end's windowsize."""
        table = self.tables[end]
        windowsize = max(frame.step.windowsize for frame in self.frames if frame.end == end)
        rows = [_row(row, windowsize) for row in table.rows]
        return {"name": table.name, "title": shown(table.title), "rows": rows}

    # -- Packets ----------------------------------------------------------------------------------

    def _pooled(self, held: Held) -> int:
        key = (held.size, held.octets, held.fate)
        if key not in self.packets:
            self.packets[key] = len(self.packets)
            self.held.append(held)
        return self.packets[key]

    def _packet(self, held: Held) -> list[Any]:
        """Return a packet: words, length, octets, places and values of its fields, and fate."""
        shown = b64encode(held.octets[:OCTETS]).decode("ascii")
        fields = list(_fields(held.octets, held.size))
        shape = _in(self.shapes, tuple((f.name, f.start, f.stop) for f in fields))
        values = [self._word(layout("{value}", value=f.value)) for f in fields]
        fate = [self._word(fate_gloss([word])) for word in held.fate]
        return [self._word(held.words), held.size, shown, shape, values, fate]

    # -- The ladder -------------------------------------------------------------------------------

    def _arrows(self, ladder: Ladder) -> Iterator[list[Any]]:
        """The arrows. Packets that were sent and received in the same steps share one arrow."""
        for _, group in groupby(ladder.arrows, key=_same_line):
            arrows = list(group)
            first = arrows[0]
            words = first.words
            if len(arrows) > 1:
                words = sentence("{first} to {last}", first=words, last=arrows[-1].words)
            yield [
                int(first.sender != "client"),
                self._word(joined(", ", [words, *first.remarks])),
                -1 if first.sent is None else first.sent.step,
                sorted({moment.step for moment in first.arrived}),
                _flags(first),
            ]


def _in(pool: dict[Any, int], value: Any) -> int:
    """The place of a value in a pool. It is added if it is new."""
    return pool.setdefault(value, len(pool))


def _flags(arrow: Arrow) -> int:
    """How the script draws it: lost, again, stray, not captured."""
    is_uncaptured = UNCAPTURED in arrow.fate
    return arrow.lost + 2 * arrow.again + 4 * arrow.stray + 8 * is_uncaptured


def _same_line(arrow: Arrow) -> tuple[object, ...]:
    sent = None if arrow.sent is None else arrow.sent.step
    arrived = tuple(moment.step for moment in arrow.arrived)
    return (arrow.sender, arrow.kind, sent, arrived, arrow.remarks)


def _fields(octets: bytes, size: int) -> Iterator[Field]:
    """Yield the fields. If only a part of the packet is known, the last one has its real length."""
    fields = list(fields_of(octets))
    if len(octets) < size and fields and fields[-1].name == "payload":
        start = fields[-1].start
        fields[-1] = Field("payload", octets_words(size - start), start, size)
    return iter(fields)


def _row(row: Row, windowsize: int) -> list[Any]:
    guards = [[name, 1] for name in row.conditions] + [[name, 0] for name in row.unless]
    dest = None if row.dest is None else row.dest.value
    why, rfc = row.reason(windowsize)
    about = shown(why), shown(rfc_words(rfc))
    return [row.trigger, row.source.value, dest, guards, list(row.after), *about]


def _glosses() -> Json:
    """Return the meanings of the states, in a language other than English."""
    return {} if current() == "en" else {"glosses": [shown(state_gloss(s)) for s in State]}


def _noted(words: str) -> str:
    return sentence("note: {words}", words=words)
