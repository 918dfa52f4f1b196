"""Several transfers with one command: a line for each, a summary, and a list to try again."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import tftp_fsm
from tests.support.loops import RawPeer
from tftp_fsm import aio
from tftp_fsm.__main__ import main
from tftp_fsm.cli import transfers
from tftp_fsm.cli.task import Task
from tftp_fsm.cli.tasks import line_of
from tftp_fsm.wire.packets import Ack, build

ROOT = Path(__file__).parents[2]
HOST = "127.0.0.1"
WAIT = 60.0  # seconds; only a failing test waits that long
QUICK = ("--timeout", "0.02", "--retries", "1")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tftp_fsm.Server]:
    (tmp_path / "root").mkdir()
    with tftp_fsm.Server(tmp_path / "root", writable=True, overwrite=True) as server:
        yield server


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path / "here"


def status_of(*words: str) -> int:
    """Return the exit status of the command, also if the command line is wrong."""
    try:
        return main(list(words))
    except SystemExit as ended:
        assert isinstance(ended.code, int)
        return ended.code


def test_several_files_of_a_host_go_into_a_directory(
    server: tftp_fsm.Server, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in "abc":
        (server.folder / name).write_bytes(name.encode() * 1000)
    words = (HOST, "-p", str(server.port), "get", "a", "b", "c", "--into", ".")
    assert status_of(*words) == 0
    assert {path.name: path.read_bytes() for path in here.iterdir()} == {
        name: name.encode() * 1000 for name in "abc"
    }
    *lines, summary = capsys.readouterr().out.splitlines()
    assert sorted(line.split()[1] for line in lines) == ["a", "b", "c"]
    assert summary.startswith("3 of 3 transfers done, 0 failed: 3.0 kB in ")


def test_a_file_goes_to_several_urls_and_json_is_a_line_for_each(
    server: tftp_fsm.Server, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "image").write_bytes(b"octets")
    (server.folder / "sub").mkdir()
    urls = [f"tftp://{HOST}:{server.port}/{name}" for name in ("", "sub/", "other")]
    assert status_of("put", "image", *urls, "--json", "--parallel", "2") == 0
    for name in ("image", "sub/image", "other"):
        assert (server.folder / name).read_bytes() == b"octets"
    *lines, summary = map(json.loads, capsys.readouterr().out.splitlines())
    assert sorted(line["url"] for line in lines) == sorted(urls)
    assert all(line["ok"] and line["octets"] == 6 for line in lines)
    del summary["seconds"]
    totals = {"transfers": 3, "done": 3, "failed": 0, "octets": 18}
    assert summary == {"summary": True, "ok": True, **totals}


def test_what_failed_is_listed_and_the_list_can_be_fed_in_again(
    server: tftp_fsm.Server, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (server.folder / "a").write_bytes(b"a")
    words = (HOST, "-p", str(server.port), "get", "a", "late name", "--into", ".")
    assert status_of(*words, "--failures", "again") == 1
    said = capsys.readouterr()
    assert "1 of 2 transfers done, 1 failed" in said.out and "again lists the transfers" in said.out
    assert "late%20name: the server says error 1" in said.err and said.err.count("\n") == 1
    assert not (here / "late name").exists()
    (server.folder / "late name").write_bytes(b"now")
    again = ("get", "--hosts", "again", "--failures", "again")
    assert status_of(*again) == 0
    assert (here / "late name").read_bytes() == b"now"
    assert (here / "again").read_text() == ""


def test_a_list_of_hosts_has_comments_ports_and_ipv6_addresses(
    server: tftp_fsm.Server, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "image").write_bytes(b"octets")
    (here / "hosts").write_text(f" # switches\n\n{HOST}:{server.port} # a lab\n::1\t# a hall\n")
    words = ("put", "image", "new", "--hosts", "hosts", "--failures", "again", *QUICK)
    assert status_of(*words) == 1
    assert (server.folder / "new").read_bytes() == b"octets"
    assert (here / "again").read_text() == "tftp://[::1]/new\n"
    assert "tftp://[::1]/new: " in capsys.readouterr().err


def test_the_same_file_of_several_hosts_goes_into_a_directory_for_each(
    server: tftp_fsm.Server, here: Path
) -> None:
    (server.folder / "config").write_bytes(b"octets")
    (here / "hosts").write_text(f"{HOST}:{server.port}\nlocalhost:{server.port}\n")
    assert status_of("get", "config", "--hosts", "hosts", "--into", ".", "-q", "-4") == 0
    for host in (HOST, "localhost"):
        assert (here / host / "config").read_bytes() == b"octets"


@pytest.mark.parametrize(
    "words, why",
    [
        ("h get a b c", "--into DIR"),
        ("h get a b --into nowhere", "does not exist: make that directory first"),
        ("h get a b --into good", "not a directory"),
        ("h get a/x b/x --into .", "two transfers would write the same file"),
        ("h get a/ b --into .", "name for a local file"),
        ("get tftp://h/ tftp://h/b --into .", "has no file name"),
        ("get tftp://h/a tftp://h/b", "--into DIR"),
        ("put - tftp://h/a tftp://h/b", "several times"),
        ("put tftp://h/a tftp://h/b", "local file first"),
        ("put image tftp://h/a tftp://h/b --into .", "--into is for get"),
        ("put image --hosts nowhere", "cannot read nowhere"),
        ("put image --hosts empty", "the list is empty"),
        ("put image --hosts bad", "bad line 2:"),
        ("get --hosts good --into .", "the name of the file is missing"),
        ("h get a b --into . --trace x", "--trace is for one transfer"),
        ("h get a b --into . -v", "--verbose is for one"),
        ("h get a b --into . --parallel 0", "from 1 to 10000"),
        ("h get a b --into . --blksize 1", "8"),
    ],
)
def test_a_wrong_command_line_is_one_line(
    here: Path, capsys: pytest.CaptureFixture[str], words: str, why: str
) -> None:
    (here / "empty").write_text("# nobody\n")
    (here / "good").write_text("192.0.2.1\n")
    (here / "bad").write_text("192.0.2.1\n192.0.2.1:x\n")
    assert status_of(*words.split()) == 2
    said = capsys.readouterr().err
    assert why in said and said.count("\n") == 1


def test_a_failure_list_that_cannot_be_written_is_known_before_anything_is_sent(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "image").write_bytes(b"octets")
    with RawPeer() as peer:
        url = f"tftp://{HOST}:{peer.port}/"
        assert status_of("put", "image", url, url, "--failures", "no/list") == 1
        assert "cannot write no/list" in capsys.readouterr().err
        with pytest.raises(BlockingIOError):
            peer.sock.recv(100)


def test_a_local_file_that_cannot_be_read_is_told_once_and_nothing_is_sent(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with RawPeer() as peer:
        url = f"tftp://{HOST}:{peer.port}/"
        assert status_of("put", "nofile", url, url, "--failures", "again") == 1
        with pytest.raises(BlockingIOError):
            peer.sock.recv(100)
    said = capsys.readouterr()
    assert said.err == "tftp-fsm: cannot read: nofile: no such file or directory\n"
    assert said.out == "" and not (here / "again").exists()


@pytest.mark.parametrize(
    "task, line",
    [
        (Task("put", "fe80::1%eth0", b"a b", "x", 70), "tftp://[fe80::1%25eth0]:70/a%20b"),
        (
            Task("get", "h", b"/boot/\xff", "d/x", None, "netascii"),
            "tftp://h//boot/%FF;mode=netascii\td/x",
        ),
    ],
)
def test_a_task_as_a_line(task: Task, line: str) -> None:
    assert line_of(task) == line


def thousand(port: int) -> list[str]:
    """All of 127.0.0.0/8 is this host, and the server answers from the address that was asked."""
    if not os.path.exists("/proc/net"):
        pytest.skip("only Linux has all of 127.0.0.0/8 as addresses of this host")
    return [f"127.7.{n // 250}.{n % 250 + 1}:{port}" for n in range(1000)]


@pytest.fixture
def everywhere(here: Path) -> Iterator[tftp_fsm.Server]:
    """A server at all addresses of this host, with room for all at once."""
    (here / "root").mkdir()
    many = {"max_sessions": 1000, "max_sessions_per_address": 1000, "max_descriptors": 3000}
    with tftp_fsm.Server(here / "root", bind="0.0.0.0", writable=True, **many) as server:
        yield server


@pytest.mark.slow
def test_a_thousand_addresses_in_one_run(
    here: Path, everywhere: tftp_fsm.Server, capsys: pytest.CaptureFixture[str]
) -> None:
    (everywhere.folder / "file").write_bytes(b"x" * 700)
    hosts = thousand(everywhere.port)
    (here / "hosts").write_text("".join(f"{host}\n" for host in hosts))
    words = ("get", "file", "--hosts", "hosts", "--into", ".", "--failures", "again")
    assert status_of(*words, "--dally", "0") == 0, capsys.readouterr().err
    said = capsys.readouterr().out.splitlines()
    assert len(said) == 1001 and said[-1].startswith("1,000 of 1,000 transfers done, 0 failed")
    for host in hosts:
        assert (here / host.partition(":")[0] / "file").read_bytes() == b"x" * 700


@pytest.mark.slow
def test_firmware_goes_to_a_thousand_addresses(
    here: Path, everywhere: tftp_fsm.Server, capsys: pytest.CaptureFixture[str]
) -> None:
    """In a real network each device has its own disk. Here each has its own file name."""
    (here / "image").write_bytes(b"x" * 700)
    hosts = thousand(everywhere.port)
    urls = [f"tftp://{host}/device{number}" for number, host in enumerate(hosts)]
    (here / "hosts").write_text("".join(f"{url}\n" for url in urls))
    words = ("put", "image", "--hosts", "hosts", "--failures", "again", "--json")
    assert status_of(*words) == 0, capsys.readouterr().err
    *lines, summary = map(json.loads, capsys.readouterr().out.splitlines())
    assert sorted(line["url"] for line in lines) == sorted(urls)
    assert summary["done"] == 1000 and (here / "again").read_text() == ""
    for number in range(1000):
        assert (everywhere.folder / f"device{number}").read_bytes() == b"x" * 700


def test_an_interrupt_lists_what_was_not_done(
    server: tftp_fsm.Server,
    here: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (server.folder / "a").write_bytes(b"a")

    async def get(host: str, remote: bytes, *rest: Any, **keywords: Any) -> Any:
        if remote != b"a":
            signal.raise_signal(signal.SIGINT)
            await asyncio.sleep(WAIT)
        return await aio.get(host, remote, *rest, **keywords)

    monkeypatch.setattr(transfers, "get", get)
    words = (HOST, "-p", str(server.port), "get", "a", "b", "c", "--into", ".")
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        assert status_of(*words, "--failures", "again", "--parallel", "1") == 130
    finally:
        signal.signal(signal.SIGINT, before)
    listed = [
        line.split("\t")[0].rpartition("/")[2] for line in Path("again").read_text().splitlines()
    ]
    assert listed == ["b", "c"]
    assert (
        "1 of 3 transfers done, 0 failed, 2 not started or not finished" in capsys.readouterr().out
    )


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_a_signal_at_any_moment_tells_each_peer_and_prints_no_traceback(
    here: Path, name: str
) -> None:
    """The signal comes while the first transfers begin, so often inside the loop's own code."""
    if not hasattr(signal, name):
        pytest.skip(f"this system has no {name}")
    (here / "image").write_bytes(bytes(600))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
        peer.bind((HOST, 0))
        peer.settimeout(WAIT)
        urls = [f"tftp://{HOST}:{peer.getsockname()[1]}/{number}" for number in range(20)]
        words = [sys.executable, "-m", "tftp_fsm", "put", "image", *urls, "--failures", "again"]
        process = subprocess.Popen(
            words, cwd=here, stderr=subprocess.PIPE, text=True, env={"PYTHONPATH": str(ROOT)}
        )
        client = peer.recvfrom(1000)[1]
        peer.sendto(build(Ack(0)), client)
        process.send_signal(getattr(signal, name))
        said = process.communicate(timeout=WAIT)[1]
    ended = "interrupted" if name == "SIGINT" else f"ended by {name}"
    assert said.splitlines()[-1] == f"tftp-fsm: {ended}" and "Traceback" not in said
    assert process.returncode == (130 if name == "SIGINT" else 128 + getattr(signal, name))
    assert (here / "again").read_text().splitlines() == urls
