"""The arrows of a ladder in SVG, and the words along them."""

from __future__ import annotations

from collections.abc import Iterator

from tftp_fsm.borders import xml
from tftp_fsm.borders.columns import cut_label
from tftp_fsm.ladder.labels import COLUMN, SIZE, Label, Point, places
from tftp_fsm.ladder.model import Arrow, Moment, has_no_tip
from tftp_fsm.ladder.sheet import Sheet, num
from tftp_fsm.language import shown, tr
from tftp_fsm.protocol.gloss import end_word

SHORT_LABELS = (34, 24, 16)  # columns, tried in turn if there is no place for the whole label


def arrows(sheet: Sheet) -> Iterator[str]:
    """Yield a shaft for each copy, which ends with a head, a ring, or a cross if it was lost."""
    for arrow in sheet.ladder.arrows:
        yield from _arrow(sheet, arrow)


def _arrow(sheet: Sheet, arrow: Arrow) -> Iterator[str]:
    tail, *tips = sheet.line(arrow)
    yield (
        f'<g id="arrow-{arrow.start.order}" class="{xml(_classes(arrow))}" '
        f'data-step="{arrow.start.step}"><title>{xml(*_tip(sheet, arrow))}</title>'
    )
    for number, tip in enumerate(tips):
        copy = " copy" if number else ""
        yield f'<path class="shaft{copy}" d="{_path(tail, tip)}"/>'
        if arrow.again and not number:
            yield f'<path class="core" d="{_path(tail, tip)}"/>'
        yield _ending(arrow, tail, tip)
    yield "</g>"


def labels(sheet: Sheet) -> Iterator[str]:
    """The words along each arrow."""
    for arrow in sheet.ladder.arrows:
        step = f' data-step="{arrow.start.step}"'
        kind = _classes(arrow).replace("arrow", "label")
        yield sheet.text(_label(sheet, arrow), kind, step, *_tip(sheet, arrow))


def _label(sheet: Sheet, arrow: Arrow) -> Label:
    """Return the label at the first free place. If there is none, try a shorter label."""
    tail, tip, *_ = sheet.line(arrow)
    room = int((abs(tip[0] - tail[0]) - 30) / (SIZE * COLUMN))
    words, remarks = shown(arrow.words), tuple(map(shown, arrow.remarks))
    for cut in (room, *(short for short in SHORT_LABELS if short < room)):
        found = list(places(cut_label(words, remarks, cut), tail, tip))
        for place in found:
            if sheet.is_free(place):
                return place
    sheet.crowded.add(arrow.start.order)
    if not arrow.arrived:  # it may cross a later arrow, and more room would move both
        sheet.crowded.add(sheet.scale.following(arrow.start))
    return found[0]


def _tip(sheet: Sheet, arrow: Arrow) -> tuple[str, ...]:
    """Return the tooltip: when each end sent or heard the packet, and the reasons of the rows."""

    def after(moment: Moment) -> float:
        return moment.at - sheet.ladder.start

    lines = [shown(arrow.label)]
    if arrow.sent:
        end, why = end_word(arrow.sender), arrow.sent_why
        text = tr(
            "sent at {seconds:.4f} s by {end}: {why}", seconds=after(arrow.sent), end=end, why=why
        )
        lines.append(text)
    for moment in arrow.arrived:
        end, why = end_word(arrow.receiver), arrow.arrived_why
        text = tr(
            "received at {seconds:.4f} s by {end}: {why}", seconds=after(moment), end=end, why=why
        )
        lines.append(text)
    return tuple(lines)


def _classes(arrow: Arrow) -> str:
    words = ["arrow", arrow.kind, *arrow.fate]
    words += ["again"] if arrow.again else []
    words += ["lost"] if arrow.lost else []
    words += ["stray"] if arrow.stray else []
    words += [] if arrow.moves else ["idle"]
    return " ".join(dict.fromkeys(words))


def _ending(arrow: Arrow, tail: Point, tip: Point) -> str:
    (x, y), side = tip, 1.0 if tip[0] > tail[0] else -1.0
    if has_no_tip(arrow):
        return ""
    if "unheard" in arrow.fate:
        return f'<circle class="open" cx="{num(x - side * 5)}" cy="{num(y)}" r="4"/>'
    if arrow.lost:
        return (
            f'<path class="cross" d="M{num(x - 5)} {num(y - 5)}L{num(x + 5)} {num(y + 5)}'
            f'M{num(x - 5)} {num(y + 5)}L{num(x + 5)} {num(y - 5)}"/>'
        )
    slope = (y - tail[1]) / (abs(x - tail[0]) or 1.0)
    back_x, back_y = x - side * 10, y - slope * 10
    return (
        f'<path class="head" d="M{num(x)} {num(y)}L{num(back_x - side * slope * 4)} '
        f'{num(back_y + 4)}L{num(back_x + side * slope * 4)} {num(back_y - 4)}Z"/>'
    )


def _path(tail: Point, tip: Point) -> str:
    return f"M{num(tail[0])} {num(tail[1])}L{num(tip[0])} {num(tip[1])}"
