"""A ladder as a Mermaid sequence diagram, for sites that draw Mermaid.

It shows the order, but no time: Mermaid has no slanted arrows, brackets or second copies.
"""

from __future__ import annotations

from collections.abc import Iterator

from tftp_fsm.borders import mermaid
from tftp_fsm.ladder.build import Source, build
from tftp_fsm.ladder.fold import fold
from tftp_fsm.ladder.lines import Arriving, Leaving, Line, Names, lines_of, touches
from tftp_fsm.ladder.model import LATE, SECOND_COPY, Arrow, Fold, Ladder, Mark
from tftp_fsm.language import shown
from tftp_fsm.protocol.gloss import state_gloss

LIMIT = 200  # items; a longer sequence diagram is hard to read


def mermaid_ladder(source: Source | Ladder, limit: int = LIMIT) -> str:
    """Return the whole diagram as text, with at most about `limit` items. 0 means all."""
    ladder = fold(source if isinstance(source, Ladder) else build(source), limit)
    return "\n".join(_lines(ladder)) + "\n"


def _lines(ladder: Ladder) -> Iterator[str]:
    yield "sequenceDiagram"
    for lane in (ladder.left, ladder.right):
        yield f"    participant {lane.end} as {mermaid(shown(lane.name))}"
    names = Names(ladder)
    for line in lines_of(ladder):
        statement = _statement(ladder, line)
        if statement:
            yield f"    {statement}"
        for lane_name, moment in touches(line):
            state = names.at(lane_name, moment.order)
            if state:
                yield f"    {_beside(ladder, lane_name)}: {mermaid(shown(state_gloss(state)))}"


def _statement(ladder: Ladder, line: Line) -> str:
    match line:
        case Arrow():
            shaft = "--" if line.again else "-"
            tip = "x" if line.lost else ">>"
            return f"{line.sender}{shaft}{tip}{line.receiver}: {mermaid(shown(line.label))}"
        case Leaving():
            return ""
        case Arriving(arrow, moment):
            remark = LATE if moment is arrow.arrived[0] else SECOND_COPY
            words = f"{mermaid(shown(arrow.words))}, {mermaid(shown(remark))}"
            return f"{arrow.sender}-->>{arrow.receiver}: {words}"
        case Mark():
            return f"{_beside(ladder, line.end)}: {mermaid(shown(line.words))}"
        case Fold():
            ends = f"{ladder.left.end},{ladder.right.end}"
            return f"Note over {ends}: ... {mermaid(shown(line.words))} ..."


def _beside(ladder: Ladder, end: str) -> str:
    return f"Note {'left' if end == ladder.left.end else 'right'} of {end}"
