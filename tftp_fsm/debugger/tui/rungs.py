"""The ladder of the full-screen program: a line for each datagram, with the time since the last.

All known steps are drawn, even those ahead. So the picture stays still while the user moves.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby

from rich.text import Text

from tftp_fsm.borders.columns import centre, columns, cut_label, left, right
from tftp_fsm.debugger.datagrams import MEANWHILE, Held
from tftp_fsm.debugger.frames import Frame, entries_of
from tftp_fsm.frozen import frozen
from tftp_fsm.ladder.build import build
from tftp_fsm.ladder.lines import Arriving, Leaving, Line, Names, lines_of, touches
from tftp_fsm.ladder.model import (
    AGAIN,
    LATE,
    LOST,
    NOT_HEARD,
    SECOND_COPY,
    UNDER_WAY,
    Arrow,
    Fold,
    Ladder,
    Mark,
)
from tftp_fsm.language import mark_p, shown, tr_p
from tftp_fsm.protocol.gloss import UNCAPTURED, end_word
from tftp_fsm.protocol.rows import State

BEFORE = 15  # columns of place, step and time difference
STATE = 13  # columns of a state beside its line of life: the longest is `awaiting-ack`
NAMED = 62  # columns of a ladder that has room for the names of states
LONG = 16  # lines of one step in one direction; beyond that some are left out
THOUGHT = mark_p("remark", "while you thought")
LANES = 2  # columns of the two lines of life
ENDS: dict[State | None, str] = {State.DONE: "green", State.ERROR: "red"}
COLOURS = {"data": "cyan", "ack": "green", "error": "red", "other": "red", "oack": "blue"}


@frozen
class Rung:
    """One line. It begins in the frame `step` and ends in the frame `last`.

    `states` has the states of the left and the right end after it, or None if they are not known.
    `names` has the new states that an end has entered here.
    """

    line: Line
    step: int
    last: int
    at: float
    later: float
    held: Held | None
    states: tuple[State | None, State | None] = (None, None)
    names: tuple[str, str] = ("", "")


@frozen
class Highlight:
    """The highlighted parts: the current step, its packets in flight, and those just dropped."""

    position: int
    wire: frozenset[int]
    taken: frozenset[int] = frozenset()
    marks: frozenset[int] = frozenset()


def rungs_of(frames: Sequence[Frame]) -> tuple[Rung, ...]:
    """Return all lines, from top to bottom. A long run of packets of one step is shortened."""
    groups = (list(group) for _, group in groupby(_all_rungs(frames), _step_and_sender))
    return tuple(rung for group in groups for rung in _shortened(group))


def _step_and_sender(rung: Rung) -> tuple[int, int, str]:
    return rung.step, rung.last, rung.line.sender if isinstance(rung.line, Arrow) else ""


def _shortened(rungs: list[Rung]) -> Iterator[Rung]:
    if len(rungs) <= LONG:
        yield from rungs
        return
    first, last = rungs[2], rungs[-2]
    here = touches(first.line)[0][1], touches(last.line)[0][1]
    fold = Fold(*here, packets=len(rungs) - 3, blocks=0, lost=0, timeouts=0)
    yield from (*rungs[:2], replace(first, line=fold, held=None), rungs[-1])


def _all_rungs(frames: Sequence[Frame]) -> tuple[Rung, ...]:
    if not frames:
        return ()
    found: list[Rung] = []
    sent = [{h.words: h for h in reversed(frame.sent)} for frame in frames]
    before = frames[0].step.now
    ladder = build(entries_of(frames))
    lanes = _Lanes(ladder)
    for line in lines_of(ladder):
        moments = [moment for _, moment in touches(line)]
        at, steps = moments[0].at, [moment.step + 1 for moment in moments]
        held = _held(line, frames[steps[0] - 1], sent[steps[0] - 1])
        names = lanes.take(line)
        rung = Rung(line, steps[0], steps[-1], at, at - before, held, lanes.states, names)
        found.append(rung)
        before = at
    return tuple(found)


class _Lanes:
    """The states of both ends, from line to line."""

    def __init__(self, ladder: Ladder) -> None:
        self._ends = (ladder.left.end, ladder.right.end)
        self._names = Names(ladder)
        spans = [next(ladder.spans_of(end), None) for end in self._ends]
        self._now = [None if span is None else span.state for span in spans]

    @property
    def states(self) -> tuple[State | None, State | None]:
        return self._now[0], self._now[1]

    def take(self, line: Line) -> tuple[str, str]:
        """Go past a line. Return the new state of each end, or an empty string without one."""
        names = ["", ""]
        for lane, moment in touches(line):
            side = self._ends.index(lane)
            names[side] = self._names.at(lane, moment.order)
            self._now[side] = State(names[side]) if names[side] else self._now[side]
        return names[0], names[1]


def _held(line: Line, frame: Frame, named: Mapping[str, Held]) -> Held | None:
    """Return the datagram of a line: one that the step sent, or the one that it received."""
    match line:
        case Arriving():
            return frame.packet
        case Arrow(words=words, sent=sent) | Leaving(Arrow(words=words, sent=sent)):
            if sent is None:
                return frame.packet
            return named.get(words) or next(iter(frame.sent), None)
    return None


def heading(width: int) -> str:
    """The line above the ladder."""
    beside = _beside(width)
    middle = max(width - BEFORE - LANES - 2 * beside, 0)
    client, server = shown(end_word("client")), shown(end_word("server"))
    names = left(client, middle - columns(server)) + server
    step, later = right(tr_p("column", "step"), 4), right(tr_p("column", "later"), 8)
    return f" {step} {later} " + " " * beside + f" {names} "


def _beside(width: int) -> int:
    """Return the columns at each side for the names of states. A narrow ladder has 0."""
    return STATE if width >= NAMED else 0


def draw(rung: Rung, place: Highlight, left_end: str, width: int) -> Text:
    """One line of `width` columns. The current step is bold, steps ahead are dim."""
    here = place.position in (rung.step, rung.last)
    ahead = rung.step > place.position
    sign = ">" if here else "*" if rung.step in place.marks else " "
    text = Text(f"{sign}{rung.step:>4} {rung.later:>+8.4f} ", style="dim" if ahead else "")
    beside = _beside(width)
    middle = _middle(rung, place, left_end, max(width - BEFORE - LANES - 2 * beside, 1))
    style = f"{_colour(rung.line)}{' bold' if here else ''}{' dim' if ahead else ''}"
    names = (right(f"{rung.names[0]} ", beside), left(f" {rung.names[1]}", beside))
    if beside:
        text.append(names[0], _life_colour(rung.states[0]))
    text.append(_life(rung.states[0]), _life_colour(rung.states[0]))
    text.append(middle, style)
    text.append(_life(rung.states[1]), _life_colour(rung.states[1]))
    if beside:
        text.append(names[1], _life_colour(rung.states[1]))
    text.no_wrap, text.end = True, ""
    return text


def _life(state: State | None) -> str:
    """Return the line of life: double while an end dallies, empty before and after its life."""
    if state is State.DALLYING:
        return "║"
    return " " if state is State.IDLE or (state is not None and state.is_final) else "│"


def _life_colour(state: State | None) -> str:
    return "cyan" if state is State.DALLYING else ENDS.get(state, "default")


def _colour(line: Line) -> str:
    match line:
        case Arrow() | Leaving() | Arriving():
            arrow = line if isinstance(line, Arrow) else line.arrow
            if UNCAPTURED in arrow.fate:
                return "dim"
            return "red" if arrow.lost else COLOURS.get(arrow.kind, "magenta")
        case Mark(kind="failure"):
            return "red"
    return "yellow"


def _middle(rung: Rung, place: Highlight, left_end: str, width: int) -> str:
    match rung.line:
        case Arrow() as arrow:
            return _arrow(arrow, rung, place, left_end, width)
        case Leaving(arrow):
            return _stroke(arrow, (*arrow.remarks, LATE), left_end, width, "┄", tip=False)
        case Arriving(arrow, moment):
            remark = LATE if moment is arrow.arrived[0] else SECOND_COPY
            return _stroke(arrow, (remark,), left_end, width, "┄")
        case Mark() as mark:
            put = left if mark.end == left_end else right
            return put(f" {shown(mark.words)} ", width)
        case Fold():
            return centre(shown(rung.line.words), width)


def _arrow(arrow: Arrow, rung: Rung, place: Highlight, left_end: str, width: int) -> str:
    """Return an arrow. It has no tip while the packet is in flight, and a cross if it is lost."""
    number = rung.held.number if rung.held is not None else -1
    on_wire = number in place.wire
    again = (AGAIN,) if arrow.again else ()
    if on_wire or (arrow.arrived and rung.last > place.position >= rung.step):
        whole = (*again, UNDER_WAY)
        room = width - 6 - sum(columns(shown(word)) + 2 for word in whole)
        fits = columns(shown(arrow.words).split(" (")[0]) <= room
        return _stroke(arrow, whole if fits else again, left_end, width, "┄", tip=False)
    if UNCAPTURED in arrow.fate:
        return _stroke(arrow, arrow.remarks, left_end, width, "┄", tip=False)
    if number in place.taken:
        return _lost(arrow, (LOST, *again), left_end, width)
    if arrow.lost:
        remarks = tuple(LOST if word == NOT_HEARD else word for word in arrow.remarks)
        return _lost(arrow, remarks, left_end, width)
    shaft = "═" if arrow.again else "┄" if arrow.stray else "─"
    meanwhile = (THOUGHT,) if rung.held and MEANWHILE in rung.held.fate else ()
    return _stroke(arrow, (*arrow.remarks, *meanwhile), left_end, width, shaft)


def _stroke(
    arrow: Arrow, remarks: tuple[str, ...], left_end: str, width: int, shaft: str, tip: bool = True
) -> str:
    label = _label(arrow, remarks, width - 4)
    if arrow.sender == left_end:
        return left(shaft * 2 + label, width - 1, shaft) + (">" if tip else " ")
    return ("<" if tip else " ") + right(label + shaft * 2, width - 1, shaft)


def _lost(arrow: Arrow, remarks: tuple[str, ...], left_end: str, width: int) -> str:
    label = _label(arrow, remarks, width - 4)
    reach = min(max(width * 2 // 3, columns(label) + 4), width)
    if arrow.sender == left_end:
        return left(left("──" + label, reach - 1, "─") + "X", width)
    return right("X" + right(label + "──", reach - 1, "─"), width)


def _label(arrow: Arrow, remarks: tuple[str, ...], room: int) -> str:
    return f" {cut_label(shown(arrow.words), map(shown, remarks), room - 2)} "
