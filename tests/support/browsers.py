"""Run pages in Chromium. They must not log errors, and must not load anything from other hosts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.resources import files
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import urlsplit

import pytest

from tests.support.peers import require

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

SIZES = {
    "laptop": (1280, 800),
    "projector": (1920, 1080),
    "phone": (390, 844),
    "narrow": (320, 640),
}
RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")


OpenLab: TypeAlias = Callable[..., "Page"]
"""`open_lab("#plain;step+3", size="phone")` opens the page and returns it."""


@contextmanager
def chromium() -> Iterator[Browser]:
    """The browser, started once for a file of tests."""
    program = require("chromium")
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with api.sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield started
        started.close()


class Watched:
    """A page, with its logged errors and the other hosts that it asked."""

    def __init__(
        self, browser: Browser, size: str, *, dark: bool, touch: bool, still: bool
    ) -> None:
        width, height = SIZES[size]
        self.page: Page = browser.new_page(
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
            has_touch=touch,
            is_mobile=touch,
            reduced_motion="reduce" if still else "no-preference",
        )
        self.complaints: list[str] = []
        self.asked: set[str] = set()
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self.asked.add(request.url))

    def hosts(self) -> set[str]:
        """Return the hosts that were asked, and the schemes of addresses without a host."""
        return {urlsplit(url).netloc or urlsplit(url).scheme for url in self.asked}

    def violations(self) -> list[str]:
        """Return the findings of axe: the rule, and the elements that break it."""
        pytest.importorskip("axe_playwright_python", reason="axe is not installed")
        axe = files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
        self.page.evaluate(axe)
        found: Any = self.page.evaluate(
            "rules => axe.run(document, {runOnly: rules}).then(told => told.violations)",
            list(RULES),
        )
        return [f"{v['id']}: {[n['target'] for n in v['nodes']]} {v['help']}" for v in found]


# -- The page of the lab --------------------------------------------------------------------------


# Make more changes of the address than browsers allow in a short time.
HURRY = """(async () => {
    const press = async (id, place) => {
        document.getElementById(id).click();
        while (document.getElementById("lab").dataset.place !== place)
            await new Promise(requestAnimationFrame);
    };
    for (let i = 0; i < 20; i++) { await press("step", "2"); await press("back", "1"); }
    await press("step", "2");
    await press("step", "3");
})()"""


def at(page: Page, place: int) -> None:
    """Wait for this step."""
    page.wait_for_selector(f'#lab[data-place="{place}"]')


def link(page: Page) -> str:
    """Return the run in the address: the scenario and the moves. It is written after a pause."""
    page.evaluate("new Promise(done => setTimeout(done, 250))")
    return page.url.partition("#")[2]


def told(page: Page, words: str) -> None:
    """Wait until the page's news contain these words."""
    page.locator("#said", has_text=words).wait_for()
