"""Make the lab as files for any web server, or as one file that a browser opens from disk.

    bundle = bundle_of(folder)
    files = site_files(folder, bundle)       # {"index.html": b"...", "lab.bin": b"..."}
    text = single_page(folder, bundle)

`folder` has Pyodide. The pages send requests only to the server that has delivered them.
"""

from __future__ import annotations

import hashlib
from base64 import b64encode
from importlib.resources import files
from pathlib import Path
from typing import Any

from tftp_fsm.debugger.scenarios import SCENARIOS
from tftp_fsm.lab.browser import pyodide
from tftp_fsm.lab.browser.bundle import Bundle
from tftp_fsm.lab.browser.package import versions
from tftp_fsm.lab.feed import Lab, truth_of
from tftp_fsm.lab.lessons.teachers_page import teachers_html
from tftp_fsm.lab.page.build import page
from tftp_fsm.language import SOURCE
from tftp_fsm.language.catalogue import languages

BUNDLE = "lab.bin"
ANSWERS = "answers-for-teachers.html"  # no page has a link to it
POLICY = {"script-src": "blob: 'wasm-unsafe-eval'", "worker-src": "blob:"}
SCRIPTS = ("feed.js",)
LICENCES = """\
This lab carries the work of others. You may pass it on under these licences:

tftp-fsm {tftp-fsm}: MIT
construct {construct}: MIT
transitions {transitions}: MIT
six {six}: MIT
Pyodide {pyodide}: Mozilla Public License 2.0; its source is at https://github.com/pyodide/pyodide
Python, in Pyodide: Python Software Foundation License; its source is at https://www.python.org
"""


def site_files(folder: Path, bundle: Bundle) -> dict[str, bytes]:
    """Return the files of a static site, by name."""
    address = (
        f"{BUNDLE}?{hashlib.sha256(bundle.octets).hexdigest()[:12]}"  # no cached older copy is used
    )
    text = _page(folder, {"bundle": address}, "", {**POLICY, "connect-src": "'self'"})
    return {
        "index.html": text.encode(),
        BUNDLE: bundle.octets,
        ANSWERS: teachers_html(truth_of).encode(),
        "LICENCES.txt": licences(folder).encode(),
    }


def single_page(folder: Path, bundle: Bundle) -> str:
    """Return the page with everything in it. It sends no request."""
    text = b64encode(bundle.octets).decode("ascii")
    inlined = f'<script type="application/octet-stream" id="bundle">{text}</script>\n'
    notice = f"<!--\n{licences(folder).replace('--', '- -')}\n-->\n"
    return _page(folder, {}, notice + inlined, POLICY)


def licences(folder: Path) -> str:
    """Return the authors and licences of all software that a lab of this Pyodide contains."""
    known = versions()
    return LICENCES.format_map({**known, "pyodide": pyodide.version_of(folder)})


def _page(folder: Path, data: dict[str, Any], html: str, policy: dict[str, str]) -> str:
    ours = [_file(name) for name in SCRIPTS]
    code = f'<script type="text/plain" id="worker">{_worker(folder)}</script>\n'
    return page("python", {**data, **_first()}, scripts=ours, html=code + html, policy=policy)


def _first() -> dict[str, Any]:
    """Return the data that the page shows until Python runs: scenarios' beginnings, the index."""
    others = {name: _first_in(name) for name in languages()}
    return {**_first_in(SOURCE), "languages": others, "prefers": True}


def _first_in(language: str) -> dict[str, Any]:
    lab = Lab()
    first = {
        name: lab.ask({"open": {"scenario": name}, "language": language}) for name in SCENARIOS
    }
    return {"index": lab.ask({"index": True, "language": language})["value"], "first": first}


def _worker(folder: Path) -> str:
    """Return the script of the worker: Pyodide's script between two scripts of ours."""
    theirs = pyodide.read_octets(folder / pyodide.CODE).decode("utf-8")
    code = "\n".join((_file("classic.js"), theirs, _file("worker.js")))
    return code.replace("</script", "<\\/script").replace("<!--", "<\\!--")


def _file(name: str) -> str:
    return files("tftp_fsm.lab.browser").joinpath(name).read_text(encoding="utf-8")
