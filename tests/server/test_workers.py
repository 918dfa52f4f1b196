"""Workers end with their parent, and share a port with nobody else."""

from __future__ import annotations

import os
import select
import signal
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest

import tftp_fsm
from tests.support.serve_process import ServeProcess, serve_process, until
from tftp_fsm.wire.packets import Ack, Data, Rrq, build

WAIT = 20.0  # seconds, at the most
LINUX = pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="needs pidfd_open and /proc")
SHARED = pytest.mark.skipif(not hasattr(socket, "SO_REUSEPORT"), reason="no SO_REUSEPORT")


@contextmanager
def children(server: ServeProcess) -> Iterator[list[int]]:
    """Yield a pidfd of each worker. It can be read when the worker has ended."""
    pid = server.process.pid
    pids = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    fds = [os.pidfd_open(int(pid)) for pid in pids]
    try:
        yield fds
    finally:
        for fd in fds:
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(fd, signal.SIGKILL)
            os.close(fd)


def have_ended(fds: list[int]) -> bool:
    return all(select.select([fd], [], [], WAIT)[0] for fd in fds)


@LINUX
@SHARED
def test_workers_end_with_a_parent_that_is_killed(tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    for root in (old, new):
        root.mkdir()
        (root / "file").write_text(root.name)
    with serve_process(old, "--workers", "3") as server, children(server) as ends:
        port = server.port
        assert len(ends) == 3
        server.process.kill()
        assert have_ended(ends)
    flags = ("--bind", "127.0.0.1", "--port", str(port), "--workers", "2")
    with serve_process(new, *flags) as server:
        for _ in range(8):
            assert tftp_fsm.get("127.0.0.1", "file", port=port).data == b"new"
        assert server.stop() == 0


@LINUX
@SHARED
def test_a_transfer_of_a_worker_whose_parent_is_killed_may_end(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(bytes(600))
    with ExitStack() as stack:
        server = stack.enter_context(serve_process(tmp_path, "--workers", "2", "--grace", "20"))
        ends = stack.enter_context(children(server))
        client = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        client.settimeout(WAIT)
        client.sendto(build(Rrq(b"file")), ("127.0.0.1", server.port))
        octets, peer = client.recvfrom(1000)
        assert octets == build(Data(1, bytes(512)))
        server.process.kill()
        assert until(lambda: len(server.lines("signal")) == 2)  # both workers have heard of it
        client.sendto(build(Ack(1)), peer)
        assert client.recv(1000) == build(Data(2, bytes(88)))
        client.sendto(build(Ack(2)), peer)
        assert have_ended(ends)
        assert server.lines("transfer")[0]["outcome"] == "succeeded"


@SHARED
@pytest.mark.parametrize("first", [(), ("--workers", "2")], ids=["one", "workers"])
@pytest.mark.parametrize("second", [(), ("--workers", "2")], ids=["one", "workers"])
def test_two_servers_on_one_port_are_refused(
    tmp_path: Path, first: tuple[str, ...], second: tuple[str, ...]
) -> None:
    with ExitStack() as stack:
        server = stack.enter_context(serve_process(tmp_path, *first))
        where = ("--bind", "127.0.0.1", "--port", str(server.port))
        other = ServeProcess(tmp_path, *where, *second)
        stack.callback(other.close)
        until(lambda: other.process.poll() is not None or bool(other.lines("listening")))
        assert other.lines("listening") == []
        with pytest.raises(AssertionError, match="another program listens there"):
            other.stop()
        assert other.process.returncode == 1
        assert server.stop() == 0
