"""Options that nobody asked for are reported, and our session does not get them."""

from __future__ import annotations

import pytest

from tftp_fsm.examine.probing.tap import Seen
from tftp_fsm.examine.probing.unrequested_options import (
    Answered,
    answered,
    unasked,
    without_unasked,
)
from tftp_fsm.transports.faults import UNHARMED, Direction
from tftp_fsm.wire.packets import Ack, Oack, Packet, Pairs, Rrq, build

ASKED = (("BlkSize", "1428"),)
MORE = (("blksize", "512"), ("tsize", "9"))


def test_a_name_is_the_same_in_upper_and_lower_case() -> None:
    assert unasked(ASKED, MORE) == (("tsize", "9"),)
    assert unasked((), MORE) == MORE


@pytest.mark.parametrize(
    ("datagram", "arrives"),
    [
        (build(Oack(MORE)), build(Oack(MORE[:1]))),
        (build(Oack(MORE[1:])), build(Oack(()))),
        (build(Oack(MORE[:1])), None),
        (b"\0\6blksize", None),
    ],
)
def test_only_what_was_asked_for_arrives(datagram: bytes, arrives: bytes | None) -> None:
    rule = without_unasked(ASKED)
    assert rule.matches("received", datagram) and rule.holds(7)
    fate = rule.fate_of(datagram)
    assert fate.octets == arrives
    assert (fate is UNHARMED) is (arrives is None)


def seen(direction: Direction, packet: Packet) -> Seen:
    octets = build(packet)
    return Seen(0.0, direction, octets, len(octets), ("server", 69))


@pytest.mark.parametrize(
    ("answer", "extra"), [(Oack(MORE), (("tsize", "9"),)), (Oack(MORE[:1]), ()), (Ack(0), None)]
)
def test_the_first_oack_of_a_session_is_looked_at(answer: Packet, extra: Pairs | None) -> None:
    session = [seen("sent", Rrq(b"file", "octet", ASKED)), seen("received", answer)]
    assert answered(session) == (None if extra is None else Answered(extra, is_uncalled=False))


def test_an_oack_to_a_request_without_options_is_seen() -> None:
    session = [seen("sent", Rrq(b"file", "octet", ())), seen("received", Oack(()))]
    assert answered(session) == Answered((), is_uncalled=True)
