"""The lab in Firefox: the same page works there, without a message in the console."""

from __future__ import annotations

import json
import os
from threading import Thread
from urllib.parse import urlencode, urlsplit

from tests.support.browsers import HURRY
from tests.support.firefox import Firefox, firefox
from tftp_fsm.lab.feed import truth_of
from tftp_fsm.lab.lessons.all import EXERCISES, place_of
from tftp_fsm.lab.lessons.teacher import ANSWERS
from tftp_fsm.lab.server import LabServer


def test_a_lost_ack_is_made_in_firefox() -> None:
    with LabServer() as lab, firefox() as browser:
        Thread(target=lab.serve_forever, args=(0.01,), daemon=True).start()
        browser.open(f"{lab.address}#plain;step+4")
        place = "document.getElementById('lab').dataset.place"
        browser.until(f"{place} === '4'")
        browser.press("s")
        browser.until(f"{place} === '5'")
        browser.click('#hand [data-does="drop"]')
        browser.until("document.getElementById('said').textContent.includes('dropped by hand')")
        browser.click("#next button.usual")
        browser.until(f"{place} === '6'")
        browser.until("location.hash === '#plain;step+5;drop+5;step+1'")  # after a pause
        assert browser.ask("document.documentElement.scrollHeight") <= 800
        assert browser.ask("document.querySelector('#variables').scrollHeight > 100")
        assert browser.complaints == []
        hosts = {urlsplit(url).netloc for url in browser.asked if not url.startswith("about:")}
        assert hosts <= {f"127.0.0.1:{lab.server_port}", ""}
        lab.shutdown()


def test_a_step_just_before_a_reload_is_not_lost() -> None:
    with LabServer() as lab, firefox() as browser:
        Thread(target=lab.serve_forever, args=(0.01,), daemon=True).start()
        browser.open(f"{lab.address}#plain;step+1")
        place = "document.getElementById('lab').dataset.place"
        browser.until(f"{place} === '1'")
        browser.ask(HURRY)
        browser.reload()
        browser.until(f"{place} === '3'")
        lab.shutdown()


# -- The lessons, by the keyboard alone ----------------------------------------------------------

TAB, ENTER, DOWN, ESCAPE = "\ue004", "\ue006", "\ue015", "\ue00c"
FOCUSED = "document.activeElement"


def go_on_by_tab(browser: Firefox, wanted: str) -> None:
    """Press Tab until the wanted element has the focus."""
    for _ in range(40):
        browser.press(TAB)
        if browser.ask(wanted):
            return
    raise AssertionError(f"Tab does not lead to {wanted}")


def command(browser: Firefox, line: str) -> None:
    """Type a command of the debugger: it answers in the dialog, or goes on behind it."""
    browser.press(":")
    browser.until("document.getElementById('dialog').open")
    moves = "document.getElementById('said').textContent"
    before = browser.ask(moves)
    browser.type(line)
    browser.press(ENTER)
    answers = "document.querySelector('#dialog pre:not([hidden])')"
    closed = "!document.getElementById('dialog').open"
    browser.until(f"{closed} || {answers} || {moves} !== {json.dumps(before)}")
    if browser.ask("document.getElementById('dialog').open"):
        browser.press(ESCAPE)
        browser.until("!document.getElementById('dialog').open")


def answered(browser: Firefox, name: str) -> None:
    """Choose the right answer."""
    truth = truth_of(name)
    go_on_by_tab(browser, f"{FOCUSED}.type === 'radio'")
    browser.press(" ")
    while browser.ask(f"{FOCUSED}.value") != truth:
        browser.press(DOWN)
    browser.press(ENTER)
    browser.until("document.querySelector('#strip .verdict')")
    assert browser.ask(f"{FOCUSED}.tagName") == "H2"


def test_six_lessons_are_done_by_the_keyboard_alone_in_firefox() -> None:
    """The second exercise of each; with TFTP_FSM_ALL_LESSONS all eighteen."""
    with LabServer() as lab, firefox() as browser:
        Thread(target=lab.serve_forever, args=(0.01,), daemon=True).start()
        browser.open(lab.address)
        browser.until("document.getElementById('lab').dataset.place === '0'")
        browser.ask("document.getElementById('lessons').focus()")
        browser.press(ENTER)
        browser.until(f"{FOCUSED}.closest('.lesson')")
        browser.press(ENTER)
        for name, exercise in EXERCISES.items():
            title = json.dumps(exercise.title)
            browser.until(f"document.querySelector('#strip h2')?.textContent.endsWith({title})")
            browser.until("document.querySelector('#lab.asking')")
            if place_of(name)[1] == 2 or "TFTP_FSM_ALL_LESSONS" in os.environ:
                answered(browser, name)
                done(browser, name)
            if name != list(EXERCISES)[-1]:
                go_on_by_tab(browser, f"{FOCUSED}.textContent === 'Next exercise'")
                browser.press(ENTER)
        assert browser.complaints == []
        lab.shutdown()


def done(browser: Firefox, name: str) -> None:
    """Make the moves of the model answer. A run that is opened otherwise comes from a link."""
    answer = ANSWERS[name]
    run = answer.opens or EXERCISES[name].opens
    more = [("exercise", name), ("answer", truth_of(name)), *run.get("settings", {}).items()]
    more += [("tables", json.dumps(run["tables"]))] if "tables" in run else []
    browser.ask(f"void (location.hash = {json.dumps(run['scenario'] + '&' + urlencode(more))})")
    browser.until("document.getElementById('lab').dataset.place === '0'")
    for line in answer.moves:
        command(browser, line)
    browser.until("document.querySelector('#strip .think')")
