"""The headers of many DATA packets at once, for segments of any size."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tftp_fsm.wire.headers import HEADER, Opcode, headers_follow, lay_headers

# Sizes of whole words have a shorter way than the others.
SEGMENTS = st.one_of(st.sampled_from([8, 12, 516]), st.integers(5, 40))
NUMBERS = st.one_of(st.integers(65_530, 65_540), st.integers(0, 1 << 17))


def laid(segment: int, number: int, count: int, last: int) -> bytearray:
    """Return `count` datagrams with blocks of 0xff; the last one has `last` octets."""
    memory = bytearray(b"\xff" * (segment * count))
    lay_headers(memoryview(memory), segment, number, count)
    return memory[: len(memory) - segment + last]


@given(SEGMENTS, NUMBERS, st.integers(1, 9), st.data())
def test_headers_are_laid_one_every_segment(
    segment: int, number: int, count: int, data: st.DataObject
) -> None:
    memory = laid(segment, number, count, data.draw(st.integers(4, segment)))
    for place in range(count):
        datagram = bytes(memory[place * segment : (place + 1) * segment])
        assert datagram[:4] == HEADER.pack(Opcode.DATA, (number + place) & 0xFFFF)
        assert set(datagram[4:]) <= {0xFF}
    assert headers_follow(memoryview(memory), segment, number)
    assert not headers_follow(memoryview(memory), segment, number + 1)


@given(SEGMENTS, NUMBERS, st.integers(2, 9), st.data())
def test_one_wrong_octet_in_any_header_is_seen(
    segment: int, number: int, count: int, data: st.DataObject
) -> None:
    memory = laid(segment, number, count, data.draw(st.integers(4, segment)))
    place = data.draw(st.integers(0, count - 1)) * segment + data.draw(st.integers(0, 3))
    memory[place] ^= data.draw(st.integers(1, 255))
    assert not headers_follow(memoryview(memory), segment, number)


@given(SEGMENTS, NUMBERS, st.integers(1, 9), st.integers(0, 3))
def test_a_last_datagram_without_a_whole_header_does_not_follow(
    segment: int, number: int, count: int, last: int
) -> None:
    memory = laid(segment, number, count + 1, last)
    assert headers_follow(memoryview(memory), segment, number) is (last == 0)
