"""Packets in words, in English and in Korean."""

from __future__ import annotations

import pytest

from tftp_fsm.borders import LINE
from tftp_fsm.language import shown, speaking
from tftp_fsm.wire.kinds import Ack, Data, Error, Oack, Packet, Reading, Rrq, Wrq
from tftp_fsm.wire.words import malformed_words, octets_words, packet_words, reading_words

WORDS: dict[Packet, tuple[str, str]] = {
    Rrq(b"boot.img", "octet", (("blksize", "1428"),)): (
        "RRQ boot.img octet blksize=1428",
        "RRQ boot.img octet blksize=1428",
    ),
    Wrq(b"a\x1bb"): ("WRQ a\\x1bb octet", "WRQ a\\x1bb octet"),
    Data(3, bytes(512)): ("DATA 3 (512 octets)", "DATA 3 (512옥텟)"),
    Data(4, b"x"): ("DATA 4 (1 octet)", "DATA 4 (1옥텟)"),
    Ack(3): ("ACK 3", "ACK 3"),
    Error(1, "File not found"): ("ERROR 1 File not found", "ERROR 1 File not found"),
    Error(0, ""): ("ERROR 0", "ERROR 0"),
    Oack((("tsize", "9"), ("blksize", "8"))): ("OACK tsize=9 blksize=8",) * 2,
}


@pytest.mark.parametrize("packet", WORDS, ids=lambda packet: type(packet).__name__)
def test_a_packet_in_words(packet: Packet) -> None:
    told, said = WORDS[packet]
    assert packet_words(packet) == told
    with speaking("ko"):
        assert packet_words(packet) == told  # data is English
        assert shown(packet_words(packet)) == said


def test_the_flaws_of_a_packet_follow_it() -> None:
    reading = Reading(Ack(3), "25 octets of padding ignored")
    assert reading_words(reading) == "ACK 3 (25 octets of padding ignored)"
    assert reading_words(reading, "ACK 3 of the client") == (
        "ACK 3 of the client (25 octets of padding ignored)"
    )
    assert reading_words(Reading(Ack(3))) == "ACK 3"


def test_a_long_packet_is_cut() -> None:
    many = tuple((f"name{number}", "value") for number in range(LINE))
    assert len(packet_words(Oack(many))) <= LINE


def test_sizes_are_in_the_language_of_the_reader() -> None:
    assert malformed_words(1) == "malformed (1 octet)"
    with speaking("ko"):
        assert shown(malformed_words(1)) == "잘못된 패킷 (1옥텟)"
        assert shown(octets_words(2048)) == "2,048옥텟"
