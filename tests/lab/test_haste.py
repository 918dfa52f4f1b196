"""The lab if the user is faster than its Python, if an answer fails, and if the user goes back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.browsers import OpenLab, at, link, told

if TYPE_CHECKING:
    from playwright.sync_api import Page, Route

FOCUS = "document.activeElement.id || document.activeElement.textContent.trim()"


class Slow:
    """Holds the answers of Python until the test lets them go."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.routes: list[Route] = []
        self.goes = False
        page.route("**/ask", self.take)

    def take(self, route: Route) -> None:
        """Keep a question of the page."""
        if self.goes:
            route.continue_()
        else:
            self.routes.append(route)

    def wait(self, asked: int) -> None:
        """Until so many questions were asked."""
        while len(self.routes) < asked:
            self.page.evaluate("new Promise(requestAnimationFrame)")

    def go(self) -> None:
        """Let all answers come, also the later ones."""
        self.goes = True
        for route in self.routes:
            route.continue_()


def test_a_dialog_that_was_left_closes_no_other_one(open_lab: OpenLab) -> None:
    page = open_lab("#plain;step+3")
    page.keyboard.press(":")
    slow = Slow(page)
    page.keyboard.type("step")
    for key in ("Enter", "Escape", ":"):
        page.keyboard.press(key)
    page.keyboard.type("wire")
    slow.wait(1)
    slow.go()
    at(page, 4)
    assert page.input_value("#dialog[open] input") == "wire"


def test_a_dialog_does_once_what_is_pressed_twice(open_lab: OpenLab) -> None:
    page = open_lab("#plain;step+3")
    page.keyboard.press("y")
    slow = Slow(page)
    for _ in range(2):
        page.keyboard.press("Enter")
    slow.wait(1)
    slow.go()
    page.locator("#dialog").wait_for(state="hidden")
    page.keyboard.press("s")
    told(page, "times out")
    assert link(page) == "plain;step+3;delay+3+0.3;step+1"


def test_a_packet_that_cannot_be_had_is_told(open_lab: OpenLab) -> None:
    page = open_lab("#plain;step+4")
    page.route("**/ask", lambda route: route.fulfill(body="not JSON"))
    page.keyboard.press("e")
    told(page, "JSON")
    page.evaluate("document.getElementById('said').textContent = ''")
    page.locator("#ladder .arrow").first.dispatch_event("click")
    told(page, "JSON")
    page.unroute("**/ask")
    page.keyboard.press("s")
    at(page, 5)


def test_a_reply_without_a_view_leaves_the_page_as_it_was(open_lab: OpenLab) -> None:
    page = open_lab("#plain;step+2")
    page.route("**/ask", lambda route: route.fulfill(json={"ok": False, "said": ["no view"]}))
    page.keyboard.press("s")
    told(page, "no view")
    page.unroute("**/ask")
    page.keyboard.press("s")
    at(page, 3)


def test_two_changes_that_exclude_each_other_are_refused(open_lab: OpenLab) -> None:
    page = open_lab("#plain;step+3")
    page.keyboard.press("e")
    for number, value in enumerate(("5", "9")):
        page.locator("#dialog input").nth(number).fill(value)
    page.click("#dialog button.main")
    page.locator("#dialog-wrong", has_text="change only one of these").wait_for()
    assert link(page) == "plain;step+3"


def test_the_list_names_the_run_that_is_there(open_lab: OpenLab) -> None:
    page = open_lab("#silence")
    page.select_option("#scenario", "own")
    page.wait_for_selector("#dialog[open]")
    page.keyboard.press("Escape")
    assert page.input_value("#scenario") == "silence"


def test_back_leads_to_the_run_before(open_lab: OpenLab) -> None:
    page = open_lab("#plain;step+3;drop+3")
    page.select_option("#scenario", "silence")
    at(page, 0)
    page.keyboard.press("s")
    at(page, 1)
    page.go_back()
    at(page, 3)
    assert link(page) == "plain;step+3;drop+3"
    page.go_forward()
    at(page, 1)
    assert link(page) == "silence;step+1"


def test_a_picture_that_the_browser_cannot_draw_is_told(open_lab: OpenLab) -> None:
    page = open_lab("#plain;step+3")
    page.evaluate("() => { HTMLCanvasElement.prototype.toBlob = done => done(null); }")
    page.click("#more summary")
    page.click("#save-png")
    told(page, "save the SVG instead")


# -- Keys and focus -------------------------------------------------------------------------------


@pytest.mark.parametrize("key", ["\u3147", "Process"])
def test_a_keyboard_that_writes_hangul_has_the_same_keys(open_lab: OpenLab, key: str) -> None:
    page = open_lab("#plain;step+3")
    event = {"key": key, "code": "KeyD", "bubbles": True}
    page.evaluate(
        "event => document.body.dispatchEvent(new KeyboardEvent('keydown', event))", event
    )
    told(page, "dropped by hand")


def test_a_button_that_is_held_does_nothing_else(open_lab: OpenLab) -> None:
    page = open_lab("#plain;step+3")
    page.focus("#keys")
    for _ in range(3):
        page.keyboard.down("Space")
    page.keyboard.up("Space")
    page.wait_for_selector("#dialog[open]")
    at(page, 3)


def test_the_menu_gives_the_focus_back_and_covers_nothing_that_has_it(open_lab: OpenLab) -> None:
    page = open_lab("#plain;step+3")
    for leave in ("#own", "#more summary"):
        page.click("#more summary")
        page.focus("#own")
        if leave == "#own":
            page.keyboard.press("Enter")
            page.wait_for_selector("#dialog[open]")
        page.keyboard.press("Escape")
        page.locator("#dialog").wait_for(state="hidden")
        assert page.evaluate(FOCUS) == "More"
        assert not page.is_visible("#own")
    page.keyboard.press("Enter")
    page.focus("#keys")
    assert not page.is_visible("#own")
    page.click("#more summary")
    page.click("#variables-pane h2")
    assert not page.is_visible("#own")
