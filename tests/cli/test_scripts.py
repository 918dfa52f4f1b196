"""Guarantees for scripts: stdout has only the file, sizes are checked, names follow."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.hostile import Hostile, serving
from tests.support.serve_process import REPOSITORY, ServeProcess, serve_process
from tftp_fsm.__main__ import main
from tftp_fsm.cli.arguments import keywords_of
from tftp_fsm.cli.task import Task
from tftp_fsm.client.keywords import Keywords
from tftp_fsm.wire.packets import Error, Wrq, build

CONTENT = bytes(range(256)) * 20
PROGRAM = [sys.executable, "-m", "tftp_fsm"]
ENVIRONMENT = os.environ | {"PYTHONPATH": str(REPOSITORY)}
WAIT = 30.0  # seconds, at the most, for one short program


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ServeProcess]:
    root = tmp_path / "root"
    (root / "sub").mkdir(parents=True)
    (root / "file").write_bytes(CONTENT)
    with serve_process(root, "--writable", "--dally", "0") as process:
        yield process


def run(*words: str, cwd: Path) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [*PROGRAM, *words],
        capture_output=True,
        env=ENVIRONMENT | {"XDG_STATE_HOME": str(cwd)},
        cwd=cwd,
        timeout=WAIT,
        check=False,
    )


# -- Standard output -------------------------------------------------------------------------------


@pytest.mark.skipif(not os.path.exists("/proc/self/fd"), reason="no /proc here")
@pytest.mark.parametrize("json_too", [False, True])
@pytest.mark.parametrize("local", ["-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1", "link"])
def test_stdout_is_the_file_and_nothing_else_whatever_it_is_called(
    local: str, json_too: bool, server: ServeProcess, tmp_path: Path
) -> None:
    (tmp_path / "link").symlink_to("/dev/stdout")
    url = f"tftp://127.0.0.1:{server.port}/file"
    done = run("get", url, local, *(["--json"] if json_too else []), cwd=tmp_path)
    assert done.stdout == CONTENT, done.stderr
    assert done.stderr.count(b"\n") == 1 and b"5120" in done.stderr.replace(b",", b"")


def test_a_trace_does_not_go_into_the_file_on_stdout(tmp_path: Path) -> None:
    done = run("192.0.2.1", "get", "file", "-", "--trace", "/dev/stdout", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, b"") and b"overwrite the file" in done.stderr


# -- Sizes -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "told, words", [(9999, "5,120 octets, but the server announced 9,999"), (600, "or more octets")]
)
def test_with_strict_size_a_file_of_another_size_is_a_failure_and_the_server_is_told(
    told: int,
    words: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    server = Hostile(serving(CONTENT, oack=(("tsize", str(told)),)))

    def over_a_simulation(args: Namespace, task: Task) -> Keywords:
        return {**keywords_of(args, task), "transport": server.client}

    monkeypatch.setattr("tftp_fsm.cli.transfer.keywords_of", over_a_simulation)
    monkeypatch.chdir(tmp_path)
    with server.until_quiet():
        assert main(["server", "get", "file", "--strict-size", "--keep-failures", "none"]) == 1
    out, err = capsys.readouterr()
    assert out == "" and err.count("\n") == 1 and words in err
    assert os.listdir() == []
    assert isinstance(server.heard[-1], Error)


def test_with_strict_size_a_file_of_that_size_is_got(server: ServeProcess, tmp_path: Path) -> None:
    words = ["127.0.0.1", "-p", str(server.port), "get", "file", "--strict-size", "--json"]
    done = run(*words, cwd=tmp_path)
    assert json.loads(done.stdout)["octets"] == len(CONTENT)
    assert (tmp_path / "file").read_bytes() == CONTENT


@pytest.mark.parametrize("option", [["--mode", "netascii"], ["--no-options"]])
def test_strict_size_is_refused_where_no_size_can_be_compared(
    option: list[str], tmp_path: Path
) -> None:
    done = run("192.0.2.1", "get", "file", "--strict-size", *option, cwd=tmp_path)
    assert done.returncode == 2 and b"--strict-size works only in mode octet" in done.stderr


# -- Names -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("folder", ["", "sub/"])
@pytest.mark.parametrize("form", ["put here/new {url}{folder}", "{host} put here/new {folder}"])
def test_the_name_of_the_file_follows_a_slash(
    form: str, folder: str, server: ServeProcess, tmp_path: Path
) -> None:
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "new").write_bytes(CONTENT)
    url, host = f"tftp://127.0.0.1:{server.port}/", f"127.0.0.1 -p {server.port}"
    done = run(*form.format(url=url, host=host, folder=folder).split(), cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "root" / folder / "new").read_bytes() == CONTENT


@pytest.mark.parametrize("url", ["tftp://192.0.2.1/", "tftp://192.0.2.1/sub/"])
def test_stdin_has_no_name_that_could_follow(url: str, tmp_path: Path) -> None:
    done = run("put", "-", url, cwd=tmp_path)
    assert done.returncode == 2 and b"stdin has no name" in done.stderr


# -- A server --------------------------------------------------------------------------------------


@pytest.mark.parametrize("folder, kept", [("none", 0), ("./none", 1)])
def test_a_server_that_keeps_no_failures_is_told_none(
    folder: str, kept: int, tmp_path: Path
) -> None:
    (tmp_path / "root").mkdir()
    words = ["--writable", "--keep-failures", folder]
    server = serve_process(tmp_path / "root", *words, cwd=tmp_path)
    with server as process, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(WAIT)
        client.sendto(build(Wrq(b"new")), ("127.0.0.1", process.port))
        session = client.recvfrom(100)[1]
        client.sendto(build(Error(0, "no more")), session)
        assert process.line("transfer")["outcome"] == "peer-error"
    assert len(list(tmp_path.glob("none/*"))) == kept
