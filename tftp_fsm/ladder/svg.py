"""A ladder as SVG. Time runs down; the longer a packet is under way, the lower its arrow ends.

The same ladder gives the same octets. There is no script, and nothing is fetched; `<title>` and
`<desc>` say in words what the picture shows. For programs there are `id="arrow-ORDER"`, classes
(`data`, `again`, `lost`, ...), and `data-step`: the number of the step that sent or received
the packet. The first step is 0.
"""

from __future__ import annotations

from collections.abc import Iterator

from tftp_fsm.borders import xml
from tftp_fsm.borders.columns import fit
from tftp_fsm.ladder.arrows import arrows, labels
from tftp_fsm.ladder.build import Source, build
from tftp_fsm.ladder.fold import fold
from tftp_fsm.ladder.labels import COLUMN, Label
from tftp_fsm.ladder.lanes import bands, breaks, lanes, marks, waits
from tftp_fsm.ladder.model import Ladder, Lane
from tftp_fsm.ladder.sheet import MARGIN, Sheet, num
from tftp_fsm.ladder.style import style_sheet, uncaptured
from tftp_fsm.language import mark, shown, tr
from tftp_fsm.language.svg import language
from tftp_fsm.protocol.gloss import UNCAPTURED, state_gloss

LEGEND = 52.0  # pixels, below everything
LINE = 15.0  # pixels, from one line of the legend to the next
ATTEMPTS = 12  # drawings at most; each has more room for the texts without a place
ROOM = 16.0  # pixels that are added before a crowded moment
MOST = 1000  # items; a band counts the others, because drawing more would take minutes
LIMIT = 240  # items; a larger picture is hard to read

_LEGEND = (
    mark(
        "Time runs down, in seconds. Two strokes across a lane: time is left out. Bracket: a wait."
    ),
    mark(
        "Double line: sent again. Cross: lost. Dashed: a second copy. Ring: the receiver had ended."
    ),
)
_UNCAPTURED = mark(
    "Grey dots: the machine of this end would have sent this packet. It is not in the capture."
)


def svg_ladder(source: Source | Ladder, limit: int = LIMIT) -> str:
    """Return the document with at most about `limit` items. 0 means as many as can be drawn."""
    items = min(limit or MOST, MOST)
    ladder = fold(source if isinstance(source, Ladder) else build(source), items)
    more: dict[int, float] = {}
    for _ in range(ATTEMPTS):
        sheet = Sheet(ladder, more)
        lines = _document(sheet)
        if not sheet.crowded:
            break
        more = {**more, **{order: more.get(order, 0.0) + ROOM for order in sheet.crowded}}
    return "\n".join(lines) + "\n"


def _document(sheet: Sheet) -> list[str]:
    """Return the lines of SVG. Text that is drawn earlier gets the better places."""
    legend = _legend_lines(sheet.ladder)
    more = LINE * (len(legend) - len(_LEGEND))
    width, height = num(sheet.width), num(sheet.bottom + LEGEND + more)
    still = [*lanes(sheet), *breaks(sheet), *waits(sheet)]
    return [
        f'<svg xmlns="http://www.w3.org/2000/svg"{language()} class="ladder" role="img" '
        f'aria-labelledby="ladder-title ladder-desc" width="{width}" '
        f'height="{height}" viewBox="0 0 {width} {height}">',
        f'<title id="ladder-title">{xml(_title(sheet))}</title>',
        f'<desc id="ladder-desc">{xml(summary(sheet.ladder))}</desc>',
        f"<style>\n{_style(sheet.ladder)}\n</style>",
        f'<rect class="paper" width="{width}" height="{height}"/>',
        *_heading(sheet),
        *still,
        *arrows(sheet),
        *bands(sheet),
        *marks(sheet),
        *labels(sheet),
        *_legend(sheet, legend),
        "</svg>",
    ]


def _style(ladder: Ladder) -> str:
    return f"{style_sheet()}\n{uncaptured()}" if _has_uncaptured(ladder) else style_sheet()


def _has_uncaptured(ladder: Ladder) -> bool:
    return any(UNCAPTURED in arrow.fate for arrow in ladder.arrows)


def _title(sheet: Sheet) -> str:
    return shown(sheet.ladder.title) or tr("A transfer")


def _heading(sheet: Sheet) -> Iterator[str]:
    room = int((sheet.width - 2 * MARGIN) / (16 * COLUMN))
    yield sheet.text(Label(fit(_title(sheet), room), MARGIN, 26, size=16), "heading")
    for lane in sheet.lanes:
        yield sheet.centred(shown(lane.name), sheet.x[lane.end], 58, 14, "lane")
        if lane.title:
            yield sheet.centred(shown(lane.title), sheet.x[lane.end], 75, 10, "small")


def _legend_lines(ladder: Ladder) -> list[str]:
    """Return the signs. In other languages the meanings of the states follow."""
    states = list(dict.fromkeys(state_gloss(span.state) for span in ladder.spans))
    glossed = [shown(state) for state in states if shown(state) != state]
    grey = [shown(_UNCAPTURED)] if _has_uncaptured(ladder) else []
    return [*map(shown, _LEGEND), *grey, *([", ".join(glossed)] if glossed else [])]


def _legend(sheet: Sheet, lines: list[str]) -> Iterator[str]:
    for number, line in enumerate(lines):
        y = sheet.bottom + 24 + LINE * number
        yield sheet.text(Label(line, MARGIN, y, size=10), "small")


def summary(ladder: Ladder) -> str:
    """The ladder in a few sentences, for readers who do not see the picture."""
    arrows = ladder.arrows
    counts = tr(
        "{packets} packets are drawn, {lost} were lost, {again} were sent again, "
        "{timeouts} time-outs",
        packets=len(arrows),
        lost=sum(arrow.lost for arrow in arrows),
        again=sum(arrow.again for arrow in arrows),
        timeouts=sum(item.kind == "timeout" for item in ladder.marks),
    )
    lanes = (_states_of(ladder, lane) for lane in (ladder.left, ladder.right) if lane.known)
    return f"{counts}. {'; '.join(lanes)}. {shown(ladder.outcome)}".strip()


def _states_of(ladder: Ladder, lane: Lane) -> str:
    states = (shown(state_gloss(span.state)) for span in ladder.spans_of(lane.end))
    return f"{shown(lane.name)}: {', '.join(states)}"
