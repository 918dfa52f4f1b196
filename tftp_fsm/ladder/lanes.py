"""The parts of a ladder beside its arrows: lanes, states, times, waits, marks and gaps."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator

from tftp_fsm.borders import xml
from tftp_fsm.borders.columns import fit
from tftp_fsm.ladder.labels import COLUMN, SIZE, Label, width_of
from tftp_fsm.ladder.model import Lane, Mark, Moment, Span
from tftp_fsm.ladder.scale import Break
from tftp_fsm.ladder.sheet import BAR, GUTTER, INNER, TOP, Sheet, num
from tftp_fsm.language import shown, tr
from tftp_fsm.protocol.gloss import state_gloss

MARK_COLUMNS = 36


def lanes(sheet: Sheet) -> Iterator[str]:
    """Yield the two lines of the ends, with their states and times if these are known."""
    for lane in sheet.lanes:
        if lane.known:
            yield from _states(sheet, lane)
            yield from _times(sheet, lane)
        x = num(sheet.x[lane.end])
        yield f'<path class="life" d="M{x} {num(TOP - 12)}V{num(sheet.bottom)}"/>'


def _states(sheet: Sheet, lane: Lane) -> Iterator[str]:
    spans = _spans(sheet, lane)
    x = sheet.outside(lane, GUTTER + BAR if lane is sheet.ladder.left else GUTTER)
    for span, following in zip(spans, (*spans[1:], None), strict=True):
        y = sheet.scale.y(span.start)
        end = sheet.bottom if following is None else sheet.scale.y(following.start)
        name = span.state.value
        yield (
            f'<rect id="{xml(lane.end)}-{span.start.order}" class="bar {name}" x="{num(x)}" '
            f'y="{num(y)}" width="{num(BAR)}" height="{num(end - y)}" '
            f'data-step="{span.start.step}"><title>{xml(*_about(span))}</title></rect>'
        )
        middle = x + BAR / 2 - width_of(name) / 2
        yield sheet.text(Label(name, middle, y + 14), "state")


def _about(span: Span) -> tuple[str, ...]:
    """Return the reason of a state. In other languages the meaning of its name comes first."""
    name, why = state_gloss(span.state), shown(span.why)
    return (shown(name), why) if why and shown(name) != name else (why or shown(name),)


def _spans(sheet: Sheet, lane: Lane) -> list[Span]:
    """Return the spans to draw. Of several at the same height, only the last is drawn."""
    drawn: dict[float, Span] = {}
    for span in sheet.ladder.spans_of(lane.end):
        drawn[sheet.scale.y(span.start)] = span
    return list(drawn.values())


def _times(sheet: Sheet, lane: Lane) -> Iterator[str]:
    last = ""
    for y, moment in sorted(_moments(sheet, lane)):
        text = f"{moment.at - sheet.ladder.start:.4f}"
        if text != last:
            wide = width_of(text, 10)
            outside = sheet.outside(lane, GUTTER + BAR + 5)
            x = outside - wide if lane is sheet.ladder.left else outside
            yield sheet.text(Label(text, x, y + 4, size=10), "small")
        last = text


def _moments(sheet: Sheet, lane: Lane) -> set[tuple[float, Moment]]:
    """Each moment of a lane that is drawn, with its height."""
    found: set[Moment] = {
        m for arrow in sheet.ladder.arrows for end, m in arrow.moments if end == lane.end
    }
    found |= {mark.moment for mark in sheet.ladder.marks if mark.end == lane.end}
    return {(sheet.scale.y(m), m) for m in found if not sheet.scale.folded(m)}


def breaks(sheet: Sheet) -> Iterator[str]:
    """Yield two strokes across each lane, at each place where time was cut out."""
    for cut in sheet.scale.breaks:
        yield from (_break(cut, x) for x in sheet.x.values())


def _break(cut: Break, x: float) -> str:
    left, right, y = num(x - 8), num(x + 8), cut.y
    about = tr("{seconds:.3f} s, not drawn to scale", seconds=cut.seconds)
    return (
        f'<g class="break"><title>{xml(about)}</title>'
        f'<path class="gap" d="M{left} {num(y)}L{right} {num(y - 6)}V{num(y)}'
        f'L{left} {num(y + 6)}Z"/>'
        f'<path class="stroke" d="M{left} {num(y)}L{right} {num(y - 6)}'
        f'M{left} {num(y + 6)}L{right} {num(y)}"/></g>'
    )


def waits(sheet: Sheet) -> Iterator[str]:
    """Yield a bracket for each wait, from the last event before it to its end."""
    drawn = {
        lane.end: sorted((moment.order, y) for y, moment in _moments(sheet, lane))
        for lane in sheet.lanes
    }
    for mark in sheet.ladder.marks:
        if mark.kind in ("timeout", "dally") and mark.since:
            lane = sheet.lane(mark.end)
            x, tip = sheet.outside(lane, GUTTER - 7), sheet.outside(lane, 2)
            top, end = _last_before(drawn[lane.end], mark.since), sheet.scale.y(mark.moment)
            yield (
                f'<path class="wait" data-step="{mark.moment.step}" '
                f'd="M{num(tip)} {num(top)}H{num(x)}V{num(end)}H{num(tip)}">'
                f"<title>{xml(shown(mark.words))}</title></path>"
            )


def _last_before(drawn: list[tuple[int, float]], since: Moment) -> float:
    """Return the height below the last event before the wait. `drawn` has orders and heights."""
    before = bisect_left(drawn, (since.order, 0.0))
    return (drawn[before - 1][1] if before else TOP) + 3


def bands(sheet: Sheet) -> Iterator[str]:
    """A band across both lanes for each part that was left out."""
    left, right = sheet.x.values()
    for band, y in sheet.scale.bands:
        yield (
            f'<rect class="band" x="{num(left)}" y="{num(y - 13)}" '
            f'width="{num(right - left)}" height="26"/>'
        )
        text = fit(f"... {shown(band.words)} ...", int(INNER / (SIZE * COLUMN)))
        yield sheet.centred(text, (left + right) / 2, y + 4, SIZE, "left-out")


def marks(sheet: Sheet) -> Iterator[str]:
    """Yield the words of each event that happened in one lane alone."""
    for mark in sheet.ladder.marks:
        label = _mark(sheet, mark)
        if not sheet.is_free(label):
            sheet.crowded.add(mark.moment.order)
        step = f' data-step="{mark.moment.step}"'
        yield sheet.text(label, f"mark {mark.kind}", step, shown(mark.words), shown(mark.why))


def _mark(sheet: Sheet, mark: Mark) -> Label:
    text, edge = fit(shown(mark.words), MARK_COLUMNS), sheet.x[mark.end]
    at_left = sheet.lane(mark.end) is sheet.ladder.left
    x = edge + 10 if at_left else edge - 10 - width_of(text)
    return Label(text, x, sheet.scale.y(mark.moment) + 4)
