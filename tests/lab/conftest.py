"""A lab that is served, its page in Chromium, and the bundle of Pyodide, which is built once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

import pytest

from tests.support.browsers import OpenLab, Watched, chromium
from tests.support.peers import require
from tftp_fsm.lab.browser.bundle import Bundle, bundle_of
from tftp_fsm.lab.server import LabServer

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture(scope="module")
def lab() -> Iterator[LabServer]:
    with LabServer() as server:
        Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def open_lab(browser: Browser, lab: LabServer) -> Iterator[OpenLab]:
    """`open_lab("#plain;step+3", size="phone")`: it must not complain nor ask elsewhere."""
    opened: list[Watched] = []

    def open_(
        link: str = "",
        *,
        size: str = "laptop",
        dark: bool = False,
        touch: bool = False,
        still: bool = False,
    ) -> Page:
        watched = Watched(browser, size, dark=dark, touch=touch, still=still)
        opened.append(watched)
        watched.page.goto(lab.address + link)
        watched.page.wait_for_selector("#lab[data-place]")
        return watched.page

    yield open_
    for watched in opened:
        watched.page.close()
        assert watched.complaints == []
        assert watched.hosts() <= {f"127.0.0.1:{lab.server_port}", "data", "blob"}


@pytest.fixture(scope="package")
def pyodide() -> Path:
    """Return the folder of Pyodide."""
    return Path(require("pyodide"))


@pytest.fixture(scope="package")
def bundle(pyodide: Path) -> Bundle:
    """Build the bundle with a snapshot, which Node.js makes."""
    require("node")
    return bundle_of(pyodide)
