"""The same addresses in two VLANs are two transfers; a packet that both have counts once."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable, Iterable

import pytest

from tests.support.frames import IPV4, IPV6, fragments, numbered, pcap
from tests.support.overheard import (
    CLIENT,
    Line,
    asks,
    explained,
    message,
    slugs,
    to_client,
    to_server,
)
from tftp_fsm.capture.ip_headers import udp_packet
from tftp_fsm.capture.reading import Capture
from tftp_fsm.explain.packets import vlans
from tftp_fsm.explain.report.facts import Facts, as_json
from tftp_fsm.explain.report.report import lines_of
from tftp_fsm.wire.packets import Ack, Data, Rrq, build

FULL = bytes(512)
START = 1_700_000_000_000_000_000
Tags = tuple[int, ...]
Shown = tuple[float, Tags, bytes]


def frame(tags: Tags, packet: bytes) -> bytes:
    """Return an Ethernet frame. The last tag is the inner one."""
    head = b"".join(struct.pack(">HH", 0x8100, tag) for tag in tags)
    return bytes(12) + head + (IPV4 if packet[0] >> 4 == 4 else IPV6) + packet


def told(shown: Iterable[Shown]) -> list[Facts]:
    """Explain these packets in the order of their times."""
    found = sorted(shown, key=lambda each: each[0])
    file = pcap([(START + round(at * 1e9), frame(t, p)) for at, t, p in found], 1, unit=1)
    return sorted(explained(file), key=lambda facts: facts.number)


def transfer(blocks: int = 6, begin: float = 0.0, payload: bytes = FULL) -> list[Line]:
    """Return a get. It has the same ports as any other one."""
    lines = [asks(begin, Rrq(b"a"))]
    for block in range(1, blocks + 1):
        at = begin + block / 10
        octets = payload if block < blocks else b"x"
        lines += [to_client(at, Data(block, octets)), to_server(at + 0.01, Ack(block))]
    return lines


def in_vlan(lines: list[Line], *tags: int, first: int = 1) -> list[Shown]:
    """Each packet with these tags. Numbers in IP headers count from `first`; 0: all are 0."""
    shown = []
    for n, (at, source, to, packet) in enumerate(lines):
        octets = packet if isinstance(packet, bytes) else build(packet)
        datagram = udp_packet(source, to, octets)
        shown.append((at, tags, numbered(datagram, first and first + n)))
    return shown


def again_in(
    shown: list[Shown], change: Callable[[Tags], Tags], later: float = 5e-6
) -> list[Shown]:
    """Return the same packets with other tags, a little later."""
    return [(at + later, change(tags), packet) for at, tags, packet in shown]


def assert_one(found: list[Facts], blocks: int = 6) -> None:
    (facts,) = found
    assert (facts.outcome, facts.findings) == ("complete", ())
    assert [side.packets for side in facts.sides.values()] == [blocks + 1, blocks]


# -- Two networks ---------------------------------------------------------------------------------


@pytest.mark.parametrize("first", [0, 1])
@pytest.mark.parametrize(
    "tags", [((10,), (20,)), ((), (20,)), ((9, 10), (10,)), ((5, 10), (6, 10))]
)
@pytest.mark.parametrize("begin", [0.002, 0.055, 0.3])
def test_the_same_addresses_in_two_vlans_are_two_transfers(
    tags: tuple[Tags, Tags], first: int, begin: float
) -> None:
    one = in_vlan(transfer(6), *tags[0], first=first)
    two = in_vlan(transfer(4, begin, b"y" * 512), *tags[1], first=first and 700)
    found = told([*one, *two])
    assert [each.outcome for each in found] == ["complete", "complete"]
    assert [each.octets for each in found] == [5 * 512 + 1, 3 * 512 + 1]
    assert not any(each.findings for each in found)


def test_each_vlan_has_its_own_clients_that_begin_anew() -> None:
    """The client in VLAN 20 leaves its first transfer; the one in VLAN 10 goes on."""
    one = in_vlan(transfer(9), 10)
    two = in_vlan(transfer(9, 0.05)[:6], 20, first=500)
    then = in_vlan(transfer(3, 3), 20, first=600)
    found = told([*one, *two, *then])
    assert [each.outcome for each in found] == ["complete", "unfinished", "complete"]
    assert slugs(found[1], "trouble", "note") == ["given-up"]


def test_the_vlan_of_a_transfer_is_named() -> None:
    one, two = told([*in_vlan(transfer(6), 9, 10), *in_vlan(transfer(4, 0.002), 20, first=700)])
    assert (one.networks, two.networks) == (("VLAN 9", "VLAN 10"), ("VLAN 20",))
    assert list(lines_of(one))[2] == "   network: VLAN 9, VLAN 10"
    assert as_json(two)["networks"] == ("VLAN 20",)


def test_a_transfer_without_a_tag_has_no_line_about_it() -> None:
    (facts,) = told(in_vlan(transfer()))
    assert facts.networks == () and "network" not in "".join(lines_of(facts))


def test_fragments_of_two_vlans_are_not_put_together() -> None:
    octets = {tag: build(Data(1, bytes([tag]) * 900)) for tag in (10, 20)}
    parts = {tag: fragments(octets[tag], 400) for tag in octets}
    shown = [(n / 10 + tag / 1e4, (tag,), parts[tag][n]) for tag in octets for n in range(3)]
    packets = [(START + round(at * 1e9), frame(t, p)) for at, t, p in sorted(shown)]
    found = [each.octets for each in Capture(io.BytesIO(pcap(packets, 1, unit=1)))]
    assert sorted(found) == [octets[10], octets[20]]


def test_a_message_of_icmp_is_about_the_transfer_of_its_vlan() -> None:
    lines = {tag: [asks(tag / 100, Rrq(b"a"))] for tag in (10, 20)}
    shown = [each for tag in lines for each in in_vlan(lines[tag], tag, first=tag)]
    closed = message(lines[20][0], 3, 3)
    found = told([*shown, (0.3, (20,), bytes(closed)), (9.0, (10,), shown[0][2])])
    assert "port-closed" not in slugs(found[0]) and slugs(found[1]) == ["port-closed"]


def test_there_is_a_fixed_number_of_networks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vlans, "MOST", 2)
    shown = [
        each for tag in (1, 2, 3) for each in in_vlan(transfer(2, tag / 1000), tag, first=tag * 100)
    ]
    assert len(told(shown)) >= 2


# -- One network ----------------------------------------------------------------------------------


@pytest.mark.parametrize("first", [0, 1])
@pytest.mark.parametrize(
    "change",
    [
        lambda tags: (),  # a trunk, and a port without tags
        lambda tags: (20,),  # a router sends it on in another VLAN
        lambda tags: (9, *tags),  # a provider's tag around it
    ],
)
@pytest.mark.parametrize("later", [5e-6, -5e-6])
def test_a_packet_that_is_seen_in_two_vlans_counts_once(
    change: Callable[[Tags], Tags], first: int, later: float
) -> None:
    shown = in_vlan(transfer(), 10, first=first)
    assert_one(told([*shown, *again_in(shown, change, later)]))


def test_a_capture_that_has_missed_views_has_the_same_network() -> None:
    for miss in range(13):
        shown = in_vlan(transfer(), 10)
        views = again_in(shown, lambda _: (20,))
        assert_one(told([*shown, *views[:miss], *views[miss + 1 :]]))
        if miss:
            assert_one(told([*shown[:miss], *shown[miss + 1 :], *views]))


@pytest.mark.parametrize("tags", [((10,), (20,)), ((10,), ()), ((), (10,))])
def test_the_two_directions_may_have_two_tags(tags: tuple[Tags, Tags]) -> None:
    lines = transfer()
    shown = in_vlan(lines)
    sides = [tags[line[1] != CLIENT] for line in lines]
    assert_one(
        told([(at, side, packet) for (at, _, packet), side in zip(shown, sides, strict=True)])
    )


def test_a_retransmission_in_two_vlans_is_one_retransmission() -> None:
    lines = transfer()
    again = in_vlan([to_client(0.2005, Data(2, FULL))], 10, first=900)
    shown = [*in_vlan(lines, 10), *again]
    (facts,) = told([*shown, *again_in(shown, lambda _: (20,))])
    server = facts.sides["server"]
    assert (facts.outcome, server.packets, server.copies + server.retransmissions) == (
        "complete",
        7,
        1,
    )


def test_a_priority_without_a_vlan_is_no_tag() -> None:
    lines = transfer()
    shown = in_vlan(lines)
    assert_one(told([(at, (7 << 13,) if n % 2 else (), p) for n, (at, _, p) in enumerate(shown)]))
