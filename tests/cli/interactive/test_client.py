"""The interactive client in a terminal and with a script, against tftpd-hpa."""

from __future__ import annotations

import io
import os
import shlex
import shutil
import signal
import socket
import sys
from argparse import Namespace
from collections.abc import Iterator
from contextlib import nullcontext, suppress
from pathlib import Path
from typing import Any

import pytest

from tests.support.peers import Server
from tests.support.terminals import Terminal
from tftp_fsm.__main__ import main
from tftp_fsm.cli.arguments import transfer_parser
from tftp_fsm.cli.common import Interruptible, interrupted_once
from tftp_fsm.cli.interactive.client import Client
from tftp_fsm.wire.packets import Ack, Data, Error, Packet, Rrq, build, parse

CONTENT = bytes(range(256)) * 20
PROGRAM = [sys.executable, "-m", "tftp_fsm"]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PYTHONPATH", os.getcwd())
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def scripted(monkeypatch: pytest.MonkeyPatch, text: str, *argv: str) -> int:
    monkeypatch.setattr(sys, "stdin", io.StringIO(text))
    return main(list(argv))


def test_a_script_gets_and_puts(
    tftpd_hpa: Server, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    remote = tftpd_hpa.holds("file", CONTENT)
    script = f"binary\nget {remote} a\nblksize 1000\nget {remote} b\nget {remote} c\nquit\nget x\n"
    assert scripted(monkeypatch, script, tftpd_hpa.host, "-p", str(tftpd_hpa.port), "-q") == 0
    assert [(here / name).read_bytes() for name in "abc"] == [CONTENT] * 3


def test_a_failure_in_a_script_gives_its_status(
    tftpd_hpa: Server, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    remote = tftpd_hpa.holds("file", CONTENT)
    script = f"get no-such-file\nget {remote} a\n"
    assert scripted(monkeypatch, script, tftpd_hpa.host, "-p", str(tftpd_hpa.port), "-q") == 1
    assert (here / "a").read_bytes() == CONTENT


@pytest.mark.parametrize("typed, ran", [(True, ["a", "b"]), (False, ["a"])])
def test_an_interrupt_ends_a_script_and_leads_back_to_a_prompt(
    typed: bool, ran: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    began: list[str] = []

    def start(args: Namespace) -> int:
        began.append(args.words[1])
        if args.words[1] == "a":
            raise KeyboardInterrupt
        return 0

    args, within = parsed_host(), Interruptible() if typed else None
    client = Client(args, start, ["get a", "get b"], within)
    with nullcontext() if typed else pytest.raises(KeyboardInterrupt):
        assert client.run() == 0
    assert began == ran and ("interrupted" in capsys.readouterr().err) == typed


def parsed_host() -> Namespace:
    return transfer_parser({}).parse_intermixed_args(["h"])


@pytest.fixture
def usual_interrupt() -> Iterator[None]:
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("usual_interrupt")
def test_an_interrupt_between_a_command_and_the_next_prompt_does_not_end_the_program() -> None:
    began: list[str] = []

    def start(args: Namespace) -> int:
        began.append(args.words[1])
        return 0

    def lines() -> Iterator[str]:
        for name in "ab":
            yield f"get {name}"
            signal.raise_signal(signal.SIGINT)

    assert Client(parsed_host(), start, lines(), Interruptible()).run() == 0
    assert began == ["a", "b"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


@pytest.mark.usefixtures("usual_interrupt")
def test_a_command_is_interrupted_only_once(capsys: pytest.CaptureFixture[str]) -> None:
    cleaned: list[str] = []

    def start(args: Namespace) -> int:
        try:
            signal.raise_signal(signal.SIGINT)
        finally:
            signal.raise_signal(signal.SIGINT)
            cleaned.append(args.words[1])
        return 0

    assert Client(parsed_host(), start, ["get a", "get b"], Interruptible()).run() == 0
    assert cleaned == ["a", "b"] and capsys.readouterr().err.count("interrupted") == 2


def test_without_terminal_and_script_the_words_are_wrong(
    here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(SystemExit) as leaving:
        scripted(monkeypatch, "", "host")
    assert leaving.value.code == 2 and "followed by get or put" in capsys.readouterr().err


def test_the_commands_that_users_of_tftp_type(tftpd_hpa: Server, here: Path) -> None:
    tmux = shutil.which("tmux")
    if tmux is None:
        pytest.skip("needs tmux")
    remote = tftpd_hpa.holds("file", CONTENT)
    terminal = Terminal(tmux, (100, 30), [*PROGRAM, tftpd_hpa.host], here)
    try:
        terminal.until("tftp>")
        for typed, answer in (
            (f"connect {tftpd_hpa.host} {tftpd_hpa.port}", f"port {tftpd_hpa.port}"),
            ("mode netascii", "mode netascii"),
            ("bin", "mode octet"),
            ("rexmt 2", "rexmt 2"),
            (f"get {remote} got", "got: 5,120 octets"),
            ("get no-such-file", "says"),
            ("?", "leave (the end of the input does the same)"),
        ):
            terminal.type(typed)
            terminal.press("Enter")
            terminal.until(answer)
        terminal.type("stat")
        terminal.press("Tab", "Enter")
        terminal.until("windowsize auto")
        terminal.press("C-c")
        terminal.press("Up")
        terminal.until("tftp> status")
        terminal.press("C-u", "C-d")
        assert terminal.status() == 0
    finally:
        terminal.close()
    assert (here / "got").read_bytes() == CONTENT
    assert "rexmt 2" in (here / "state" / "tftp-fsm" / "history").read_text()


class Halting:
    """A server that sends one block of each file, and then says nothing more."""

    def __init__(self) -> None:
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.bind(("127.0.0.1", 0))
        self.sock.settimeout(30)
        self.port = self.sock.getsockname()[1]
        self.peer: Any = None

    def hear(self, kind: type[Packet]) -> Packet:
        """Return the next packet of that kind; a request gets its block."""
        while True:
            octets, peer = self.sock.recvfrom(2048)
            self.peer = peer
            packet = parse(octets)
            if isinstance(packet, Rrq):
                self.sock.sendto(build(Data(1, bytes(512))), peer)
            if isinstance(packet, kind):
                return packet


@pytest.fixture
def halting() -> Iterator[Halting]:
    server = Halting()
    yield server
    server.sock.close()


@pytest.fixture
def terminal(here: Path, halting: Halting) -> Iterator[Terminal]:
    tmux = shutil.which("tmux")
    if tmux is None:
        pytest.skip("needs tmux")
    command = [*PROGRAM, "127.0.0.1", "-p", str(halting.port)]
    terminal = Terminal(tmux, (100, 30), command, here)
    terminal.until("tftp>")
    yield terminal
    terminal.close()


def begin(terminal: Terminal, halting: Halting, name: str) -> None:
    """Type a get, and return in the middle of it."""
    terminal.type(f"get {name}")
    terminal.press("Enter")
    halting.hear(Ack)


def files(here: Path) -> list[str]:
    return [path.name for path in here.iterdir() if path.name != "state"]


@pytest.mark.parametrize("presses", [["C-c"], ["C-c", "C-c"]])
def test_ctrl_c_in_a_transfer_ends_it_and_the_prompt_comes_back(
    terminal: Terminal, halting: Halting, here: Path, presses: list[str]
) -> None:
    begin(terminal, halting, "one")
    terminal.press(*presses)
    assert halting.hear(Error) == Error(0, "transfer aborted")
    terminal.type("rexmt 7")
    terminal.press("Enter")
    assert "interrupted" in terminal.until("rexmt 7.0\ntftp>")
    assert files(here) == []
    begin(terminal, halting, "two")  # and the next one begins as the first
    terminal.press("C-c")
    halting.hear(Error)
    terminal.press("C-d")
    assert terminal.status() == 0 and files(here) == []


def test_only_the_first_ctrl_c_interrupts() -> None:
    before = signal.getsignal(signal.SIGINT)
    cleaned = False
    with suppress(KeyboardInterrupt), interrupted_once(), interrupted_once():
        try:
            signal.raise_signal(signal.SIGINT)
        finally:
            signal.raise_signal(signal.SIGINT)  # in the middle of the cleaning
            cleaned = True
    assert cleaned and signal.getsignal(signal.SIGINT) is before


def test_a_transfer_goes_on_in_a_window_of_another_size(
    terminal: Terminal, halting: Halting, here: Path
) -> None:
    begin(terminal, halting, "one")
    terminal.resize(40, 12)
    terminal.resize(120, 40)
    peer = halting.peer
    halting.sock.sendto(build(Data(2, b"end")), peer)
    terminal.until("one: 515 octets")
    terminal.type("status")
    terminal.press("Enter")
    terminal.until("windowsize auto", "verbose off")
    terminal.press("C-d")
    assert terminal.status() == 0 and (here / "one").read_bytes() == bytes(512) + b"end"


def test_a_transfer_that_ctrl_z_has_stopped_goes_on(halting: Halting, here: Path) -> None:
    tmux, bash = shutil.which("tmux"), shutil.which("bash")
    if tmux is None or bash is None:
        pytest.skip("needs tmux and bash")
    terminal = Terminal(tmux, (100, 30), [bash, "--norc", "-i"], here)
    try:
        terminal.type(shlex.join([*PROGRAM, "127.0.0.1", "-p", str(halting.port)]))
        terminal.press("Enter")
        terminal.until("tftp>")
        begin(terminal, halting, "one")
        terminal.press("C-z")
        terminal.until("Stopped")
        terminal.type("fg")
        terminal.press("Enter")
        halting.sock.sendto(build(Data(2, b"end")), halting.peer)
        terminal.until("one: 515 octets")
        terminal.press("C-d")
        terminal.type("exit")
        terminal.press("Enter")
        assert terminal.status() == 0 and (here / "one").read_bytes()[512:] == b"end"
    finally:
        terminal.close()
