"""Real clients with our server: files are compared, and refusals have a clear message."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from subprocess import CompletedProcess

import pytest

from tests.support.peers import Client
from tftp_fsm.protocol.events import Outcome
from tftp_fsm.server import Server

GetClient = Callable[[str], Client]

NAMES = ["curl", "tftp-hpa", "atftp", "busybox", "tftpy"]
SIZES = [0, 1, 511, 512, 513, 1024, 70000]
BLKSIZED = ["curl", "atftp", "busybox", "tftpy"]
# Some clients limit what they ask for.
BLKSIZES = [(name, size) for name in BLKSIZED for size in (1428, 8192)]
BLKSIZES += [("curl", 8), ("atftp", 8), ("tftpy", 8), ("curl", 65464), ("atftp", 65464)]


def content(size: int) -> bytes:
    return Random(size).randbytes(size)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    root = tmp_path / "root"
    root.mkdir()
    with Server(root, writable=True) as one:
        yield one
    assert not one.complaints


@pytest.fixture
def root(tmp_path: Path, server: Server) -> Path:
    return tmp_path / "root"


@pytest.fixture
def here(tmp_path: Path) -> Path:
    (tmp_path / "here").mkdir()
    return tmp_path / "here"


def succeeded(server: Server, octets: int) -> None:
    last = server.wait()
    assert last.outcome is Outcome.SUCCEEDED, last
    assert last.octets == octets


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", NAMES)
def test_a_real_client_gets_the_file_that_is_served(
    server: Server, root: Path, here: Path, real_client: GetClient, name: str, size: int
) -> None:
    client = real_client(name)
    (root / "file").write_bytes(content(size))
    done = client.get("127.0.0.1", server.port, "file", here / "got")
    assert done.returncode == 0, done
    assert (here / "got").read_bytes() == content(size)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", NAMES)
def test_a_real_client_puts_the_file_that_it_has(
    server: Server, root: Path, here: Path, real_client: GetClient, name: str, size: int
) -> None:
    client = real_client(name)
    (here / "mine").write_bytes(content(size))
    done = client.put("127.0.0.1", server.port, here / "mine", "file")
    assert done.returncode == 0, done
    assert (root / "file").read_bytes() == content(size)
    succeeded(server, size)


@pytest.mark.parametrize("name, blksize", BLKSIZES)
def test_every_block_size_moves_a_file_both_ways(
    server: Server, root: Path, here: Path, real_client: GetClient, name: str, blksize: int
) -> None:
    client, size = real_client(name), 3 * blksize + 1
    (here / "mine").write_bytes(content(size))
    put = client.put("127.0.0.1", server.port, here / "mine", "file", blksize=blksize)
    assert put.returncode == 0, put
    assert (root / "file").read_bytes() == content(size)
    got = client.get("127.0.0.1", server.port, "file", here / "got", blksize=blksize)
    assert got.returncode == 0, got
    assert (here / "got").read_bytes() == content(size)
    server.wait(2)
    assert {report.options.get("blksize") for report in server.reports} == {blksize}


@pytest.mark.parametrize("windowsize", [1, 8, 64])
@pytest.mark.parametrize("size", [0, 512 * 64, 300_001])
def test_atftp_moves_windows_both_ways(
    server: Server, root: Path, here: Path, real_client: GetClient, windowsize: int, size: int
) -> None:
    client = real_client("atftp")
    (here / "mine").write_bytes(content(size))
    put = client.put("127.0.0.1", server.port, here / "mine", "file", windowsize=windowsize)
    assert put.returncode == 0, put
    assert (root / "file").read_bytes() == content(size)
    got = client.get("127.0.0.1", server.port, "file", here / "got", windowsize=windowsize)
    assert got.returncode == 0, got
    assert (here / "got").read_bytes() == content(size)
    server.wait(2)
    assert {report.options.get("windowsize") for report in server.reports} == {windowsize}


@pytest.mark.parametrize("name", ["tftp-hpa", "atftp"])
def test_netascii_is_text_at_both_ends(
    server: Server, root: Path, here: Path, real_client: GetClient, name: str
) -> None:
    client, text = real_client(name), b"one\ntwo\r\nthree\r" + b"line\n" * 300
    (here / "mine").write_bytes(text)
    put = client.put("127.0.0.1", server.port, here / "mine", "file", mode="netascii")
    assert put.returncode == 0, put
    assert server.wait().mode.lower() == "netascii"
    got = client.get("127.0.0.1", server.port, "file", here / "got", mode="netascii")
    assert got.returncode == 0, got
    if name == "tftp-hpa":  # atftp's own netascii does not give back what it took
        assert (root / "file").read_bytes() == (here / "got").read_bytes() == text


@pytest.mark.parametrize("single_port", [False, True])
@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
@pytest.mark.parametrize("name", ["curl", "tftp-hpa", "busybox"])
def test_ipv6_and_a_single_port_are_served_too(
    tmp_path: Path, here: Path, real_client: GetClient, name: str, host: str, single_port: bool
) -> None:
    client = real_client(name)
    (tmp_path / "root").mkdir()
    (tmp_path / "root" / "file").write_bytes(content(2000))
    with Server(tmp_path / "root", bind=host, single_port=single_port) as server:
        got = client.get(host, server.port, "file", here / "got")
        assert got.returncode == 0, got
        assert (here / "got").read_bytes() == content(2000)
        succeeded(server, 2000)


# The message of each client. curl 7.88 has only an exit status here (libcurl-errors(3)).
SAYS = {
    "missing": ("nothing", r"(?i)not found|no such file", 68),
    "outside": ("a/../../secret", r"(?i)access violation|denied|\.\.", 69),
    "exists": ("file", r"(?i)exists", 73),
}


def says(done: CompletedProcess[str], kind: str) -> bool:
    _, words, status = SAYS[kind]
    return done.returncode == status or bool(re.search(words, done.stdout + done.stderr))


@pytest.mark.parametrize("kind", ["missing", "outside"])
@pytest.mark.parametrize("name", NAMES)
def test_a_refused_get_is_a_clear_error_in_the_client(
    server: Server, here: Path, real_client: GetClient, name: str, kind: str
) -> None:
    remote = SAYS[kind][0]
    if name == "curl":  # it takes a plain .. out of a URL itself
        remote = remote.replace("/", "\\")
    done = real_client(name).get("127.0.0.1", server.port, remote, here / "got")
    assert done.returncode != 0, done
    assert says(done, kind), done
    expected = {"missing": Outcome.NOT_FOUND, "outside": Outcome.ACCESS_DENIED}
    assert server.wait().outcome is expected[kind]


@pytest.mark.parametrize("name", NAMES)
def test_a_refused_put_is_a_clear_error_in_the_client(
    server: Server, root: Path, here: Path, real_client: GetClient, name: str
) -> None:
    (root / "file").write_bytes(b"old")
    (here / "mine").write_bytes(content(2000))
    done = real_client(name).put("127.0.0.1", server.port, here / "mine", "file")
    assert done.returncode != 0, done
    assert says(done, "exists"), done
    assert (root / "file").read_bytes() == b"old"
    assert server.wait().code == 6
