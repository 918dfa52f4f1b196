"""What is read and built without the declarations is what they read and build."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.wire.test_packets import PACKETS, WIRE
from tftp_fsm.wire.kinds import (
    Ack,
    Data,
    Error,
    Oack,
    Packet,
    Reading,
    Rrq,
    Wrq,
    build_plain,
    read_plain,
)
from tftp_fsm.wire.packets import declared_build, declared_read

LETTERS = b"\0aA\xc3\xa4"  # NUL, one letter in both cases, and the two octets of another letter
FIELDS = st.sampled_from((b"", b"f", b"octet", b"blksize", b"BlkSize", b"512", b"\xff", b"\0"))
WORDS = st.sampled_from(("", "f", "blksize", "BlkSize", "512", "\udcff", "\udcc3\udca4", "\0", "ä"))


def agrees(octets: bytes) -> None:
    """Whatever is read without the declarations, they read it, and tolerate nothing."""
    packet = read_plain(octets)
    if packet is None:
        return
    assert declared_read(octets) == Reading(packet)
    assert read_plain(memoryview(octets)) == packet


@pytest.mark.parametrize("opcode", range(8))
def test_all_short_datagrams_are_read_alike(opcode: int) -> None:
    for length in range(6):
        for body in product(LETTERS, repeat=length):
            agrees(bytes((0, opcode, *body)))


@given(st.integers(0, 7), st.lists(FIELDS, max_size=8), st.booleans())
@example(1, [b"f", b"octet", b"tsize"], True)
@example(1, [b"f", b"octet", b"tsize", b"0", b"TSIZE", b"0"], True)
@example(1, [b"n" * 505, b"octet"], True)
@example(6, [b"tsize"], False)
@example(5, [b"\0\1no"], False)
def test_all_fields_are_read_alike(opcode: int, fields: list[bytes], ends: bool) -> None:
    agrees(bytes((0, opcode)) + b"\0".join(fields) + b"\0" * ends)


@given(st.binary(max_size=40))
def test_any_octets_are_read_alike(octets: bytes) -> None:
    agrees(octets)


def builds_alike(packet: Packet) -> None:
    octets = build_plain(packet)
    if octets is not None:
        assert declared_build(packet) == octets


@given(PACKETS)
def test_every_packet_is_built_alike(packet: Packet) -> None:
    builds_alike(packet)


@given(st.lists(WORDS, min_size=6, max_size=6), st.integers(-1, 1 << 16), FIELDS)
def test_odd_fields_are_built_alike(words: list[str], number: int, name: bytes) -> None:
    pairs = tuple(zip(words[::2], words[1::2], strict=True))
    for packet in (Ack(number), Data(number, name), Error(number, words[0]), Oack(pairs)):
        builds_alike(packet)
    for kind in (Rrq, Wrq):
        builds_alike(kind(name, words[0], pairs[1:]))


@pytest.mark.parametrize(("packet", "octets"), WIRE, ids=str)
def test_the_usual_packets_need_no_declaration(packet: Packet, octets: bytes) -> None:
    is_usual = packet != Oack(())
    assert (read_plain(octets) == packet) is is_usual
    assert (build_plain(packet) == octets) is is_usual


@pytest.mark.parametrize("octets", [b"", b"\0\7a\0", b"\0\4\0\1\0", b"\0\5\0\1a", b"\0\1f\0"])
def test_the_others_are_left_to_the_declarations(octets: bytes) -> None:
    assert read_plain(octets) is None
