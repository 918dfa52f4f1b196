"""Harmful text in a field of a packet or a trace does no harm at any place that shows it."""

from __future__ import annotations

import io
import json
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import mermaidx  # type: ignore[import-untyped]
import pytest

from tests.support.harmful import FORGED, HARMFUL, LONG, PLAIN, each, trace_lines, values
from tftp_fsm.__main__ import main
from tftp_fsm.borders import LINE, script
from tftp_fsm.cli.common import say
from tftp_fsm.cli.progress import Bar
from tftp_fsm.client.result import Waiting
from tftp_fsm.diagram import picture_of_table, render_dot, render_mermaid, render_svg
from tftp_fsm.errors import PeerError
from tftp_fsm.protocol.events import Effect, Event
from tftp_fsm.protocol.tables import READ_CLIENT
from tftp_fsm.server.log import Journal, Refused, Report
from tftp_fsm.trace.describe import effect_words, event_words
from tftp_fsm.trace.reading import read_trace
from tftp_fsm.trace.trace import Trace
from tftp_fsm.wire.packets import Error, Oack, Packet, build

Output = pytest.CaptureFixture[str]

SCRIPT = """\
next all
step
show
why
packet all
packet 1 all
variables
wire
ladder
ladder full
slow
note a note
table
search forged
file
continue
show
packet
variables
wire
ladder 50
"""


def assert_harmless(text: str, most: int = LINE) -> None:
    """Check that no character acts or is hidden, and that no line is too long or forged."""
    for line in text.split("\n"):
        assert line.isprintable(), ascii(line)
        assert len(line) <= most + 100, ascii(line[:200])  # a prompt stands before a line
        assert not line.lstrip().startswith(FORGED), ascii(line)


@pytest.fixture(name="traces", scope="module")
def _traces(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Return the same trace twice: with long harmful text, and with plain text."""
    folder = tmp_path_factory.mktemp("traces")
    found = {}
    for name, text, short in (
        ("harmful", HARMFUL + "A" * 2000, HARMFUL[:100]),
        ("plain", PLAIN, PLAIN),
    ):
        found[name] = folder / f"{name}.jsonl"
        found[name].write_text("\n".join(trace_lines(text, short)))
    return found


@pytest.fixture(name="trace", scope="module")
def _trace(traces: dict[str, Path]) -> Trace:
    return read_trace(traces["harmful"].read_text().splitlines())


def drawn(traces: dict[str, Path], tmp_path: Path, suffix: str, *words: str) -> tuple[str, str]:
    """Return the output of a command for the harmful trace, and for the plain one."""
    texts = []
    for name, path in traces.items():
        out = tmp_path / f"{name}{suffix}"
        assert main([words[0], str(path), *words[1:], str(out)]) == 0
        texts.append(out.read_text(encoding="utf-8"))
    return texts[0], texts[1]


# -- Words ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", [HARMFUL, LONG], ids=["short", "long"])
def test_words_of_events_and_effects(text: str) -> None:
    for event in values(Event, text):
        assert_harmless(event_words(event))
        assert "\n" not in event_words(event)
    for effect in values(Effect, text):
        assert_harmless(effect_words(effect))
        assert "\n" not in effect_words(effect)


def test_messages_of_the_command(capsys: Output) -> None:
    for words in (HARMFUL, LONG, str(PeerError(1, LONG))):
        say(words)
    assert_harmless(capsys.readouterr().err)


def test_an_exception_of_the_library() -> None:
    assert_harmless(str(PeerError(1, LONG)))


def test_the_line_of_progress(capsys: Output) -> None:
    for waiting in each(Waiting, LONG):
        bar = Bar(LONG)
        bar.wait(waiting)
        bar.close()
    assert_harmless(capsys.readouterr().err.replace("\r", "\n"))


@pytest.mark.parametrize("kind", [Report, Refused])
@pytest.mark.parametrize("text", [HARMFUL, LONG], ids=["short", "long"])
def test_the_log_of_a_server(kind: Any, text: str) -> None:
    lines: list[str] = []
    for form in ("text", "json"):
        journal = Journal(lines.append, form)
        for report in each(kind, text):
            report = replace(report, verb="RRQ")
            (journal.report if kind is Report else journal.refused)(report)
            journal.event("error", text)
    assert len(lines) == 4
    for line in lines[:2]:
        assert_harmless(line)
        assert "\n" not in line
    bare = re.sub(r"\\.", "", lines[0])
    assert bare.count('"') == 2  # the quotes around the name, and no others
    for line in lines[2:]:
        assert line.isascii() and "\n" not in line and json.loads(line)
    record = json.loads(lines[2])
    for name in ("file", "message"):
        assert_harmless(record[name])


# -- Commands -------------------------------------------------------------------------------------


@pytest.mark.parametrize("limit", ["0", "50"])
def test_the_ladder_in_a_terminal(traces: dict[str, Path], capsys: Output, limit: str) -> None:
    assert main(["ladder", str(traces["harmful"]), "--limit", limit, "--width", "100"]) == 0
    text = capsys.readouterr().out
    assert_harmless(text)
    assert max(map(len, text.splitlines())) <= 100


def test_the_debugger_at_the_prompt(
    traces: dict[str, Path], capsys: Output, tmp_path: Path
) -> None:
    path = tmp_path / "script"
    diff = f"diff {traces['plain']}\ndiff {tmp_path}/none\n"
    path.write_text(SCRIPT + diff + f"search {HARMFUL[20:60]}\n".replace("\n", "") + "\n")
    main(["debug", str(traces["harmful"]), "--script", str(path)])
    said = capsys.readouterr()
    assert_harmless(said.out)
    assert_harmless(said.err)


def test_the_debugger_as_json(traces: dict[str, Path], capsys: Output, tmp_path: Path) -> None:
    path = tmp_path / "script"
    path.write_text("continue\nnext\n")
    assert main(["debug", str(traces["harmful"]), "--json", "--script", str(path)]) == 0
    for line in capsys.readouterr().out.splitlines():
        assert line.isascii() and line.isprintable()
        json.loads(line)


def test_a_name_of_a_file_in_a_message(capsys: Output, tmp_path: Path) -> None:
    name = HARMFUL[:60].replace("/", "")
    for words in (
        ["ladder", name],
        ["debug", name],
        ["debug", "--script", name],
        ["diagram", name],
        ["diagram", "--trace", name],
        ["diagram", "read-client", "--highlight", name],
        ["simulate", "get", "--trace", f"{tmp_path}/missing/{name}"],
        ["127.0.0.1", "get", name, f"{tmp_path}/missing/{name}", name],
        ["serve", f"{tmp_path}/{name}"],
        [name, "get", name],
        [f"--{name}"],
    ):
        try:
            assert main(words) in (1, 2), words
        except SystemExit as ended:
            assert ended.code == 2, words
        said = capsys.readouterr()
        assert_harmless(said.out + said.err)
        assert said.err.count("\n") == 1, words


def test_pictures_in_a_folder_with_such_a_name(capsys: Output, tmp_path: Path) -> None:
    folder = tmp_path / HARMFUL[:60].replace("/", "")
    assert main(["diagram", "read-client", "--format", "svg", "--output", str(folder)]) == 0
    assert_harmless(capsys.readouterr().out)


@contextmanager
def answering(packet: Packet) -> Iterator[int]:
    """Run a server that answers a request with this packet. Yield its port."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))

        def answer() -> None:
            _, client = server.recvfrom(2048)
            server.sendto(build(packet), client)

        thread = threading.Thread(target=answer)
        thread.start()
        yield server.getsockname()[1]
        thread.join()


@pytest.mark.parametrize(
    "packet", [Error(1, LONG), Oack(((HARMFUL, HARMFUL),))], ids=["ERROR", "OACK"]
)
@pytest.mark.parametrize("words", [[], ["-v"], ["--json"], ["debug"]], ids=str)
def test_a_harmful_server(packet: Packet, words: list[str], capsys: Output, tmp_path: Path) -> None:
    path = tmp_path / "script"
    path.write_text("step 2\npacket all\ncontinue\nladder full\nvariables\n")
    with answering(packet) as port:
        if words == ["debug"]:
            command = ["debug", "127.0.0.1", "get", "x", "--script", str(path)]
        else:
            command = ["127.0.0.1", "get", "x", str(tmp_path / "x"), *words]
        main([*command, "--port", str(port)])
    said = capsys.readouterr()
    assert FORGED in said.out + said.err
    assert_harmless(said.err)
    if words == ["--json"]:
        assert said.out.isascii()
        for value in json.loads(said.out).values():
            assert_harmless(str(value))
    else:
        assert_harmless(said.out)


# -- Pictures and pages ---------------------------------------------------------------------------


def parts(svg: str) -> set[tuple[str, ...]]:
    """Return each element with the names of its attributes."""
    return {(e.tag, *sorted(e.attrib)) for e in ElementTree.fromstring(svg).iter()}


def test_the_ladder_as_svg(traces: dict[str, Path], tmp_path: Path) -> None:
    harmful, plain = drawn(traces, tmp_path, ".svg", "ladder", "--limit", "100", "--output")
    assert parts(harmful) <= parts(plain)
    assert_harmless(harmful, most=20 * LINE)


def test_the_ladder_as_mermaid(traces: dict[str, Path], tmp_path: Path) -> None:
    harmful, plain = drawn(traces, tmp_path, ".mmd", "ladder", "--limit", "0", "--output")
    assert_harmless(harmful, most=6 * LINE)
    assert len(harmful.splitlines()) == len(plain.splitlines())
    short, _ = drawn(traces, tmp_path, ".mmd", "ladder", "--limit", "20", "--output")
    names = {name for part in parts(mermaidx.render(short).svg()) for name in part[1:]}
    assert not {name for name in names if name.startswith("on")}


def test_the_ladder_as_text(traces: dict[str, Path], tmp_path: Path) -> None:
    harmful, plain = drawn(traces, tmp_path, ".txt", "ladder", "--limit", "0", "--output")
    assert_harmless(harmful)
    assert len(harmful.splitlines()) == len(plain.splitlines())


class _Page(HTMLParser):
    """Collects the elements with the names of their attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.parts: set[tuple[str, ...]] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.parts.add((tag, *sorted(name for name, _ in attrs)))


def test_the_page(traces: dict[str, Path], tmp_path: Path) -> None:
    harmful, plain = drawn(traces, tmp_path, ".html", "debug", "--html")
    assert _Page(harmful).parts == _Page(plain).parts
    assert harmful.isprintable() or all(line.isprintable() for line in harmful.split("\n"))
    data = re.search(r'id="trace">(.*?)</script>', harmful, re.DOTALL)
    assert data is not None
    for text in re.findall(r'"(?:[^"\\]|\\.)*"', data[1]):
        assert_harmless(json.loads(text))
    assert script(json.loads(data[1])) == data[1]


def test_a_diagram_with_such_words() -> None:
    rows = [replace(row, why=LONG, rfc=LONG) for row in READ_CLIENT.rows]
    table = replace(READ_CLIENT, rows=type(READ_CLIENT.rows)(rows), title=LONG, name=HARMFUL)
    picture = picture_of_table(table)
    clean = picture_of_table(READ_CLIENT)
    assert parts(render_svg(picture)) == parts(render_svg(clean))
    dot = render_dot(picture)
    assert len(dot.splitlines()) == len(render_dot(clean).splitlines())
    assert_harmless(dot, most=6 * LINE)
    mermaid = render_mermaid(picture)
    assert len(mermaid.splitlines()) == len(render_mermaid(clean).splitlines())
    assert_harmless(mermaid, most=6 * LINE)


# -- The terminal program -------------------------------------------------------------------------


@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=["small", "large"])
def test_the_screens_of_the_terminal_program(
    trace: Trace, traces: dict[str, Path], size: tuple[int, int]
) -> None:
    pytest.importorskip("textual")
    from tests.support.screens import screens, typed
    from tftp_fsm.debugger.commands.all import Debugger
    from tftp_fsm.debugger.stepper import Stepper
    from tftp_fsm.debugger.worlds.recorded import RecordedWorld

    debugger = Debugger(Stepper(RecordedWorld(trace)))
    keys: list[list[str]] = [
        ["s"],
        *([["s"] * 7, ["tab"]] * 6),
        ["c"],
        ["up", "up"],
        ["x"],
        ["tab"],
    ]
    keys += [
        typed("wire"),
        typed("why"),
        typed(f"diff {traces['plain']}"),
        ["escape", *typed("ladder full")],
    ]
    for screen in screens(debugger, *keys, size=size):
        assert_harmless(screen)
        assert max(map(len, screen.splitlines())) <= size[0]


# -- The test itself ------------------------------------------------------------------------------


@pytest.mark.parametrize("harm", ["\x1b", "\x9b", "\u202e", "\u200b", f"\n{FORGED}", "A" * 2000])
def test_harm_is_found(harm: str) -> None:
    with pytest.raises(AssertionError):
        assert_harmless(harm)


def test_each_kind_of_event_and_packet_has_the_text() -> None:
    def kinds(union: Any) -> set[str]:
        return {kind.__name__ for kind in union.__args__}

    assert {type(event).__name__ for event in values(Event, HARMFUL)} == kinds(Event)
    sent = [e.packet for e in values(Effect, HARMFUL) if hasattr(e, "packet")]
    assert len({type(packet) for packet in sent}) == 6
    assert io.StringIO("\n".join(trace_lines(LONG, PLAIN))).read().count(FORGED) > 100
