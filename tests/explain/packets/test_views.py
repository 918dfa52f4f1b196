"""A capture on several interfaces shows packets twice; a copy on the wire is no second view."""

from __future__ import annotations

import io

import pytest

from tests.support.frames import enhanced, interface, section
from tests.support.overheard import Line, asks, explained, script, slugs, to_client, to_server
from tftp_fsm.capture.ip_headers import udp_packet
from tftp_fsm.capture.reading import Capture, Captured
from tftp_fsm.explain.packets import views
from tftp_fsm.explain.packets.views import APART, BEGINNING, KEPT_GAPS, Gaps, Views
from tftp_fsm.explain.reader import Explaining
from tftp_fsm.explain.report.facts import Facts
from tftp_fsm.explain.transfer.transfer import Transfer
from tftp_fsm.wire.packets import Ack, Data, Oack, Rrq, build

FULL = bytes(512)

LINES = (
    asks(0, Rrq(b"a")),
    to_client(0.1, Data(1, bytes(512))),
    to_server(0.2, Ack(1)),
    to_client(0.3, Data(2, b"x")),
    to_server(0.4, Ack(2)),
)


def seen_on(octets: bytes, *interfaces: int) -> bytes:
    """A capture in which each packet is seen on these interfaces, one after the other."""
    parts = [section(), interface(101), interface(101)]
    for frame in Capture(io.BytesIO(octets)).packets():
        for place, number in enumerate(interfaces):
            at = (frame.at or 0) // 1000 + 5 * place
            parts.append(enhanced(number, at, frame.octets))
    return b"".join(parts)


def test_two_interfaces_are_one_transfer() -> None:
    for order in ((0, 1), (1, 0)):
        (facts,) = explained(seen_on(script(*LINES), *order))
        assert facts.outcome == "complete" and not facts.findings
        assert [side.packets for side in facts.sides.values()] == [3, 2]


def test_a_copy_on_one_interface_is_a_copy() -> None:
    lines = (*LINES[:2], to_client(0.1001, Data(1, bytes(512))), *LINES[2:])
    (facts,) = explained(script(*lines))
    assert slugs(facts, "note") == ["copies"]
    (facts,) = explained(seen_on(script(*lines), 0, 1))
    assert slugs(facts, "note") == ["copies"] and facts.sides["server"].copies == 1


def test_a_retransmission_is_no_second_view() -> None:
    lines = (*LINES[:2], to_client(0.9, Data(1, bytes(512))), *((n + 1, *r) for n, *r in LINES[2:]))
    (facts,) = explained(seen_on(script(*lines), 0, 1))  # type: ignore[arg-type]
    assert facts.sides["server"].retransmissions == 1


def test_a_packet_that_another_interface_shows_much_later_was_sent_again() -> None:
    """One interface has missed the first request, and the other one the second."""
    parts = [section(), interface(101), interface(101)]
    lines = asks(0, Rrq(b"a")), asks(2, Rrq(b"a"))
    for number, frame in enumerate(Capture(io.BytesIO(script(*lines))).packets()):
        parts.append(enhanced(number, (frame.at or 0) // 1000, frame.octets))
    (facts,) = explained(b"".join(parts))
    assert facts.sides["client"].packets == 2 and facts.sides["client"].retransmissions == 1


def test_a_fixed_number_of_packets_may_be_seen_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views, "KEPT", 3)
    seen = Views()
    for number in range(20):
        at = number, number, number % 2, ("a", 1), ("b", 2), bytes([number]), 1
        assert not seen.is_second(Captured(*at))
    assert len(seen._seen) == 3


def test_the_gap_is_between_the_first_view_and_the_last_one_of_a_copy() -> None:
    """Three interfaces show a packet, and then a copy of it."""
    seen, gaps = Views(), []
    for number, at in ((0, 10), (1, 13), (2, 17), (0, 20), (1, 24), (2, 29)):
        if seen.is_second(Captured(1, at, number, ("a", 1), ("b", 2), b"x", 1)):
            gaps.append(seen.gap)
    assert gaps == [3, 7, 4, 9] and seen.count == 4


def apart(*each: int, packets: int = 4) -> int:
    gaps = Gaps()
    for gap in each:
        gaps.add(gap)
    return gaps.apart(packets)


def test_views_that_are_far_apart_tell_nothing_of_the_clocks() -> None:
    assert apart(APART + 1) == 0 and apart(3, APART + 1) == 3


def test_one_large_gap_among_others_does_not_count() -> None:
    assert apart(5, 9, 5) == 5
    assert apart(5, 9, 5, 9, 5) == 5
    assert apart(*[5] * 20, 9, 9, 9) == 9  # the few packets of one direction


def test_few_gaps_count_only_at_the_beginning() -> None:
    assert apart(7) == apart(7, 6) == 7
    assert apart(7, packets=BEGINNING) == 7 and apart(7, 7, packets=BEGINNING + 1) == 0
    assert apart(7, 7, 7, packets=BEGINNING + 1) == 7


def test_a_fixed_number_of_gaps_is_kept() -> None:
    gaps = Gaps()
    for gap in (9, 9, 9, *range(10 * KEPT_GAPS)):
        gaps.add(gap % 7)
    assert len(gaps._gaps) == KEPT_GAPS
    for _ in range(KEPT_GAPS):  # the clocks come nearer to each other
        gaps.add(2)
    assert gaps.apart(4) == 2


# -- Pairs that are no views, and a sender that does not wait -------------------------------------

OTHERS = ("198.51.100.1", 123), ("198.51.100.2", 123)
SOON, GAP = 0.09, 0.005  # seconds


def one_block_ahead(blocks: int, after: int = 1) -> list[Line]:
    """A get in which each DATA comes before the ACK of the block before, from block `after` on."""
    lines = [asks(0, Rrq(b"a"))]
    for block in range(1, after):
        at = 2 * GAP * block
        lines += [to_client(at, Data(block, FULL)), to_server(at + GAP, Ack(block))]
    lines.append(to_client(2 * GAP * after, Data(after, FULL)))
    for block in range(after + 1, blocks + 1):
        at = 2 * GAP * block
        payload = FULL if block < blocks else b"x"
        lines += [to_client(at, Data(block, payload)), to_server(at + GAP, Ack(block - 1))]
    return [*lines, to_server(lines[-1][0] + GAP, Ack(blocks))]


def found(views: list[tuple[int, Line]]) -> Facts:
    parts = [section(), interface(101), interface(101)]
    for view, (now, source, to, packet) in sorted(views, key=lambda each: each[1][0]):
        octets = packet if isinstance(packet, bytes) else build(packet)
        parts.append(enhanced(view, round((1 + now) * 1e6), udp_packet(source, to, octets)))
    (facts,) = explained(b"".join(parts))
    return facts


def departures(facts: Facts) -> list[tuple[str, int]]:
    severe = [each for each in facts.findings if each.kind.severity == "departure"]
    return [(each.slug, each.count) for each in severe]


def test_datagrams_of_others_tell_nothing_of_the_views_on_a_transfer() -> None:
    """Another program sends the same again, and each interface has missed one of the two."""
    views = [(0, line) for line in one_block_ahead(6)]
    poison: list[tuple[int, Line]] = [
        (0, (-0.1, *OTHERS, b"\x23same")),
        (1, (SOON - 0.1, *OTHERS, b"\x23same")),
    ]
    assert departures(found(views)) == [("unacknowledged", 5)]
    assert departures(found(poison + views)) == [("unacknowledged", 5)]


def test_a_packet_that_was_sent_again_tells_nothing_if_others_are_seen_twice() -> None:
    """The request comes twice within a moment, and each interface has missed one of them."""
    views: list[tuple[int, Line]] = [(0, asks(-SOON, Rrq(b"a"))), (1, asks(0, Rrq(b"a")))]
    for now, source, to, packet in one_block_ahead(6)[1:]:
        views += [(view, (now + view * 1e-5, source, to, packet)) for view in (0, 1)]
    assert departures(found(views)) == [("unacknowledged", 5)]


def test_a_packet_that_was_sent_again_hides_no_departure_of_a_longer_transfer() -> None:
    views: list[tuple[int, Line]] = [(0, asks(-SOON, Rrq(b"a"))), (1, asks(0, Rrq(b"a")))]
    views += [(0, line) for line in one_block_ahead(12, after=9)[1:]]
    assert departures(found(views)) == [("unacknowledged", 3)]


def test_an_answer_that_is_seen_before_its_request_tells_the_gap() -> None:
    """It belongs to no pair of addresses yet when it is seen for the second time."""
    explaining, begun = Explaining([watcher := Begun()]), watcher.transfers
    for number, (at, view, line) in enumerate(
        (
            (1, 1, to_client(0, Oack((("tsize", "9"),)))),
            (2, 0, asks(0, Rrq(b"a", "octet", (("tsize", "0"),)))),
            (4, 0, to_client(0, Oack((("tsize", "9"),)))),
        )
    ):
        _, source, to, packet = line
        assert not isinstance(packet, bytes)
        octets = build(packet)
        explaining.flows.take(Captured(number, at, view, source, to, octets, len(octets)))
    assert begun[0].gaps.apart(1) == 3


class Begun:
    """Collects the transfers."""

    def __init__(self) -> None:
        self.transfers: list[Transfer] = []

    def begins(self, transfer: Transfer) -> None:
        self.transfers.append(transfer)

    def ends(self, transfer: Transfer, facts: Facts) -> None:
        pass
