"""A transfer between two network namespaces survives a link that goes down and comes back."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.namespaces import Network, network
from tests.support.users import KEEP_ROOT

PROGRAM = [sys.executable, "-m", "tftp_fsm"]
SERVER, CLIENT = "10.77.0.1", "10.77.0.2"
CONTENT = bytes(range(256)) * 8000  # 4000 blocks: stderr is full before all of them have come


@pytest.fixture
def net() -> Iterator[Network]:
    """Two hosts with one cable."""
    with network("server", "client") as made:
        made.cable("client", "eth0", "server", "eth0")
        made.address("server", "eth0", f"{SERVER}/24")
        made.address("client", "eth0", f"{CLIENT}/24")
        yield made


@pytest.mark.parametrize("host", ["client", "server"])
def test_a_get_survives_a_link_that_goes_down_and_up(
    net: Network, host: str, tmp_path: Path
) -> None:
    (tmp_path / "file").write_bytes(CONTENT)
    serve = [*net.within("server"), *PROGRAM, "serve", str(tmp_path), *KEEP_ROOT, "--bind", SERVER]
    get = [*net.within("client"), *PROGRAM, SERVER, "get", "file", str(tmp_path / "got")]
    with subprocess.Popen(serve, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None and "listening" in server.stdout.readline()
            _get_through(net, host, [*get, "--no-options", "-v"])
        finally:
            server.terminate()
    assert (tmp_path / "got").read_bytes() == CONTENT


def _get_through(net: Network, host: str, command: list[str]) -> None:
    """Take the link of `host` down in mid-transfer, and up when the client has seen it."""
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as client:
        try:
            assert client.stderr is not None
            lines = iter(client.stderr.readline, "")
            assert any("receiving" in line for line in lines)
            net.ip(host, "link", "set", "eth0", "down")
            # The client's host then has no route. If the server's link is down, no answer comes.
            sign = "network error: network is unreachable" if host == "client" else "timeout"
            assert any(sign in line for line in lines)
            net.ip(host, "link", "set", "eth0", "up")
            said = client.stderr.read()
            assert client.wait() == 0, said[-2000:]
        finally:
            client.kill()
