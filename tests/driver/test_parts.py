"""Blocks of windows are written in parts that end at round places of the file."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tftp_fsm.driver.parts import PART, Parts
from tftp_fsm.errors import LocalError
from tftp_fsm.transports.burst import Buffer

HEADER = 4


class Arriving:
    """Puts blocks of a file into a memory, as a run does, and keeps what is written."""

    def __init__(self, blksize: int, room: int = 1 << 18) -> None:
        self.blksize = blksize
        self.memory = memoryview(bytearray(room))
        self.sent = bytearray()
        self.written: list[bytes] = []
        self.parts = Parts(self.memory, blksize, self.write)

    def write(self, payload: Sequence[Buffer]) -> None:
        assert payload, "there is something to write"
        self.written.append(b"".join(payload))

    def receive(self, count: int) -> None:
        """Receive so many blocks after those that are held."""
        for _ in range(count):
            number = len(self.sent) // self.blksize
            block = number.to_bytes(4, "big") * (self.blksize // 4 + 1)
            self.sent += block[: self.blksize]
            at = self.parts.held
            datagram = b"HEAD" + block[: self.blksize]
            self.memory[at : at + len(datagram)] = datagram
            self.parts.held = at + len(datagram)


@given(
    blksize=st.sampled_from([8, 512, 1024, 1428, 8192, 40000, 65464]),
    counts=st.lists(st.integers(1, 30), max_size=8),
    begins=st.integers(0, 3),
)
def test_all_octets_are_written_in_order(blksize: int, counts: list[int], begins: int) -> None:
    arriving = Arriving(blksize, room=4 << 20)
    parts = arriving.parts
    for count in counts:
        if begins:
            parts.begin(len(arriving.sent))
            begins -= 1
        arriving.receive(count)
        parts.write_whole()
        if begins:
            parts.write_all()
    parts.write_all()
    assert b"".join(arriving.written) == arriving.sent
    assert parts.held == 0


def test_each_part_ends_at_a_round_place_of_the_file() -> None:
    arriving = Arriving(1428)
    arriving.parts.begin(0)
    for _ in range(20):
        arriving.receive(16)
        arriving.parts.write_whole()
    ends = [sum(map(len, arriving.written[: n + 1])) for n in range(len(arriving.written))]
    assert len(ends) > 10
    assert all(end % PART == 0 for end in ends)
    assert arriving.parts.held < PART + 2 * 1432


def test_a_run_that_begins_within_a_part_ends_it_first() -> None:
    arriving = Arriving(1000)
    arriving.parts.begin(PART - 1500)
    arriving.receive(3)
    arriving.parts.write_whole()
    assert list(map(len, arriving.written)) == [1500]
    arriving.parts.write_all()
    assert list(map(len, arriving.written)) == [1500, 1500]


def test_less_than_a_part_waits() -> None:
    arriving = Arriving(1428)
    arriving.parts.begin(0)
    arriving.receive(16)
    arriving.parts.write_whole()
    assert not arriving.written
    assert arriving.parts.held == 16 * 1432


def test_nothing_is_written_again_after_a_failure() -> None:
    def fail(payload: Sequence[Buffer]) -> None:
        raise LocalError("the disk is full")

    arriving = Arriving(1428)
    parts = Parts(arriving.memory, 1428, fail)
    arriving.parts = parts
    parts.begin(0)
    arriving.receive(40)
    with pytest.raises(LocalError):
        parts.write_whole()
    parts.write_all()
    assert parts.held == 0
