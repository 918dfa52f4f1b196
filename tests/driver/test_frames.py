"""DATA that is laid out in memory is the same DATA, for any size, and from the right file."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tftp_fsm.driver import frames
from tftp_fsm.driver.effects import Effects
from tftp_fsm.driver.frames import Frames
from tftp_fsm.errors import LocalError
from tftp_fsm.protocol.roles import WriteClient
from tftp_fsm.storage import open_source
from tftp_fsm.storage.protocols import ScatteringSource, is_scattering
from tftp_fsm.transports import Burst
from tftp_fsm.wire.headers import data_header
from tftp_fsm.wire.options import offer
from tftp_fsm.wire.packets import Wrq

PEER = ("192.0.2.1", 2048)


class Nowhere:
    """A transport that keeps what is sent."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []

    def send(self, burst: Burst) -> None:
        self.sent += burst.datagrams()

    def receive(self, deadline: float | None) -> None: ...

    def now(self) -> float:
        return 0.0

    def close(self) -> None: ...


def source_of(path: Path, octets: bytes) -> ScatteringSource:
    path.write_bytes(octets)
    source = open_source(path)
    assert is_scattering(source), "this is a file"
    return source


def session_of(blksize: int) -> WriteClient:
    session = WriteClient(Wrq(b"f", "octet", offer(blksize=blksize).pairs()), 0, PEER)
    session.peer, session.blksize = PEER, blksize
    return session


pytestmark = pytest.mark.skipif(not hasattr(os, "preadv"), reason="needs preadv")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.integers(0, 700),
    st.integers(8, 40),
    st.integers(1, 9),
    st.integers(0, 3),
    st.sampled_from([1, 65530, 131070]),
)
def test_a_window_is_laid_out_as_its_blocks_are_sent(
    tmp_path: Path, size: int, blksize: int, windowsize: int, back: int, skipped: int
) -> None:
    """This includes a window that is sent again, and numbers that wrap."""
    octets = os.urandom(size) if size else b""
    path = tmp_path / "f"
    path.touch()
    os.truncate(path, (skipped - 1) * blksize)
    source = source_of(path, path.read_bytes() + octets)
    session, plain, laid = session_of(blksize), Nowhere(), Nowhere()
    effects = Effects(session, plain, source, None)
    last, first = source.size // blksize + 1, skipped
    while first <= last:
        count = min(windowsize, last - first + 1)
        for burst in effects.bursts(first, count):
            plain.send(burst)
        for burst in effects.bursts_at_once(first, count):
            laid.send(burst)
        first += max(1, count - back)
    source.close()
    assert laid.sent == plain.sent


def test_a_window_that_is_larger_than_is_sent_at_once_goes_in_parts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tftp_fsm.driver.effects.SENT_AT_ONCE", 100)
    source, wire = source_of(tmp_path / "f", os.urandom(1000)), Nowhere()
    effects = Effects(session_of(32), wire, source, None)
    bursts = [list(burst.datagrams()) for burst in effects.bursts_at_once(1, 32)]
    source.close()
    assert [len(burst) for burst in bursts] == [3] * 10 + [2]
    assert b"".join(datagram[4:] for burst in bursts for datagram in burst) == (
        (tmp_path / "f").read_bytes()
    )


def test_few_octets_are_read_for_a_small_window(tmp_path: Path) -> None:
    source = source_of(tmp_path / "f", bytes(1 << 20))
    places: list[int] = []
    read_into = type(source).read_into

    class Counting:
        size = source.size

        def read_into(self, offset: int, where: list[memoryview]) -> None:
            places.append(sum(map(len, where)))
            read_into(source, offset, where)

    laid = Frames(Counting(), 512, PEER)  # type: ignore[arg-type]
    for first in range(1, 1 + 4 * 40, 4):
        laid.burst(first, 4)
    source.close()
    assert set(places) == {frames.LAID_AT_ONCE}
    assert len(places) == 40 * 4 * 512 // frames.LAID_AT_ONCE + 1


def test_a_file_that_changes_is_an_error_and_nothing_is_kept_of_it(tmp_path: Path) -> None:
    path = tmp_path / "f"
    source = source_of(path, os.urandom(1 << 16))
    laid = Frames(source, 512, PEER)
    laid.burst(1, 2)
    os.truncate(path, 1000)
    for first in (65, 1):
        with pytest.raises(LocalError, match="became shorter"):
            laid.burst(first, 2)
    source.close()


def test_a_small_file_that_was_read_once_is_sent_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "f"
    source = source_of(path, octets := os.urandom(4096))
    source.read(0, 512)
    path.write_bytes(bytes(10))
    burst = Frames(source, 512, PEER).burst(1, 8)
    source.close()
    assert b"".join(datagram[4:] for datagram in burst.datagrams()) == octets


def test_the_empty_block_at_the_end_is_sent_where_no_places_are_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on BSD and macOS: readv(2) of no places is EINVAL there. On Linux it reads nothing."""
    source, preadv = source_of(tmp_path / "f", os.urandom(1024)), os.preadv

    def strict(fd: int, places: list[memoryview], at: int) -> int:
        if not places:
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
        return preadv(fd, places, at)

    monkeypatch.setattr(os, "preadv", strict)
    laid = Frames(source, 512, PEER)
    assert list(laid.burst(3, 1).datagrams()) == [data_header(3)]
    source.close()


def test_a_read_that_stops_short_is_read_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    octets = os.urandom(3000)
    source, preadv = source_of(tmp_path / "f", octets), os.preadv
    monkeypatch.setattr(os, "preadv", lambda fd, places, at: preadv(fd, places[:1], at))
    burst = Frames(source, 512, PEER).burst(1, 6)
    source.close()
    assert b"".join(datagram[4:] for datagram in burst.datagrams()) == octets
