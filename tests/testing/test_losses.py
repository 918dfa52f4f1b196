"""Packets that are lost because a test names them."""

from __future__ import annotations

import pytest

from tftp_fsm.testing.losses import Losses, packet_words
from tftp_fsm.wire.packets import Ack, Data, Oack, Rrq, build


def lost(words: list[str], *datagrams: bytes) -> list[bool]:
    losses = Losses(words)
    return [losses.take(datagram) for datagram in datagrams]


def test_an_entry_loses_the_first_such_packet() -> None:
    ack = build(Ack(2))
    assert lost(["ACK 2"], build(Ack(1)), ack, ack) == [False, True, False]
    assert lost(["ACK 2", "ACK 2"], ack, ack, ack) == [True, True, False]
    assert lost(["every ACK 2"], build(Ack(1)), ack, ack) == [False, True, True]


def test_without_a_block_the_kind_decides() -> None:
    assert lost(["DATA"], build(Ack(7)), build(Data(7, b"x"))) == [False, True]
    assert lost(["every OACK"], build(Oack(())), build(Rrq(b"x"))) == [True, False]


def test_octets_that_are_no_packet_are_never_named() -> None:
    assert lost(["every DATA", "every ACK 0"], b"", b"\0", b"\0\x09", b"\0\4") == [False] * 4


@pytest.mark.parametrize(
    "entry", ["", "every", "ack 2", "ACK x", "ACK 2 3", "RRQ 1", "DATA 65536", "DATA -1", "DATA ²"]
)
def test_what_names_no_packet_is_one_line(entry: str) -> None:
    with pytest.raises(ValueError, match="does not name a packet: write RRQ") as wrong:
        Losses([entry])
    assert "\n" not in str(wrong.value)


def test_a_text_in_place_of_a_list_is_told() -> None:
    with pytest.raises(ValueError, match='must be a list: \\["ACK 2"\\]'):
        Losses("ACK 2")


def test_a_packet_in_words() -> None:
    datagrams = [build(Ack(2)), build(Rrq(b"x")), b"\0\3", b"x"]
    assert [*map(packet_words, datagrams)] == ["ACK 2", "RRQ", "DATA", "no TFTP packet"]
