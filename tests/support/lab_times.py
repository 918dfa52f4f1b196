"""Measure the lab in Chromium: the time until the first step is drawn, and the time of moves.

    python -m tests.support.lab_times          # make lab-times: all of it
    python -m tests.support.lab_times --moves 200 file

It prints one line for each way to feed the page. For comparison, the line has CPython's time for
the same moves, and the load of the machine. Times are in milliseconds: the minimum, and the median.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from statistics import median
from threading import Thread
from typing import TYPE_CHECKING, Any

from tests.support.browsers import chromium
from tests.support.peers import require
from tftp_fsm.lab.browser.bundle import bundle_of
from tftp_fsm.lab.feed import Lab
from tftp_fsm.lab.server import LabServer
from tftp_fsm.lab.site import single_page, site_files

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

WAYS = ("file", "folder", "server")
SCENARIO, STEPS, MOVES = "window-gap", 9, 50
PATIENCE = 120_000  # milliseconds

# Notes when a message was sent to the feed, and when its reply came.
LISTENS = """
window.noted = {};
const {Worker: Plain, fetch: plain} = window, heard = () => { noted.reply = performance.now(); };
window.Worker = class extends Plain {
  constructor(...all) { super(...all); this.addEventListener("message", heard); }
  postMessage(...all) { noted.sent = performance.now(); super.postMessage(...all); }
};
window.fetch = async (...all) => {
  noted.sent = performance.now();
  const answer = await plain(...all), json = answer.json.bind(answer);
  answer.json = async () => { const told = await json(); heard(); return told; };
  return answer;
};
"""
# Clicks, and waits until the page has drawn the place: [all, the feed, drawing, painted, the time].
MOVE = """
async id => {
  const began = performance.now(), lab = document.getElementById("lab");
  const drawn = new Promise(done => {
    const watch = new MutationObserver(() => { watch.disconnect(); done(performance.now()); });
    watch.observe(lab, {attributes: true, attributeFilter: ["data-place"]});
  });
  document.getElementById(id).click();
  const at = await drawn;
  await new Promise(done => requestAnimationFrame(() => setTimeout(done)));
  return [at - began, noted.reply - noted.sent, at - noted.reply, performance.now() - began, at];
}
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description="Measure the lab in Chromium.")
    parser.add_argument("ways", nargs="*", metavar="WAY", help=f"{', '.join(WAYS)}; all if none")
    parser.add_argument("--moves", type=int, default=MOVES, help=f"moves to make ({MOVES})")
    wanted = parser.parse_args(argv)
    unknown = [way for way in wanted.ways if way not in WAYS]
    if unknown:
        parser.error(f"there is no way {unknown[0]!r}; these are: {', '.join(WAYS)}")
    with chromium() as browser:
        for way in wanted.ways or WAYS:
            with ADDRESSES[way]() as address:
                _tell(way, browser, address, wanted.moves)
    return 0


def _tell(way: str, browser: Browser, address: str, moves: int) -> None:
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.set_default_timeout(PATIENCE)
    page.add_init_script(LISTENS)
    first = _first_step(page, address)
    told = _moves(page, moves)
    page.close()
    load = " ".join(f"{one:.1f}" for one in os.getloadavg())
    lines = [
        f"{way}: from opening to the first step {first:,.0f} ms",
        _line(f"a move, {moves} times, until it is drawn", [one[0] for one in told]),
        _line("of it the feed", [one[1] for one in told]),
        _line("of it drawing", [one[2] for one in told]),
        _line("until it is painted", [one[3] for one in told]),
        _line("the same moves in CPython, without a page", _in_cpython(moves)),
        f"  load of the machine {load}, {os.cpu_count()} processors",
    ]
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()


def _line(words: str, times: list[float]) -> str:
    return f"  {words}: min {min(times):.1f}, median {median(times):.1f} ms"


def _first_step(page: Page, address: str) -> float:
    """Measure the time from the opening of the page to the first drawn step."""
    page.goto(f"{address}#{SCENARIO}")
    page.wait_for_selector('#lab[data-place="0"]')
    found: list[float] = page.evaluate(MOVE, "step")
    return found[-1]


def _moves(page: Page, moves: int) -> list[Any]:
    for _ in range(STEPS - 1):
        page.evaluate(MOVE, "step")
    return [page.evaluate(MOVE, "back" if n % 2 else "step") for n in range(moves)]


def _in_cpython(moves: int) -> list[float]:
    lab = Lab()
    lab.ask({"open": {"scenario": SCENARIO, "moves": [f"step {STEPS}"]}})
    return [_timed(lab, "back" if n % 2 else "step") for n in range(moves)]


def _timed(lab: Lab, line: str) -> float:
    began = time.perf_counter()
    json.dumps(lab.ask(json.loads(json.dumps({"command": line}))))
    return 1000 * (time.perf_counter() - began)


# -- The three ways --------------------------------------------------------------------------------


@contextmanager
def _file() -> Iterator[str]:
    folder = Path(require("pyodide"))
    with tempfile.TemporaryDirectory() as place:
        file = Path(place) / "lab.html"
        file.write_text(single_page(folder, bundle_of(folder)), encoding="utf-8")
        yield file.as_uri()


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def _folder() -> Iterator[str]:
    pyodide = Path(require("pyodide"))
    with tempfile.TemporaryDirectory() as place:
        for name, octets in site_files(pyodide, bundle_of(pyodide)).items():
            Path(place, name).write_bytes(octets)
        handler = partial(_Quiet, directory=place)
        with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
            Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
            yield f"http://127.0.0.1:{server.server_port}/"
            server.shutdown()


@contextmanager
def _server() -> Iterator[str]:
    with LabServer() as server:
        Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server.address
        server.shutdown()


ADDRESSES: dict[str, Callable[[], Any]] = {"file": _file, "folder": _folder, "server": _server}

if __name__ == "__main__":
    raise SystemExit(main())
