"""ICMP messages about datagrams: what they quote, if they are cut at any place, or forged."""

from __future__ import annotations

import io
from pathlib import Path
from random import Random

import pytest

from tests.support.frames import pcap
from tests.support.overheard import Line, Message, message
from tests.support.sharks import told_of_icmp
from tftp_fsm.capture.reading import Capture, Undelivered
from tftp_fsm.capture.reading.icmp import ICMP_CODES, ICMPV6_CODES
from tftp_fsm.wire.packets import Data

RAW, AT = 101, 1_700_000_000_123_456_789
V4: Line = (0.0, ("192.0.2.1", 2048), ("192.0.2.9", 1024), Data(7, bytes(512)))
V6: Line = (0.0, ("2001:db8::1", 2048), ("2001:db8::9", 1024), Data(7, bytes(512)))
LINES = {4: V4, 6: V6}
HEADERS = {4: 28, 6: 48}  # octets of IP and UDP


def read(*packets: bytes) -> list[Undelivered]:
    found: list[Undelivered] = []
    capture = Capture(io.BytesIO(pcap(((AT, packet) for packet in packets), RAW, unit=1)))
    capture.on_undelivered = found.append
    assert list(capture) == []
    return found


def told(version: int, kind: int = 3, code: int = 3, **more: object) -> Message:
    return message(LINES[version], kind, code, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("version, kind, code", [(4, 3, 3), (6, 1, 4)])
def test_a_message_tells_whose_datagram_was_not_delivered(
    version: int, kind: int, code: int
) -> None:
    (found,) = read(told(version, kind, code))
    _, source, to, _ = LINES[version]
    assert (found.source[:2], found.to[:2]) == (source, to) and found.is_of_peer
    assert found.why == "port-closed" and found.words.endswith(" port unreachable")
    assert found.octets[:4] == b"\0\3\0\7" and found.size == 516 + HEADERS[version]
    assert (found.message.number, found.message.at, found.mtu) == (1, AT, None)


@pytest.mark.parametrize(
    "version, kind, code, codes",
    [(4, *key, ICMP_CODES) for key in ICMP_CODES]
    + [(6, *key, ICMPV6_CODES) for key in ICMPV6_CODES],
)
def test_each_code_is_named(
    version: int, kind: int, code: int, codes: dict[tuple[int, int], tuple[str, str]]
) -> None:
    (found,) = read(told(version, kind, code))
    assert (found.why, found.words.partition(" ")[2]) == codes[kind, code]


def test_tshark_reads_the_same(tmp_path: Path) -> None:
    """Without this, the messages of these tests would prove nothing."""
    packets = [told(4, 3, 4, mtu=1400), told(4, 3, 3, quoted=28), told(6, 2, 0, mtu=1280)]
    path = tmp_path / "c.pcap"
    path.write_bytes(pcap(((AT, packet) for packet in packets), RAW, unit=1))
    assert told_of_icmp(path) == [
        ("3", "4", "1400", "2048"),
        ("3", "3", "", "2048"),
        ("2", "0", "1280", "2048"),
    ]
    found = read(*packets)
    assert [(each.mtu, each.source[1]) for each in found] == [
        (1400, 2048),
        (None, 2048),
        (1280, 2048),
    ]


def test_an_mtu_that_cannot_be_is_none() -> None:
    """Routers before RFC 1191 say 0."""
    assert [each.mtu for each in read(told(4, 3, 4), told(4, 3, 4, mtu=67))] == [None, None]
    assert read(told(6, 2, 9, mtu=1400))[0].mtu == 1400  # the code says nothing (RFC 4443)


def test_a_router_on_the_way_is_not_the_peer() -> None:
    (found,) = read(told(4, 3, 3, by="198.51.100.1"))
    assert found.message.source[0] == "198.51.100.1" and not found.is_of_peer


@pytest.mark.parametrize("version, kind, code", [(4, 3, 3), (6, 1, 4)])
def test_a_quote_may_be_cut_anywhere(version: int, kind: int, code: int) -> None:
    ip, udp = HEADERS[version] - 8, HEADERS[version]
    for quoted in range(udp + 30):
        found = read(told(version, kind, code, quoted=quoted))
        assert len(found) == (quoted >= ip), quoted
        for each in found:
            assert each.source[1] == (2048 if quoted >= ip + 4 else 0)
            assert len(each.octets) == max(0, quoted - udp)
            assert each.size == 516 + udp


def test_messages_that_are_cut_by_the_capture() -> None:
    whole = told(4)
    for size in range(len(whole)):
        assert len(read(whole[:size])) <= 1


@pytest.mark.parametrize(
    "version, kind, code", [(4, 0, 0), (4, 5, 1), (4, 8, 0), (6, 128, 0), (6, 135, 0)]
)
def test_other_messages_tell_nothing(version: int, kind: int, code: int) -> None:
    assert read(told(version, kind, code)) == []


def test_a_message_to_another_host_than_the_sender_is_left_out() -> None:
    forged = bytearray(told(4))
    forged[19] ^= 1  # the last octet of its destination
    assert read(bytes(forged)) == []


def test_a_message_about_something_else_than_udp_is_left_out() -> None:
    about_tcp = bytearray(told(4))
    about_tcp[28 + 9] = 6
    assert read(bytes(about_tcp)) == []


def test_no_port_is_known_of_a_fragment_in_the_middle() -> None:
    middle = bytearray(told(4, 11, 1))
    middle[28 + 6 : 28 + 8] = b"\x20\x40"
    (found,) = read(bytes(middle))
    assert (found.source[1], found.to[1], found.octets, found.why) == (0, 0, b"", "torn")


def test_no_damage_is_more_than_a_message_less() -> None:
    for seed in range(3000):
        random = Random(seed)
        version = random.choice((4, 6))
        damaged = bytearray(told(version, 3 if version == 4 else 1, 3, quoted=60))
        for _ in range(random.randint(1, 5)):
            damaged[random.randrange(len(damaged))] = random.choice(
                (0, 1, 255, random.randrange(256))
            )
        for each in read_any(bytes(damaged[: random.choice((len(damaged), random.randrange(99)))])):
            assert 0 <= each.source[1] <= 0xFFFF and each.words.isprintable()


def read_any(packet: bytes) -> list[Undelivered]:
    found: list[Undelivered] = []
    capture = Capture(io.BytesIO(pcap([(AT, packet)], RAW, unit=1)))
    capture.on_undelivered = found.append
    list(capture)
    return found
