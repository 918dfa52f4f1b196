"""The terminal program in a real terminal, with real keys and real peers."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

import pytest

pytest.importorskip("textual")

from tests.support.peers import Client, Server
from tests.support.peers.parts import require
from tests.support.terminals import Terminal
from tftp_fsm.borders.columns import columns

CONTENT = bytes(range(256)) * 9  # four blocks of 512 octets and a short one
SIZES = [(80, 24), (140, 45)]
sizes = pytest.mark.parametrize("size", SIZES, ids=["80x24", "140x45"])


class Open(Protocol):
    """`debug(size, *arguments)`: the program, in a terminal; `setting` of its environment."""

    def __call__(
        self, size: tuple[int, int], *arguments: str, setting: str = "PYTHONUTF8=1"
    ) -> Terminal: ...


@pytest.fixture
def debug(tmp_path: Path) -> Iterator[Open]:
    tmux, opened = require("tmux"), list[Terminal]()

    def open_(size: tuple[int, int], *arguments: str, setting: str = "PYTHONUTF8=1") -> Terminal:
        command = ["env", setting, sys.executable, "-m", "tftp_fsm", "debug", *arguments]
        opened.append(Terminal(tmux, size, command, Path.cwd()))
        return opened[-1]

    yield open_
    for terminal in opened:
        terminal.close()


def typed(terminal: Terminal, key: str, text: str) -> None:
    """Press a key that opens the line, and type the rest at once, faster than a person."""
    terminal.press(key)
    terminal.type(text)
    terminal.press("Enter")


@pytest.mark.parametrize(
    "setting", ["TERM=dumb", "TERM=", "PYTHONIOENCODING=ascii"], ids=lambda s: s.rstrip("=")
)
def test_a_terminal_without_a_full_screen_gets_the_prompt(debug: Open, setting: str) -> None:
    terminal = debug((80, 24), setting=setting)
    screen = terminal.until("the prompt is used", "(debug 0")
    assert "What can happen next" not in screen
    terminal.type("ladder full\nquit\n")
    assert terminal.status() == 0


@sizes
def test_an_ack_is_held_and_dropped_and_the_file_is_whole(
    debug: Open, size: tuple[int, int]
) -> None:
    terminal = debug(size)
    terminal.until("Which transfer?", "A transfer without a scenario")
    terminal.press("Enter")
    terminal.until("What can happen next")
    terminal.press("s")
    terminal.until("step 1/1")
    typed(terminal, "v", "client rto 1")  # more patient than the server, which sends again first
    typed(terminal, "h", "ACK 2")
    terminal.until("ACK 2, under way", "stopped at: sent ACK 2")
    terminal.press("d")
    terminal.until("ACK 2, lost")
    terminal.press("s")
    terminal.until("timeout", "DATA 2, again" if size[0] == 80 else "again")
    terminal.press("s")
    terminal.until("ACK 2, again")
    terminal.press("c")
    screen = terminal.until("file whole", "client done", "server done")
    assert all(columns(line) <= size[0] for line in screen.splitlines())
    terminal.press("q")
    assert terminal.status() == 0


@sizes
def test_the_sorcerers_apprentice_is_seen_doubling(debug: Open, size: tuple[int, int]) -> None:
    terminal = debug(size, "--scenario", "sorcerer")
    terminal.until("wrong on")
    typed(terminal, "B", "row is_stale_ack")
    terminal.press("c")
    terminal.until("stopped at: row is_stale_ack")
    typed(terminal, ":", "delete 1")
    terminal.press("c")
    screen = terminal.until("file whole")
    assert screen.count(", again") >= 2


def test_the_quiz_is_answered_by_typing(debug: Open) -> None:
    terminal = debug((80, 24), "--quiz")
    terminal.until("Which transfer?")
    terminal.press("Enter")
    terminal.until("What can happen next")
    terminal.press("s")
    terminal.until("which state is it in after that?")
    terminal.type("requesting")
    terminal.press("Enter")
    terminal.until("right (1 of 1)", "[requesting]")


@sizes
def test_a_dropped_ack_has_tftpd_hpa_send_again(
    debug: Open, size: tuple[int, int], tftpd_hpa: Server, tmp_path: Path
) -> None:
    remote, local = tftpd_hpa.holds("한국어 파일.bin", CONTENT), tmp_path / "받은 것"
    where = ["get", tftpd_hpa.host, remote, str(local), "--port", str(tftpd_hpa.port)]
    terminal = debug(size, *where)
    terminal.until("the transfer begins")
    terminal.press("s")
    terminal.until("RRQ")
    typed(terminal, "v", "client rto 30")  # so that the server's time-out comes first
    typed(terminal, "h", "ACK 2")
    terminal.until("stopped at: sent ACK 2")
    terminal.press("d")
    terminal.until("ACK 2, lost", "wait for the server")
    terminal.press("s")
    screen = terminal.until("ACK 2, again")
    assert screen.count("DATA 2") >= 2
    terminal.press("c")
    terminal.until("file whole")
    assert local.read_bytes() == CONTENT
    terminal.press("q")  # while it dallies: nobody need wait for that
    assert terminal.status() == 0


def test_a_wait_for_a_silent_peer_is_ended_by_a_key(debug: Open, tmp_path: Path) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        port = str(silent.getsockname()[1])
        terminal = debug((80, 24), "get", "127.0.0.1", "file", str(tmp_path / "x"), "--port", port)
        terminal.until("the transfer begins")
        terminal.press("s")
        terminal.until("RRQ")
        typed(terminal, "v", "client rto 60")
        terminal.press("c")
        terminal.until("escape interrupts")
        terminal.press("Escape")
        terminal.until("interrupted while waiting for the server")
        terminal.press("c")
        terminal.until("escape interrupts")
        terminal.press("q")
        assert terminal.status() == 0


def test_curl_is_debugged_from_the_servers_side(
    debug: Open, real_client: Callable[[str], Client], tmp_path: Path
) -> None:
    curl = real_client("curl")
    (tmp_path / "root").mkdir()
    (tmp_path / "root" / "file").write_bytes(CONTENT)
    options = ["--serve", str(tmp_path / "root"), "--bind", "127.0.0.1", "--port", "0"]
    terminal = debug((80, 24), *options)
    waiting = terminal.until("waiting for a client at 127.0.0.1 port ")
    port = int(waiting.split("127.0.0.1 port ")[1].split()[0])
    said: list[subprocess.CompletedProcess[str]] = []
    local = tmp_path / "got"
    thread = threading.Thread(
        target=lambda: said.append(curl.get("127.0.0.1", port, "file", local, limit=60))
    )
    thread.start()
    terminal.until("the transfer begins")
    terminal.press("s")
    terminal.until("awaiting-ack", "OACK")
    typed(terminal, "h", "DATA 2")
    terminal.until("stopped at: sent DATA 2")
    terminal.press("d")
    terminal.until("DATA 2, lost")
    terminal.press("c")
    terminal.until("server done")
    thread.join(60)
    assert said[0].returncode == 0, said[0].stderr
    assert local.read_bytes() == CONTENT
