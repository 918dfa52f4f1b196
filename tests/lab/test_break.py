"""Break the protocol, in Chromium: by a server, and with Python in the browser."""

from __future__ import annotations

import json
import re
from collections import Counter
from functools import partial
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

import pytest

from tests.support.browsers import OpenLab, Watched
from tftp_fsm.lab import site
from tftp_fsm.lab.breaking import EXAMPLE
from tftp_fsm.lab.browser.bundle import Bundle
from tftp_fsm.lab.page import build
from tftp_fsm.lab.server import LabServer, begin_lab
from tftp_fsm.lab.site import single_page
from tftp_fsm.verify.mutants import MUTANTS

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

PATIENCE = 90_000  # milliseconds, on a machine that has much else to do
SORCERER = quote('{"mutant":"sorcerer"}')
ENDLESS = """\
from tftp_fsm.protocol import State
from tftp_fsm.protocol.changes import replaced, where

def forever(session, event):
    while True:
        pass

CHANGES = [replaced(where("ack_received", State.AWAITING_ACK), after=("forever",))]
METHODS = {"forever": forever}
"""


def opened(page: Page) -> Locator:
    """Open the dialog, and return it."""
    page.set_default_timeout(PATIENCE)
    page.click("#more summary")
    page.click("#break")
    page.wait_for_selector("#dialog[open]")
    return page.locator("#dialog")


def way(dialog: Locator, name: str) -> None:
    dialog.get_by_role("radio", name=name, exact=True).check()


def mistake(dialog: Locator, name: str) -> None:
    dialog.locator(f".mistake input[value={name}]").check()


def press(dialog: Locator, name: str) -> None:
    dialog.get_by_role("button", name=name).click()


def place(page: Page, number: int) -> None:
    page.wait_for_selector(f'#lab[data-place="{number}"]')


def linked(page: Page, words: str) -> None:
    """Wait until the address has these words. It is written after a pause."""
    page.wait_for_url(lambda url: words in unquote(url))


def test_a_row_is_switched_off_and_its_event_is_ignored(open_lab: OpenLab) -> None:
    page = open_lab("#lost-ack;step+6")
    dialog = opened(page)
    way(dialog, "Rows")
    row = dialog.locator(".row-item.taken")
    assert "timeout_expired" in row.inner_text()
    row.get_by_role("checkbox").check()
    press(dialog, "Run it")
    page.locator("#broken", has_text="1 row is changed").wait_for()
    page.click("#goes-on")
    page.locator("#said", has_text="2,000 steps").wait_for()
    linked(page, '"row":17,"off":true')
    page.click("text=Original rows again")
    page.wait_for_selector("#broken", state="hidden")


def test_a_row_does_other_actions_by_the_keyboard_alone(open_lab: OpenLab) -> None:
    page = open_lab("#plain;step+4")
    dialog = opened(page)
    way(dialog, "Rows")
    row = dialog.locator(".row-item.taken")
    row.locator("summary").first.focus()
    page.keyboard.press("Enter")
    actions = row.get_by_label("Actions", exact=True)
    actions.fill("note_client, advance, no_such")
    page.keyboard.press("Enter")
    page.locator("#dialog-wrong", has_text="no action 'no_such'").wait_for()
    actions.fill("note_client, advance")
    page.keyboard.press("Enter")
    page.wait_for_selector("#dialog:not([open])", state="attached")
    page.locator("#broken", has_text="1 row is changed").wait_for()
    linked(page, '"after":["note_client","advance"]')


def test_a_mistake_is_found_and_its_shortest_run_stepped(open_lab: OpenLab) -> None:
    page = open_lab("#plain")
    dialog = opened(page)
    mistake(dialog, "no-dally")
    press(dialog, "Find the shortest failing run")
    press(dialog, "Step through it")
    page.locator("#broken", has_text="One fault alone makes no transfer fail").wait_for()
    place(page, 0)
    page.click("#last")
    last = int(page.get_attribute("#place", "max") or 0)
    place(page, last)
    linked(page, "#found&verb=get")
    assert last > 4
    page.reload()
    place(page, last)
    page.locator("#broken", has_text="One fault alone makes no transfer fail").wait_for()


def test_each_mistake_has_a_sentence_and_says_who_made_it(open_lab: OpenLab) -> None:
    dialog = opened(open_lab("#plain"))
    names = dialog.locator(".mistake").all_inner_texts()
    told = [f"{m.what} {m.name}\n{m.who}" for m in MUTANTS.values()]
    assert names == told


def test_a_search_can_be_stopped(open_lab: OpenLab) -> None:
    page = open_lab("#plain")
    dialog = opened(page)
    mistake(dialog, "oversized-taken")
    press(dialog, "Find the shortest failing run")
    press(dialog, "Stop searching")
    dialog.locator(".finding", has_text="but this proves nothing").wait_for()


def test_typed_python_is_refused_by_a_server(open_lab: OpenLab) -> None:
    dialog = opened(open_lab("#plain"))
    way(dialog, "Python of your own")
    assert dialog.get_by_label("Rows in Python").is_disabled()
    assert "with the rights of the person who started the server" in dialog.inner_text()


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("name", ["A classical mistake", "Rows", "Python of your own"])
def test_axe_finds_nothing(browser: Browser, lab: LabServer, name: str, dark: bool) -> None:
    watched = Watched(browser, "laptop", dark=dark, touch=False, still=True)
    watched.page.goto(f"{lab.address}#plain&tables={SORCERER}")
    watched.page.locator("#broken", has_text="answered with the same DATA").wait_for()
    assert watched.violations() == []
    way(opened(watched.page), name)
    assert watched.violations() == []
    watched.page.close()


def test_python_of_an_address_runs_only_if_the_user_wants_it(browser: Browser) -> None:
    with LabServer(begin=partial(begin_lab, allows_python=True)) as lab:
        Thread(target=lab.serve_forever, args=(0.01,), daemon=True).start()
        watched = Watched(browser, "laptop", dark=False, touch=False, still=True)
        page = watched.page
        link = f"{lab.address}#plain&tables={quote(json.dumps({'python': EXAMPLE}))};step+3"
        page.goto(link)
        dialog = page.locator("#dialog")
        dialog.get_by_label("Rows in Python").wait_for()
        press(dialog, "Close")
        place(page, 0)
        assert page.locator("#broken").is_hidden()
        page.goto("about:blank")
        page.goto(link)
        press(dialog, "Run them")
        place(page, 3)
        page.locator("#broken", has_text="rows that were typed").wait_for()
        page.close()
        assert watched.complaints == []
        lab.shutdown()


# -- With Python in the browser -------------------------------------------------------------------


def test_in_a_file_rows_are_typed_searched_stepped_and_stopped(
    browser: Browser, pyodide: Path, bundle: Bundle, tmp_path: Path
) -> None:
    file = tmp_path / "lab.html"
    file.write_text(single_page(pyodide, bundle), encoding="utf-8")
    watched = Watched(browser, "laptop", dark=False, touch=False, still=True)
    page = watched.page
    page.goto(f"{file.as_uri()}#plain")
    page.wait_for_selector("#lab[data-place]")
    dialog = opened(page)
    way(dialog, "Python of your own")
    press(dialog, "Find the shortest failing run")
    dialog.get_by_role("button", name="Step through it").wait_for()
    assert "no Sorcerer's Apprentice" in dialog.inner_text()
    press(dialog, "Step through it")
    page.locator("#broken", has_text="rows that were typed").wait_for()
    page.click("#step")
    place(page, 1)

    page.click("text=Change or search")
    dialog.get_by_label("Rows in Python").fill("CHANGES = [")
    press(dialog, "Run it")
    page.locator("#dialog-wrong", has_text="mine.py, line 1: SyntaxError").wait_for()
    dialog.get_by_label("Rows in Python").fill("while True: pass")
    press(dialog, "Run it")
    press(dialog, "Stop running")
    page.locator("#dialog-wrong", has_text="It was stopped").wait_for()
    dialog.get_by_label("Rows in Python").fill(ENDLESS)
    press(dialog, "Run it")
    place(page, 0)
    page.click("#goes-on")
    page.click("#halt")
    page.locator("#said", has_text="It was stopped").wait_for()
    page.click("#step")
    place(page, 1)

    page.click("text=Change or search")
    press(dialog, "Find the shortest failing run")
    press(dialog, "Stop searching")
    dialog.locator(".finding", has_text="but this proves nothing").wait_for()
    page.close()
    assert watched.complaints == []
    assert {url for url in watched.asked if not url.startswith("blob:")} == {file.as_uri()}


def test_no_two_scripts_of_the_page_use_the_same_name() -> None:
    """They are joined in one scope, where the later function of a name would replace the other."""
    scripts = [build._file(name) for name in (*build.SCRIPTS, build.LAST)]
    scripts.append((Path(site.__file__).parent / "browser" / "feed.js").read_text("utf-8"))
    pattern = re.compile(r"^(?:async )?(?:function|const|let|class) (\w+)", re.MULTILINE)
    names = [name for script in scripts for name in pattern.findall(script)]
    assert [name for name, times in Counter(names).items() if times > 1] == []
