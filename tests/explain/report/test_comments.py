"""The annotated copy has every packet unchanged, and tshark shows why it was sent."""

from __future__ import annotations

import io
import struct
from pathlib import Path

from tests.conftest import require
from tests.support.frames import block, enhanced, interface, ip, section
from tests.support.overheard import asks, explained, script, slugs, to_client, to_server
from tests.support.sharks import packets
from tftp_fsm.capture.ip_headers import udp_packet
from tftp_fsm.capture.pcapng import PcapngWriter, copy_with_comments
from tftp_fsm.capture.reading import Capture
from tftp_fsm.explain.report.comments import Comments
from tftp_fsm.wire.packets import Ack, Data, Error, Oack, Rrq

FULL = bytes(512)
ANSWERED = script(
    asks(0, Rrq(b"a")),
    to_client(0.1, Data(1, bytes(512))),
    to_server(0.2, Ack(1)),
    to_client(0.3, Error(3, "no")),
    to_server(0.301, Error(4, "ERROR is no answer")),
)


def copied(octets: bytes) -> bytes:
    comments, out = Comments(), io.BytesIO()
    explained(octets, comments)
    copy_with_comments(Capture(io.BytesIO(octets)).packets(), PcapngWriter(out, None), comments.of)
    return out.getvalue()


def test_the_packets_of_the_copy_are_those_of_the_capture() -> None:
    one, two = (list(Capture(io.BytesIO(octets))) for octets in (ANSWERED, copied(ANSWERED)))
    assert one == two and len(one) == 5


def test_packets_of_other_links_and_protocols_are_copied_too() -> None:
    octets = section() + interface(101) + interface(1)
    octets += enhanced(0, 1, ip(b"x")) + enhanced(1, 2, bytes(60)) + block(4, b"")
    found = list(Capture(io.BytesIO(copied(octets))).packets())
    assert [(f.link, f.octets) for f in found] == [(101, ip(b"x")), (1, bytes(60))]


def test_tshark_shows_why_each_packet_was_sent(tmp_path: Path) -> None:
    require("tshark")
    path = tmp_path / "c.pcapng"
    path.write_bytes(copied(ANSWERED))
    said = [packet["frame.comment"] for packet in packets(path)]
    assert said[0][0].startswith("transfer 1: client sends RRQ a octet")
    assert said[1][1].startswith("if it arrives: client hears DATA 1 (512 octets). requesting:")
    assert "Its machine would not send this now." in said[4][0]
    assert said[4][-1].startswith("! An ERROR was answered. Seen: ERROR 3 was sent to the client")


def test_the_copy_of_a_packet_without_a_time_has_that_of_the_one_before() -> None:
    packet = udp_packet(("client", 1), ("server", 69), b"x")
    simple = block(3, struct.pack("<I", len(packet)) + packet)
    octets = section() + interface(101) + enhanced(0, 7, packet) + simple
    copy = io.BytesIO()
    copy_with_comments(Capture(io.BytesIO(octets)).packets(), PcapngWriter(copy, None), {})
    found = Capture(io.BytesIO(copy.getvalue())).packets()
    assert [frame.at for frame in found] == [7000, 7000]


WINDOWS = (("windowsize", "4"),)
DISORDERED = (
    asks(0, Rrq(b"a", "octet", WINDOWS)),
    to_client(0.001, Oack(WINDOWS)),
    to_server(0.002, Ack(0)),
    *(to_client(0.003 + n / 1000, Data(block, FULL)) for n, block in enumerate((1, 3, 2, 4))),
    to_server(0.007, Ack(1)),
    *(to_client(0.008 + block / 1000, Data(block, FULL)) for block in (2, 3, 4, 5)),
    to_server(0.014, Ack(5)),
    to_client(0.015, Data(6, b"x")),
    to_server(0.016, Ack(6)),
)


def test_no_timer_is_said_to_have_sent_what_came_too_soon_for_one() -> None:
    comments = Comments()
    (facts,) = explained(script(*DISORDERED), comments)
    assert facts.outcome == "complete" and facts.is_clean
    assert not [said for said in comments.of.values() if "timeout_expired" in said[0]]
    assert "A later block has overtaken it." in comments.of[6][0]
    assert "It comes too soon for a time-out." in comments.of[13][0]


def test_blocks_that_come_again_behind_a_gap_are_counted() -> None:
    for is_watched in (False, True):
        (facts,) = explained(script(*DISORDERED), *[Comments()] * is_watched)
        assert facts.sides["server"].retransmissions == 3
        assert slugs(facts, "note") == ["overtaken", "retransmission"]
        lost = [line for n, line in enumerate(DISORDERED) if n != 5]
        (facts,) = explained(script(*lost), *[Comments()] * is_watched)
        assert facts.sides["server"].retransmissions == 2, "of 2, 3 and 4 the first was lost"
        assert slugs(facts, "note") == ["retransmission", "not-captured"]
