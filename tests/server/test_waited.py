"""The time that a datagram waited at its socket."""

from __future__ import annotations

import socket
import struct
import sys
import time
from contextlib import closing

import pytest

from tftp_fsm.server.waited import MOST, ask_for_times, waited

NOW = 1_700_000_000.5


def stamped(ago: float) -> list[tuple[int, int, bytes]]:
    at = NOW - ago
    octets = struct.pack("=qq", int(at), int((at - int(at)) * 1e9))
    return [(socket.SOL_SOCKET, 35, octets)]


@pytest.mark.parametrize("ago", [1e-4, 1.0, 59.0])
def test_the_wait_is_the_time_since_the_arrival(
    ago: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time, "time", lambda: NOW)
    assert waited(stamped(ago)) == pytest.approx(ago, abs=1e-5)


@pytest.mark.parametrize("ago", [-5.0, 0.0, MOST * 2])
def test_a_wait_that_cannot_be_is_none(ago: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "time", lambda: NOW)
    assert waited(stamped(ago)) == 0.0


@pytest.mark.parametrize("control", [[], [(socket.SOL_SOCKET, 35, b"short")], [(0, 35, bytes(16))]])
def test_other_control_messages_tell_nothing(control: list[tuple[int, int, bytes]]) -> None:
    assert waited(control) == 0.0


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells it so")
def test_the_kernel_tells_the_time_of_arrival(monkeypatch: pytest.MonkeyPatch) -> None:
    with (
        closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as here,
        closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as there,
    ):
        here.bind(("127.0.0.1", 0))
        here.settimeout(10)
        ask_for_times(here)
        before = time.time()
        there.sendto(b"x", here.getsockname())
        control = here.recvmsg(16, 192)[1]
        monkeypatch.setattr(time, "time", lambda: before + 100.0)
        assert 90.0 < waited(control) <= 100.0
