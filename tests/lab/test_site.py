"""The lab with its Python in Chromium: as one file from disk, and as a static site."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import quote, urlsplit

import pytest

from tests.support.browsers import Watched
from tests.support.firefox import firefox
from tftp_fsm.lab.browser.bundle import Bundle
from tftp_fsm.lab.browser.package import versions
from tftp_fsm.lab.site import BUNDLE, licences, single_page, site_files

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

Open: TypeAlias = Callable[[str], "Page"]
PATIENCE = 60_000  # milliseconds, on a machine that has much else to do


@pytest.fixture(scope="module")
def single(pyodide: Path, bundle: Bundle, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the address of one file on disk."""
    file = tmp_path_factory.mktemp("single") / "lab.html"
    file.write_text(single_page(pyodide, bundle), encoding="utf-8")
    return file.as_uri()


@pytest.fixture(scope="module")
def site(pyodide: Path, bundle: Bundle, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Yield the address of a static site, served by `python -m http.server`."""
    folder = tmp_path_factory.mktemp("site")
    for name, octets in site_files(pyodide, bundle).items():
        (folder / name).write_bytes(octets)
    handler = partial(_Quiet, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def watched(browser: Browser) -> Iterator[Watched]:
    """Yield a page that must not complain."""
    one = Watched(browser, "laptop", dark=False, touch=False, still=False)
    one.page.set_default_timeout(PATIENCE)
    yield one
    one.page.close()
    assert one.complaints == []


def python(text: str) -> str:
    """Return this Python text as the tables of a link."""
    return quote(json.dumps({"python": text}))


def stepped(page: Page, address: str) -> None:
    """Open the address and make the first step."""
    page.goto(address)
    page.wait_for_selector(
        '#lab[data-place="0"]'
    )  # the first picture, perhaps before Python is there
    page.click("#step")
    page.wait_for_selector('#lab[data-place="1"]')


def test_one_file_from_disk_needs_no_request(watched: Watched, single: str) -> None:
    stepped(watched.page, single)
    assert "RRQ" in watched.page.inner_text("#this")
    others = {url for url in watched.asked if not url.startswith("blob:")}
    assert others == {single}
    policy = watched.page.get_attribute("meta[http-equiv]", "content") or ""
    assert policy.startswith("default-src 'none'") and "connect-src" not in policy
    assert not re.search(r"'unsafe-(inline|eval)'|https?:", policy)


def test_one_file_from_disk_opens_in_firefox(single: str) -> None:
    place = "document.getElementById('lab').dataset.place"
    with firefox() as browser:
        browser.open(single)
        browser.until(f"{place} === '0'")
        browser.press("s")
        browser.until(f"{place} === '1'")
        assert browser.complaints == []
        assert {urlsplit(url).scheme for url in browser.asked} <= {"data", "blob", "about"}


def test_a_static_site_asks_its_own_server_alone(watched: Watched, site: str) -> None:
    stepped(watched.page, f"{site}#lost-ack")
    others = {url for url in watched.asked if not url.startswith("blob:")}
    assert {re.sub(r"\?.*|#.*", "", url) for url in others} == {site, f"{site}{BUNDLE}"}


CURIOUS = """\
import js

request = js.XMLHttpRequest.new()
request.open("GET", js.location.origin + "/secret", False)
request.send()
"""


def test_typed_python_reaches_no_server_not_even_that_of_its_page(
    browser: Browser, site: str
) -> None:
    page = browser.new_page()
    page.set_default_timeout(PATIENCE)
    asked: list[str] = []
    page.on("requestfinished", lambda request: asked.append(request.url))
    stepped(page, site)
    page.evaluate(f"location.hash = {json.dumps('#plain&tables=' + python(CURIOUS))}")
    page.get_by_role("button", name="Run them").click()
    page.locator("#said", has_text="NetworkError").wait_for()
    page.close()
    assert not [url for url in asked if "secret" in url]


def test_a_link_with_a_name_that_every_object_has_is_no_scenario(
    watched: Watched, single: str
) -> None:
    page = watched.page
    page.goto(f"{single}#constructor")
    page.locator("#said.wrong", has_text="constructor").wait_for()
    page.wait_for_selector('#lab[data-place="0"]')


@pytest.mark.parametrize("link", ["#plain&stop=unusual", "#%E0%A4%A"])
def test_what_is_shown_before_python_is_there_loses_nothing_of_the_link(
    watched: Watched, single: str, link: str
) -> None:
    page = watched.page
    page.goto(single + link)
    told = ("#stops", "Stops: 1") if "stop" in link else ("#said.wrong", "cut off or changed")
    page.locator(told[0], has_text=told[1]).wait_for()


def test_the_same_run_comes_from_a_link_and_goes_on(watched: Watched, single: str) -> None:
    page = watched.page
    page.goto(f"{single}#plain;step+5;drop+5;step+2")
    page.wait_for_selector('#lab[data-place="7"]')
    assert "hears DATA 2" in page.inner_text("#said")
    page.keyboard.press("u")
    page.wait_for_selector('#lab[data-place="6"]')


def test_rows_that_run_away_can_be_stopped_and_the_run_goes_on(
    watched: Watched, single: str
) -> None:
    page = watched.page
    stepped(page, single)
    page.click("#step")
    page.click("#step")
    page.wait_for_selector('#lab[data-place="3"]')
    page.evaluate(f"location.hash = '#plain&tables={python('while True: pass')}'")
    page.get_by_role("button", name="Run them").click()
    page.click("#halt")
    page.locator("#said", has_text="It was stopped").wait_for()
    page.locator("#ladder .arrow").first.dispatch_event(
        "click"
    )  # a packet of the run that is shown
    page.locator("#packet", has_text="RRQ").wait_for()
    page.click("#step")
    page.wait_for_selector('#lab[data-place="4"]')


def test_a_link_to_a_scenario_that_there_is_not_is_told(watched: Watched, single: str) -> None:
    watched.page.goto(f"{single}#constructor")
    watched.page.locator("#said", has_text="there is no scenario 'constructor'").wait_for()
    watched.page.click("#step")
    watched.page.wait_for_selector('#lab[data-place="1"]')


def test_a_site_without_its_bundle_says_what_is_missing(
    browser: Browser, pyodide: Path, tmp_path: Path
) -> None:
    bundle = Bundle(b"\0\0\0\2{}", has_snapshot=False)
    (tmp_path / "lab.html").write_text(single_page(pyodide, bundle), encoding="utf-8")
    page = browser.new_page()
    page.goto((tmp_path / "lab.html").as_uri())
    page.locator("#said", has_text="Python cannot be started here").wait_for()
    page.close()


def test_each_part_is_named_with_its_version(tmp_path: Path) -> None:
    about = {"name": "pyodide", "version": "314.0.7"}
    (tmp_path / "package.json").write_text(json.dumps(about))
    text = licences(tmp_path)
    assert "Pyodide 314.0.7: Mozilla Public License 2.0" in text
    for name, version in versions().items():
        assert f"{name} {version}: MIT" in text
