"""Link-local and IPv4-mapped addresses, between hosts in network namespaces."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.namespaces import Network, network
from tests.support.serve_process import REPOSITORY, ServeProcess, serve_process
from tests.support.users import KEEP_ROOT

CONTENT = bytes(range(256)) * 300
ENVIRONMENT = os.environ | {"PYTHONPATH": str(REPOSITORY)}
WAIT = 30.0  # seconds, at the most, for one short program
SERVER = "fe80::1"


@pytest.fixture(scope="module")
def net() -> Iterator[Network]:
    """`one` has one interface, `two` has two; both see the server at fe80::1 on their eth0."""
    with network("server", "one", "two") as made:
        made.cable("one", "eth0", "server", "eth0")
        made.cable("two", "eth0", "server", "eth1")
        made.cable("two", "eth1", "server", "eth2")
        made.address("server", "eth0", "fe80::1/64")
        made.address("server", "eth1", "fe80::1/64")
        made.address("server", "eth2", "fe80::3/64")
        made.address("server", "eth0", "192.0.2.1/24")
        made.address("one", "eth0", "fe80::2/64")
        made.address("one", "eth0", "192.0.2.2/24")
        made.address("two", "eth0", "fe80::2/64")
        made.address("two", "eth1", "fe80::4/64")
        yield made


@pytest.fixture(scope="module")
def server(net: Network, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServeProcess]:
    root = tmp_path_factory.mktemp("root")
    (root / "file").write_bytes(CONTENT)
    flags = ["--port", "6969", "--writable", "--overwrite"]
    with serve_process(root, *flags, within=net.within("server")) as process:
        yield process


def command(net: Network, host: str, *words: str) -> subprocess.CompletedProcess[bytes]:
    """Run `tftp-fsm` on `host`."""
    return subprocess.run(
        [*net.within(host), sys.executable, "-m", "tftp_fsm", *words],
        capture_output=True,
        env=ENVIRONMENT,
        timeout=WAIT,
        check=False,
    )


def got(net: Network, host: str, *words: str) -> bytes:
    done = command(net, host, *words)
    assert done.returncode == 0, done.stderr
    return done.stdout


def refused(net: Network, host: str, *words: str) -> str:
    done = command(net, host, *words, "--keep-failures", "none")
    assert done.returncode == 1 and done.stderr.count(b"\n") == 1, done.stderr
    return done.stderr.decode()


@pytest.mark.parametrize(
    "at",
    [
        "fe80::1",
        "[fe80::1]",
        "fe80::1%eth0",
        "fe80::1%{index}",
        "192.0.2.1",
        "::ffff:192.0.2.1",
        "::ffff:c000:201",
    ],
)
@pytest.mark.usefixtures("server")
def test_with_one_interface_every_spelling_gets_the_file(at: str, net: Network) -> None:
    at = at.format(index=net.index("one", "eth0"))
    assert got(net, "one", at, "-p", "6969", "get", "file", "-") == CONTENT


@pytest.mark.parametrize("zone", ["", "%25eth0", "%25{index}"])
@pytest.mark.usefixtures("server")
def test_a_url_names_the_zone_or_needs_none(zone: str, net: Network) -> None:
    url = f"tftp://[fe80::1{zone.format(index=net.index('one', 'eth0'))}]:6969/file"
    assert got(net, "one", "get", url, "-") == CONTENT


@pytest.mark.usefixtures("server")
def test_with_several_interfaces_the_zone_is_asked_for_at_once(net: Network) -> None:
    said = refused(net, "two", SERVER, "-p", "6969", "get", "file", "-")
    assert "name the interface, as in fe80::1%eth0 (there are eth0, eth1)" in said
    assert got(net, "two", f"{SERVER}%eth0", "-p", "6969", "get", "file", "-") == CONTENT


@pytest.mark.usefixtures("server")
def test_an_address_of_this_host_itself_is_found_among_several(net: Network) -> None:
    assert got(net, "server", "fe80::3", "-p", "6969", "get", "file", "-") == CONTENT
    assert "name the interface" in refused(net, "server", SERVER, "-p", "6969", "get", "file", "-")


def test_the_log_names_the_zone_of_a_client(net: Network, server: ServeProcess) -> None:
    before = len(server.lines("transfer"))
    words = [f"{SERVER}%eth0", "-p", "6969", "put", __file__, "uploaded", "--blksize", "512"]
    assert b" to fe80::1%eth0 as uploaded: " in got(net, "two", *words)
    report = server.line("transfer", before + 1)
    assert (report["peer"], report["outcome"]) == ("fe80::2%eth1", "succeeded")


@pytest.mark.parametrize("flags", [["--single-port"], ["--workers", "2"]])
@pytest.mark.parametrize("bind", ["fe80::3", "fe80::3%eth2"])
def test_a_server_listens_at_such_an_address(
    bind: str, flags: list[str], net: Network, tmp_path: Path
) -> None:
    (tmp_path / "file").write_bytes(CONTENT)
    words = ["--port", "6970", "--bind", bind, *flags]
    with serve_process(tmp_path, *words, within=net.within("server")) as process:
        assert process.line("listening")["address"] == "fe80::3%eth2"
        assert got(net, "two", "fe80::3%eth1", "-p", "6970", "get", "file", "-") == CONTENT
        assert process.stop() == 0


def test_a_server_asks_for_the_zone_too(net: Network, tmp_path: Path) -> None:
    done = command(
        net, "two", "serve", str(tmp_path), "--bind", "fe80::9", "--port", "6970", *KEEP_ROOT
    )
    assert done.returncode == 1 and b"name the interface, as in fe80::9%eth0" in done.stderr


@pytest.mark.usefixtures("server")
def test_this_sides_address_may_be_link_local(net: Network) -> None:
    words = ["-p", "6969", "get", "file", "-"]
    assert got(net, "two", f"{SERVER}%eth0", "--bind", "fe80::2", *words) == CONTENT
