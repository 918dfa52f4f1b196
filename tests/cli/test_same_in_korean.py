"""Output for programs is the same in Korean, octet by octet: JSON, traces, captures, statuses."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

import tftp_fsm
from tests.lab.lessons.test_grade import model_result
from tests.support import captures
from tests.support.grading.programs import OURS, commands
from tests.support.overheard import asks, script
from tests.support.serve_process import serve_process
from tests.support.simulated_server import LINES, Files, World
from tftp_fsm.__main__ import main
from tftp_fsm.wire.packets import Rrq

CHANGING = re.compile(rb"\d+(?:\.\d+)?(?:e-?\d+)?")  # times and ports of a real transfer
PCAPNG, WORDS = b"\n\r\r\n", re.compile(rb"[ -~]{5,}")
SCRIPT = (
    "step 3\nshow\nnext\nwhy\nvariables\ndrop 3\nexpect state receiving\nlose\ncontinue\nback\n"
)


@dataclass
class Face:
    """A command line. `{here}` is an empty folder, which is the same for both languages.

    `is_real`: it has times and ports of a real transfer, so numbers do not count.
    """

    line: str
    status: int = 0
    is_real: bool = False


FACES = {
    "simulate": Face("simulate get --size 2000 --loss 0.2 --seed 7 --json"),
    "a simulated failure": Face("simulate put --loss 1 --json", 1),
    "many seeds": Face("simulate get --loss 0.3 --runs 5 --json"),
    "a simulated trace": Face("simulate get --loss 0.2 --seed 7 --json --trace {here}/t.jsonl"),
    "a simulated capture": Face("simulate get --loss 0.2 --seed 7 --json --pcap {here}/t.pcapng"),
    "a trace on stdout": Face("simulate put --duplicate 1 --trace -"),
    "explain": Face("explain {inputs}/get.pcap --json"),
    "explain a failure": Face("explain {inputs}/unanswered.pcap --json", 1),
    "explain what is none": Face("explain {inputs}/kim.json --json", 2),
    "verify": Face(
        "verify get --blocks 1 --windowsize 1 --losses 1 --copies 0 --early 0 --json", is_real=True
    ),
    "verify a mistake": Face(
        "verify get --windowsize 1 --losses 0 --mutant sorcerer --json -o {here}/t.jsonl",
        1,
        True,
    ),
    "the states": Face("verify get --graph {here}/graph.json"),
    "debug": Face("debug --scenario lost-ack --script {inputs}/script --json", 1),
    "debug a trace": Face("debug {inputs}/t.jsonl --script {inputs}/script --json", 1),
    "a trace of debug": Face("debug --scenario window-gap --script {inputs}/moves --json"),
    "a capture of debug": Face(
        "debug --scenario sorcerer --script {inputs}/moves --pcap {here}/t.pcapng --json"
    ),
    "the table as CSV": Face("diagram read-client --format csv"),
    "the trials": Face("grade --list --json"),
    "a script for graders": Face("grade --script ./tftp_{{verb}}_{{file}} --host 192.0.2.1"),
    "grade": Face("grade --serve {here} --run CLIENT --only get-1,put-1 --json", is_real=True),
    "lessons": Face("lab --grade {inputs}/kim.json --json"),
    "probe": Face("probe 192.0.2.1 file --only sorcerer,netascii --json", is_real=True),
    "probe, kept": Face(
        "probe 192.0.2.1 file --only sorcerer --json --pcap {here}/p", is_real=True
    ),
    "get": Face("127.0.0.1 -p {port} get motd {here}/motd --json", is_real=True),
    "get with a trace": Face(
        "127.0.0.1 -p {port} get motd {here}/motd --trace {here}/t.jsonl --json -q", is_real=True
    ),
    "get of no file": Face("127.0.0.1 -p {port} get nofile --json --keep-failures none", 1, True),
    "put": Face("127.0.0.1 -p {port} put {inputs}/motd new --json", is_real=True),
    "several": Face(
        "127.0.0.1 -p {port} get motd nofile --into {here} --json --keep-failures none", 1, True
    ),
    "a wrong line": Face("127.0.0.1 get", 2),
    "nothing is there": Face(
        "127.0.0.1 -p 9 get motd --retries 0 --json --keep-failures none", 1, True
    ),
}


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of files to read."""
    folder = tmp_path_factory.mktemp("inputs")
    shutil.copy(captures.CAPTURE, folder / "get.pcap")
    (folder / "unanswered.pcap").write_bytes(script(asks(0.0, Rrq(b"a")), asks(1.0, Rrq(b"a"))))
    (folder / "kim.json").write_text(json.dumps(model_result()), "utf-8")
    (folder / "script").write_text(SCRIPT, "utf-8")
    (folder / "moves").write_text("continue\nnote odd\nsave here/t.jsonl\n", "utf-8")
    (folder / "motd").write_bytes(b"y" * 700)
    assert main(["simulate", "get", "--loss", "0.2", "--trace", str(folder / "t.jsonl")]) == 0
    return folder


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tftp_fsm.Server]:
    """Run a server with `motd`."""
    served = tmp_path / "served"
    served.mkdir()
    (served / "motd").write_bytes(b"x" * 2000)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    server = tftp_fsm.Server(served, writable=True, overwrite=True)
    server.start()
    try:
        yield server
    finally:
        server.stop()


@pytest.fixture
def simulated(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Makes a simulated server, which `probe` finds as 192.0.2.1."""

    def begin() -> None:
        world = World(Files({"file": LINES}))
        monkeypatch.setattr("tftp_fsm.transports.resolve.resolve", lambda *_: [("server", 69)])
        monkeypatch.setattr("tftp_fsm.transports.udp.UdpTransport", lambda *_, **__: world.open())

    return begin


@pytest.mark.parametrize("name", FACES)
def test_what_programs_read_is_the_same(
    name: str,
    inputs: Path,
    server: tftp_fsm.Server,
    simulated: Callable[[], None],
    tmp_path: Path,
    capfdbinary: pytest.CaptureFixture[bytes],
) -> None:
    face, here = FACES[name], tmp_path / "here"
    words = [word.format(here=here, inputs=inputs, port=server.port) for word in face.line.split()]
    words = [" ".join(commands(OURS).put or ()) if word == "CLIENT" else word for word in words]
    said = []
    for language in ("en", "ko"):
        if words[0] == "probe":
            simulated()
        here.mkdir()
        status = run([*words, "--lang", language])
        out = capfdbinary.readouterr().out
        files = {path.name: path.read_bytes() for path in here.rglob("*") if path.is_file()}
        said.append({"status": status, "stdout": out, **files})
        shutil.rmtree(here)
    if face.is_real:
        said = [{key: without_numbers(value) for key, value in each.items()} for each in said]
    assert said[0]["status"] == face.status
    for key, value in said[0].items():
        assert said[1][key] == value, key
    assert said[0].keys() == said[1].keys()


def run(words: list[str]) -> int:
    try:
        return main(words)
    except SystemExit as left:
        return int(str(left.code))


def without_numbers(value: object) -> object:
    if not isinstance(value, bytes):
        return value
    if value.startswith(PCAPNG):
        value = b" ".join(WORDS.findall(value))  # its octets are times, too
    return CHANGING.sub(b"#", value)


def test_the_log_of_a_server_is_the_same(tmp_path: Path) -> None:
    (tmp_path / "motd").write_bytes(b"x")
    logs = []
    for locale in ("C.UTF-8", "ko_KR.UTF-8"):
        with serve_process(tmp_path, env={"LC_ALL": locale, "LANGUAGE": ""}) as server:
            tftp_fsm.get("127.0.0.1", "motd", port=server.port)
            with suppress(tftp_fsm.TftpError):
                tftp_fsm.get("127.0.0.1", "nofile", port=server.port)
            server.line("transfer", 2)
            lines = server.lines("transfer")
        logs.append(without_numbers(json.dumps(lines).encode()))
    assert logs[0] == logs[1] and len(lines) == 2
