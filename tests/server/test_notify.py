"""A service manager gets the server's messages over a real socket (sd_notify(3))."""

from __future__ import annotations

import os
import signal
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.serve_process import ServeProcess, serve_process
from tftp_fsm.server.notify import VARIABLE, Notifier

WAIT = 20.0  # seconds, at the most
pytestmark = pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="needs AF_UNIX")


class Manager:
    """The socket of a service manager, and the messages that it received."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.sock.bind(address.replace("@", "\0"))
        self.sock.settimeout(WAIT)

    def hear(self) -> dict[str, str]:
        lines = self.sock.recv(4096).decode().split("\n")
        return dict(line.split("=", 1) for line in lines)


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[Manager]:
    made = Manager(str(tmp_path / "notify"))
    with made.sock:
        yield made


def serving(root: Path, manager: Manager, *flags: str) -> ServeProcess:
    env = {VARIABLE: manager.address}
    return ServeProcess(root, *flags, env=env, start_new_session=True)


@pytest.mark.parametrize("workers", ["1", "2"])
def test_it_is_ready_when_it_listens_and_stops_when_it_is_told_to(
    manager: Manager, tmp_path: Path, workers: str
) -> None:
    server = serving(tmp_path, manager, "--workers", workers)
    try:
        heard = manager.hear()
        (line,) = server.lines("listening")  # already: nobody needs to wait any more
        assert heard == {"READY": "1", "STATUS": line["message"]}
        assert server.stop() == 0
        assert manager.hear()["STOPPING"] == "1"
        manager.sock.setblocking(False)
        with pytest.raises(BlockingIOError):
            manager.hear()
    finally:
        server.close()


@pytest.mark.parametrize("workers", ["1", "2"])
@pytest.mark.parametrize("text", ["dally = 1", "dally = x"], ids=["right", "wrong"])
def test_it_says_when_it_reads_its_configuration_again(
    manager: Manager, tmp_path: Path, workers: str, text: str
) -> None:
    path = tmp_path / "conf.toml"
    path.write_text("")
    server = serving(tmp_path, manager, "--workers", workers, "--config", str(path))
    try:
        assert manager.hear()["READY"] == "1"
        path.write_text(text)
        server.process.send_signal(signal.SIGHUP)
        began = manager.hear()
        assert began["RELOADING"] == "1" and int(began["MONOTONIC_USEC"]) > 0
        assert "listening" in manager.hear()["STATUS"]
        assert server.stop() == 0
    finally:
        server.close()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has abstract addresses")
def test_the_address_may_be_abstract() -> None:
    manager = Manager(f"@tftp-fsm-test-{os.getpid()}")
    with manager.sock:
        Notifier(manager.address).stopping()
        assert manager.hear()["STOPPING"] == "1"


def test_a_manager_that_does_not_listen_or_read_holds_nobody(
    manager: Manager, tmp_path: Path
) -> None:
    Notifier(str(tmp_path / "nobody")).stopping()
    full = Notifier(manager.address)
    for _ in range(2000):  # far more than the socket takes
        full.stopping()
    Notifier().stopping()


def test_the_address_is_not_handed_to_programs_that_the_server_starts(
    monkeypatch: pytest.MonkeyPatch, manager: Manager
) -> None:
    monkeypatch.setenv(VARIABLE, manager.address)
    Notifier.of_environment().ready("two\nlines")
    assert manager.hear() == {"READY": "1", "STATUS": "two lines"}
    assert VARIABLE not in os.environ


def test_without_a_manager_nothing_is_told(tmp_path: Path) -> None:
    with serve_process(tmp_path, env={VARIABLE: ""}) as server:
        assert server.stop() == 0
