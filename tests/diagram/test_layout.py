"""Nothing in a picture covers anything else: by arithmetic, and in the boxes of Chromium."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from itertools import combinations
from typing import Any, NamedTuple

import pytest

from tests.support.peers.parts import require
from tftp_fsm.diagram import Detail, Picture, picture_of, picture_of_table, render_svg
from tftp_fsm.diagram.files import OVERVIEWS
from tftp_fsm.diagram.geometry import Layout
from tftp_fsm.diagram.labels import SIZE, width_of
from tftp_fsm.diagram.layout import lay_out, print_scale
from tftp_fsm.diagram.model import DETAILS, state_words
from tftp_fsm.diagram.overview import meet
from tftp_fsm.diagram.overview_svg import render_overview
from tftp_fsm.language import speaking
from tftp_fsm.protocol.rows import Table
from tftp_fsm.protocol.tables import TABLES

POINT = 0.352778  # mm
TCP = [
    ("passive_open", "closed", "listen"), ("active_open", "closed", "syn-sent"),
    ("syn_received", "listen", "syn-rcvd"), ("close", "listen", "closed"),
    ("syn_ack_received", "syn-sent", "established"), ("syn_received", "syn-sent", "syn-rcvd"),
    ("close", "syn-sent", "closed"), ("ack_received", "syn-rcvd", "established"),
    ("close", "syn-rcvd", "fin-wait-1"), ("close", "established", "fin-wait-1"),
    ("fin_received", "established", "close-wait"), ("close", "close-wait", "last-ack"),
    ("ack_received", "last-ack", "closed"), ("ack_received", "fin-wait-1", "fin-wait-2"),
    ("fin_received", "fin-wait-1", "closing"), ("fin_received", "fin-wait-2", "time-wait"),
    ("ack_received", "closing", "time-wait"), ("timeout_expired", "time-wait", "closed"),
]  # fmt: skip
GATE = [
    ("coin", "locked", "unlocked"), ("push", "locked", None), ("push", "unlocked", "locked"),
    ("coin", "unlocked", "="), ("arm_fault", "locked", "broken"), ("repaired", "broken", "locked"),
    ("kick", "broken", None), ("arm_fault", "unlocked", "broken"), ("wait", "locked", "="),
    ("retire", "locked", "scrap"), ("a_very_long_word_for_a_trigger_indeed", "unlocked", "scrap"),
]  # fmt: skip
PICTURES = [
    *(picture_of_table(table) for table in TABLES),
    picture_of(TCP, name="TCP"),
    picture_of(GATE, name="GATE"),
    picture_of([("start", "off", "on")], name="TWO"),
    picture_of([("tick", "only", None)], name="ONE"),
]

each_detail = pytest.mark.parametrize("detail", DETAILS)
each_picture = pytest.mark.parametrize("picture", PICTURES, ids=[p.name for p in PICTURES])


@cache
def placed(picture: Picture, detail: Detail, counted: bool = False) -> Layout:
    return lay_out(picture, detail, {0: 9999} if counted else None)


class Rect(NamedTuple):
    name: str
    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: Rect) -> bool:
        return (
            self.left < other.right
            and other.left < self.right
            and self.top < other.bottom
            and other.top < self.bottom
        )

    def holds(self, other: Rect) -> bool:
        return (
            self.left <= other.left
            and self.top <= other.top
            and other.right <= self.right
            and other.bottom <= self.bottom
        )


def texts(layout: Layout, picture: Picture) -> Iterator[Rect]:
    """Yield labels with their signs, names of states, and the legend."""
    for p in layout.labels:
        name = p.label.text or "sign"
        yield Rect(name, p.x, p.y, p.x + p.label.width, p.y + p.label.height)
    for box in layout.boxes:
        half, middle = width_of(state_words(box.state), 15) / 2, box.x + box.width / 2
        yield Rect(box.state, middle - half, box.name_y - 8, middle + half, box.name_y + 8)
    for item in layout.legend:
        yield Rect(item.words, item.x, item.y, item.x + item.width, item.y + 16)
    yield Rect("heading", 20, 14, 20 + len(picture.name) * 12.1, 36)


def lines(layout: Layout) -> Iterator[Rect]:
    """Yield each straight piece of an arrow, in its drawn width, and the sides of each box."""
    for arrow in layout.arrows:
        name = f"{arrow.edge.source} -> {arrow.edge.dest}"
        for (x1, y1), (x2, y2) in zip(arrow.points, arrow.points[1:], strict=False):
            yield Rect(
                name, min(x1, x2) - 1.5, min(y1, y2) - 1.5, max(x1, x2) + 1.5, max(y1, y2) + 1.5
            )
    for b in layout.boxes:
        for x in (b.x, b.right):
            yield Rect(f"side of {b.state}", x - 1, b.y, x + 1, b.bottom)
        for y in (b.y, b.bottom):
            yield Rect(f"side of {b.state}", b.x, y - 1, b.right, y + 1)


def overlaps(layout: Layout, picture: Picture) -> list[tuple[str, str]]:
    words = list(texts(layout, picture))
    pairs = [*combinations(words, 2), *((w, line) for w in words for line in lines(layout))]
    return [(a.name, b.name) for a, b in pairs if a.meets(b)]


@pytest.mark.parametrize("counted", [False, True], ids=["plain", "counted"])
@each_detail
@each_picture
def test_no_text_overlaps_a_text_or_a_line(picture: Picture, detail: Detail, counted: bool) -> None:
    layout = placed(picture, detail, counted)
    assert overlaps(layout, picture) == []


@each_detail
@pytest.mark.parametrize("table", TABLES, ids=[t.name for t in TABLES])
def test_no_text_overlaps_in_korean(table: Table, detail: Detail) -> None:
    picture = picture_of_table(table)
    with speaking("ko"):
        for counts in (None, {0: 9999}):
            layout = lay_out(picture, detail, counts)
            assert overlaps(layout, picture) == []
            sheet = Rect("sheet", 0, 0, layout.width, layout.height)
            assert [t.name for t in texts(layout, picture) if not sheet.holds(t)] == []


@each_detail
@each_picture
def test_no_arrow_crosses_a_state_that_it_does_not_belong_to(
    picture: Picture, detail: Detail
) -> None:
    layout = placed(picture, detail)
    boxes = [Rect(b.state, b.x + 2, b.y + 2, b.right - 2, b.bottom - 2) for b in layout.boxes]
    wires = [line for line in lines(layout) if " -> " in line.name]
    assert [(w.name, b.name) for w in wires for b in boxes if w.meets(b)] == []
    assert [(a.name, b.name) for a, b in combinations(boxes, 2) if a.meets(b)] == []


@each_detail
@each_picture
def test_everything_is_on_the_sheet(picture: Picture, detail: Detail) -> None:
    layout = placed(picture, detail)
    sheet = Rect("sheet", 0, 0, layout.width, layout.height)
    things = [*texts(layout, picture), *lines(layout)]
    assert [thing.name for thing in things if not sheet.holds(thing)] == []


@pytest.mark.parametrize("table", TABLES, ids=[t.name for t in TABLES])
def test_letters_are_seven_points_or_more_on_a_sheet_of_a4(table: object) -> None:
    picture = next(p for p, t in zip(PICTURES, TABLES, strict=False) if t is table)
    assert print_scale(placed(picture, "full")) * SIZE / POINT >= 7


def test_the_measure_finds_an_overlap_that_is_there() -> None:
    picture = PICTURES[0]
    layout = placed(picture, "full")
    moved = replace(layout.labels[0], x=layout.labels[1].x, y=layout.labels[1].y + 3)
    assert overlaps(replace(layout, labels=(moved, *layout.labels[1:])), picture)


# -- As Chromium draws it -------------------------------------------------------------------------

MEASURE = """() => [...document.querySelectorAll('text')].map(t => {
    const b = t.getBBox(); return [t.textContent, b.x, b.y, b.x + b.width, b.y + b.height]})"""
BORDERS = """() => [...document.querySelectorAll('rect.box, rect.inner')].map(r => {
    const b = r.getBBox(); return ['box', b.x, b.y, b.x + b.width, b.y + b.height]})"""
CROSSED = """() => {
    const found = [];
    const texts = [...document.querySelectorAll('text')].map(t => [t, t.getBBox()]);
    for (const w of document.querySelectorAll('path.wire, path.sign')) {
        const move = w.transform.baseVal.consolidate()?.matrix;
        const n = w.getTotalLength();
        for (let at = 0; at <= n; at += 4) {
            const p = w.getPointAtLength(at);
            const [x, y] = move ? [p.x + move.e, p.y + move.f] : [p.x, p.y];
            for (const [t, b] of texts)
                if (b.x < x && x < b.x + b.width && b.y < y && y < b.y + b.height)
                    found.push([t.textContent, x, y]);
        }
    }
    return found }"""


def tight(text: Rect) -> Rect:
    """Without the half pixel that Chromium rounds a line of letters up to."""
    return text._replace(top=text.top + 0.5, bottom=text.bottom - 0.5)


NATURAL = """() => [...document.querySelectorAll('text')].map(t => {
    const reckoned = Number(t.getAttribute('textLength'));
    t.removeAttribute('textLength');
    return [t.textContent, reckoned, t.getComputedTextLength()]})"""


def drawn() -> dict[str, str]:
    files = {
        f"{p.name}-{d}-{bool(c)}": render_svg(p, detail=d, counts=c)
        for p in PICTURES
        for d in DETAILS
        for c in (None, {0: 9999, 1: 12})
    }
    overviews = {
        name: render_overview(meet(verb, plain=plain)) for name, (verb, plain) in OVERVIEWS.items()
    }
    return {**files, **overviews}


@pytest.fixture
def page() -> Iterator[Any]:
    api = pytest.importorskip("playwright.sync_api")
    chromium = require("chromium")
    with api.sync_playwright() as player:
        browser = player.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-gpu"]
        )
        yield browser.new_page()
        browser.close()


def test_no_text_overlaps_in_chromium_and_nothing_is_fetched(page: Any) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    wrong = {}
    for name, svg in drawn().items():
        page.set_content(svg)
        found = [tight(Rect(*box)) for box in page.evaluate(MEASURE)]
        pairs = [(a.name, b.name) for a, b in combinations(found, 2) if a.meets(b)]
        borders = [Rect(*box) for box in page.evaluate(BORDERS)]
        cut = [t.name for t in found for b in borders if t.meets(b) and not b.holds(t)]
        bad = (pairs, cut, page.evaluate(CROSSED))
        if any(bad):
            wrong[name] = bad
    assert wrong == {}
    assert asked == []


@pytest.mark.parametrize("language", ["en", "ko"])
def test_letters_are_as_wide_as_they_are_reckoned_and_so_not_squeezed(
    page: Any, language: str
) -> None:
    if language == "ko":
        require("hangul")
    with speaking(language):
        page.set_content(render_svg(PICTURES[0]))
    for words, reckoned, real in page.evaluate(NATURAL):
        assert real == pytest.approx(reckoned, rel=0.02 if language == "en" else 0.1), words
