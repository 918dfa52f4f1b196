"""Retransmissions of servers that also send what is no packet, or take options singly."""

from __future__ import annotations

from tests.support.simulated_server import LINES, Files, Listener, World
from tftp_fsm.examine.checks import Verdict
from tftp_fsm.examine.probing.timing import lost_final_ack, retransmission
from tftp_fsm.transports import Burst
from tftp_fsm.wire.address import Address
from tftp_fsm.wire.packets import Data, Rrq, build, parse


def test_what_a_stranger_sent_before_data_is_no_retransmission() -> None:
    def serve(listener: Listener, octets: bytes, client: Address) -> None:
        other = listener.network.transport(("other", 5))
        other.send(Burst.of(b"\0\1\2", client))
        listener.tid(lambda arrived: None).send(Burst.of(build(Data(1, bytes(512))), client))

    finding = retransmission(World(serve).desk())
    assert finding.verdict is Verdict.NOT_EXAMINED, finding.seen


def test_what_is_no_packet_is_told_with_its_time() -> None:
    def serve(listener: Listener, octets: bytes, client: Address) -> None:
        tid = listener.tid(lambda arrived: None)
        for datagram in (build(Data(1, bytes(512))), b"\0\1\2"):
            tid.send(Burst.of(datagram, client))

    finding = retransmission(World(serve).desk())
    assert finding.seen == "after 0.0 s came 3 octets that are no packet"


def test_who_sends_the_last_data_again_after_its_ack_is_found() -> None:
    def serve(listener: Listener, octets: bytes, client: Address) -> None:
        tid = listener.tid(lambda arrived: None)
        for _ in range(3):
            tid.send(Burst.of(build(Data(1, b"all of it")), client))

    desk = World(serve).desk()
    desk.known.size = 9
    finding = lost_final_ack(desk)
    assert finding.verdict is Verdict.DEPARTED
    assert finding.seen == "DATA 1 came again after its ACK had come, too"


def test_options_that_are_not_agreed_together_leave_the_check_out() -> None:
    def serve(listener: Listener, octets: bytes, client: Address) -> None:
        request = parse(octets)
        assert isinstance(request, Rrq)
        alone = build(Rrq(request.filename, request.mode, request.options[:1]))
        Files({"file": LINES})(listener, alone, client)

    desk = World(serve).desk()
    desk.known.size, desk.known.most_blksize, desk.known.has_timeout = len(LINES), 65464, True
    finding = lost_final_ack(desk)
    assert finding.verdict is Verdict.NOT_EXAMINED
    assert finding.seen == "blksize 1428 was asked for, and not agreed to"
