"""The completions of a shell after TAB, tested by the shells' protocol and in real shells."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.terminals import Terminal
from tftp_fsm.__main__ import available, main, parser_of
from tftp_fsm.cli.completion import SHELLS

PROGRAM = [sys.executable, "-m", "tftp_fsm"]
# How each shell is started without a user's settings, and how it takes the script in `script`.
STARTED = {
    "bash": (["bash", "--norc", "--noprofile", "-i"], ". ./script"),
    "zsh": (["zsh", "-f", "-i"], "autoload -Uz compinit; compinit -u -D; . ./script"),
    "fish": (["fish", "--no-config", "-i"], "source ./script"),
}


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PYTHONPATH", os.getcwd())
    monkeypatch.chdir(tmp_path)
    (tmp_path / "boot.img").touch()
    (tmp_path / "folder").mkdir()
    return tmp_path


def offered(line: str, folder: Path) -> list[str]:
    """The program's answer, which a shell reads from descriptor 8."""
    answer = folder / "answer"
    told = {
        "COMP_LINE": line,
        "COMP_POINT": str(len(line)),
        "_ARGCOMPLETE": "1",
        "_ARGCOMPLETE_IFS": "\n",
        "_ARGCOMPLETE_SHELL": "bash",
        "_ARGCOMPLETE_STDOUT_FILENAME": str(answer),
    }
    subprocess.run(PROGRAM, env=os.environ | told, check=True, timeout=60, capture_output=True)
    found = answer.read_text().split("\n")
    answer.unlink()
    return [word.strip() for word in found if word.strip()]


@pytest.mark.parametrize(
    "line, found",
    [
        ("tftp-fsm h ", ["get", "put"]),
        ("tftp-fsm h -p 69 ", ["get", "put"]),
        ("tftp-fsm --host serve ", ["get", "put"]),
        ("tftp-fsm h p", ["put"]),
        ("tftp-fsm h --lang ", ["en", "ko"]),
        ("tftp-fsm serve --lang k", ["ko"]),
        ("tftp-fsm h put b", ["boot.img"]),
        ("tftp-fsm h put 'b", ["boot.img"]),
        ("tftp-fsm h --mode ", ["octet", "netascii"]),
        ("tftp-fsm h --mode=o", ["--mode=octet"]),
        ("tftp-fsm h --blksize ", []),
        ("tftp-fsm serve ", ["folder/"]),
        ("tftp-fsm serve --wr", ["--writable"]),
        ("tftp-fsm debug --scenario lost-f", ["lost-final-ack"]),
        ("tftp-fsm debug b", ["boot.img"]),
        ("tftp-fsm ladder b", ["boot.img"]),
        ("tftp-fsm completion ", list(SHELLS)),
    ],
)
def test_what_comes_next(here: Path, line: str, found: list[str]) -> None:
    assert offered(line, here) == found


def test_at_first_come_verbs_and_commands(here: Path) -> None:
    assert set(offered("tftp-fsm ", here)) == {"get", "put", *available()}


@pytest.mark.parametrize("name", available())
def test_each_command_has_a_parser_of_its_own(name: str) -> None:
    assert parser_of(name).prog == f"tftp-fsm {name}"


@pytest.mark.parametrize("shell", SHELLS)
def test_in_the_shell(shell: str, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    missing = [name for name in (shell, "tmux") if shutil.which(name) is None]
    if missing:
        pytest.skip(f"needs {' and '.join(missing)}")
    assert main(["completion", shell]) == 0
    (here / "script").write_text(capsys.readouterr().out)
    program = here / "bin" / "tftp-fsm"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m tftp_fsm "$@"\n')
    program.chmod(0o755)
    command, source = STARTED[shell]
    path = f"PATH={program.parent}:{os.environ['PATH']}"
    terminal = Terminal(str(shutil.which("tmux")), (100, 20), ["env", path, *command], here)
    try:
        terminal.type(f"{source}; echo re''ady")
        terminal.press("Enter")
        terminal.until("\nready")
        terminal.type("tftp-fsm 192.0.2.1 pu")
        terminal.press("Tab")
        terminal.until("192.0.2.1 put")
        terminal.type("boo")
        terminal.press("Tab")
        terminal.until("192.0.2.1 put boot.img")
    finally:
        terminal.close()
