"""A ladder for the terminal: fixed width, box-drawing characters only.

    0.0020 awaiting-ack  │──── DATA 1 (512 octets) ────────>│  receiving     0.0030
                        ┌│<──────────────────────── ACK 1 ──│                0.0030
    1.0020              └│ timeout after 1.000 s            │

Each line has two times: the time of the left end at the left, and the time of the right end at the
right. A datagram that was overtaken has two lines, one where it leaves and one where it arrives.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from tftp_fsm.borders.columns import centre, columns, cut_label, left, right, wrapped
from tftp_fsm.ladder.build import Source, build
from tftp_fsm.ladder.fold import fold
from tftp_fsm.ladder.lines import Arriving, Leaving, Line, Names, lines_of, touches
from tftp_fsm.ladder.model import LATE, SECOND_COPY, Arrow, Fold, Ladder, Mark, has_no_tip
from tftp_fsm.language import shown, tr
from tftp_fsm.protocol.gloss import state_gloss

WIDTH = 80
TIME = 8  # columns
STATE = 12  # columns for the longest name, `awaiting-ack`; a narrow page has fewer
GOOD_MIDDLE = 32  # columns; if there are fewer, first the times are left out, then text is cut
LEAST_MIDDLE = 16


def text_ladder(source: Source | Ladder, width: int = WIDTH, limit: int = 0) -> str:
    """Return the ladder in at most about `limit` lines (0: all) of at most `width` columns."""
    ladder = source if isinstance(source, Ladder) else build(source)
    page = _Page(fold(ladder, limit), width)
    return "\n".join(line.rstrip() for line in page.lines()) + "\n"


@dataclass(slots=True)
class _Row:
    """One line: the middle, and for each side (0 left, 1 right) time, state and bracket."""

    middle: str
    times: list[str] = field(default_factory=lambda: ["", ""])
    states: list[str] = field(default_factory=lambda: ["", ""])
    brackets: list[str] = field(default_factory=lambda: [" ", " "])
    orders: list[int | None] = field(default_factory=lambda: [None, None])


class _Page:
    def __init__(self, ladder: Ladder, width: int) -> None:
        self.ladder, self.width = ladder, width
        self.ends = (ladder.left.end, ladder.right.end)
        self.known = (ladder.left.known, ladder.right.known)
        self.state = max(1, min(STATE, (width - LEAST_MIDDLE) // 2 - 4))
        self.timed, self.middle = self._columns(width)

    def _columns(self, width: int) -> tuple[tuple[bool, bool], int]:
        """Return which sides have room for their times, and the width of the middle."""
        states = sum(self.state + 4 if known else 1 for known in self.known)
        for timed in (self.known, (self.known[0], False), (False, False)):
            middle = width - states - TIME * sum(timed)
            if middle >= GOOD_MIDDLE:
                break
        return timed, max(middle, LEAST_MIDDLE)

    def lines(self) -> Iterator[str]:
        lines = lines_of(self.ladder)
        names = Names(self.ladder)
        rows = [self._touched(line, names) for line in lines]
        for index, line in enumerate(lines):
            if isinstance(line, Mark) and line.kind in ("timeout", "dally"):
                self._bracket(line, index, rows)
        heading = self._heading()
        yield self._join(heading, line=" ")
        yield from (self._join(row) for row in rows)
        yield from self._meanings(state for row in (heading, *rows) for state in row.states)

    def _heading(self) -> _Row:
        names = shown(self.ladder.left.name), shown(self.ladder.right.name)
        half = self.middle // 2
        middle = left(names[0], half) + right(names[1], self.middle - half)
        row = _Row(middle)
        for side in (0, 1):
            spans = list(self.ladder.spans_of(self.ends[side]))
            row.states[side] = spans[0].state.value if spans else ""
        return row

    def _meanings(self, states: Iterable[str]) -> Iterator[str]:
        """Yield the meanings of the states, in languages other than English."""
        told = {state: shown(state_gloss(state)) for state in dict.fromkeys(states) if state}
        meant = [meaning for state, meaning in told.items() if meaning != state]
        if meant:
            yield from _filled(tr("states: {states}", states=", ".join(meant)), self.width)

    def _join(self, row: _Row, line: str = "│") -> str:
        near, far = "", ""
        if self.known[0]:
            time = f"{row.times[0]:>{TIME}}" if self.timed[0] else ""
            near = f"{time} {left(row.states[0], self.state)} {row.brackets[0]}"
        if self.known[1]:
            time = f"{row.times[1]:>{TIME}}" if self.timed[1] else ""
            far = f"{row.brackets[1]} {left(row.states[1], self.state)} {time}"
        return f"{near}{line}{row.middle}{line}{far}"

    # -- One row ----------------------------------------------------------------------------------

    def _touched(self, line: Line, names: Names) -> _Row:
        row = _Row(self._middle(line))
        for lane, moment in touches(line):
            side = 0 if lane == self.ends[0] else 1
            row.times[side] = _seconds(moment.at - self.ladder.start)
            row.orders[side] = moment.order
            row.states[side] = names.at(lane, moment.order)
        return row

    def _middle(self, line: Line) -> str:
        match line:
            case Arrow():
                shaft = "═" if line.again else "┄" if line.stray else "─"
                if has_no_tip(line):
                    return self._stroke(line, "┄", tip=False)
                draw = self._lost if line.lost else self._stroke
                return draw(line, shaft)
            case Leaving(arrow):
                return self._stroke(arrow, "┄", (*arrow.remarks, LATE), tip=False)
            case Arriving(arrow, moment):
                remark = LATE if moment is arrow.arrived[0] else SECOND_COPY
                return self._stroke(arrow, "┄", (remark,))
            case Mark():
                place = left if line.end == self.ends[0] else right
                return place(f" {shown(line.words)} ", self.middle)
            case Fold():
                return centre(f"... {shown(line.words)} ...", self.middle)

    def _stroke(
        self, arrow: Arrow, shaft: str, remarks: tuple[str, ...] | None = None, tip: bool = True
    ) -> str:
        """Return a shaft over the whole middle, with the label near its tail."""
        words = self._label(arrow, arrow.remarks if remarks is None else remarks)
        if arrow.sender == self.ends[0]:
            return left(shaft * 3 + words, self.middle - 1, shaft) + (">" if tip else " ")
        return ("<" if tip else " ") + right(words + shaft * 3, self.middle - 1, shaft)

    def _lost(self, arrow: Arrow, shaft: str) -> str:
        """A shaft that ends at a cross."""
        words = self._label(arrow, arrow.remarks)
        reach = max(self.middle * 2 // 3, columns(words) + 5)
        if arrow.sender == self.ends[0]:
            return left(left(shaft * 3 + words, reach - 1, shaft) + "X", self.middle)
        return right("X" + right(words + shaft * 3, reach - 1, shaft), self.middle)

    def _label(self, arrow: Arrow, remarks: tuple[str, ...]) -> str:
        return f" {cut_label(shown(arrow.words), map(shown, remarks), self.middle - 8)} "

    # -- Parts over several rows ------------------------------------------------------------------

    def _bracket(self, mark: Mark, last: int, rows: list[_Row]) -> None:
        """A bracket from the last line before the wait began to the line that ends it."""
        side = 0 if mark.end == self.ends[0] else 1
        first = last
        while first > 0 and mark.since is not None and rows[first - 1].brackets[side] == " ":
            order = rows[first].orders[side]
            if order is not None and order < mark.since.order:
                break
            first -= 1
        corners = ("┌", "│", "└") if side == 0 else ("┐", "│", "┘")
        for index in range(first, last + 1):
            place = 0 if index == first else 2 if index == last else 1
            rows[index].brackets[side] = corners[place]


def _filled(text: str, width: int) -> Iterator[str]:
    """Yield lines that are broken at commas. A line that is still too wide is broken elsewhere."""
    line, *parts = text.split(", ")
    for part in parts:
        if columns(f"{line}, {part},") > width:
            yield from wrapped(f"{line},", width)
            line = part
        else:
            line += f", {part}"
    yield from wrapped(line, width)


def _seconds(seconds: float) -> str:
    for digits in (4, 3, 2, 1):
        text = f"{seconds:.{digits}f}"
        if len(text) <= TIME:
            return text
    return f"{seconds:.0f}"
