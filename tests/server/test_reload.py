"""A configuration is read again while transfers run."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import tftp_fsm
from tests.support.serve_process import ServeProcess, serve_process
from tests.support.served import Served, error, serving
from tests.support.users import KEEP_ROOT
from tftp_fsm.errors import LocalError
from tftp_fsm.server.config import ServerConfig
from tftp_fsm.server.log import Journal
from tftp_fsm.server.reload import Current, Reread
from tftp_fsm.server.session_factory import open_root
from tftp_fsm.wire.packets import Ack, Data, Rrq, Wrq, build

WAIT = 20.0  # seconds, at the most
POSIX = pytest.mark.skipif(os.name != "posix", reason="needs SIGHUP")


@pytest.fixture
def roots(tmp_path: Path) -> tuple[Path, Path]:
    old, new = tmp_path / "old", tmp_path / "new"
    for root in (old, new):
        root.mkdir()
        (root / "file").write_bytes(root.name[:1].encode() * 600)
    return old, new


class Configured:
    """A server that runs from a file, and this file."""

    def __init__(self, server: ServeProcess, path: Path, text: str) -> None:
        self.server, self._path, self._text = server, path, text
        self._reloads = 0

    def reload(self, more: str, **instead: str) -> dict[str, Any]:
        """Change the file, send SIGHUP, and wait for the line of the log."""
        text = self._text
        for old, new in instead.items():
            text = text.replace(old, new)
        self._path.write_text(f"{text}{more}\n")
        self.server.process.send_signal(signal.SIGHUP)
        self._reloads += 1
        return self.server.line("reload", self._reloads)


@contextmanager
def configured(tmp_path: Path, root: Path, *flags: str, **more: Any) -> Iterator[Configured]:
    path = tmp_path / "conf.toml"
    text = f"root = '{root}'\nlog-format = 'json'\n"
    path.write_text(text)
    more = {"start_new_session": True} | more
    # The file names the root, because an option would win over the file.
    words = ("--config", str(path), "--bind", "127.0.0.1", "--port", "0", *KEEP_ROOT, *flags)
    with from_file(path, words, **more) as server:
        yield Configured(server, path, text)


@contextmanager
def from_file(path: Path, words: tuple[str, ...], **more: Any) -> Iterator[ServeProcess]:
    server = ServeProcess(None, *words, **more)
    try:
        server.wait_until_it_listens()
        yield server
    finally:
        server.close()


@POSIX
@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_transfer_goes_on_and_new_ones_get_the_new_settings(
    tmp_path: Path, roots: tuple[Path, Path], workers: str
) -> None:
    old, new = roots
    with (
        configured(tmp_path, old, "--workers", workers) as running,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client,
    ):
        client.settimeout(WAIT)
        port = running.server.port
        client.sendto(build(Rrq(b"file")), ("127.0.0.1", port))
        octets, peer = client.recvfrom(1000)
        assert octets == build(Data(1, b"o" * 512))
        line = running.reload("writable = true", **{str(old): str(new)})
        assert line["changed"] == ["root", "writable"] and line["restart"] == []
        settled(port)
        for _ in range(4):  # some reach each worker
            assert tftp_fsm.get("127.0.0.1", "file", port=port).data == b"n" * 600
        client.sendto(build(Ack(1)), peer)
        assert client.recv(1000) == build(Data(2, b"o" * 88))
        client.sendto(build(Ack(2)), peer)
        assert running.server.stop() == 0
        assert {line["outcome"] for line in running.server.lines("transfer")} == {"succeeded"}


def settled(port: int) -> None:
    """Ask until each of several clients in a row gets the new file: workers read one by one."""
    for _ in range(100):
        got = [tftp_fsm.get("127.0.0.1", "file", port=port).data for _ in range(8)]
        if set(got) == {b"n" * 600}:
            return
    raise AssertionError("a worker still has the old root")


@POSIX
@pytest.mark.parametrize("workers", ["1", "2"])
@pytest.mark.parametrize(
    ("more", "said"),
    [
        ("writable = 3", "conf.toml, line 3: writable: '3' is not true or false"),
        ("overwrite = true", "overwrite has no effect unless writable is given too"),
        ("root = 'twice'", "is not valid TOML"),
    ],
)
def test_a_configuration_that_is_wrong_changes_nothing(
    tmp_path: Path, roots: tuple[Path, Path], workers: str, more: str, said: str
) -> None:
    with configured(tmp_path, roots[0], "--workers", workers) as running:
        line = running.reload(more)
        assert said in line["message"]
        assert line["message"].endswith("; the earlier configuration holds")
        assert tftp_fsm.get("127.0.0.1", "file", port=running.server.port).data == b"o" * 600
        assert running.server.stop() == 0


@POSIX
def test_a_root_that_cannot_be_opened_changes_nothing(
    tmp_path: Path, roots: tuple[Path, Path]
) -> None:
    with configured(tmp_path, roots[0]) as running:
        line = running.reload("", **{str(roots[0]): str(tmp_path / "none")})
        assert "cannot serve" in line["message"] and "earlier configuration" in line["message"]
        assert tftp_fsm.get("127.0.0.1", "file", port=running.server.port).data == b"o" * 600
        assert running.server.stop() == 0


@POSIX
def test_what_needs_a_restart_is_named_and_the_rest_holds(
    tmp_path: Path, roots: tuple[Path, Path]
) -> None:
    with configured(tmp_path, roots[0]) as running:
        more = "single-port = true\nworkers = 7\npcap = 'x'\ngrace = 0.0\nport = 6969"
        line = running.reload(more)
        assert line["changed"] == ["grace"]
        assert line["restart"] == ["single_port", "workers", "pcap"]  # --port was typed, and wins
        assert "these need a restart: single-port, workers, pcap" in line["message"]
        assert running.reload("")["changed"] == ["grace"]
        assert "nothing has changed" in running.reload("")["message"]
        assert running.server.stop() == 0


@POSIX
@pytest.mark.parametrize("is_closed", [False, True])
def test_a_server_with_a_terminal_ends_only_when_that_is_closed(
    tmp_path: Path, roots: tuple[Path, Path], is_closed: bool
) -> None:
    pty, termios = pytest.importorskip("pty"), pytest.importorskip("termios")
    from fcntl import ioctl

    keyboard, screen = pty.openpty()
    more = {"preexec_fn": lambda: ioctl(screen, termios.TIOCSCTTY, 0)}
    with configured(tmp_path, roots[0], **more) as running:
        os.close(screen)
        if is_closed:
            os.close(keyboard)  # the kernel sends SIGHUP, because the server leads the session
            assert running.server.process.wait(WAIT) == 0
            assert "SIGHUP" in running.server.lines("signal")[0]["message"]
        else:
            assert running.reload("dally = 1")["changed"] == ["dally"]
            assert running.server.stop() == 0
            os.close(keyboard)


# -- One loop -------------------------------------------------------------------------------------


def reconfigured(served: Served, **options: Any) -> ServerConfig:
    root = options.pop("root")
    config = ServerConfig(root, bind=("127.0.0.1",), port=0, **options)
    served.loop.reconfigure(config, open_root(config))
    return config


def test_limits_and_rights_hold_for_the_next_request(roots: tuple[Path, Path]) -> None:
    old, new = roots
    with serving(old) as served:
        running = served.peer()
        running.ask("file")
        assert running.hear() == Data(1, b"o" * 512)
        reconfigured(served, root=new, writable=True, max_size=10, max_sessions_per_address=1)
        writer = served.peer("127.0.0.2")
        writer.ask("new", Wrq, tsize=11)
        assert "larger" in error(writer.hear(), 3)
        served.peers[0].say(Ack(1))
        assert running.hear() == Data(2, b"o" * 88)
        served.peers[0].say(Ack(2))
        served.until_idle()


@pytest.mark.parametrize("single_port", [False, True])
def test_a_client_that_is_denied_meanwhile_keeps_its_session(
    roots: tuple[Path, Path], single_port: bool
) -> None:
    with serving(roots[0], single_port=single_port) as served:
        client = served.peer()
        client.ask("file")
        assert client.hear() == Data(1, b"o" * 512)
        options = {"root": roots[0], "single_port": single_port, "deny": ("127.0.0.0/8",)}
        reconfigured(served, **options)
        client.ask("file")  # a copy of the request that it began with
        assert client.hear() == Data(1, b"o" * 512)
        client.say(Ack(1))
        assert client.hear() == Data(2, b"o" * 88)
        client.say(Ack(2))
        served.until_idle()
        client.ask("file")
        assert client.hears_nothing()


def test_a_lower_limit_holds_for_the_next_request(roots: tuple[Path, Path]) -> None:
    with serving(roots[0]) as served:
        reconfigured(served, root=roots[0], max_sessions=1)
        for host in ("127.0.0.2", "127.0.0.3"):
            client = served.peer(host)
            client.ask("file")
            client.hear()
        assert len(served.loop.sessions) == 1


def test_the_bound_of_a_network_is_that_of_the_new_limit(roots: tuple[Path, Path]) -> None:
    with serving(roots[0]) as served:
        reconfigured(served, root=roots[0], max_sessions_per_address=1)
        for _ in range(2):  # nobody answers, so the first one has used up what the network has
            served.peer().ask("file")
            served.turn()
        assert served.loop.totals.silent == 1


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="needs /proc")
def test_no_descriptor_is_left(tmp_path: Path, roots: tuple[Path, Path]) -> None:
    with configured(tmp_path, roots[0]) as running:
        running.reload("dally = 1")
        before = running.server.descriptors()
        for seconds in range(2, 6):
            running.reload(f"dally = {seconds}")
        assert running.server.descriptors() == before
        assert running.server.stop() == 0


def test_failures_are_kept_where_the_new_configuration_says(
    roots: tuple[Path, Path], tmp_path: Path
) -> None:
    with serving(roots[0]) as served:
        kept = tmp_path / "kept"
        reconfigured(served, root=roots[0], keep_failures=kept)
        client = served.peer()
        client.ask("file")
        client.hear()
        client.say(Ack(1))
        client.hear()
        client.say(b"\0\5\0\0no\0")
        served.until_idle()
        assert len(list(kept.iterdir())) == 1


def test_a_folder_of_failures_that_cannot_be_written_is_a_warning_at_once(
    tmp_path: Path, roots: tuple[Path, Path]
) -> None:
    (tmp_path / "kept").write_bytes(b"no folder")
    with configured(tmp_path, roots[0]) as running:
        running.reload(f"keep-failures = '{tmp_path / 'kept'}'")
        assert "warning: " in running.server.line("warning")["message"]
        assert running.server.stop() == 0


def test_a_mistake_of_the_library_is_a_line_too(roots: tuple[Path, Path]) -> None:
    def wrong() -> Reread:
        raise LocalError("gone")

    lines: list[str] = []
    with Current(ServerConfig(roots[0]), wrong) as current:
        assert not current.reload(lambda *_: 1 / 0, Journal(lines.append))
    assert "gone; the earlier configuration holds" in lines[0]


@POSIX
@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_map_is_read_again_also_without_a_configuration(
    tmp_path: Path, roots: tuple[Path, Path], workers: str
) -> None:
    old, _ = roots
    (old / "other").write_bytes(b"n" * 600)
    rules = tmp_path / "rules"
    rules.write_text("r ^asked$ file\n")
    flags = ("--map", str(rules), "--workers", workers)
    with serve_process(old, *flags, start_new_session=True) as server:
        assert tftp_fsm.get("127.0.0.1", "asked", port=server.port).data == b"o" * 600
        for number, (text, said) in enumerate(
            (("r ^(file|asked)$ other\n", "changed: map"), ("r ( x\n", "earlier configuration")), 1
        ):
            rules.write_text(text)
            server.process.send_signal(signal.SIGHUP)
            assert said in server.line("reload", number)["message"]
            settled(server.port)
        assert server.stop() == 0


@POSIX
def test_without_a_file_there_is_nothing_to_read(roots: tuple[Path, Path]) -> None:
    with serve_process(roots[0], start_new_session=True) as server:
        server.process.send_signal(signal.SIGHUP)
        assert "no configuration to read again" in server.line("signal")["message"]
        assert server.stop() == 0
