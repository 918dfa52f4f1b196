"""The harness itself: each real server serves, each real client transfers, and all end."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.peers import (
    CLIENTS,
    SERVERS,
    Client,
    Refused,
    Server,
    Servers,
    client,
    fetch,
    require,
)
from tests.support.peers.parts import PROGRAMS
from tests.support.peers.servers import ASKED
from tests.support.serve_process import REPOSITORY

CONTENT = bytes(range(256)) * 9  # four blocks of 512 octets and a short one

RealServer = Callable[..., Server]
RealClient = Callable[[str], Client]


@pytest.mark.parametrize("name", SERVERS)
def test_each_real_server_serves_a_file_to_a_plain_socket(
    name: str, real_server: RealServer
) -> None:
    server = real_server(name)
    server.answers_plain_requests()
    remote = server.holds("file", CONTENT)
    assert fetch(server.host, server.port, remote) == CONTENT


@pytest.mark.parametrize("name", SERVERS)
def test_each_real_server_serves_a_file_to_curl(
    name: str, real_server: RealServer, real_client: RealClient, tmp_path: Path
) -> None:
    server, local = real_server(name), tmp_path / "file"
    remote = server.holds("file", CONTENT)
    done = real_client("curl").get(server.host, server.port, remote, local)
    assert done.returncode == 0, done.stderr
    assert local.read_bytes() == CONTENT


@pytest.mark.parametrize("name", SERVERS)
def test_each_real_server_refuses_a_missing_file(name: str, real_server: RealServer) -> None:
    server = real_server(name)
    with pytest.raises(Refused) as refused:
        fetch(server.host, server.port, server.remote("missing"))
    assert refused.value.code == 1


@pytest.mark.parametrize("name", SERVERS)
def test_what_a_real_server_agrees_to_was_asked_at_its_start(
    name: str, real_server: RealServer
) -> None:
    server = real_server(name)
    assert server.agrees["blksize"] == 1024 and server.agrees["tsize"] == len(name)
    remote = server.holds("file", name.encode())
    for option, value in server.agrees.items():
        assert server.negotiate(remote, {option: ASKED[option]}) == {option: value}


@pytest.mark.parametrize("name", CLIENTS)
def test_each_real_client_gets_a_file(
    name: str, tftpd_hpa: Server, real_client: RealClient, tmp_path: Path
) -> None:
    local = tmp_path / "file"
    remote = tftpd_hpa.holds("file", CONTENT)
    done = real_client(name).get(tftpd_hpa.host, tftpd_hpa.port, remote, local)
    assert done.returncode == 0, done.stderr
    assert local.read_bytes() == CONTENT


@pytest.mark.parametrize("name", CLIENTS)
def test_each_real_client_puts_a_file(
    name: str, tftpd_hpa: Server, real_client: RealClient, tmp_path: Path
) -> None:
    local = tmp_path / "file"
    local.write_bytes(CONTENT)
    remote = tftpd_hpa.remote("file")
    done = real_client(name).put(tftpd_hpa.host, tftpd_hpa.port, local, remote)
    assert done.returncode == 0, done.stderr
    assert tftpd_hpa.path("file").read_bytes() == CONTENT


@pytest.mark.parametrize("name", CLIENTS)
def test_each_real_client_reports_a_refusal(
    name: str, tftpd_hpa: Server, real_client: RealClient, tmp_path: Path
) -> None:
    missing = tftpd_hpa.remote("missing")
    done = real_client(name).get(tftpd_hpa.host, tftpd_hpa.port, missing, tmp_path / "file")
    assert done.returncode != 0


@pytest.mark.parametrize(
    ("name", "blksize"), [("curl", 1024), ("atftp", 8), ("busybox", 1428), ("tftpy", 8192)]
)
def test_a_client_that_can_ask_for_a_blksize_gets_its_file(
    name: str, blksize: int, atftpd: Server, real_client: RealClient, tmp_path: Path
) -> None:
    local = tmp_path / "file"
    remote = atftpd.holds("file", CONTENT)
    done = real_client(name).get(atftpd.host, atftpd.port, remote, local, blksize=blksize)
    assert done.returncode == 0, done.stderr
    assert local.read_bytes() == CONTENT


@pytest.mark.parametrize("windowsize", [1, 4, 64])
def test_atftp_gets_a_file_in_windows(
    windowsize: int, atftpd: Server, real_client: RealClient, tmp_path: Path
) -> None:
    local = tmp_path / "file"
    remote = atftpd.holds("file", CONTENT)
    # atftpd refuses every option unless its OACK fits in one block: 8 is too small for two.
    done = real_client("atftp").get(
        atftpd.host, atftpd.port, remote, local, blksize=32, windowsize=windowsize
    )
    assert done.returncode == 0, done.stderr
    assert local.read_bytes() == CONTENT


@pytest.mark.parametrize("name", [name for name in CLIENTS if "netascii" in CLIENTS[name].modes])
def test_a_client_that_has_netascii_receives_lines_of_this_host(
    name: str, tftpd_hpa: Server, real_client: RealClient, tmp_path: Path
) -> None:
    local = tmp_path / "lines"
    remote = tftpd_hpa.holds("lines", b"one\ntwo\n")
    transfer = real_client(name).get
    done = transfer(tftpd_hpa.host, tftpd_hpa.port, remote, local, mode="netascii")
    assert done.returncode == 0, done.stderr
    # curl and atftp keep the wire's line ends; tftp-hpa turns them into the host's.
    assert local.read_bytes() in (b"one\ntwo\n", b"one\r\ntwo\r\n")


def test_a_client_is_not_asked_for_what_it_cannot_do(tmp_path: Path) -> None:
    able = CLIENTS["tftp-hpa"]
    with pytest.raises(ValueError, match="tftp-hpa can't ask for a blksize"):
        able.get("127.0.0.1", 69, "file", tmp_path / "file", blksize=8)


def test_flags_start_another_server_of_the_same_name(real_server: RealServer) -> None:
    plain, limited = real_server("tftpd-hpa"), real_server("tftpd-hpa", "-B", "1000")
    assert plain.port != limited.port
    assert real_server("tftpd-hpa", "-B", "1000").port == limited.port


def test_two_tests_of_one_server_share_no_folder(real_server: RealServer) -> None:
    assert real_server("atftpd").folder != real_server("atftpd").folder


def test_no_server_outlives_its_session(tmp_path: Path) -> None:
    started = Servers(tmp_path)
    try:
        server = started.get("atftpd")
        remote = server.holds("file", CONTENT)
        assert fetch(server.host, server.port, remote) == CONTENT
    finally:
        started.close()
    with pytest.raises(TimeoutError):
        fetch(server.host, server.port, remote, attempts=1, wait=0.2)


def test_a_server_that_cannot_start_says_why(tmp_path: Path) -> None:
    require("atftpd")
    started = Servers(tmp_path)
    try:
        with pytest.raises(
            RuntimeError, match=r"atftpd --no-such-flag did not start: .*unrecognized"
        ):
            started.get("atftpd", "--no-such-flag")
    finally:
        started.close()


def test_a_missing_part_skips_here_and_fails_in_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(PROGRAMS, "curl", "no-such-program")
    monkeypatch.setitem(os.environ, "CI", "")
    with pytest.raises(pytest.skip.Exception, match="curl is not on this machine"):
        client("curl")
    monkeypatch.setitem(os.environ, "CI", "true")
    with pytest.raises(pytest.fail.Exception, match="curl is not on this machine"):
        client("curl")


def test_a_program_hears_signals_that_the_shell_of_the_tests_ignores(tmp_path: Path) -> None:
    ask = "import signal; print(signal.getsignal(signal.SIGINT) is signal.default_int_handler)"
    inner = tmp_path / "test_inner.py"
    inner.write_text(
        "import signal, subprocess, sys\n"
        "def test_inner():\n"
        f"    assert subprocess.check_output([sys.executable, '-c', {ask!r}]) == b'True\\n'\n"
        "    signal.raise_signal(signal.SIGINT)  # this process itself still ignores it\n"
    )
    ignoring = ["sh", "-c", 'trap "" INT; exec "$@"', "sh", sys.executable]
    pytest_alone = ["-m", "pytest", "-c", "/dev/null", "-p", "tests.conftest", str(inner)]
    done = subprocess.run(
        [*ignoring, *pytest_alone], cwd=REPOSITORY, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout
