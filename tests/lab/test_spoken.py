"""The lab in Korean: the texts of Python and of the page, and the choice of the language."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

from tests.support.browsers import OpenLab, at
from tests.support.english import english
from tftp_fsm.debugger.scenarios import SCENARIOS
from tftp_fsm.lab.feed import Lab
from tftp_fsm.lab.lessons.all import EXERCISES
from tftp_fsm.lab.spoken import language_of, spoken
from tftp_fsm.language import sentence, speaking

if TYPE_CHECKING:
    from playwright.sync_api import Page

HANGUL, NO_HANGUL = re.compile("[가-힣]"), re.compile("^[^가-힣]+$")
SORCERER = {"scenario": "late-ack", "tables": {"mutant": "sorcerer"}}


def test_only_sentences_are_translated() -> None:
    told = {"said": [sentence("it is not JSON")], "name": "it is not JSON", "none": None}
    with speaking("ko"):
        assert spoken(told) == {"said": ["JSON이 아닙니다"], "name": "it is not JSON", "none": None}
    assert spoken(told) is told


@pytest.mark.parametrize("message", [{}, {"language": "xx"}, {"language": ["ko"]}, [], None])
def test_a_message_without_a_known_language_is_answered_in_english(message: object) -> None:
    assert language_of(message) == "en"


def asked(lab: Lab, language: str, message: dict[str, Any]) -> Any:
    return lab.ask({**message, "language": language})


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_a_run_has_the_same_moves_and_states_in_both_languages(scenario: str) -> None:
    lab = Lab()
    asked(lab, "ko", {"open": {"scenario": scenario}})
    korean = asked(lab, "ko", {"command": "step 5"})["view"]
    lab = Lab()
    asked(lab, "en", {"open": {"scenario": scenario}})
    english_ = asked(lab, "en", {"command": "step 5"})["view"]
    for name in ("position", "moves", "breakpoints", "time", "ended"):
        assert korean[name] == english_[name], name
    assert [c["line"] for c in korean["next"]] == [c["line"] for c in english_["next"]]
    assert HANGUL.search(korean["step"]["words"]) and not HANGUL.search(json.dumps(english_))


def test_what_was_told_is_told_again_at_the_same_place() -> None:
    lab = Lab()
    asked(lab, "en", {"open": SORCERER})
    before = asked(lab, "en", {"command": "step 4"})
    again = asked(lab, "ko", {"again": True})
    assert again["view"]["moves"] == before["view"]["moves"]
    assert HANGUL.search(again["view"]["step"]["words"]) and again["machines"]
    assert asked(lab, "en", {"command": ""})["view"] == before["view"]


@pytest.mark.parametrize("name", EXERCISES)
def test_an_exercise_is_asked_and_judged_in_korean(name: str) -> None:
    exercise, lab = EXERCISES[name], Lab()
    question = asked(lab, "ko", {"open": {"exercise": name}})["exercise"]
    assert english(question["ask"]) == english(question["look"]) == []
    assert list(question["labels"]) == question["options"] == list(exercise.question.options)
    wanted = {**exercise.opens, "exercise": name, "answer": question["options"][0], "begin": True}
    told = asked(lab, "ko", {"open": wanted})["exercise"]
    plain = Lab().ask({"open": wanted})["exercise"]
    assert english(told["task"], ["any-ack", "no-empty-block"]) == []
    assert (told["right"], told["truth"]) == (plain["right"], plain["truth"])
    assert [one["held"] for one in told["checks"]] == [one["held"] for one in plain["checks"]]
    assert all(HANGUL.search(one["words"]) for one in told["checks"])


def speaks(page: Page, part: str, letters: re.Pattern[str]) -> None:
    """Wait until the part of the page has such letters."""
    page.locator(part).filter(has_text=letters).wait_for()


def seen(page: Page) -> list[str]:
    """The English of what is seen and read out; the lists of scenarios and languages have names."""
    labels = page.evaluate(
        "[...document.querySelectorAll('[aria-label], [title], svg title')].flatMap(one =>"
        " [one.getAttribute('aria-label'), one.getAttribute('title'),"
        " one.localName === 'title' ? one.textContent : null]).filter(Boolean).join('\\n')"
    )
    scenarios = [text for one in SCENARIOS.values() for text in (one.title, one.look)]
    return english(f"{page.inner_text('body')}\n{labels}", scenarios)


def test_the_language_changes_while_the_page_runs_and_is_kept(open_lab: OpenLab) -> None:
    page = open_lab("#lost-ack;step+5")
    before = page.inner_text("#said")
    page.click("#more summary")
    page.select_option("#language", "ko")
    speaks(page, "#said", HANGUL)
    assert page.get_attribute("html", "lang") == "ko"
    assert page.evaluate("getComputedStyle(document.body).wordBreak") == "keep-all"
    at(page, 5)
    page.keyboard.press("s")
    at(page, 6)
    assert HANGUL.search(page.inner_text("#said"))
    assert seen(page) == []
    page.reload()
    page.wait_for_selector("#lab[data-place]")
    assert HANGUL.search(page.inner_text("#step"))
    page.click("#more summary")
    page.select_option("#language", "en")
    speaks(page, "#said", NO_HANGUL)
    page.keyboard.press("b")
    at(page, 5)
    assert page.inner_text("#said") == before


def test_dialogs_lessons_and_mistakes_are_korean(open_lab: OpenLab) -> None:
    page = open_lab("#plain&exercise=lost-ack")
    page.click("#more summary")
    page.select_option("#language", "ko")
    speaks(page, "#strip legend", HANGUL)
    assert seen(page) == []
    page.click("#strip label.option >> nth=2")
    page.click("#strip button[type=submit]")
    page.wait_for_selector("#strip .checks")
    assert seen(page) == []
    for opener in ("#lessons", "#keys"):
        page.click(opener)
        assert english(page.inner_text("#dialog")) == [], opener
        page.keyboard.press("Escape")
    for opener in ("#break", "#own", "#inject", "#line"):
        page.click("#more summary")
        page.click(opener)
        page.wait_for_selector("#dialog[open] #dialog-body *")
        assert english(page.inner_text("#dialog")) == [], opener
        page.keyboard.press("Escape")


# The button that opens each dialog, and an element that the dialog must have.
DIALOGS = {
    "#stops": "#places",
    '#hand [data-does="delay"]': "input",
    '#hand [data-does="edit"]': "textarea",
    "#variables .chips button": "select",
    "#client .took button >> nth=0": "tbody tr",
    "#client .took button.taken": "tbody tr",
    "#this button.taken": "tbody tr",
}
PLACES = (
    "state client dallying, packet ACK 2, sent server DATA, variable client block = 3,"
    " row is_stale_ack, time-out, unusual",
)
USES = ("inject END KIND", "set END VARIABLE VALUE", "set client block")
COMMANDS = (
    "quiz on",
    "quiz off",
    "help",
    "help set",
    "wire",
    "why",
    "show",
    "next all",
    "ladder",
)
WRONG = ("dance", "drop 99", "set client block x", "until moon", "goto 77", "edit 3 block=70000")


def test_every_dialog_is_korean(open_lab: OpenLab) -> None:
    page = open_lab("#plain;step+3")
    page.click("#more summary")
    page.select_option("#language", "ko")
    speaks(page, "#said", HANGUL)
    for opener, part in DIALOGS.items():
        page.click(opener)
        page.locator(f"#dialog[open] {part}").first.wait_for(state="attached")
        assert english(page.inner_text("#dialog"), PLACES) == [], opener
        hints = page.locator("#dialog [placeholder]").evaluate_all(
            "all => all.map(i => i.placeholder)"
        )
        assert english("\n".join(hints)) == [], opener
        page.keyboard.press("Escape")
        page.locator("#dialog").wait_for(state="hidden")
    page.keyboard.press("?")
    page.locator("#dialog[open] .keys", has_text=HANGUL).wait_for()
    assert "q" not in page.locator("#dialog kbd").all_inner_texts()
    page.keyboard.press("Escape")
    page.locator("#dialog").wait_for(state="hidden")
    page.keyboard.press(":")
    assert english(page.inner_text("#dialog")) == []


@pytest.mark.parametrize("line", [*COMMANDS, *WRONG])
def test_every_answer_of_the_command_line_is_korean(line: str) -> None:
    lab = Lab()
    asked(lab, "ko", {"open": {"scenario": "plain", "moves": ["step 3"]}})
    told = "\n".join(asked(lab, "ko", {"command": line})["said"])
    assert HANGUL.search(told) and english(told, USES) == []


def test_what_is_broken_and_what_a_search_says_is_korean(open_lab: OpenLab) -> None:
    tables = quote(json.dumps({"mutant": "sorcerer"}))
    page = open_lab(f"#late-ack&tables={tables}")
    page.click("#more summary")
    page.select_option("#language", "ko")
    speaks(page, "#said", HANGUL)
    speaks(page, "#broken", HANGUL)
    assert seen(page) == []
    page.click("#broken button >> nth=0")
    for number in (1, 2, 0):
        page.locator("#dialog .ways input").nth(number).check()
        assert english(re.sub(r"\w+_\w+", "|", page.inner_text("#dialog"))) == [], number
    page.click("#dialog-foot button >> nth=0")
    page.locator("#dialog .finding button").wait_for(timeout=60_000)
    assert english("\n".join(page.locator("#dialog .finding").all_inner_texts())) == []
    page.click("#dialog .finding button")
    at(page, 0)
    assert seen(page) == []
