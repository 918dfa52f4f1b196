"""The lab in Chromium: a student acts with the mouse, by touch, and with the keyboard alone."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from tests.support.browsers import HURRY, SIZES, OpenLab, Watched, at, link, told
from tftp_fsm.lab.server import LabServer

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

every_size = pytest.mark.parametrize("size", ["laptop", "projector", "phone"])
light_and_dark = pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])


# -- A lost ACK -----------------------------------------------------------------------------------

LOST_ACK = "plain;step+5;drop+5;step+2"
ACK_2 = '#ladder button[aria-label^="ACK 2 of the client is under way"]'


def with_the_mouse(page: Page) -> None:
    for place in range(1, 6):
        page.click("#step")
        at(page, place)
    page.click(ACK_2)
    page.click('#hand [data-does="drop"]')
    told(page, "ACK 2 of client: dropped by hand")
    page.click("#next button.usual")
    at(page, 6)
    page.click("#step")


def by_touch(page: Page) -> None:
    for place in range(1, 6):
        page.tap("#next button.usual")
        at(page, place)
    page.tap(ACK_2)
    page.tap('#hand [data-does="drop"]')
    told(page, "ACK 2 of client: dropped by hand")
    page.tap('#ladder button[aria-label*="the server times out"]')
    at(page, 6)
    page.tap("#step")


def with_the_keyboard_alone(page: Page) -> None:
    for place in range(1, 6):
        page.keyboard.press("Space")
        at(page, place)
    page.keyboard.press("d")
    told(page, "ACK 2 of client: dropped by hand")
    page.keyboard.press("1")
    at(page, 6)
    page.keyboard.press("s")


@every_size
@light_and_dark
def test_a_lost_ack_is_made_in_three_ways(open_lab: OpenLab, size: str, dark: bool) -> None:
    for way in (with_the_mouse, by_touch, with_the_keyboard_alone):
        page = open_lab("#plain", size=size, dark=dark, touch=way is by_touch)
        way(page)
        at(page, 7)
        heard = page.locator("#ladder svg").get_attribute("aria-label") or ""
        assert "client: ACK 2, lost; server: timeout after 0.200 s; server: DATA 2" in heard
        assert link(page) == LOST_ACK, way.__name__
        page.close()


def test_every_control_is_reached_by_tab_and_pressed_by_enter(open_lab: OpenLab) -> None:
    page = open_lab("#plain;step+5")
    reached = []
    for _ in range(60):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.textContent.trim()"))
        if page.evaluate("document.activeElement.dataset.does") == "drop":
            break
    assert {"Back", "Step", "Play", "Undo", "Link"} <= set(reached)
    assert page.evaluate("getComputedStyle(document.activeElement).outlineWidth") == "3px"
    page.keyboard.press("Enter")
    told(page, "dropped by hand")


# -- For everybody --------------------------------------------------------------------------------


@every_size
@light_and_dark
def test_axe_finds_nothing_wrong(browser: Browser, lab: LabServer, size: str, dark: bool) -> None:
    watched = Watched(browser, size, dark=dark, touch=False, still=True)
    watched.page.goto(f"{lab.address}#window-gap;step+9")
    watched.page.wait_for_selector("#lab[data-place]")
    for opened in ("", "#keys", "#stops", '#hand [data-does="edit"]'):
        if opened:
            watched.page.click(opened)
        assert watched.violations() == [], opened
        watched.page.keyboard.press("Escape")
        watched.page.locator("#dialog").wait_for(state="hidden")
    watched.page.close()


def test_a_narrow_window_needs_no_sideways_scrolling(open_lab: OpenLab) -> None:
    page = open_lab("#window-gap;step+9", size="narrow")  # WCAG 2.2, 1.4.10
    assert page.evaluate("document.documentElement.scrollWidth") <= SIZES["narrow"][0]


@pytest.mark.parametrize("size", ["laptop", "projector"])
def test_all_is_seen_on_one_screen(open_lab: OpenLab, size: str) -> None:
    page = open_lab("#lost-ack;step+7", size=size)
    width, height = SIZES[size]
    assert page.evaluate("document.documentElement.scrollHeight") <= height
    parts = ("#client", "#stage", "#server", "#next", "#this", "#packet", "#variables", "#hand")
    for part in parts:
        box = page.locator(part).bounding_box()
        assert box is not None
        assert box["y"] + box["height"] <= height and box["x"] + box["width"] <= width, part
        assert box["height"] > 30, part


def test_nothing_is_wider_than_a_phone(open_lab: OpenLab) -> None:
    page = open_lab("#window-gap;step+9", size="phone", touch=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    small = page.evaluate(
        "[...document.querySelectorAll('button')].map(b => [b.getBoundingClientRect(), b])"
        ".filter(([r]) => r.width && (r.width < 24 || r.height < 24)).map(([, b]) => b.outerHTML)"
    )
    assert small == []
    page.tap("#more summary")
    box = page.locator("#more > div").bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390


def test_a_name_of_a_stranger_is_text(open_lab: OpenLab) -> None:
    name = b"<img src=x onerror=alert(1)>\x1b[31m"
    octets = (b"\0\1" + name + b"\0octet\0").hex()
    page = open_lab(f"#plain;step;raw+1+{octets}")
    assert "<img src=x onerror=alert(1)>" in page.inner_text("#packet")
    assert page.evaluate("document.querySelectorAll('main img').length") == 0
    assert re.search("[\x00-\x08\x1b]", page.inner_text("main")) is None


def test_a_long_name_leaves_the_other_choices_in_sight(open_lab: OpenLab) -> None:
    page = open_lab(f"#plain;step+3;inject+client+ERROR+1+{'A' * 300}")
    choice = page.locator("#next button", has_text="ERROR 1 AAA").first
    box = choice.bounding_box()
    assert box is not None
    assert box["height"] < 140
    assert "of server arrives" in choice.inner_text()


# -- Links ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "run",
    [
        "lost-ack;step+11",
        "plain;step+3;duplicate+3;delay+3+0.25;step+2",
        "plain;step+3;set+client+block+70+both;step",
        "own&verb=put&size=700&windowsize=2;step+4;abort+server",
        "window-gap;step+9;goto+4",
    ],
)
def test_a_link_restores_the_run(open_lab: OpenLab, run: str) -> None:
    page = open_lab(f"#{run}")
    there = page.inner_text("#variables"), page.inner_text("#count")
    again = open_lab(f"#{link(page)}")
    assert (again.inner_text("#variables"), again.inner_text("#count")) == there


STOPS = ["packet ACK 2", "variable client block >=3", "heard client ERROR 'message=no file'"]


def test_a_link_has_the_places_to_stop(open_lab: OpenLab) -> None:
    more = "".join(f"&stop={quote(place)}" for place in STOPS[:2])
    page = open_lab(f"#plain{more};step+1")
    page.click("#stops")
    page.fill("#dialog input", STOPS[2])
    page.get_by_role("button", name="Stop there from now on").click()
    page.wait_for_selector('#stops:text-is("Stops: 3 ...")')
    again = open_lab(f"#{link(page)}")
    assert again.inner_text("#stops") == "Stops: 3 ..."
    again.click("#goes-on")
    told(again, "Stopped: packet ACK 2.")
    assert link(again) == link(page).replace(";step+1", ";step+5")
    again.click("#stops")
    shown = again.locator("#dialog li").all_inner_texts()
    assert shown == [f"{place} Remove" for place in STOPS]


def test_a_hostile_place_to_stop_is_told_and_does_nothing(open_lab: OpenLab) -> None:
    page = open_lab(f"#plain&stop={quote('<img src=x>')}&stop=unusual;step+2")
    told(page, "the link has a wrong place to stop (<img src=x>)")
    assert page.inner_text("#stops") == "Stops: 1 ..."
    at(page, 2)


def test_a_step_just_before_a_reload_is_not_lost(open_lab: OpenLab) -> None:
    page = open_lab("#plain")
    page.keyboard.press("s")
    at(page, 1)
    page.reload()
    at(page, 1)
    page.evaluate(HURRY)
    page.reload()
    at(page, 3)


def test_a_broken_link_is_told(open_lab: OpenLab) -> None:
    page = open_lab("#plain;step+2;drop+99")
    told(page, "move 2 of the link cannot be made here")
    assert link(page) == "plain;step+2"


@pytest.mark.parametrize(
    ("run", "words"),
    [
        ("<b>nowhere</b>;step", "there is no scenario '<b>nowhere</b>'"),
        ("plain;%ff", "The link cannot be read"),
        ("plain&tables={;step", "The link cannot be read"),
        ("own&size=-1", "size: '-1' is not"),
    ],
)
def test_a_link_to_no_run_opens_a_good_wire_and_is_told(
    open_lab: OpenLab, run: str, words: str
) -> None:
    page = open_lab(f"#{run}")
    told(page, words)
    page.keyboard.press("s")
    at(page, 1)
    assert link(page) == "plain;step+1"


def test_the_buttons_stay_in_one_line(open_lab: OpenLab) -> None:
    page = open_lab("#plain;step+3", still=True)
    high = page.locator("#top").bounding_box()
    page.evaluate("document.getElementById('play').textContent = 'Pause'")
    assert page.locator("#top").bounding_box() == high
    page.keyboard.press(":")
    page.keyboard.type("break time-out")
    page.keyboard.press("Enter")
    page.wait_for_selector('#stops:text-is("Stops: 1 ...")')
    assert page.locator("#top").bounding_box() == high


def test_the_lanes_have_names_and_a_loss_is_legible_on_a_phone(open_lab: OpenLab) -> None:
    page = open_lab("#plain;step+3;drop+3", size="phone")
    assert page.locator("#heads span").all_inner_texts() == ["client", "server"]
    lanes = page.locator("#ladder .life")
    for lane, head in enumerate(page.locator("#heads span").all()):
        line, name = lanes.nth(lane).bounding_box(), head.bounding_box()
        assert line is not None and name is not None
        assert abs(line["x"] - name["x"] - name["width"] / 2) < 4
    assert "ACK 1, lost" in page.locator("#ladder .label").all_text_contents()


BROKEN = """[...document.querySelectorAll('#variables .whole, #variables th')]
    .filter(one => one.getClientRects().length > 1 || one.offsetHeight > 30)
    .map(one => one.textContent)"""
ROOM = "(p => [p.scrollWidth, p.clientWidth])(document.querySelector('#variables'))"


def test_the_variables_break_no_word(open_lab: OpenLab) -> None:
    """Each value stands in one line, and at 1280 pixels the table is no wider than its pane."""
    page = open_lab("#lost-ack;step+7")
    wide, room = page.evaluate(ROOM)
    assert page.evaluate(BROKEN) == [] and wide <= room
    page.set_viewport_size({"width": 1000, "height": 800})
    assert page.evaluate(BROKEN) == []


def test_a_name_of_a_variable_in_a_text_is_set_apart(open_lab: OpenLab) -> None:
    page = open_lab("#lost-ack")
    assert page.inner_text("#look code") == "octets"
    assert "`" not in page.inner_text("main")
