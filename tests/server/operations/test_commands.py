"""--on-done runs one command for each session, with limits, and never delays the server."""

from __future__ import annotations

import asyncio
import json
import os
import select
import signal
import socket
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import tftp_fsm
from tests.support.descriptors import open_descriptors
from tests.support.peers.parts import is_root
from tests.support.refused import Refused
from tests.support.serve_process import ServeProcess, serve_process
from tftp_fsm.__main__ import main
from tftp_fsm.server.log import Journal
from tftp_fsm.server.operations import commands, process
from tftp_fsm.server.operations.commands import Commands
from tftp_fsm.server.operations.process import Prepared
from tftp_fsm.server.operations.settings import Operations
from tftp_fsm.wire.packets import Rrq, build

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
WAIT = 20.0  # seconds, at the most
KEEPS = "cat >> {}/heard"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    made = tmp_path / "root"
    made.mkdir()
    (made / "file").write_bytes(b"content")
    return made


@contextmanager
def serving(root: Path, script: str, *flags: str, **more: Any) -> Iterator[ServeProcess]:
    """Run a server that runs this shell script when a session ends. {} is a folder for it."""
    path = root.parent / "hook"
    path.write_text(f"#!/bin/sh\n{script.format(root.parent)}\n")
    path.chmod(0o755)
    with serve_process(root, "--on-done", f"'{path}' 'a $HOME'", *flags, **more) as server:
        yield server


def heard(root: Path) -> list[dict[str, Any]]:
    path = root.parent / "heard"
    text = path.read_text() if path.exists() else ""
    return [json.loads(line) for line in text.split("\n")[:-1]]


def get(server: ServeProcess, name: str = "file") -> bytes | None:
    return tftp_fsm.get("127.0.0.1", name, port=server.port).data


@pytest.mark.parametrize("workers", ["1", "2"])
def test_it_reads_what_the_log_says_of_the_session(root: Path, workers: str) -> None:
    with serving(root, KEEPS, "--workers", workers) as server:
        get(server)
        assert server.stop() == 0  # it waits for commands that run
        (told,) = heard(root)
        (logged,) = server.lines("transfer")
    assert told.pop("name") == "file"
    assert {**told, "time": None} == {**logged, "time": None}


def test_no_shell_reads_the_command_or_a_name(root: Path) -> None:
    name = b"a $(touch x); 'b' \"\xff"
    (root / os.fsdecode(name)).write_bytes(b"odd")
    with (
        serving(root, 'printf %s "$1" > {0}/argument; cat >> {0}/heard') as server,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client,
    ):
        client.settimeout(WAIT)
        client.sendto(build(Rrq(name)), ("127.0.0.1", server.port))
        octets, peer = client.recvfrom(1000)
        assert octets == b"\0\3\0\1odd"
        client.sendto(b"\0\4\0\1", peer)
        server.line("transfer")
        assert server.stop() == 0
    (told,) = heard(root)
    assert told["name"].encode("utf-8", "surrogateescape") == name
    assert "\\xff" in told["file"] and (root.parent / "argument").read_text() == "a $HOME"


def test_a_name_that_fills_the_longest_request_is_told_whole(root: Path) -> None:
    name = b"\xff" * 1400  # the longest request; each octet is six characters of JSON
    rules = root.parent / "rules"
    rules.write_text("r ^.*$ file\n")
    with (
        serving(root, KEEPS, "--map", str(rules)) as server,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client,
    ):
        client.settimeout(WAIT)
        client.sendto(b"\0\1" + name + b"\0octet\0", ("127.0.0.1", server.port))
        octets, peer = client.recvfrom(1000)
        assert octets == b"\0\3\0\1content"
        client.sendto(b"\0\4\0\1", peer)
        server.line("transfer")
        get(server)
        assert server.stop() == 0
    names = [told["name"].encode("utf-8", "surrogateescape") for told in heard(root)]
    assert sorted(names) == [b"file", name]


def test_who_never_answered_causes_no_command(root: Path) -> None:
    with serving(root, KEEPS, "--max-sessions", "1") as server:
        with pytest.raises(tftp_fsm.PeerError):
            get(server, "nothing")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.settimeout(WAIT)
            client.sendto(build(Rrq(b"file")), ("127.0.0.1", server.port))
            client.recv(1000)
            get(server)  # takes the only place
        server.line("transfer", 3)
        assert server.stop() == 0
    assert [told["outcome"] for told in heard(root)] == ["succeeded"]


def test_a_failed_upload_is_told_too(root: Path) -> None:
    with serving(root, KEEPS, "--writable", "--max-size", "3") as server:
        with pytest.raises(tftp_fsm.PeerError):
            tftp_fsm.put("127.0.0.1", b"content", "new", port=server.port, options=False)
        assert server.stop() == 0
    assert [(told["verb"], told["outcome"]) for told in heard(root)] == [("WRQ", "no-room")]


@pytest.mark.skipif(not is_root(), reason="only root can become somebody else")
def test_it_has_the_rights_that_the_server_has() -> None:
    with tempfile.TemporaryDirectory() as open_to_all:
        root = Path(open_to_all, "root")
        root.mkdir()
        (root / "file").write_bytes(b"content")
        root.parent.chmod(0o777)
        with serving(root, "id -u > {0}/user; id -G >> {0}/user", keeps_root=False) as server:
            get(server)
            assert server.stop() == 0
        user, groups = (root.parent / "user").read_text().split("\n")[:2]
    assert user != "0" and "0" not in groups.split()


def test_one_that_hangs_is_killed_with_its_children_and_holds_nobody(root: Path) -> None:
    script = "echo $$ > {0}/pid; sleep 1000 & echo $! >> {0}/pid; wait"
    with serving(root, script, "--on-done-time", "0.5", "--on-done-limit", "1") as server:
        get(server)
        line = server.line("on-done")
        assert line["result"] == "timed_out" and "hook was killed" in line["message"]
        assert get(server) == b"content"
        assert server.stop() == 0
    pids = (root.parent / "pid").read_text().split()
    assert len(pids) == 2 and not any(is_alive(pid) for pid in pids)


def is_alive(pid: str) -> bool:
    """Return whether the process runs. A zombie does not."""
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return False


def test_one_that_fails_is_a_line_with_the_first_words_of_its_errors(root: Path) -> None:
    script = r"printf 'no \033[2J disk\nmore\n' >&2; exit 3"
    with serving(root, script) as server:
        get(server)
        line = server.line("on-done")
        assert server.stop() == 0
    assert line["message"].endswith("hook ended with status 3: no \\x1b[2J disk")


def test_a_thousand_that_fail_are_few_lines(root: Path) -> None:
    with serving(root, "exit 1", "--on-done-limit", "8") as server:
        for _ in range(30):
            get(server)
        assert server.stop() == 0
        assert len(server.lines("transfer")) == 30
        assert 10 <= len(server.lines("on-done")) < 25


def test_one_that_says_much_is_not_held_and_its_line_is_short(root: Path) -> None:
    script = (
        "head -c 3000000 /dev/zero | tr '\\0' x; head -c 3000000 /dev/zero | tr '\\0' x >&2; exit 1"
    )
    with serving(root, script) as server:
        get(server)
        line = server.line("on-done")
        assert line["result"] == "failed" and len(line["message"]) < 700
        assert server.stop() == 0


def test_one_that_reads_nothing_has_not_failed(root: Path) -> None:
    with serving(root, "exec <&-; exit 0") as server:
        get(server)
        assert server.stop() == 0
        assert server.lines("on-done") == []


def test_one_that_leaves_a_child_behind_ends_with_it(root: Path) -> None:
    with serving(root, "sleep 1000 & echo $! > {0}/pid") as server:
        get(server)
        assert server.stop() == 0
    assert not is_alive((root.parent / "pid").read_text().strip())


def test_a_program_that_is_not_there_is_told_at_the_start(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["serve", str(root), "--port", "0", "--bind", "127.0.0.1", "--user", "root"]
    words = words if is_root() else words[:-2]
    assert main([*words, "--on-done", "/no/such/program x"]) == 1
    said = capsys.readouterr().err
    assert "cannot run the program /no/such/program: it was not found (see --on-done)" in said
    assert said.count("\n") == 1


@pytest.mark.parametrize("command", ["", "it's"])
def test_a_command_that_cannot_be_split_is_one_line(
    root: Path, command: str, refused: Refused
) -> None:
    assert "argument --on-done" in refused("serve", str(root), "--on-done", command)


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="needs pidfd_open and /proc")
@pytest.mark.parametrize("workers", ["1", "2"])
def test_its_process_ends_with_a_server_that_is_killed(root: Path, workers: str) -> None:
    with serving(root, KEEPS, "--workers", workers) as server:
        pid = server.process.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        fds = [os.pidfd_open(int(child)) for child in children]
        server.process.kill()
        for fd in fds:
            assert select.select([fd], [], [], WAIT)[0]
            os.close(fd)
    assert len(children) == (1 if workers == "1" else 3)


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="needs /proc")
def test_a_process_that_is_gone_is_told_and_serving_goes_on(root: Path) -> None:
    with serving(root, KEEPS) as server:
        pid = server.process.pid
        (child,) = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        os.kill(int(child), signal.SIGKILL)
        assert "serving goes on without" in server.line("error")["message"]
        assert get(server) == b"content"
        assert server.stop() == 0


def test_signals_to_the_whole_group_do_not_end_it_early(root: Path) -> None:
    script = "while [ ! -e {0}/go ]; do sleep 0.02; done; cat >> {0}/heard"
    with serving(root, script, start_new_session=True) as server:
        get(server)
        server.line("transfer")
        os.killpg(server.process.pid, signal.SIGTERM)  # as a service manager does
        server.line("counters")
        (root.parent / "go").touch()
        assert server.process.wait(WAIT) == 0
    assert len(heard(root)) == 1


# -- Without a server -----------------------------------------------------------------------------


def test_signals_wait_until_the_process_beside_has_handlers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    reading, writing = os.pipe()

    def told(*_: object) -> None:
        os.write(writing, b"waits" if waits() else b"does not")
        os._exit(0)

    def waits() -> bool:
        return signal.SIGTERM in signal.pthread_sigmask(signal.SIG_BLOCK, ())

    monkeypatch.setattr(process, "_run_child", told)
    Prepared(Operations(("true",))).start(1, Journal(print), lambda: None).close()
    assert os.read(reading, 20) == b"waits"
    assert not waits()
    os.close(reading)
    os.close(writing)


def run(act: Callable[[Commands], Any], *command: str, **limits: Any) -> tuple[Commands, list[str]]:
    lines: list[str] = []

    async def inside() -> Commands:
        made = Commands(Operations(command, **limits), Journal(lines.append))
        act(made)
        await made.finish()
        return made

    return asyncio.run(inside()), lines


def test_more_than_may_wait_are_dropped_and_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands, "WAITING", 3)

    def add(made: Commands) -> None:
        for _ in range(10):
            made.add({})
        assert made.fields["running"] == 2

    made, lines = run(add, "true", at_a_time=2)
    assert made.fields == {
        "running": 0,
        "succeeded": 5,
        "failed": 0,
        "timed_out": 0,
        "not_started": 0,
        "dropped": 5,
    }
    assert "the command true is too slow: 1 session has none" in lines[0]


def test_at_the_end_all_commands_together_get_the_time_of_one() -> None:
    made, lines = run(add_five, "sleep", "1000", at_a_time=1, seconds=0.3)
    assert made.fields["running"] == 0 and made.fields["succeeded"] == 0
    assert made.fields["timed_out"] + made.fields["dropped"] >= 5
    assert lines


def test_one_that_ends_at_the_moment_when_all_are_killed_is_no_failure() -> None:
    async def inside() -> int:
        made = Commands(Operations(("true",), seconds=0.02), Journal(lambda line: None))

        async def ends_late() -> None:
            await asyncio.sleep(0)
            time.sleep(0.05)  # the time of `finish` is over when this task comes again, and ends
            await asyncio.sleep(0)

        task = asyncio.create_task(ends_late())
        made._running.add(task)
        task.add_done_callback(made._ended)
        await made.finish()
        return made.fields["timed_out"]

    assert asyncio.run(inside()) == 0


def test_a_killed_one_is_waited_for_although_the_server_ends_meanwhile() -> None:
    """Its own time and the server's time can be over together: the loop must not close before."""

    class Killed:
        def __init__(self) -> None:
            self.ended = asyncio.Event()

        async def wait(self) -> None:
            await self.ended.wait()

    async def inside() -> list[bool]:
        process: Any = Killed()
        waiting = asyncio.create_task(commands._reaped(process))
        were_done = []
        for _ in range(3):
            await asyncio.sleep(0)
            waiting.cancel()
            await asyncio.sleep(0)
            were_done.append(waiting.done())
        process.ended.set()
        await asyncio.wait([waiting])
        return [*were_done, waiting.cancelled()]

    assert asyncio.run(inside()) == [False, False, False, True]


def test_a_program_that_is_removed_meanwhile_is_a_line(tmp_path: Path) -> None:
    made, (line,) = run(lambda made: made.add({}), str(tmp_path / "gone"))
    assert made.fields["not_started"] == 1
    assert line.endswith("gone cannot be started: No such file or directory")


def test_only_the_beginning_of_a_commands_output_is_kept() -> None:
    async def inside() -> int:
        with commands._Errors() as errors:
            os.write(errors.writing, b"x" * 5000)
            errors.listen()
            errors._read()
            errors._read()
            return len(errors._octets)

    assert asyncio.run(inside()) == commands.SAID


def test_no_descriptor_is_left() -> None:
    before = open_descriptors()
    run(add_five, "false")
    run(lambda made: made.add({}), "/no/such")
    assert open_descriptors() == before


def add_five(made: Commands) -> None:
    for _ in range(5):
        made.add({})
