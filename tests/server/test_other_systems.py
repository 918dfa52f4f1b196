"""Windows and macOS lack some features. As far as possible, the tests hide these features here."""

from __future__ import annotations

import errno
import select
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import tftp_fsm
from tests.support.serve_process import REPOSITORY, serve_process
from tests.support.served import serving
from tftp_fsm.server.listener import spreads_load
from tftp_fsm.server.session_factory import sendable
from tftp_fsm.transports.largest import MOST, largest_datagram
from tftp_fsm.transports.readiness import SELECT_WAIT, Readiness
from tftp_fsm.wire.options import OptionLimits

MAXDGRAM = 9216  # octets; net.inet.udp.maxdgram of macOS


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float | None]:
    """Run without poll. Return the time-out of each select; none is really waited for."""
    asked: list[float | None] = []

    def note(reads: Any, writes: Any, errors: Any, seconds: float | None = None) -> Any:
        asked.append(seconds)
        return [], [], []

    monkeypatch.delattr(select, "poll")
    monkeypatch.setattr(select, "select", note)
    return asked


@pytest.mark.parametrize("seconds", [None, 3600.0, 0.1])
def test_without_poll_no_wait_is_so_long_that_ctrl_c_goes_unheard(
    waits: list[float | None], seconds: float | None
) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        assert Readiness(sock).wait(seconds) == []
    assert waits == [0.1 if seconds == 0.1 else SELECT_WAIT]


class Asleep:
    """A selector that does not wait, and records how long it should have waited."""

    def __init__(self) -> None:
        self.asked: list[float | None] = []

    def select(self, seconds: float | None) -> list[Any]:
        self.asked.append(seconds)
        return []


def slept(root: Path, monkeypatch: pytest.MonkeyPatch, *turns: float | None) -> list[float | None]:
    """Return how long a server without sessions waits if it is told to wait this long."""
    asleep = Asleep()
    with serving(root) as served:
        monkeypatch.setattr(served.loop._selector, "select", asleep.select)
        for seconds in turns:
            served.loop.turn(seconds)
    return asleep.asked


@pytest.mark.usefixtures("waits")
def test_without_poll_an_idle_server_looks_up_now_and_then(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert slept(tmp_path, monkeypatch, None, 0.0) == [SELECT_WAIT, 0.0]


def test_an_idle_server_sleeps_if_ctrl_c_ends_poll(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert slept(tmp_path, monkeypatch, None) == [None]


@pytest.fixture
def macos(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no datagram above MAXDGRAM leave, for any buffer that the socket asks for."""
    for name in ("send", "sendto", "sendmsg"):
        monkeypatch.setattr(socket.socket, name, limited(getattr(socket.socket, name)))


def limited(send: Callable[..., int]) -> Callable[..., int]:
    def wrapped(sock: socket.socket, octets: Any, *more: Any) -> int:
        pieces = [octets] if isinstance(octets, bytes | memoryview) else octets
        if sum(map(len, pieces)) > MAXDGRAM:
            raise OSError(errno.EMSGSIZE, "Message too long")
        return send(sock, octets, *more)

    return wrapped


def test_this_system_sends_the_largest_datagram_of_udp() -> None:
    assert largest_datagram() == MOST
    assert sendable(OptionLimits()) == OptionLimits()


@pytest.mark.usefixtures("macos")
def test_the_largest_datagram_is_found_by_sending() -> None:
    assert largest_datagram() == MAXDGRAM
    assert sendable(OptionLimits()).blksize == MAXDGRAM - 4
    assert sendable(OptionLimits(blksize=1428)).blksize == 1428


@pytest.mark.usefixtures("macos")
@pytest.mark.parametrize("options", [{}, {"single_port": True, "max_blksize": 65464}], ids=str)
def test_a_server_never_agrees_to_blocks_that_it_cannot_send(
    options: dict[str, Any], tmp_path: Path
) -> None:
    content = bytes(range(256)) * 200
    (tmp_path / "file").write_bytes(content)
    with tftp_fsm.Server(tmp_path, **options) as server:
        got = tftp_fsm.get("127.0.0.1", "file", port=server.port, blksize=65464, windowsize=1)
    assert got.agreed.blksize == MAXDGRAM - 4
    assert got.data == content


def test_workers_share_the_requests_here() -> None:
    assert spreads_load()


def test_the_server_notices_if_one_socket_gets_all_requests(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(socket, "SO_REUSEPORT", socket.SO_REUSEADDR)  # which does that for UDP
    assert not spreads_load()


ELSEWHERE = """
import errno, socket
socket.SO_REUSEPORT = socket.SO_REUSEADDR
sendto = socket.socket.sendto
def limited(sock, octets, *more):
    if len(octets) > 9216:
        raise OSError(errno.EMSGSIZE, "Message too long")
    return sendto(sock, octets, *more)
socket.socket.sendto = limited
"""


def test_serve_warns_of_settings_that_do_not_help(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(ELSEWHERE)
    path = {"PYTHONPATH": f"{tmp_path}:{REPOSITORY}"}
    with serve_process(tmp_path, "--workers", "4", "--max-blksize", "20000", env=path) as server:
        warnings = [line["message"] for line in server.lines("warning")]
        got = tftp_fsm.get("127.0.0.1", "sitecustomize.py", port=server.port)
        assert server.stop() == 0
    assert got.data == ELSEWHERE.encode()
    assert [message.split(":")[1] for message in warnings] == [
        " blksize 20000 cannot be sent",
        " 4 workers do not help",
    ]
    assert "blocks of 9212 octets" in warnings[0] and "one is started" in warnings[1]
