"""Captures of every kind are read down to their UDP datagrams, as tshark reads them."""

from __future__ import annotations

import gzip
import io
import struct
import subprocess
import tracemalloc
from collections.abc import Iterator
from itertools import permutations
from pathlib import Path
from random import Random

import pytest

from tests.conftest import require
from tests.support import captures
from tests.support.frames import (
    IPV4,
    IPV6,
    block,
    enhanced,
    extended,
    fragments,
    interface,
    ip,
    pcap,
    section,
    udp,
)
from tests.support.sharks import packets
from tftp_fsm.capture.reading import Capture, Captured
from tftp_fsm.capture.reading.capture import MOST_LINKS
from tftp_fsm.capture.reading.fragments import KEPT, Fragments
from tftp_fsm.capture.reading.ip import piece_of, udp_of
from tftp_fsm.capture.reading.link import KINDS
from tftp_fsm.capture.reading.pcap import LARGEST
from tftp_fsm.errors import LocalError
from tftp_fsm.wire.packets import Ack, Data, build

ACK = build(Ack(7))
MAC = bytes(12)
AT = 1_700_000_000_123_456_789
VLAN, QINQ = bytes.fromhex("8100 0007"), bytes.fromhex("88a8 0009")

# LINKTYPE, what is before the IP packet, and the version of IP.
LINKS = {
    "ethernet": (1, MAC + IPV4, 4),
    "ethernet, IPv6": (1, MAC + IPV6, 6),
    "vlan": (1, MAC + VLAN + IPV4, 4),
    "qinq": (1, MAC + QINQ + VLAN + IPV6, 6),
    "pppoe": (1, MAC + bytes.fromhex("8864 11 00 0001 0022 0021"), 4),
    "cooked": (113, bytes(14) + IPV4, 4),
    "cooked with a vlan": (113, bytes(14) + VLAN + IPV4, 4),
    "cooked, version 2": (276, IPV6 + bytes(18), 6),
    "raw": (101, b"", 4),
    "raw, IPv6": (101, b"", 6),
    "IPv4": (228, b"", 4),
    "IPv6": (229, b"", 6),
    "loopback, little": (0, struct.pack("<I", 2), 4),
    "loopback, big": (0, struct.pack(">I", 2), 4),
    "loopback of macOS": (0, struct.pack("<I", 30), 6),
    "loopback of OpenBSD": (108, struct.pack(">I", 24), 6),
    "ppp": (9, bytes.fromhex("ff03 0021"), 4),
    "ppp, compressed": (9, bytes.fromhex("21"), 4),
    "ppp, IPv6": (50, bytes.fromhex("ff03 0057"), 6),
    "cisco hdlc": (104, bytes.fromhex("0f00 0800"), 4),
}


def read(octets: bytes) -> list[Captured]:
    return list(Capture(io.BytesIO(octets)))


def read_all(octets: bytes) -> tuple[list[Captured], list[str]]:
    capture = Capture(io.BytesIO(octets))
    return list(capture), capture.remarks


@pytest.mark.parametrize("link, head, version", LINKS.values(), ids=LINKS)
def test_the_datagram_is_found_on_each_kind_of_link(link: int, head: bytes, version: int) -> None:
    (found,) = read(pcap([(AT, head + ip(ACK, version) + bytes(6))], link))
    hosts = ("192.0.2.9", "192.0.2.1") if version == 4 else ("2001:db8::9", "2001:db8::1")
    assert (found.source[0], found.to[0]) == hosts and found.octets == ACK
    assert (found.source[1], found.to[1]) == (1024, 69) and not found.is_cut


def test_tshark_finds_the_same_on_each_kind_of_link(tmp_path: Path) -> None:
    """If tshark did not read these frames, the test above would prove nothing."""
    path = tmp_path / "links.pcapng"
    links = [(link, head + ip(ACK, version)) for link, head, version in LINKS.values()]
    parts = [interface(link) for link, _ in links]
    parts += [enhanced(number, 1, frame) for number, (_, frame) in enumerate(links)]
    path.write_bytes(section() + b"".join(parts))
    found = packets(path)
    assert [packet.get("tftp.block") for packet in found] == [["7"]] * len(LINKS)
    assert [one.octets for one in read(path.read_bytes())] == [ACK] * len(LINKS)


def test_every_kind_of_link_is_tried() -> None:
    tried = {link for link, _, _ in LINKS.values()}
    assert set(KINDS) - tried == {12, 14, 51}  # other numbers for links that are tried


@pytest.mark.parametrize("link", KINDS)
def test_a_frame_of_something_else_is_passed_over(link: int) -> None:
    frames = [b"", b"\0", bytes(64), b"\xff" * 64, MAC + bytes.fromhex("0806") + bytes(40)]
    frames += [bytes(size) for size in range(30)]
    assert read_all(pcap([(AT, frame) for frame in frames], link)) == ([], [])


def test_a_link_that_is_not_read_is_told() -> None:
    found, remarks = read_all(pcap([(AT, ip(ACK))] * 3, 127))
    assert found == []
    assert remarks == ["3 packets have the link type 127, which is not read here"]


def test_a_frame_has_a_few_tags_at_the_most() -> None:
    for tags, count in ((8, 1), (9, 0)):
        assert len(read(pcap([(AT, MAC + VLAN * tags + IPV4 + ip(ACK))], 1))) == count


def test_a_fixed_number_of_links_that_are_not_read_is_told() -> None:
    parts = [interface(20_000 + number) for number in range(100)]
    parts += [enhanced(number, 1, ip(ACK)) for number in range(100)]
    _, remarks = read_all(section() + b"".join(parts))
    assert len(remarks) == MOST_LINKS


def test_the_length_of_a_check_sum_is_no_part_of_the_link() -> None:
    """A pcap file has this length in the upper bits of the field for the link type."""
    octets = bytearray(pcap([(AT, MAC + IPV4 + ip(ACK))], 1))
    octets[20:24] = struct.pack("<I", 0x4400_0001)
    assert [one.octets for one in read(bytes(octets))] == [ACK]


# -- Files ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("unit", [1, 1000])
def test_pcap_has_two_byte_orders_and_two_clocks(order: str, unit: int) -> None:
    (found,) = read(pcap([(AT, ip(ACK))], 101, order, unit))
    assert found.at == AT // unit * unit and found.octets == ACK


@pytest.mark.parametrize("order", "<>")
def test_pcapng_has_the_clock_that_its_interface_says(order: str) -> None:
    def option(code: int, value: bytes) -> bytes:
        return struct.pack(order + "HH", code, len(value)) + value + bytes(-len(value) % 4)

    clocks = [(b"", 10**6), (option(9, b"\x09"), 10**9), (option(9, b"\x94"), 2**20)]
    clocks.append((option(2, b"eth0") + option(14, struct.pack(order + "q", 1000)), 10**6))
    parts = [interface(101, order, options) for options, _ in clocks]
    parts += [
        enhanced(number, 5 * units, ip(ACK), order) for number, (_, units) in enumerate(clocks)
    ]
    found = read(section(order) + b"".join(parts))
    assert [one.at for one in found] == [5 * 10**9] * 3 + [1005 * 10**9]
    assert [one.interface for one in found] == [0, 1, 2, 3]


def test_sections_may_differ_in_byte_order_and_other_blocks_are_passed_over() -> None:
    simple = block(3, struct.pack("<I", len(ip(ACK))) + ip(ACK))
    old = block(2, struct.pack("<HHIIII", 0, 0, 0, 1, 32, 32) + ip(ACK))
    first = section() + interface(101) + block(0xBAD, bytes(400)) + simple + old
    second = section(">") + interface(101, ">") + enhanced(0, 10**6, ip(ACK), ">")
    found = read(first + second)
    assert [one.at for one in found] == [None, 1000, 10**9]
    assert [one.number for one in found] == [1, 2, 3]


@pytest.mark.parametrize("form", ["pcap", "nsecpcap", "modpcap", "pcapng"])
def test_what_editcap_writes_is_read(form: str, tmp_path: Path) -> None:
    """editcap, a program of Wireshark, writes the same capture in other formats."""
    path = tmp_path / "c"
    editcap = Path(require("tshark")).with_name("editcap")
    subprocess.run([editcap, "-F", form, captures.CAPTURE, path], check=True, timeout=60)
    plain = read(captures.CAPTURE.read_bytes())
    assert len(plain) > 10 and read(path.read_bytes()) == plain
    assert read(gzip.compress(path.read_bytes())) == plain
    expected = [one.octets for one in captures.read(captures.CAPTURE.read_bytes())]
    assert [one.octets for one in plain] == expected


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("is_pcapng", [False, True])
def test_a_file_that_was_cut_gives_what_it_has(packed: bool, is_pcapng: bool) -> None:
    frames = [ip(build(Ack(number))) for number in range(4)]
    if is_pcapng:
        blocks = [enhanced(0, number, frame) for number, frame in enumerate(frames)]
        whole = section() + interface(101) + b"".join(blocks)
    else:
        whole = pcap([(AT, frame) for frame in frames], 101)
    octets = gzip.compress(whole) if packed else whole
    everything = read(octets)
    assert len(everything) == 4
    ends = {len(whole) - len(rest) for rest in _rests(whole, is_pcapng)}
    seen = set()
    for size in range(4 if not packed else 60, len(octets)):
        found, remarks = read_all(octets[:size])
        assert found == everything[: len(found)]
        is_told = bool(remarks)
        assert is_told == (packed or size not in ends), size
        assert not remarks or remarks[0] == (
            f"the file ends in the middle, after packet {len(found)}"
        )
        seen.add((len(found), is_told))
    assert {(0, True), (1, True), (3, True)} <= seen or packed


def _rests(whole: bytes, is_pcapng: bool) -> Iterator[bytes]:
    """Yield the octets after each block or record. A file that ends there is not cut."""
    rest = whole[28:] if is_pcapng else whole[24:]
    while rest:
        yield rest
        size = struct.unpack_from("<I", rest, 4 if is_pcapng else 8)[0]
        rest = rest[size:] if is_pcapng else rest[16 + size :]


@pytest.mark.parametrize("octets", [b"\xd4", b"\n\r\r", gzip.compress(pcap([]))[:12], b"hi\n"])
def test_a_file_that_ends_before_it_is_known_as_a_capture_is_none(octets: bytes) -> None:
    with pytest.raises(LocalError, match="the file is too short to be recognized as a capture"):
        read(octets)


@pytest.mark.parametrize("missing", range(1, 9))
def test_packed_octets_without_their_end_are_cut_though_all_packets_are_there(missing: int) -> None:
    octets = gzip.compress(pcap([(AT, ip(ACK))], 101))[:-missing]
    (found,), remarks = read_all(octets)
    assert found.octets == ACK and remarks == ["the file ends in the middle, after packet 1"]


def test_a_capture_of_the_beginnings_of_packets_says_so() -> None:
    data = ip(build(Data(1, bytes(512))))
    (found,), remarks = read_all(pcap([(AT, data)], 101, kept=60))
    assert found.is_cut and found.size == 516 and len(found.octets) == 60 - 28
    assert remarks[0].startswith("only the beginning of 1 packet was captured")


def test_a_pipe_gives_each_packet_as_soon_as_it_is_there() -> None:
    whole = pcap([(AT, ip(ACK)), (AT, ip(ACK))], 101)

    class Pipe:
        def __init__(self) -> None:
            self.parts = [whole[:40], whole[40:72], whole[72:]]

        def read(self, size: int) -> bytes:
            return self.parts.pop(0) if self.parts else b""

    pipe = Pipe()
    capture = iter(Capture(pipe))
    assert next(capture).octets == ACK and len(pipe.parts) == 1
    assert next(capture).octets == ACK


# -- IP -------------------------------------------------------------------------------------------


def test_extension_headers_are_passed_over(tmp_path: Path) -> None:
    headers = [(0, bytes(7)), (60, b"\1" + bytes(14)), (43, bytes(7)), (51, b"\4" + bytes(22))]
    packet = extended(ACK, headers)
    (found,) = read(pcap([(AT, packet)], 101))
    assert found.octets == ACK
    path = tmp_path / "c.pcap"
    path.write_bytes(pcap([(AT, extended(ACK, headers[:2]))], 101))
    assert packets(path)[0]["tftp.block"] == ["7"]


def test_a_chain_of_headers_has_an_end() -> None:
    assert read(pcap([(AT, extended(ACK, [(60, bytes(7))] * 40))], 101)) == []


@pytest.mark.parametrize("version", [4, 6])
def test_fragments_are_put_together_in_any_order(version: int) -> None:
    payload = build(Data(1, bytes(range(256)) * 4))
    parts = fragments(payload, 400, version)
    assert len(parts) == 3
    for order in permutations(parts):
        twice = [order[0], *order]
        (found,), remarks = read_all(pcap([(AT, part) for part in twice], 101))
        assert found.octets == payload and found.fragments >= 3 and found.number == 4
        assert remarks == []


def test_tshark_puts_the_same_fragments_together(tmp_path: Path) -> None:
    path = tmp_path / "c.pcap"
    parts = [
        part for version in (4, 6) for part in fragments(build(Data(9, bytes(900))), 400, version)
    ]
    path.write_bytes(pcap([(AT, part) for part in parts], 101))
    found = [packet["tftp.block"] for packet in packets(path) if "tftp.block" in packet]
    assert found == [["9"], ["9"]]


def test_missing_fragments_are_told_and_take_a_fixed_room() -> None:
    parts = [fragments(bytes(900), 400, number=number)[0] for number in range(KEPT + 30)]
    found, remarks = read_all(pcap([(AT, part) for part in parts], 101))
    assert found == [] and remarks == [f"fragments of {KEPT + 30} packets are missing"]
    fragments_of = Fragments()
    for part in parts:
        piece = piece_of(part)
        assert piece is not None and fragments_of.add(piece) is None
    assert len(fragments_of._packets) == KEPT
    for part in [fragments(bytes(900), 400, number=number)[0] for number in range(1000, 1200)]:
        piece = piece_of(part)
        assert piece is not None and fragments_of.add(piece) is None
    assert len(fragments_of.torn) == 2 * KEPT


def test_fragments_that_overlap_take_a_fixed_room() -> None:
    """Each fragment begins eight octets after the one before it, and all of them are long."""
    part = fragments(bytes(9000), 8000)[0]
    fragments_of = Fragments()
    for number in range(300):
        place = struct.pack(">H", number | 0x2000)
        piece = piece_of(part[:6] + place + part[8:])
        assert piece is not None and fragments_of.add(piece) is None
        kept = fragments_of._packets.values()
        assert sum(len(octets) for each in kept for octets, _ in each._pieces.values()) < 80_000
    assert fragments_of.incomplete > 10


def test_fragments_of_which_the_capture_has_only_the_beginning() -> None:
    payload = build(Data(1, bytes(1000)))
    parts = [(AT, part) for part in fragments(payload, 400)]
    (found,), remarks = read_all(pcap(parts, 101, kept=120))
    assert found.is_cut and found.octets == payload[: 100 - 8] and found.size == len(payload)
    assert "only the beginning" in remarks[0]


def test_impossible_fragments_are_left_out() -> None:
    high = bytearray(fragments(bytes(900), 400)[1])
    high[6:8] = b"\x3f\xff"  # it would end after the end of the longest packet
    odd = bytearray(fragments(bytes(900), 400)[0])
    odd[2:4] = struct.pack(">H", len(odd) - 3)  # not the last one, and not a multiple of eight
    for part in (high, odd):
        found, remarks = read_all(pcap([(AT, bytes(part))], 101))
        assert found == [] and remarks == ["fragments of 1 packet are missing"]


def test_a_length_that_cannot_be_is_no_datagram() -> None:
    assert udp_of(udp(ACK)[:7], 7) is None
    for length, is_one in ((0, True), (7, False), (8, True), (12, True), (13, False)):
        octets = udp(ACK)[:4] + struct.pack(">H", length) + udp(ACK)[6:]
        assert (udp_of(octets, len(octets)) is not None) == is_one, length
    assert piece_of(b"") is None and piece_of(b"\x45") is None and piece_of(b"\x60" * 30) is None
    assert piece_of(b"\x41" + ip(ACK)[1:]) is None


# -- Hostile files --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "octets, why",
    [
        (b"", "the capture is empty"),
        (b"GIF89a", "this is not a capture: it begins with 47494638"),
        (pcap([]) + struct.pack("<IIII", 0, 0, 0xFFFFFFF0, 1), "packet 1 says that it has 4,294"),
        (section()[:8] + b"abcd" + section()[12:], "no byte-order magic"),
        (section() + enhanced(0, 1, ip(ACK)), "names interface 0, of 0"),
        (section() + interface(1) + struct.pack("<II", 6, 0xFFFFFFF0), "it has 4,294,967,280"),
        (section() + interface(1) + struct.pack("<II", 6, 13), "it has 13 octets"),
        (section() + interface(1) + block(6, bytes(8)), "too short for its kind"),
        (section() + interface(1) + block(5, b"")[:-4] + b"\1\0\0\0", "its two lengths differ"),
        (section() + interface(1) * 4097, "more than 4096 interfaces"),
        (gzip.compress(pcap([]))[:-8] + bytes(8), "the gzip data is damaged"),
    ],
)
def test_what_is_no_capture_is_one_line(octets: bytes, why: str) -> None:
    with pytest.raises(LocalError, match=why) as failed:
        read(octets)
    assert "\n" not in str(failed.value)


def seeds() -> dict[str, bytes]:
    packet, parts = ip(ACK), fragments(build(Data(1, bytes(900))), 400)
    found = [(AT, MAC + VLAN + IPV4 + one) for one in (packet, *parts)]
    blocks = [enhanced(0, number, frame) for number, (_, frame) in enumerate(found)]
    return {
        "pcap": pcap(found),
        "pcapng": section() + interface(1, options=b"\x09\0\x01\0\x09\0\0\0") + b"".join(blocks),
        "gzip": gzip.compress(pcap(found)),
        "IPv6": pcap([(AT, one) for one in fragments(bytes(900), 400, 6)], 101),
    }


@pytest.mark.parametrize("name", seeds())
def test_no_damage_does_more_than_one_line(name: str) -> None:
    whole = seeds()[name]
    for seed in range(1500):
        random = Random(f"{name} {seed}")
        damaged = bytearray(whole)
        for _ in range(random.randint(1, 6)):
            damaged[random.randrange(len(damaged))] = random.choice(
                (0, 1, 255, random.randrange(256))
            )
        if random.random() < 0.2:
            del damaged[random.randrange(len(damaged)) :]
        capture = Capture(io.BytesIO(bytes(damaged)))
        try:
            found = list(capture)
        except LocalError as wrong:
            assert "\n" not in str(wrong)
            continue
        assert all(len(one.octets) <= one.size for one in found), seed
        assert all(isinstance(each, str) for each in capture.remarks)


class Endless:
    """A stream of `first` and `count` copies of `unit`. It is made while it is read."""

    def __init__(self, first: bytes, unit: bytes, count: int) -> None:
        self._octets = self._made(first, unit, count)

    @staticmethod
    def _made(first: bytes, unit: bytes, count: int) -> Iterator[bytes]:
        yield first
        for _ in range(count):
            yield unit

    def read(self, size: int) -> bytes:
        return next(self._octets, b"")


def peak(stream: object) -> int:
    """Return the most octets of memory that it takes to read the stream."""
    tracemalloc.start()
    try:
        for _ in Capture(stream):  # type: ignore[arg-type]
            pass
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_memory_does_not_grow_with_the_file() -> None:
    record = pcap([(AT, ip(ACK))], 101)[24:] * 1000
    short, long = (peak(Endless(pcap([], 101), record, count)) for count in (2, 20))
    assert long < short + 100_000, (short, long)


def test_a_large_block_or_a_bomb_takes_no_more_memory() -> None:
    huge = section() + struct.pack("<II", 0xBAD, 0x7FFFFFFC)
    assert peak(Endless(huge, bytes(1 << 16), 300)) < 1_000_000
    bomb = gzip.compress(pcap([], 101) + pcap([(0, bytes(10_000))], 101)[24:] * 3000)
    assert len(bomb) < 100_000 and peak(io.BytesIO(bomb)) < 2_000_000
    lying = pcap([]) + struct.pack("<IIII", 0, 0, LARGEST, LARGEST)
    assert peak(Endless(lying, bytes(1 << 16), 17)) < 6 * LARGEST


def test_a_second_view_on_fragments_is_no_packet_that_misses_some() -> None:
    """A mirror port shows each fragment twice."""
    first, last = fragments(bytes(3000), 2000)
    for seen in ([first, first, last, last], [last, last, first, first]):
        capture = Capture(io.BytesIO(pcap([(n, each) for n, each in enumerate(seen)], 101)))
        assert [len(each.octets) for each in capture] == [3000]
        assert not capture.remarks and not capture.torn
    other = fragments(bytes(2999) + b"x", 2000)[1]
    capture = Capture(io.BytesIO(pcap([(1, first), (2, last), (3, other)], 101)))
    assert len(list(capture)) == 1 and len(capture.remarks) == 1, "`other` is of another packet"
