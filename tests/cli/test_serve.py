"""`tftp-fsm serve` as people run it."""

from __future__ import annotations

import json
import os
import re
import select
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

import tftp_fsm
from tests.support.peers.parts import is_root
from tests.support.serve_process import REPOSITORY, ServeProcess, serve_process
from tests.support.served import Served
from tests.support.users import KEEP_ROOT
from tftp_fsm.__main__ import main as command_line
from tftp_fsm.server import service
from tftp_fsm.server.log import Journal
from tftp_fsm.server.notify import Notifier
from tftp_fsm.server.reload import Current
from tftp_fsm.server.signals import Signals
from tftp_fsm.wire.packets import Ack, Data, Error, Packet, Rrq, Wrq, build, parse

ENVIRONMENT = os.environ | {"PYTHONPATH": str(REPOSITORY)}
WAIT = 20.0  # seconds, at the most, for one answer or one short program


def run(*words: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tftp_fsm", *words],
        capture_output=True,
        text=True,
        env=ENVIRONMENT | more,
        timeout=WAIT,
        check=False,
    )


class Raw:
    """A client that sends one packet and receives one."""

    def __init__(self, server: ServeProcess) -> None:
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.settimeout(WAIT)
        self.to: tuple[str, int] = ("127.0.0.1", server.port)

    def __enter__(self) -> Raw:
        return self

    def __exit__(self, *_: object) -> None:
        self.sock.close()

    def ask(self, packet: Packet) -> Packet:
        self.sock.sendto(build(packet), self.to)
        octets, self.to = self.sock.recvfrom(70000)
        return parse(octets)


def test_one_line_tells_how_each_session_ended(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(bytes(3000))
    with serve_process(tmp_path, "--writable", "--dally", "0") as server:
        tftp_fsm.get("127.0.0.1", "file", port=server.port, blksize=1000, windowsize=2)
        tftp_fsm.put("127.0.0.1", b"new", "new", port=server.port)
        with pytest.raises(tftp_fsm.PeerError, match="no such file"):
            tftp_fsm.get("127.0.0.1", "nothing", port=server.port)
        with Raw(server) as client:
            client.ask(Rrq(b"file", "octet", (("tsize", "0"),)))
            client.sock.sendto(b"\0\5\0\0\0", client.to)
            server.line("transfer", 4)
        got, put, refused, probe = server.lines("transfer")
        assert server.stop() == 0
    assert {key: got[key] for key in ("verb", "file", "octets", "outcome", "options")} == {
        "verb": "RRQ",
        "file": "file",
        "octets": 3000,
        "outcome": "succeeded",
        "options": {"blksize": 1000, "tsize": 3000, "windowsize": 2},
    }
    assert got["peer"] == "127.0.0.1" and got["seconds"] > 0 and got["retransmissions"] == 0
    assert (put["verb"], put["octets"]) == ("WRQ", 3)
    assert (refused["outcome"], refused["code"]) == ("not-found", 1)
    assert probe["outcome"] == "probed"


def test_text_lines_are_for_people(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(bytes(3000))
    done = subprocess.Popen(
        [sys.executable, "-m", "tftp_fsm", "serve", str(tmp_path), "--port", "0", *KEEP_ROOT],
        stdout=subprocess.PIPE,
        env=ENVIRONMENT,
        text=True,
    )
    assert done.stdout is not None
    with done:
        said = done.stdout.readline()
        port = int(said.split("0.0.0.0:")[1].split(",")[0])
        tftp_fsm.get("127.0.0.1", "file", port=port)
        lines = iter(done.stdout.readline, "")
        line = next(line for line in lines if "RRQ" in line)
        done.send_signal(signal.SIGTERM)
        *_, last = lines
    assert '"file" succeeded: 3000 octets in ' in line
    assert line.endswith("0 retransmissions\n")
    assert "1 succeeded" in last
    assert done.returncode == 0


@pytest.mark.skipif(not hasattr(os, "set_blocking"), reason="needs a pipe that can be filled")
def test_a_log_that_nobody_reads_keeps_nobody_waiting(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"content")
    reading, writing = os.pipe()
    words = ["serve", str(tmp_path), "--port", "0", "--bind", "127.0.0.1", "--log-format", "json"]
    words += KEEP_ROOT
    with (
        open(reading, "rb") as log,
        subprocess.Popen(
            [sys.executable, "-m", "tftp_fsm", *words],
            stdout=writing,
            stderr=subprocess.PIPE,
            env=ENVIRONMENT,
        ) as server,
    ):
        try:
            port = json.loads(log.readline())["port"]
            if KEEP_ROOT:  # the line about the rights follows, and must not come into the filling
                log.readline()
            size = fill(writing)
            for _ in range(3):
                got = tftp_fsm.get("127.0.0.1", "file", port=port, timeout=2, retries=1)
                assert got.data == b"content"
            assert len(log.read(size)) == size
            tftp_fsm.get("127.0.0.1", "file", port=port)
            lines = iter(lambda: json.loads(log.readline()), None)
            assert next(line for line in lines if line["event"] == "transfer")["octets"] == 7
            server.terminate()
            os.close(writing)
            _, said = server.communicate(timeout=WAIT)
        finally:
            server.kill()
    assert server.returncode == 0
    assert re.search(rb"lines? of the log (was|were) dropped", said) and said.count(b"\n") == 1


def fill(pipe: int) -> int:
    """Leave no room in the pipe. Return how many octets that took."""
    os.set_blocking(pipe, False)
    octets = 0
    for count in (4096, 1):
        with suppress(BlockingIOError):
            while True:
                octets += os.write(pipe, b"\n" * count)
    os.set_blocking(pipe, True)
    return octets


def test_sigusr1_writes_the_counters(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"content")
    with serve_process(tmp_path) as server:
        tftp_fsm.get("127.0.0.1", "file", port=server.port)
        server.line("transfer")
        server.process.send_signal(signal.SIGUSR1)
        first = server.line("counters")
        assert first["octets_read"] == 7 and first["ended"] == {"succeeded": 1}
        assert server.stop() == 0


@pytest.mark.parametrize("workers", ["1", "2"])
def test_sighup_is_a_line_of_the_log_and_serving_goes_on(workers: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"content")
    flags = ["--workers", workers]
    with serve_process(tmp_path, *flags, start_new_session=True) as server:
        server.process.send_signal(signal.SIGHUP)
        assert "serving goes on" in server.line("signal")["message"]
        assert tftp_fsm.get("127.0.0.1", "file", port=server.port).data == b"content"
        assert server.stop(signal.SIGQUIT) == 0
        said = [line["message"].partition(":")[0] for line in server.lines("signal")]
        expected = {"1": ["SIGHUP", "SIGQUIT"], "2": ["SIGHUP", "SIGTERM", "SIGTERM"]}
        assert said == expected[workers]


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_terminal_that_is_closed_ends_the_server_which_lets_transfers_end(
    workers: str, tmp_path: Path
) -> None:
    pty, termios = pytest.importorskip("pty"), pytest.importorskip("termios")
    from fcntl import ioctl

    (tmp_path / "file").write_bytes(bytes(600))
    keyboard, screen = pty.openpty()
    more = {"start_new_session": True, "preexec_fn": lambda: ioctl(screen, termios.TIOCSCTTY, 0)}
    flags = ["--workers", workers, "--grace", "20"]
    with serve_process(tmp_path, *flags, **more) as server, Raw(server) as client:
        os.close(screen)
        assert client.ask(Rrq(b"file")) == Data(1, bytes(512))
        os.killpg(server.process.pid, signal.SIGHUP)  # as a shell does whose terminal is closed
        assert "20 s" in server.line("signal")["message"]
        assert client.ask(Ack(1)) == Data(2, bytes(88))
        client.sock.sendto(build(Ack(2)), client.to)
        assert server.process.wait(WAIT) == 0
        assert server.lines("transfer")[0]["outcome"] == "succeeded"
    os.close(keyboard)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGQUIT])
def test_a_running_transfer_may_end_after_the_signal(tmp_path: Path, number: int) -> None:
    (tmp_path / "file").write_bytes(bytes(600))
    with serve_process(tmp_path, "--grace", "20") as server, Raw(server) as client:
        assert client.ask(Rrq(b"file")) == Data(1, bytes(512))
        server.process.send_signal(number)
        assert client.ask(Ack(1)) == Data(2, bytes(88))
        client.sock.sendto(build(Ack(2)), client.to)
        assert server.process.wait(WAIT) == 0
        assert server.lines("transfer")[0]["outcome"] == "succeeded"


def test_a_signal_ends_a_wait_that_begins_right_after_it(tmp_path: Path) -> None:
    """Python runs a handler only after the wait, so the signal itself has to end it."""
    served = Served(tmp_path)
    journal = Journal(lambda line: None)
    before = signal.set_wakeup_fd(-1)
    current = Current(served.config)
    with current, Signals(served.loop, current, journal, lambda: None, Notifier()).reach_the_loop():
        signal.signal(signal.SIGTERM, lambda number, frame: None)  # a handler that wakes nobody
        os.kill(os.getpid(), signal.SIGTERM)
        assert select.select([served.loop.fileno()], [], [], 0)[0]
    assert signal.set_wakeup_fd(before) == -1
    served.close()


def test_a_second_signal_does_not_wait(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(bytes(600))
    with serve_process(tmp_path, "--grace", "3600") as server, Raw(server) as client:
        client.ask(Rrq(b"file"))
        server.process.send_signal(signal.SIGTERM)
        server.process.send_signal(signal.SIGUSR1)
        server.line("counters")
        assert server.stop() == 0
        assert "closing" in str(client.sock.recv(1000))


def test_killed_in_mid_upload_it_leaves_no_file_under_the_name(tmp_path: Path) -> None:
    with serve_process(tmp_path, "--writable") as server, Raw(server) as client:
        assert client.ask(Wrq(b"file")) == Ack(0)
        assert client.ask(Data(1, bytes(512))) == Ack(1)
        server.process.kill()
        server.process.wait(WAIT)
    assert not (tmp_path / "file").exists()
    (partial,) = tmp_path.iterdir()
    with serve_process(tmp_path) as server, Raw(server) as client:
        # The file that the killed server left is hidden, and no client gets it.
        assert isinstance(client.ask(Rrq(partial.name.encode())), Error)
        assert server.stop() == 0
    with serve_process(tmp_path, "--writable", "--dally", "0") as server:
        assert list(tmp_path.iterdir()) == [], "it is swept at the start"
        content = bytes(range(256)) * 100
        tftp_fsm.put("127.0.0.1", content, "file", port=server.port)
        assert (tmp_path / "file").read_bytes() == content
        assert server.stop() == 0


@pytest.mark.skipif(not hasattr(socket, "SO_REUSEPORT"), reason="no SO_REUSEPORT")
def test_workers_share_the_port(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(bytes(5000))
    with serve_process(tmp_path, "--writable", "--dally", "0", "--workers", "3") as server:
        for number in range(12):
            assert tftp_fsm.get("127.0.0.1", "file", port=server.port).octets == 5000
            tftp_fsm.put("127.0.0.1", b"x", f"new{number}", port=server.port)
        server.line("transfer", 24)
        assert server.stop() == 0
        totals = server.lines("counters")
    assert len(totals) == 3
    assert sum(total["ended"].get("succeeded", 0) for total in totals) == 24
    assert sum(bool(total["requests"]) for total in totals) > 1


def test_workers_let_running_transfers_end(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(bytes(600))
    with (
        serve_process(tmp_path, "--workers", "2", "--grace", "20") as server,
        Raw(server) as client,
    ):
        assert client.ask(Rrq(b"file")) == Data(1, bytes(512))
        server.process.send_signal(signal.SIGTERM)
        server.line("counters")  # the idle worker has ended
        assert client.ask(Ack(1)) == Data(2, bytes(88))
        client.sock.sendto(build(Ack(2)), client.to)
        assert server.process.wait(WAIT) == 0
        assert server.lines("transfer")[0]["outcome"] == "succeeded"


LAUNCH = """
import os, sys
os.environ["LISTEN_PID"], os.environ["LISTEN_FDS"] = str(os.getpid()), "1"
os.dup2(int(sys.argv[1]), 3)
os.execv(sys.executable, [sys.executable, "-m", "tftp_fsm", "serve", *sys.argv[2:]])
"""


@pytest.mark.skipif(os.name != "posix", reason="descriptors are handed over on POSIX")
def test_workers_end_where_the_process_that_made_them_fails() -> None:
    program = """if True:
        import signal, time
        from tftp_fsm.server.workers import run_workers, unblock_signals

        def work(_):
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            unblock_signals()
            time.sleep(1000)

        run_workers([work, work], [[], []], lambda: 1 / 0, lambda: 15)
    """
    # The workers hold stderr open. Its end can be read only after they have ended.
    done = subprocess.run(
        [sys.executable, "-c", program],
        stderr=subprocess.PIPE,
        env=ENVIRONMENT,
        timeout=WAIT,
        check=False,
    )
    assert done.returncode == 1 and b"ZeroDivisionError" in done.stderr


def test_a_socket_may_be_handed_over(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"content")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        os.set_inheritable(sock.fileno(), True)
        words = [sys.executable, "-c", LAUNCH, str(sock.fileno()), str(tmp_path), *KEEP_ROOT]
        with subprocess.Popen(
            words, env=ENVIRONMENT, pass_fds=(sock.fileno(),), stdout=subprocess.PIPE
        ) as server:
            got = tftp_fsm.get("127.0.0.1", "file", port=sock.getsockname()[1], timeout=5)
            assert got.data == b"content"
            server.terminate()
            server.communicate(timeout=WAIT)
            assert server.returncode == 0


@pytest.mark.skipif(not is_root(), reason="only root can become somebody else")
def test_root_is_given_up_once_the_port_is_bound(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    (tmp_path / "file").write_bytes(b"content")
    (tmp_path / "private").write_bytes(b"content")
    (tmp_path / "private").chmod(0o600)
    with serve_process(tmp_path, "--user", "nobody") as server:
        status = Path(f"/proc/{server.process.pid}/status").read_text()
        assert "Uid:\t0" not in status and "Groups:\t0" not in status
        assert tftp_fsm.get("127.0.0.1", "file", port=server.port).data == b"content"
        with pytest.raises(tftp_fsm.PeerError, match="denied"):
            tftp_fsm.get("127.0.0.1", "private", port=server.port)


@pytest.mark.parametrize(
    "words, status, said",
    [
        (["nowhere-at-all"], 1, "no such file or directory"),
        ([".", "--port", "0", "--overwrite"], 2, "unless --writable is given"),
        ([".", "--port", "70000"], 2, "70000"),
        ([".", "--port", "0", "--bind", "203.0.113.7"], 1, "not have this address (see --bind)"),
        ([".", "--port", "0", "--user", "no-such-user"], 1, "no user 'no-such-user'"),
        ([".", "--port", "0", "--max-blksize", "7"], 2, "8 to 65464"),
        ([], 2, "ROOT"),
    ],
)
def test_what_cannot_be_is_one_line(words: list[str], status: int, said: str) -> None:
    done = run("serve", *words)
    assert done.returncode == status
    assert said in done.stderr
    assert done.stderr.count("\n") == 1 and done.stderr.startswith("tftp-fsm: ")
    assert done.stdout == ""


AS_NOBODY = ["--user", "nobody"] if is_root() else []  # root may do everything


def test_a_root_that_cannot_be_read_is_one_line_at_the_start(tmp_path: Path) -> None:
    tmp_path.chmod(0o600)
    done = run("serve", str(tmp_path), "--port", "0", "--bind", "127.0.0.1", *AS_NOBODY)
    tmp_path.chmod(0o700)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        f"tftp-fsm: cannot serve: {tmp_path}: permission denied: "
        "this user may not open files in it\n"
    )


@pytest.mark.parametrize("mode, warned", [(0o555, True), (0o777, False)])
def test_a_root_that_cannot_be_written_is_told_at_the_start(
    mode: int, warned: bool, tmp_path: Path
) -> None:
    tmp_path.chmod(mode)
    with serve_process(tmp_path, "--writable", *AS_NOBODY) as server:
        warnings = [line["message"] for line in server.lines("warning")]
    tmp_path.chmod(0o755)
    assert [str(tmp_path) in message for message in warnings] == [True] * warned


def test_without_a_shared_port_workers_are_refused_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delattr(socket, "SO_REUSEPORT", raising=False)
    assert command_line(
        ["serve", str(tmp_path), "--bind", "127.0.0.1", "--port", "0", "--workers", "2"]
    )
    told = capsys.readouterr()
    assert told.err == (
        "tftp-fsm: this system cannot share a port between processes: use one worker "
        "(see --workers)\n"
    )


def test_the_help_states_the_bound(tmp_path: Path) -> None:
    done = run("serve", "--help")
    assert done.returncode == 0
    assert "four datagrams, 2064 octets" in done.stdout
    assert "fewer than 179 ports" in done.stdout
    assert "131,072 octets" in done.stdout


def test_what_is_imported_late_is_loaded_before_the_server_becomes_another_user(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    done: list[str] = []
    monkeypatch.setattr(service, "load_late_imports", lambda: done.append("load"))
    monkeypatch.setattr(service, "become", lambda user: done.append(f"become {user}"))
    service._give_up_root(service.Service(Journal(print), user="tftp"))
    assert done == ["load", "become tftp"]
