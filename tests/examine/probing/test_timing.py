"""Retransmissions of servers that also send malformed packets, or accept one option at a time."""

from __future__ import annotations

import pytest

from tests.support.simulated_server import LINES, Answering, Files, Listener, World
from tftp_fsm.examine.checks import Verdict
from tftp_fsm.examine.probing.desk import Desk
from tftp_fsm.examine.probing.timing import LONG_ENOUGH, lost_final_ack, retransmission
from tftp_fsm.transports import Burst, Unreachable
from tftp_fsm.wire.address import Address
from tftp_fsm.wire.packets import Ack, Data, Oack, Rrq, build, parse


def saying(*payloads: bytes) -> Answering:
    """Send DATA 1 with each of these octets for each request, and nothing more."""

    def serve(listener: Listener, octets: bytes, client: Address) -> None:
        tid = listener.tid(lambda arrived: None)
        for payload in payloads:
            tid.send(Burst.of(build(Data(1, payload)), client))

    return serve


def test_what_a_stranger_sent_before_data_is_no_retransmission() -> None:
    def serve(listener: Listener, octets: bytes, client: Address) -> None:
        other = listener.network.transport(("other", 5))
        other.send(Burst.of(b"\0\1\2", client))
        listener.tid(lambda arrived: None).send(Burst.of(build(Data(1, bytes(512))), client))

    finding = retransmission(World(serve).desk())
    assert finding.verdict is Verdict.NOT_EXAMINED, finding.seen


def test_who_sends_again_while_it_is_listened_to_has_not_fallen_silent() -> None:
    desk = World(Files({"file": LINES})).desk(patience=5.0)
    assert retransmission(desk).verdict is Verdict.KEPT and not desk.met_silence
    desk = World(saying(bytes(512))).desk(patience=5.0)
    assert retransmission(desk).verdict is Verdict.NOT_EXAMINED and desk.met_silence


@pytest.mark.parametrize("patience", [10.0, 29.0, 30.0, 60.0])
def test_who_never_sends_again_departs_if_it_was_listened_to_for_long_enough(
    patience: float,
) -> None:
    finding = retransmission(World(saying(bytes(512))).desk(patience=patience))
    words = f"DATA 1 did not come again within {patience:g} s"
    if patience < LONG_ENOUGH:
        assert finding.verdict is Verdict.NOT_EXAMINED
        assert finding.seen == f"{words}: give --patience 30 to know whether it ever does"
    else:
        assert finding.verdict is Verdict.DEPARTED and finding.seen == words
        assert finding.means.startswith("DATA that was lost comes again only if the client repeats")


def test_the_last_data_that_never_comes_again_is_a_departure_after_the_same_time() -> None:
    verdicts = {}
    for patience in (10.0, 30.0):
        desk = World(saying(b"all of it")).desk(patience=patience)
        desk.known.size = 9
        verdicts[patience] = lost_final_ack(desk).verdict
    assert verdicts == {10.0: Verdict.NOT_EXAMINED, 30.0: Verdict.DEPARTED}


@pytest.mark.parametrize(
    ("patience", "verdict"), [(10.0, Verdict.NOT_EXAMINED), (40.0, Verdict.TOLD)]
)
def test_who_sends_again_once_and_never_more_is_told(patience: float, verdict: Verdict) -> None:
    finding = retransmission(World(saying(bytes(512), bytes(512))).desk(patience=patience))
    assert finding.verdict is verdict
    words = f"sent again once, after 0 s, in {patience:g} s of listening"
    advice = ": give --patience 30 to know whether it comes a second time"
    assert finding.seen == words + (advice if verdict is Verdict.NOT_EXAMINED else "")


def test_what_is_no_packet_is_told_with_its_time() -> None:
    def serve(listener: Listener, octets: bytes, client: Address) -> None:
        tid = listener.tid(lambda arrived: None)
        for datagram in (build(Data(1, bytes(512))), b"\0\1\2"):
            tid.send(Burst.of(datagram, client))

    finding = retransmission(World(serve).desk())
    assert finding.seen == "after 0.0 s came 3 octets that are no packet"


class Repeating:
    """Sends the last DATA, and once more `after` seconds, and to each ACK if `for_acks`.

    An agreed timeout is told first.
    """

    def __init__(self, after: float, *, for_acks: bool = False) -> None:
        self._after = after
        self._for_acks = for_acks

    def __call__(self, listener: Listener, octets: bytes, client: Address) -> None:
        request, clock = parse(octets), listener.network
        assert isinstance(request, Rrq)
        data = build(Data(1, b"all of it"))
        due: list[float] = []

        def heard(arrived: Burst | Unreachable) -> None:
            is_ack_0 = isinstance(arrived, Burst) and b"".join(arrived.buffers) == build(Ack(0))
            if is_ack_0 or self._for_acks:
                begin() if is_ack_0 else tid.send(Burst.of(data, client))

        def begin() -> None:
            due.append(clock.now() + self._after)
            tid.send(Burst.of(data, client))
            waited()

        def waited(arrived: object = None) -> None:
            if clock.now() < due[0]:
                clockwork.send(Burst.of(b"tick", ("clock", 1)))
            else:
                tid.send(Burst.of(data, client))

        tid = listener.tid(heard)
        clockwork = clock.transport(("clock", 1), waited)
        if request.options:
            tid.send(Burst.of(build(Oack(request.options)), client))
        else:
            begin()


def test_who_sends_the_last_data_again_after_its_ack_is_found() -> None:
    finding = lost_final_ack(_desk_of_one_block(Repeating(1.0, for_acks=True)))
    assert finding.verdict is Verdict.DEPARTED
    assert finding.seen == "DATA 1 came again after its ACK had come, too"


def test_a_copy_that_was_on_its_way_before_the_ack_is_no_answer_to_it() -> None:
    def serve(listener: Listener, octets: bytes, client: Address) -> None:
        tid = listener.tid(lambda arrived: None)
        for _ in range(3):
            tid.send(Burst.of(build(Data(1, b"all of it")), client))

    assert lost_final_ack(_desk_of_one_block(serve)).verdict is Verdict.KEPT


def _desk_of_one_block(answer: Answering, **wishes: object) -> Desk:
    desk = World(answer).desk(**wishes)
    desk.known.size, desk.known.round_trip = 9, 0.04
    return desk


@pytest.mark.parametrize(("after", "verdict"), [(2.0, Verdict.KEPT), (9.0, Verdict.DEPARTED)])
def test_an_agreed_timeout_is_awaited_for_any_patience(after: float, verdict: Verdict) -> None:
    desk = _desk_of_one_block(Repeating(after), patience=1.0)
    desk.known.has_timeout = True
    assert lost_final_ack(desk).verdict is verdict


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
