"""Harmful text in whole programs: a browser, a progress bar, a live server, verify."""

from __future__ import annotations

import io
import re
import socket
import subprocess
import threading
from dataclasses import replace
from itertools import count
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.borders.test_walk import assert_harmless
from tests.support.harmful import FORGED, HARMFUL, LONG, trace_lines
from tests.support.peers import require
from tftp_fsm.__main__ import main
from tftp_fsm.borders import LINE
from tftp_fsm.cli.progress import Bar
from tftp_fsm.debugger.commands.all import Debugger
from tftp_fsm.debugger.page.render import page_of
from tftp_fsm.debugger.prompt import Prompt
from tftp_fsm.debugger.stepper import Stepper
from tftp_fsm.debugger.worlds.live_server import Served
from tftp_fsm.diagram import picture_of_table, render_dot
from tftp_fsm.protocol.tables import READ_CLIENT
from tftp_fsm.server import ServerConfig
from tftp_fsm.trace.reading import read_trace
from tftp_fsm.wire.packets import Ack, Error, Rrq, build

OF_RICH = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")  # colours, and how it draws a line again
TABLE = """\
from tftp_fsm.protocol.changes import only, replaced, where
from tftp_fsm.protocol.rows import State

STALE = where("ack_received", State.AWAITING_ACK, guard="is_stale_ack")
CHANGES = [only("READ_SERVER", replaced(STALE, after=("send_window",), why={0!r}, rfc={0!r}))]
"""


def test_the_page_in_a_browser(tmp_path: Path) -> None:
    """Each step is shown. Nothing runs, nothing is fetched, and nothing hidden is in the text."""
    program = require("chromium")
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    trace = read_trace(list(trace_lines(HARMFUL + "A" * 2000, HARMFUL[:100])))
    file, told = tmp_path / "page.html", []
    file.write_text(page_of(trace), encoding="utf-8")
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        page = browser.new_page()
        for event in ("console", "pageerror", "request", "dialog"):
            page.on(event, lambda what: told.append(str(what)))
        page.goto(file.as_uri())
        before = page.evaluate("document.querySelectorAll('script, [onmouseover]').length")
        for _ in range(len(trace.steps)):
            page.keyboard.press("ArrowRight")
            assert_harmless(page.inner_text("#said").replace("\t", " "), most=20_000)
        after = page.evaluate("document.querySelectorAll('script, [onmouseover]').length")
        browser.close()
    assert before == after
    assert len(told) == 1, "the page itself was fetched"


def test_the_bar_of_a_transfer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    screen = io.StringIO()
    monkeypatch.setattr("sys.stderr", screen)
    seconds = count()
    monkeypatch.setattr("time.monotonic", lambda: float(next(seconds)))
    bar = Bar(LONG)
    for octets in range(0, 4096, 512):
        bar.update(octets, 4096)
    bar.close()
    shown = OF_RICH.sub("", screen.getvalue()).replace("\r", "\n")
    assert FORGED in shown
    assert_harmless(shown)


def test_a_harmful_client_of_a_server_that_is_debugged(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(bytes(1200))
    served = Served(ServerConfig(tmp_path, bind=("127.0.0.1",), port=0))
    ask = build(Rrq(b"x", "octet", ((HARMFUL[:60], HARMFUL[:60]), ("tsize", "0"))))

    def talk() -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.settimeout(20)
            client.sendto(ask, ("127.0.0.1", served.addresses[0][1]))
            _, tid = client.recvfrom(2000)
            client.sendto(build(Ack(0)), tid)
            client.recvfrom(2000)
            client.sendto(HARMFUL.encode(), tid)
            client.sendto(build(Error(1, LONG[:50_000])), tid)

    thread = threading.Thread(target=talk)
    thread.start()
    world = served.wait(20)
    assert world is not None
    out = io.StringIO()
    try:
        Prompt(Debugger(Stepper(world)), out).follow(
            ["step", "packet all", "continue", "show", "packet all", "wire", "ladder full"]
        )
    finally:
        thread.join(30)
        world.close()
    assert FORGED in out.getvalue()
    assert_harmless(out.getvalue())


def drawn_by_dot(folder: Path, name: str, text: str) -> ElementTree.Element:
    """Return the picture that Graphviz makes of this text. Graphviz must not complain."""
    file = folder / f"{name}.dot"
    file.write_text(text, encoding="utf-8")
    words = [require("dot"), "-Tsvg", str(file)]
    done = subprocess.run(words, capture_output=True, timeout=60)
    assert done.returncode == 0 and done.stderr == b"", done.stderr
    return ElementTree.fromstring(done.stdout)


def test_graphviz_draws_a_harmful_diagram_as_a_plain_one(tmp_path: Path) -> None:
    """The same states and arrows, no link, no script, and nothing that a terminal would obey."""
    text = HARMFUL + "\\N\\G \\" + '" ]; evil [URL="x"]; //' + "A" * 1000
    pictures: list[ElementTree.Element] = []
    for words in (text, "x"):
        rows = [replace(row, why=words, rfc=words) for row in READ_CLIENT.rows]
        table = replace(READ_CLIENT, rows=type(READ_CLIENT.rows)(rows), title=words)
        dot = render_dot(picture_of_table(table), detail="full")
        pictures.append(drawn_by_dot(tmp_path, f"picture{len(pictures)}", dot))
    kinds = [[e.get("class") for e in picture.iter() if e.get("class")] for picture in pictures]
    assert sorted(map(str, kinds[0])) == sorted(map(str, kinds[1])) and len(kinds[0]) > 10
    tags = {e.tag.rpartition("}")[2] for e in pictures[0].iter()}
    assert not tags & {"a", "script", "image", "foreignObject"}
    assert not {name for e in pictures[0].iter() for name in e.attrib if name.startswith("on")}
    shown = "".join(pictures[0].itertext()).replace("\xa0", " ")  # so dot keeps two spaces apart
    for line in shown.splitlines():
        assert line.isprintable() and not line.lstrip().startswith(FORGED), ascii(line)


@pytest.mark.parametrize("verb", ["get", "put"])
def test_simulate_into_files_with_harmful_names(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], verb: str
) -> None:
    """What it prints names these files. The files have no text of the names that acts."""
    folder = tmp_path / HARMFUL[:60].replace("/", "")
    folder.mkdir()
    files = {form: folder / f"ladder{form}" for form in (".svg", ".mmd", ".txt")}
    for file in files.values():
        assert main(["simulate", verb, "--loss", "0.2", "--ladder", str(file)]) == 0
    more = ["--trace", str(folder / "trace"), "--pcap", str(folder / "packets")]
    assert main(["simulate", verb, "--loss", "0.2", *more]) == 0
    assert main(["simulate", verb, "--json"]) == 0
    said = capsys.readouterr()
    assert_harmless(said.out + said.err)
    for file in files.values():
        assert_harmless(file.read_text(encoding="utf-8"), most=20 * LINE)


def test_the_demo_in_a_directory_with_a_harmful_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It moves its files through a folder there, and prints commands that can be typed."""
    folder = tmp_path / HARMFUL[:60].replace("/", "")
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    for name in ("XDG_STATE_HOME", "HOME", "USER", "TERM"):
        monkeypatch.setenv(name, HARMFUL[:60])
    assert main(["demo"]) == 0
    said = capsys.readouterr()
    assert len(said.out) > 1000
    assert_harmless(said.out + said.err)


def test_verify_with_a_harmful_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = tmp_path / f"{HARMFUL[:60]}.py".replace("/", "").replace("\n", "").replace("\r", "")
    table.write_text(TABLE.format(HARMFUL), encoding="utf-8")
    trace = tmp_path / "trace"
    words = ["get", "--blocks", "2", "--windowsize", "1", "--table", str(table)]
    assert main(["verify", *words, "--output", str(trace)]) == 1
    said = capsys.readouterr()
    assert FORGED in said.out
    assert_harmless(said.out + said.err)
    assert trace.read_text(encoding="utf-8").isascii()
