"""One direction alone is no transfer, but `explain` says that it looks like TFTP."""

from __future__ import annotations

import io

import pytest

from tests.support.overheard import Ended, Line, script, to_client, to_server
from tftp_fsm.capture.reading import Capture
from tftp_fsm.explain import one_way
from tftp_fsm.explain.one_way import OneWay
from tftp_fsm.explain.reader import Explaining
from tftp_fsm.wire.packets import Ack, Data

FULL = bytes(512)


def told(*lines: Line) -> tuple[int, list[str]]:
    """Return how many transfers there are, and the remarks."""
    ended = Ended()
    explaining = Explaining([ended])
    for datagram in Capture(io.BytesIO(script(*lines))):
        explaining.take(datagram)
    explaining.close()
    return len(ended.facts), explaining.remarks


def data(*blocks: int) -> list[Line]:
    return [to_client(0.01 * n, Data(block, FULL)) for n, block in enumerate(blocks)]


def test_blocks_in_a_row_look_like_tftp() -> None:
    for first in (1, 400, 65533):
        blocks = [n & 0xFFFF for n in range(first, first + 4)]
        count, (remark,) = told(*data(*blocks))
        assert (
            not count and "192.0.2.1 port 2048 to 192.0.2.9 port 1024, such as number 4" in remark
        )
    count, (remark,) = told(*(to_server(0.01 * n, Ack(n)) for n in range(4)))
    assert not count and "both directions" in remark
    _, (remark,) = told(*data(1, 2, 2, 3, 3, 4))
    assert "look like TFTP" in remark, "a block may be sent again"


def test_other_datagrams_do_not() -> None:
    for blocks in ((1, 2, 3), (1, 2, 3, 3, 3), (1, 3, 5, 7, 9), (1, 2, 4, 5, 7, 8)):
        assert told(*data(*blocks)) == (0, []), blocks
    mixed = [to_client(0.01 * n, Data(n, FULL) if n % 2 else Ack(n)) for n in range(9)]
    assert told(*mixed) == (0, [])
    assert told(*(to_client(0.01 * n, b"\0\7\0" + bytes([n])) for n in range(9))) == (0, [])
    assert told(*(to_client(0.01 * n, b"\0\3") for n in range(9))) == (0, [])


def test_if_both_directions_are_there_none_is_missing() -> None:
    assert told(*data(1, 2, 3, 4, 5), to_server(1, Ack(5))) == (1, [])
    assert told(*data(1, 2, 3, 4, 5), to_server(1, Ack(99))) == (0, [])


def test_several_ways_are_one_remark() -> None:
    others = [(now + 1, ("server", 2050), to, packet) for now, _, to, packet in data(1, 2, 3, 4)]
    _, (remark,) = told(*data(1, 2, 3, 4), *others)
    assert remark.startswith("packets on 2 ways")


def test_a_fixed_number_of_ways_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(one_way, "KEPT", 3)
    ways = OneWay()
    for port in range(20):
        lines = [(n / 10, ("server", 3000 + port), ("client", 9), Data(n, FULL)) for n in range(6)]
        for datagram in Capture(io.BytesIO(script(*lines))):
            ways.take(datagram)
    assert len(ways._runs) == len(ways._found) == 3
