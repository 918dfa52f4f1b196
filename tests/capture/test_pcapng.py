"""The octets of a capture: blocks, headers, checksums, comments."""

from __future__ import annotations

import io
import struct
from pathlib import Path
from random import Random

import pytest

from tests.support.sharks import comments, packets
from tftp_fsm.capture.ip_headers import checksum_of, header_octets, udp_packet
from tftp_fsm.capture.pcapng import PcapngWriter
from tftp_fsm.wire.address import Address
from tftp_fsm.wire.packets import Ack, Data, build

V4: tuple[Address, Address] = ("127.0.0.1", 1024), ("192.0.2.7", 69)
V6: tuple[Address, Address] = ("fe80::1%lo", 1024, 0, 1), ("2001:db8::7", 69, 0, 0)
HOSTILE = [
    "\x1b[31mred\x07",
    "line\nand line",
    "\u202eright to left",
    "\udcff no UTF-8",
    "long " * 20_000,
]


def capture(path: Path, *octets: bytes, said: tuple[str, ...] = ()) -> Path:
    with path.open("wb") as stream:
        writer = PcapngWriter(stream, "an interface")
        for number, packet in enumerate(octets):
            writer.packet(1_000_000_000.25 + number, packet, "sent", said)
        writer.close(1_000_000_009.0, ["the end"])
    return path


@pytest.mark.parametrize("ends", [V4, V6])
def test_tshark_finds_every_header_and_checksum_right(
    ends: tuple[Address, Address], tmp_path: Path
) -> None:
    payloads = b"", b"x", bytes(512), bytes(65_464)
    written = [udp_packet(*ends, build(Data(7, payload))) for payload in payloads]
    sizes = [header_octets(*ends) + 4 + len(payload) for payload in payloads]
    found = packets(capture(tmp_path / "c.pcapng", *written))
    assert [packet["frame.len"] for packet in found] == [[str(size)] for size in sizes]
    for number, packet in enumerate(found):
        assert packet["udp.checksum.status"] == ["1"] and "_ws.malformed" not in packet
        assert packet.get("ip.checksum.status", ["1"]) == ["1"]
        assert packet["tftp.block"] == ["7"]
        assert packet["frame.interface_name"] == ["an interface"]
        assert float(packet["frame.time_epoch"][0]) == 1_000_000_000.25 + number


def test_a_checksum_is_that_of_words_with_carry() -> None:
    random = Random(18)
    for size in (*range(5), 1000):
        octets = random.randbytes(size)
        words = struct.unpack(f">{(size + 1) // 2}H", octets + bytes(size % 2))
        total = sum(words)
        while total >> 16:
            total = (total & 0xFFFF) + (total >> 16)
        assert checksum_of(octets) == 0xFFFF - total
    assert checksum_of(b"\xff\xff") == 0


def test_a_checksum_that_is_zero_is_sent_as_all_ones() -> None:
    """In RFC 768 the checksum zero means that there is no checksum."""
    left = udp_packet(*V4, build(Ack(0)))[26:28]  # as a block number it makes the sum all ones
    packet = udp_packet(*V4, build(Ack(int.from_bytes(left, "big"))))
    assert packet[26:28] == b"\xff\xff"


def test_only_the_beginning_of_a_packet_may_be_known(tmp_path: Path) -> None:
    header = build(Data(1, b""))
    packet = udp_packet(*V4, header, size=516)
    path = tmp_path / "c.pcapng"
    with path.open("wb") as stream:
        PcapngWriter(stream, "i").packet(0, packet, "received", size=len(packet) + 512)
    (read,) = packets(path)
    assert (read["frame.cap_len"], read["frame.len"]) == (["32"], ["544"])
    assert read["tftp.block"] == ["1"]


def test_no_text_acts_on_a_reader(tmp_path: Path) -> None:
    packet = udp_packet(*V4, build(Ack(1)))
    (said,) = comments(capture(tmp_path / "c.pcapng", packet, said=(*HOSTILE, "next")))
    assert len(said) == len(HOSTILE) + 1 and said[-1] == "next"
    assert all(each.isprintable() and len(each) <= 1000 for each in said)


def test_hosts_without_an_address_get_one_for_documentation() -> None:
    named = udp_packet(("client", 1024), ("server", 69), b"")
    assert named[12:20] == bytes((192, 0, 2, 9, 192, 0, 2, 1))
    unknown = udp_packet(("", 1), ("::1", 69, 0, 0), b"")
    assert unknown[8:12] == bytes.fromhex("20010db8")
    assert udp_packet(("no\0host", 1), ("?", 2), b"")[12:16] == bytes((192, 0, 2, 9))


def test_each_block_is_passed_on_at_once() -> None:
    class Pipe(io.BytesIO):
        passed_on = 0

        def flush(self) -> None:
            self.passed_on = self.tell()

    pipe = Pipe()
    writer = PcapngWriter(pipe, "i")
    for _ in range(3):
        before = pipe.passed_on
        writer.packet(0, b"octets", "sent")
        assert pipe.passed_on == pipe.tell() > before
