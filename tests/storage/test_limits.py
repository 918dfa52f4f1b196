"""A peer that sends without end is stopped, by the announced size or by the room on the disk."""

from __future__ import annotations

from pathlib import Path

import pytest

import tftp_fsm
from tests.support.hostile import Hostile, Saying
from tests.support.served import error, serving
from tftp_fsm.errors import LocalError
from tftp_fsm.storage import BytesSink, open_sink, partial
from tftp_fsm.storage.limits import MARGIN, LimitedSink, most_for
from tftp_fsm.wire.packets import Ack, Data, Error, ErrorCode, Oack, Packet, Rrq, Wrq

BLOCK = bytes(32768)


def endless(announced: int | None, blksize: int = len(BLOCK)) -> Hostile:
    """Run a server whose file has no end."""
    pairs = (("blksize", str(blksize)), ("tsize", str(announced)))

    def script(packet: Packet) -> list[Saying]:
        match packet:
            case Rrq() if announced is not None:
                return [Oack(pairs)]
            case Rrq():
                return [Oack(pairs[:1])]
            case Ack(block):
                return [Data((block + 1) & 0xFFFF, BLOCK[:blksize])]
        return []

    return Hostile(script)


def stopped(server: Hostile, **keywords: object) -> str:
    """Return the user's message. The server gets ERROR 3."""
    with pytest.raises(tftp_fsm.LocalError) as caught:
        server.get(options=True, blksize=len(BLOCK), windowsize=1, **keywords)
    assert caught.value.code == ErrorCode.DISK_FULL
    last = server.heard[-1]
    assert isinstance(last, Error) and last.code == ErrorCode.DISK_FULL
    return str(caught.value)


@pytest.mark.parametrize("mode", ["octet", "netascii"])
def test_a_server_that_sends_more_than_it_announced_is_stopped(mode: str, tmp_path: Path) -> None:
    for local in (None, tmp_path / "file"):
        server = endless(100)
        said = stopped(server, local=local, mode=mode)
        assert said == "the peer sends more than the 100 octets that it announced"
        blocks = len([packet for packet in server.heard if isinstance(packet, Ack)])
        assert blocks <= most_for(100) // len(BLOCK) + 3
    assert list(tmp_path.iterdir()) == []


def test_a_server_that_announces_nothing_is_stopped_by_max_size(tmp_path: Path) -> None:
    for announced in (None, 0, 100):
        said = stopped(endless(announced), local=tmp_path / "file", max_size=100_000)
        assert said == "the file is larger than the 100,000 octets that are allowed"
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_announced_as_too_large_is_refused_at_once() -> None:
    server = endless(100_001)
    stopped(server, max_size=100_000)
    assert not any(isinstance(packet, Ack) and packet.block for packet in server.heard)


def test_memory_has_a_limit_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tftp_fsm.client.orders.MEMORY_LIMIT", 100_000)
    assert "memory: the file is larger than the 100000" in stopped(endless(None))


def test_a_part_of_the_free_room_stays_free(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = 10 * partial.CHECKED_EVERY
    path = tmp_path / "file"

    def free(fd: int) -> int:
        parts = tmp_path.glob(".tftp-fsm-*")
        return room - sum(part.stat().st_size for part in parts)

    monkeypatch.setattr(partial, "_free_octets", free)
    sink, written = open_sink(path), 0

    def fill() -> None:
        nonlocal written
        while True:
            sink.write(bytes(1 << 22))
            written += 1 << 22

    with pytest.raises(LocalError, match="octets of the disk must stay free") as caught:
        fill()
    assert caught.value.code == ErrorCode.DISK_FULL
    assert room * 0.8 < written <= room * 0.95
    sink.discard()
    with pytest.raises(LocalError, match="octets of the disk must stay free"):
        open_sink(path).expect(int(room * 0.96))
    sink = open_sink(path, max_size=room)
    sink.expect(int(room * 0.96))
    sink.discard()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("more", [0, 1])
@pytest.mark.parametrize("announced", [1, MARGIN - 1, MARGIN, 3 * MARGIN])
def test_the_limit_is_twice_what_was_announced_or_a_mebibyte_more(
    announced: int, more: int
) -> None:
    memory = BytesSink()
    sink = LimitedSink(memory, lambda: announced)
    most = max(2 * announced, announced + MARGIN)
    sink.write(bytes(most))
    if more:
        with pytest.raises(LocalError, match="more than the .* announced"):
            sink.write([b"x"])
        assert memory.size == 0
    else:
        sink.commit()
        assert memory.octets is not None and len(memory.octets) == most


def test_a_client_that_uploads_more_than_it_announced_is_stopped(tmp_path: Path) -> None:
    with serving(tmp_path, writable=True) as served:
        client = served.peer()
        client.ask("new", Wrq, tsize=100, blksize=len(BLOCK))
        assert isinstance(client.hear(), Oack)
        for block in range(1, 100):
            client.say(Data(block, BLOCK))
            heard = client.hear()
            if isinstance(heard, Error):
                break
            assert heard == Ack(block)
        if heard == Ack(block):
            raise AssertionError("nothing stopped it")
        assert "than the 100 octets" in error(heard, 3)
        assert block <= most_for(100) // len(BLOCK) + 2
        assert list(tmp_path.iterdir()) == []
