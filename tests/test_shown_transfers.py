"""The transfers that the pages show are made with a server of ours, and print what is shown.

Times, rates and the sizes of files are left out of the comparison. What stays is every word, the
order of the lines, the options, and which steps there are.
"""

from __future__ import annotations

import io
import re
import shlex
import sys
from pathlib import Path

import pytest

import tftp_fsm
from tests.test_docs import shown
from tftp_fsm.__main__ import main
from tools.house import ROOT

HERE = "tftp-fsm 127.0.0.1 -p 6969 "
#: docs/own-provider.md has a server of its own, and a test of its own.
SHOWN = {
    command: output
    for command, output in shown()
    if command.startswith(HERE) and " -q " not in command
}
NUMBERS = (
    (re.compile(r"\S*/failed-\w+\.trace"), "TRACE"),
    (re.compile(r"[\d.]+ ?(?:octets|옥텟|[kMG]?B)/s"), "RATE"),
    (re.compile(r"[\d,]+ ?(?:octets?|옥텟)"), "SIZE"),
    (re.compile(r"\d+\.\d+ ?(?:s|초)"), "TIME"),
    (re.compile(r"^ +\d+\.\d{4}", re.MULTILINE), "AT"),
)


def without_numbers(text: str) -> str:
    for pattern, word in NUMBERS:
        text = pattern.sub(word, text)
    return text


@pytest.fixture
def port(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> object:
    served, home = tmp_path / "served", tmp_path / "home"
    (served / "letters").mkdir(parents=True)
    home.mkdir()
    (served / "motd").write_bytes(b"hello world\n")
    (served / "boot.img").write_bytes(bytes(200_000))
    for name in ("config.txt", "a.txt", "b.txt"):
        (home / name).write_bytes(b"ab\n")
    monkeypatch.chdir(home)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("COLUMNS", "80")
    with tftp_fsm.Server(served, writable=True) as server:
        yield server.port


@pytest.mark.parametrize("command", SHOWN)
def test_a_transfer_prints_what_is_shown(
    command: str,
    port: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("sys.stderr", sys.stdout)  # as a terminal shows both, in their order
    main(shlex.split(command.replace("6969", str(port)))[1:])
    assert without_numbers(capsys.readouterr().out) == without_numbers(SHOWN[command])


def test_the_interactive_client_prints_what_is_shown(
    port: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    page = (ROOT / "docs" / "command-line.md").read_text("utf-8")
    (session,) = re.findall(r"```text\n\$ tftp-fsm \S+ -p 6969\n(.*?)```", page, re.DOTALL)
    typed = re.findall(r"^tftp> (.*)$", session, re.MULTILINE)
    told = re.sub(r"^tftp> .*\n", "", session, flags=re.MULTILINE)
    monkeypatch.setattr("sys.stdin", io.StringIO("\n".join(typed) + "\n"))
    assert main(["127.0.0.1", "-p", str(port)]) == 0
    printed = capsys.readouterr().out.replace("127.0.0.1", "192.0.2.1")
    assert without_numbers(printed) == without_numbers(told)
    assert len(typed) > 3 and len(SHOWN) > 6
