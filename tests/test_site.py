"""The documentation as a site: built without a warning, and it asks nobody for anything."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.peers import require
from tftp_fsm.__main__ import available
from tools.docstrings import as_rst
from tools.house import ROOT

LOADED = re.compile(r"<(?:script|img|link|iframe)\b[^>]*?\b(?:src|href)=\"([^\"]+)\"")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("sphinx", reason="sphinx is not installed")
    output = tmp_path_factory.mktemp("docs") / "site"
    built = subprocess.run(
        [sys.executable, "-m", "tools.site", str(output)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert built.returncode == 0 and "WARNING" not in built.stderr, built.stderr
    return output


def test_nothing_is_loaded_from_elsewhere(site: Path) -> None:
    pages = sorted(site.rglob("*.html"))
    loaded = {link for page in pages for link in LOADED.findall(page.read_text("utf-8"))}
    assert len(pages) > 20 and any(".css" in link for link in loaded)
    assert [link for link in loaded if re.match(r"(?:\w+:)?//", link)] == []
    styles = "".join(path.read_text("utf-8") for path in site.rglob("*.css"))
    assert not re.search(r"url\(\s*['\"]?(?:\w+:)?//", styles)


def test_each_command_and_each_table_has_its_page(site: Path) -> None:
    for name in available():
        text = (site / "docs" / "reference" / "commands" / f"tftp-fsm-{name}.html").read_text()
        assert f"tftp-fsm {name}" in text
    for machine in ("read-client", "read-server", "write-client", "write-server"):
        assert "RFC" in (site / "diagrams" / f"{machine}.html").read_text("utf-8")


@pytest.mark.parametrize("size", [(1400, 900), (390, 844)])
def test_in_a_browser_it_is_silent_and_fits(site: Path, size: tuple[int, int]) -> None:
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    program = require("chromium")
    asked: list[str] = []
    said: list[str] = []
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": size[0], "height": size[1]})
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: said.append(message.text))
        for name in ("docs/index", "docs/reference/python", "diagrams/README", "CHANGELOG"):
            page.goto(f"file://{site}/{name}.html")
            assert page.evaluate("document.documentElement.scrollWidth") <= size[0], name
        if size[0] > 1000:  # on a phone a table scrolls
            for machine in ("read-client", "read-server", "write-client", "write-server"):
                page.goto(f"file://{site}/diagrams/{machine}.html")
                wide, room = page.eval_on_selector(
                    ".table-wrapper", "table => [table.scrollWidth, table.clientWidth]"
                )
                assert wide <= room, machine
        browser.close()
    assert asked and all(url.startswith(("file:", "data:")) for url in asked)
    assert said == []


def test_docstrings_are_translated() -> None:
    text = ["First. Second.", "", "port   of the server", "mode   octet,", "       or netascii"]
    assert as_rst(text)[2:] == ["``port``", "   of the server", "``mode``", "   octet,"] + [
        "   or netascii"
    ]
    assert as_rst(["Like this:", "", "    run()"]) == ["Like this:", "", "::", "", "    run()"]
    assert as_rst(["A  sentence", "with two spaces."]) == ["A  sentence", "with two spaces."]
    assert as_rst([]) == []
