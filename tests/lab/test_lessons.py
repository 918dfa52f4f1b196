"""The lessons on the page, in Chromium: a student answers, acts, and hands in a result."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.browsers import SIZES, OpenLab, Watched, at, link, told
from tftp_fsm.debugger.scenarios import SCENARIOS
from tftp_fsm.lab.browser.bundle import Bundle
from tftp_fsm.lab.feed import truth_of
from tftp_fsm.lab.lessons.all import EXERCISES, LESSONS
from tftp_fsm.lab.lessons.grade import grades, result_of
from tftp_fsm.lab.lessons.teacher import ANSWERS
from tftp_fsm.lab.lessons.teachers_page import teachers_html
from tftp_fsm.lab.server import LabServer
from tftp_fsm.lab.site import single_page

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

every_size = pytest.mark.parametrize("size", ["laptop", "projector", "phone"])
QUESTION = "#plain&exercise=lost-ack"
TASK = f"{QUESTION}&answer=ACK+2;step+5;drop+5;timeout+server;step+1"


def shown(page: Page, selector: str) -> str:
    return page.locator(selector).inner_text()


# -- By mouse, touch, and keyboard ----------------------------------------------------------------


@every_size
def test_an_exercise_is_done_with_the_mouse(open_lab: OpenLab, size: str) -> None:
    page = open_lab(size=size)
    page.click("#lessons")
    page.click("#dialog button:has-text('An ACK is lost')")
    page.wait_for_selector("#lab.asking")
    page.check("#strip input[value='ACK 2']")
    page.click("#strip button[type=submit]")
    told(page, "Right: ACK 2.")
    assert shown(page, "#strip").count("not yet:") == 2
    for place in range(8, 13):
        page.click("#step")
        at(page, place)
    told(page, "The exercise is done.")
    assert EXERCISES["lost-ack"].think in shown(page, "#strip .think")
    page.click("#strip button.main")
    page.wait_for_selector("#strip h2:has-text('No answer comes')")


def test_an_exercise_is_done_by_touch(open_lab: OpenLab) -> None:
    page = open_lab(QUESTION, size="phone", touch=True)
    page.tap("#strip input[value='nothing']")
    page.tap("#strip button[type=submit]")
    told(page, "You said: nothing. The machines say: ACK 2.")
    for place in range(8, 13):
        page.tap("#next button.usual")
        at(page, place)
    page.wait_for_selector("#strip .think")


def test_an_exercise_is_done_with_the_keyboard_alone(open_lab: OpenLab) -> None:
    page = open_lab()
    page.focus("#lessons")
    page.keyboard.press("Enter")
    page.wait_for_selector("#dialog[open]")
    for _ in range(4):
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector("#lab.asking")
    assert page.evaluate("document.activeElement.textContent").startswith("Lesson 2, exercise 2")
    page.evaluate("document.querySelector('#strip .strip-head button:last-child').focus()")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    told(page, "You said: ACK 1.")
    assert page.evaluate("document.activeElement.tagName") == "H2"
    page.keyboard.press("c")
    told(page, "The exercise is done.")


# -- The question is covered ----------------------------------------------------------------------


def test_what_would_answer_is_covered_and_refused(open_lab: OpenLab) -> None:
    page = open_lab(QUESTION)
    assert shown(page, "#next") == "Hidden until you have answered the question."
    assert page.locator("#client .edge, #server .edge").count() == 1, "the row of this step"
    assert not page.is_visible("#hand") and not page.is_visible("#client .took button")
    for control in ("#step", "#play", "#goes-on", "#back", "#stops"):
        assert page.get_attribute(control, "aria-disabled") == "true"
    assert page.is_disabled("#scenario") and page.is_disabled("#place")
    page.keyboard.press("s")
    told(page, "answer the question first")
    at(page, 6)
    page.locator("#packet .chips button").first.click()
    assert shown(page, "#next") == "Hidden until you have answered the question."
    page.check("#strip input[value='ACK 1']")
    page.keyboard.press("s")
    assert page.is_checked("#strip input[value='ACK 1']"), "what was chosen stays"


def test_after_the_answer_all_is_as_before(open_lab: OpenLab) -> None:
    page = open_lab(TASK)
    assert "the client stays in receiving" in shown(page, "#next")
    assert page.locator("#client .edge").count() > 3
    assert page.get_attribute("#play", "aria-disabled") == "false"
    assert not page.is_disabled("#scenario")
    page.keyboard.press("b")
    at(page, 6)


# -- Staying, leaving, and coming back ------------------------------------------------------------


def test_a_link_restores_the_question_and_the_task(open_lab: OpenLab) -> None:
    page = open_lab(QUESTION)
    assert link(page) == "plain&exercise=lost-ack;step+5;drop+5;step+1"
    page.reload()
    page.wait_for_selector("#lab.asking")
    page = open_lab(TASK)
    assert "Now do this:" in shown(page, "#strip")
    page.keyboard.press("s")
    at(page, 8)
    assert link(page) == "plain&exercise=lost-ack&answer=ACK+2;step+5;drop+5;step+3"
    page.reload()
    at(page, 8)
    assert "Right: ACK 2." in shown(page, "#strip")


def test_a_student_stays_at_the_exercise_in_another_run_and_leaves_it(open_lab: OpenLab) -> None:
    page = open_lab(TASK)
    page.select_option("#scenario", "silence")
    page.wait_for_selector("#strip li:has-text('Begin again opens it')")
    page.click("#strip button:has-text('Begin again')")
    at(page, 7)
    assert "Begin again opens it" not in shown(page, "#strip")
    page.click("#strip button:has-text('Leave')")
    page.wait_for_selector("#strip", state="hidden")
    assert link(page) == "plain"


def test_the_first_answer_counts(open_lab: OpenLab) -> None:
    page = open_lab(QUESTION)
    page.check("#strip input[value='nothing']")
    page.click("#strip button[type=submit]")
    told(page, "You said: nothing.")
    page.click("#lessons")
    page.click("#dialog button:has-text('An ACK is lost: answered')")
    page.wait_for_selector("#strip .verdict")
    assert "You said: nothing." in shown(page, "#strip")
    page.evaluate(f"location.hash = '{QUESTION}'")
    page.check("#strip input[value='ACK 2']")
    page.click("#strip button[type=submit]")
    told(page, "You have answered this before, and the first answer counts. You said: nothing.")


@pytest.mark.parametrize("way", ["#first", "Home"])
def test_a_task_starts_without_what_led_to_its_question(open_lab: OpenLab, way: str) -> None:
    page = open_lab("#put&exercise=full-disk")
    page.check("#strip input[value=error]")
    page.click("#strip button[type=submit]")
    page.wait_for_selector("#strip .verdict")
    page.keyboard.press(way) if way == "Home" else page.click(way)
    page.wait_for_selector("#count:has-text('Step 0 of 0')")
    for place in range(1, 8):
        page.click("#step")
        at(page, place)
    told(page, "The client hears ACK 2")
    page.click("#rare summary")
    page.locator("#rare button", has_text="server's disk is full").click()
    page.click("#goes-on")
    told(page, "The exercise is done.")
    steps = page.input_value("#place")
    page.click("#first")
    page.wait_for_selector(f"#count:has-text('Step 0 of {steps}')")


def test_what_a_scenario_sets_is_not_told_as_a_move_of_the_student(open_lab: OpenLab) -> None:
    page = open_lab("#late-ack")
    told(page, "Nothing has happened yet.")
    page = open_lab("#plain;set+client+rto+2")
    told(page, "rto of client set to 2 by hand")


@every_size
def test_the_result_can_be_saved_without_scrolling(open_lab: OpenLab, size: str) -> None:
    page = open_lab(size=size)
    page.click("#lessons")
    button, dialog = page.locator("#dialog button.main"), page.locator("#dialog").bounding_box()
    box = button.bounding_box()
    assert box is not None and dialog is not None
    assert box["y"] + box["height"] <= dialog["y"] + dialog["height"]


def test_a_mistake_is_chosen_for_an_exercise(open_lab: OpenLab) -> None:
    page = open_lab("#late-ack&exercise=sorcerer&answer=nothing;step+10")
    page.click("#more summary")
    page.click("#break")
    page.check("#dialog .mistake input[value=sorcerer]")
    page.click("#dialog button.main:has-text('Run it')")
    page.wait_for_selector("#broken:not([hidden])")
    page.click("#goes-on")
    told(page, "The exercise is done.")
    kept = page.evaluate("JSON.parse(localStorage['tftp-lab-lessons']).exercises.sorcerer")
    assert kept["done"] and kept["open"]["tables"] == {"mutant": "sorcerer"}


# -- The result -----------------------------------------------------------------------------------


def hand_in(page: Page, student: str) -> Path:
    """Save the result, as a student does."""
    page.click("#lessons")
    page.fill("#dialog input[autocomplete=name]", student)
    if not student.strip():
        page.click("#dialog button.main")
        page.locator("#dialog-wrong", has_text="Your name is missing").wait_for()
        wrong, foot = (page.locator(f"#dialog-{one}").bounding_box() for one in ("wrong", "foot"))
        assert wrong is not None and foot is not None
        assert wrong["y"] + wrong["height"] <= foot["y"], "it is not behind the buttons"
    with page.expect_download() as download:
        page.click("#dialog button.main")
    told(page, f"Your result is saved as {'tftp-lab' if not student.strip() else ''}")
    # The name that a headless browser suggests may differ. The link has the page's own name.
    named = page.locator("a[download]").last.get_attribute("download")
    assert named is not None and named.endswith("-result.json")
    return download.value.path()


def test_a_result_is_saved_graded_and_loaded_again(open_lab: OpenLab, tmp_path: Path) -> None:
    page = open_lab(TASK)
    page.click("#goes-on")
    told(page, "The exercise is done.")
    saved = hand_in(page, "김하나 <b>")
    result = result_of(saved.read_text("utf-8"))
    assert result.student == "김하나 <b>"
    done = {one.exercise: (one.done, one.right) for one in grades(result)}
    assert done.pop("lost-ack") == (True, True)
    assert set(done.values()) == {(False, False)}
    other = open_lab()
    other.click("#lessons")
    other.set_input_files("#dialog input[type=file]", saved)
    other.wait_for_selector("#dialog button.held:has-text('An ACK is lost: done')")
    assert other.input_value("#dialog input[autocomplete=name]") == "김하나 <b>"
    other.set_input_files("#dialog input[type=file]", saved)
    other.click("#dialog button:has-text('Replace them')")
    other.wait_for_selector("#dialog input[autocomplete=name]")
    (tmp_path / "bad.json").write_text("[]")
    other.set_input_files("#dialog input[type=file]", tmp_path / "bad.json")
    other.locator("#dialog-wrong", has_text="is not a result of the lab").wait_for()


def test_progress_is_forgotten_only_if_the_student_says_so(open_lab: OpenLab) -> None:
    page = open_lab(TASK)
    for answer, left in (("All lessons", 1), ("Forget it", 0)):
        page.click("#lessons")
        page.click("#dialog button:has-text('Forget my progress')")
        assert "All answers and the name" in shown(page, "#dialog")
        page.click(f"#dialog button:has-text('{answer}')")
        page.wait_for_selector("#dialog .lesson")
        assert page.locator("#dialog button:has-text('An ACK is lost: answered')").count() == left
        page.keyboard.press("Escape")


def test_where_nothing_is_kept_the_page_says_so(browser: Browser, lab: LabServer) -> None:
    watched = Watched(browser, "laptop", dark=False, touch=False, still=True)
    page = watched.page
    page.add_init_script(
        "Object.defineProperty(window, 'localStorage', {get() { throw new Error('no'); }});"
    )
    page.goto(f"{lab.address}{TASK}")
    page.wait_for_selector("#strip .checks")
    page.click("#goes-on")
    told(page, "The exercise is done.")
    page.click("#lessons")
    assert "does not let the page store anything" in shown(page, "#kept")
    page.wait_for_selector("#dialog button:has-text('An ACK is lost: done')")
    page.keyboard.press("Escape")
    saved = json.loads(hand_in(page, "").read_text("utf-8"))
    assert saved["exercises"]["lost-ack"]["done"]
    page.close()
    assert watched.complaints == []


@pytest.mark.parametrize("spoilt", ['{"exercises": 7', '{"exercises": null}'])
def test_progress_that_was_spoilt_is_forgotten(
    browser: Browser, lab: LabServer, spoilt: str
) -> None:
    watched = Watched(browser, "laptop", dark=False, touch=False, still=True)
    page = watched.page
    page.add_init_script(f"localStorage.setItem('tftp-lab-lessons', '{spoilt}');")
    page.goto(lab.address)
    page.wait_for_selector("#lab[data-place]")
    page.click("#lessons")
    assert page.locator("#dialog .lesson button").count() == 18
    page.close()
    assert watched.complaints == []


def test_two_tabs_keep_what_each_has_done(browser: Browser, lab: LabServer) -> None:
    context = browser.new_context()
    first, second = context.new_page(), context.new_page()
    for page in (first, second):
        page.goto(lab.address)
        page.wait_for_selector("#lab[data-place]")
    for page, name, answer in ((first, "lost-ack", "ACK 2"), (second, "first-answer", "DATA 1")):
        page.evaluate(f"location.hash = '#plain&exercise={name}'")
        page.check(f"#strip input[value='{answer}']")
        page.click("#strip button[type=submit]")
        page.wait_for_selector("#strip .verdict")
    for page in (first, second):
        page.click("#lessons")
        page.wait_for_selector("#dialog button:has-text('An ACK is lost: answered')")
        page.wait_for_selector("#dialog button:has-text('Who answers the request?: answered')")
    context.close()


# -- For everybody --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("size", "dark"), [("laptop", False), ("projector", True), ("phone", False)]
)
def test_axe_finds_nothing_wrong(browser: Browser, lab: LabServer, size: str, dark: bool) -> None:
    watched = Watched(browser, size, dark=dark, touch=False, still=True)
    page = watched.page
    for place in (QUESTION, TASK):
        page.goto("about:blank")
        page.goto(lab.address + place)
        page.wait_for_selector("#strip h2")
        assert watched.violations() == [], place
    page.click("#lessons")
    assert watched.violations() == []
    page.close()


@pytest.mark.parametrize("size", ["laptop", "projector"])
def test_the_strip_leaves_room_for_all_parts(open_lab: OpenLab, size: str) -> None:
    _, height = SIZES[size]
    page = open_lab(TASK, size=size)
    assert page.evaluate("document.documentElement.scrollHeight") <= height
    for part in ("#strip", "#client", "#stage", "#server", "#next", "#this", "#hand"):
        box = page.locator(part).bounding_box()
        assert box is not None and box["y"] + box["height"] <= height, part
        assert box["height"] > 30, part
    assert page.evaluate("document.querySelector('header').offsetHeight") < 60


def test_a_print_has_no_gap_below_the_news(open_lab: OpenLab) -> None:
    page = open_lab(TASK)
    page.emulate_media(media="print")
    news, client = (page.locator(one).bounding_box() for one in ("#news", "#client"))
    assert news is not None and client is not None
    assert client["y"] - news["y"] < 150


def test_all_scenarios_are_in_the_index_with_what_to_look_for(open_lab: OpenLab) -> None:
    page = open_lab(TASK)
    page.click("#lessons")
    page.click("#dialog summary")
    assert page.locator("#dialog .scenarios li").count() == len(SCENARIOS)
    assert SCENARIOS["roll-over"].look.replace("`", "") in shown(page, "#dialog")
    page.click("#dialog .scenarios button:has-text('The server falls silent')")
    page.wait_for_selector("#strip", state="hidden")
    assert link(page) == "silence"


def test_a_lesson_with_its_python_in_the_browser(
    browser: Browser, pyodide: Path, bundle: Bundle, tmp_path: Path
) -> None:
    """From one file on disk: the shortest failing run is found there, and grades as done."""
    file = tmp_path / "lab.html"
    file.write_text(single_page(pyodide, bundle), encoding="utf-8")
    watched = Watched(browser, "laptop", dark=False, touch=False, still=True)
    page = watched.page
    page.set_default_timeout(90_000)
    page.goto(f"{file.as_uri()}#own&exercise=shortest")
    page.check("#strip input[value=succeeded]")
    page.click("#strip button[type=submit]")
    told(page, "Right: succeeded.")
    page.click("#broken button:has-text('Change or search')")
    page.check("#dialog .mistake input[value=any-ack]")
    page.click("#dialog button:has-text('Find the shortest')")
    page.click("#dialog button:has-text('Step through it')")
    at(page, 0)
    page.click("#last")
    told(page, "The exercise is done.")
    result = result_of(hand_in(page, "").read_text("utf-8"))
    graded = {one.exercise: one for one in grades(result, 6)}["shortest"]
    assert graded.done and graded.right
    page.close()
    assert watched.complaints == []


def test_the_page_for_teachers_can_be_read_by_everybody(browser: Browser, tmp_path: Path) -> None:
    file = tmp_path / "answers.html"
    file.write_text(teachers_html(truth_of), encoding="utf-8")
    for dark in (False, True):
        watched = Watched(browser, "phone", dark=dark, touch=False, still=True)
        watched.page.goto(file.as_uri())
        assert watched.violations() == []
        assert watched.page.evaluate("document.documentElement.scrollWidth") <= SIZES["phone"][0]
        watched.page.close()


def test_no_answer_for_teachers_is_in_the_page(lab: LabServer) -> None:
    from tftp_fsm.lab.page.build import page

    text = page("server", {})
    told_by_teachers = [one.think[:40] for one in ANSWERS.values()]
    assert not [words for words in told_by_teachers if words in text]
    assert LESSONS[0].exercises[0].think not in text
