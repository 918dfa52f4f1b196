"""Datagrams in tunnels are read. Datagrams that only look like a tunnel are not."""

from __future__ import annotations

import io
import struct

import pytest

from tests.support.frames import IPV4, IPV6, ip, pcap
from tftp_fsm.capture.ip_headers import ip_header, udp_packet
from tftp_fsm.capture.reading import Capture
from tftp_fsm.capture.reading.tunnels import names_of

ETHERNET, RAW = 1, 101
REQUEST = b"\0\1a\0octet\0"
HOSTS = bytes((198, 51, 100, 1)), bytes((198, 51, 100, 2))
FRAME = bytes(12) + IPV4 + ip(REQUEST)
VXLAN_HEAD = bytes.fromhex("0800000000002a00")


def over_ip(protocol: int, payload: bytes) -> bytes:
    head = bytearray(ip_header(*HOSTS, len(payload)))
    head[9] = protocol
    return bytes(head) + payload


def over_ipv6(protocol: int, payload: bytes) -> bytes:
    return struct.pack(">IHBB", 6 << 28, len(payload), protocol, 64) + bytes(32) + payload


def gre(kind: int, payload: bytes, flags: int = 0, version: int = 0) -> bytes:
    return over_ip(47, struct.pack(">BBH", flags, version, kind) + payload)


def vxlan(payload: bytes, port: int = 4789) -> bytes:
    return udp_packet(("198.51.100.1", 5000), ("198.51.100.2", port), payload)


def payloads(packet: bytes, link: int = RAW) -> list[tuple[str, bytes]]:
    return [(each.to[0], each.octets) for each in Capture(io.BytesIO(pcap([(1, packet)], link)))]


TUNNELS = {
    "IP in IP": over_ip(4, ip(REQUEST)),
    "IPv4 in IPv6": over_ipv6(4, ip(REQUEST)),
    "GRE": gre(0x0800, ip(REQUEST)),
    "GRE in IPv6": over_ipv6(47, struct.pack(">BBH", 0, 0, 0x0800) + ip(REQUEST)),
    "GRE with a key": gre(0x0800, bytes(4) + ip(REQUEST), 0x20),
    "GRE with all": gre(0x0800, bytes(12) + ip(REQUEST), 0xB0),
    "bridged": gre(0x6558, FRAME),
    "ERSPAN I": gre(0x88BE, FRAME),
    "ERSPAN II": gre(0x88BE, bytes(12) + FRAME, 0x10),
    "VXLAN": vxlan(VXLAN_HEAD + FRAME),
    "two": gre(0x0800, vxlan(VXLAN_HEAD + FRAME)),
}


@pytest.mark.parametrize("packet", TUNNELS.values(), ids=TUNNELS)
def test_a_datagram_in_a_tunnel_is_read(packet: bytes) -> None:
    assert payloads(packet) == [("192.0.2.1", REQUEST)]
    assert payloads(bytes(12) + (IPV4 if packet[0] >> 4 == 4 else IPV6) + packet, ETHERNET) == [
        ("192.0.2.1", REQUEST)
    ]


def test_ipv6_in_ipv4() -> None:
    ((_, octets),) = payloads(over_ip(41, ip(REQUEST, 6)))
    assert octets == REQUEST


@pytest.mark.parametrize(
    "packet",
    [
        gre(0x0800, ip(REQUEST), version=1),
        gre(0x1234, ip(REQUEST)),
        over_ip(50, ip(REQUEST)),
        over_ip(47, b"\0"),
        over_ip(4, b""),
        gre(0x6558, b"short"),
    ],
    ids=["PPTP", "unknown", "ESP", "cut", "empty", "no frame"],
)
def test_what_carries_no_ip_is_left_out(packet: bytes) -> None:
    assert not payloads(packet)


@pytest.mark.parametrize("payload", [b"\0\3\0\1data", b"\x08\1" + bytes(6) + FRAME, VXLAN_HEAD])
def test_a_datagram_to_that_port_need_not_be_a_tunnel(payload: bytes) -> None:
    assert payloads(vxlan(payload)) == [("198.51.100.2", payload)]


def test_another_port_is_no_tunnel() -> None:
    assert payloads(vxlan(VXLAN_HEAD + FRAME, 4790)) == [("198.51.100.2", VXLAN_HEAD + FRAME)]


def test_tunnels_in_one_another_have_an_end() -> None:
    packet = ip(REQUEST)
    for _ in range(4):
        packet = over_ip(4, packet)
    assert payloads(packet)
    assert not payloads(over_ip(4, packet))


NESTED = vxlan(bytes.fromhex("0800000000000700") + bytes(12) + IPV4 + vxlan(VXLAN_HEAD + FRAME))


@pytest.mark.parametrize(
    ("tags", "packet", "names"),
    [
        ((), ip(REQUEST), ()),
        ((10,), ip(REQUEST), ("VLAN 10",)),
        ((9, 4094), ip(REQUEST), ("VLAN 9", "VLAN 4094")),
        ((1, 2, 3, 4, 5, 6, 7, 8), ip(REQUEST), tuple(f"VLAN {n}" for n in range(1, 9))),
        ((), vxlan(VXLAN_HEAD + FRAME), ("VXLAN 42",)),
        ((9, 10), vxlan(VXLAN_HEAD + FRAME), ("VLAN 9", "VLAN 10", "VXLAN 42")),
        ((9,), NESTED, ("VLAN 9", "VXLAN 7", "VXLAN 42")),
    ],
)
def test_the_networks_of_a_datagram_have_names(
    tags: tuple[int, ...], packet: bytes, names: tuple[str, ...]
) -> None:
    head = b"".join(struct.pack(">HH", 0x8100, tag) for tag in tags)
    file = io.BytesIO(pcap([(1, bytes(12) + head + IPV4 + packet)], ETHERNET))
    assert [names_of(each.network) for each in Capture(file)] == [names]
