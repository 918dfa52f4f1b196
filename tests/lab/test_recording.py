"""A run as a page in a file: each step can be seen, and nothing is fetched."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from tests.support.browsers import Watched, at, told
from tftp_fsm.lab.feed import Lab
from tftp_fsm.lab.page.build import page as built
from tftp_fsm.lab.recording import recording
from tools.javascript import sentences

if TYPE_CHECKING:
    from playwright.sync_api import Browser

LETTERS = re.compile(r"[A-Za-z]+(?![^{]*})")  # but not the names of values


def test_a_recording_has_every_place_of_its_run() -> None:
    told = recording(Lab(), {"scenario": "lost-ack", "moves": ["step 9", "goto 4"]})
    assert [view["position"] for view in told["recorded"]] == list(range(10))


def test_a_recording_is_stepped_from_a_file_and_cannot_be_changed(
    browser: Browser, tmp_path: Path
) -> None:
    file = tmp_path / "run.html"
    run = {"scenario": "lost-ack", "moves": ["step 9"]}
    file.write_text(built("recorded", recording(Lab(), run)), encoding="utf-8")
    watched = Watched(browser, "laptop", dark=False, touch=False, still=False)
    page = watched.page
    page.goto(file.as_uri())
    page.wait_for_selector("#lab[data-place]")
    for key, place in (("s", 1), ("s", 2), ("b", 1), ("End", 9), ("Home", 0)):
        page.keyboard.press(key)
        at(page, place)
    page.keyboard.press("s")
    page.keyboard.press("d")
    told(page, "this page is a recording")
    page.close()
    assert watched.complaints == []
    assert watched.hosts() <= {"file", "data", "blob"}


# Every sentence of the page in a made-up language without English words.
STRANGE = {text: LETTERS.sub(lambda word: word[0][::-1] + "x", text) for text in sentences()}


def test_the_language_changes_while_the_page_runs(browser: Browser, tmp_path: Path) -> None:
    file = tmp_path / "run.html"
    run = recording(Lab(), {"scenario": "lost-ack", "moves": ["step 9"]})
    languages = {"xx": {"name": "Strange", "words": STRANGE}}
    file.write_text(built("recorded", {**run, "languages": languages}), encoding="utf-8")
    watched = Watched(browser, "laptop", dark=False, touch=False, still=True)
    page = watched.page
    page.goto(file.as_uri())
    page.wait_for_selector("#lab[data-place]")
    for _ in range(6):
        page.keyboard.press("s")
    at(page, 6)
    page.click("#more summary")
    english = page.inner_text("body")
    page.select_option("#language", "xx")
    assert page.get_attribute("html", "lang") == "xx"
    assert page.inner_text("#step") == STRANGE["Step"]
    assert page.inner_text("#count") == "petSx 6 fox 9"
    assert page.get_attribute("#ladder", "aria-label") == STRANGE["Ladder: time runs down"]
    texts = page.locator(
        "#top button:visible, #top summary, #panes h2, #panes th"
    ).all_inner_texts()
    assert [text for text in texts if text in sentences()] == []
    page.keyboard.press("?")
    assert page.inner_text("#dialog h2") == STRANGE["Keys"]
    page.keyboard.press("Escape")
    page.click("#more summary")  # the menu has closed, for it covers no dialog
    page.select_option("#language", "en")
    assert page.inner_text("body") == english
    page.close()
    assert watched.complaints == []
