"""A mirror port shows each packet twice on one interface; a network that copies some does not."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest

from tests.support.campaign import accusations, captured, told
from tests.support.captures import Captured as Datagram
from tests.support.frames import numbered, pcap
from tests.support.overheard import (
    RAW,
    Ended,
    asks,
    overheard,
    slugs,
    to_client,
    to_server,
)
from tftp_fsm.capture.ip_headers import udp_packet
from tftp_fsm.capture.reading import Capture
from tftp_fsm.explain.packets import doubled
from tftp_fsm.explain.packets.doubled import Doubled
from tftp_fsm.explain.reader import Explaining
from tftp_fsm.explain.report.facts import Facts
from tftp_fsm.transports.faults import Faults
from tftp_fsm.wire.packets import Ack, Data, Packet, Rrq, build

FULL = bytes(512)
LATER = 3_000  # nanoseconds between a packet and its copy
Number = Callable[[int], int]


def shown(
    datagrams: list[Datagram], copies: Callable[[int], bool], number: Number = lambda n: n + 1
) -> tuple[list[Facts], list[str]]:
    """Return the report on a capture with copies of some of its packets, and the remarks."""
    packets = []
    for n, each in enumerate(datagrams):
        packet = numbered(udp_packet(each.source, each.to, each.octets), number(n))
        at = 10**18 + round(each.now * 10**9)
        packets += [(at, packet)] + [(at + LATER, packet)] * copies(n)
    ended = Ended()
    explaining = Explaining([ended])
    for datagram in Capture(io.BytesIO(pcap(packets, RAW, unit=1))):
        explaining.take(datagram)
    explaining.close()
    return ended.facts, explaining.remarks


def always(_: int) -> bool:
    return True


def transfer(size: int = 4000, faults: Faults | None = None) -> list[Datagram]:
    return overheard("get", bytes(size), faults)[1]


def test_each_packet_twice_is_one_transfer_without_findings() -> None:
    (facts,), remarks = shown(transfer(), always)
    assert facts.outcome == "complete" and not facts.findings
    assert [side.copies for side in facts.sides.values()] == [0, 0]
    assert len(remarks) == 1 and "mirror port" in remarks[0]


def test_the_shortest_transfer_is_known_as_doubled() -> None:
    (facts,), remarks = shown(transfer(7), always)
    assert not facts.findings and remarks


def test_a_transfer_is_known_as_doubled_though_a_few_packets_are_not() -> None:
    (facts,), _ = shown(transfer(20_000), lambda n: n % 15 != 7)
    assert not facts.findings


def test_retransmissions_still_count() -> None:
    datagrams = transfer(20_000, Faults(loss=0.1, seed=4))
    (plain,), _ = shown(datagrams, lambda n: False)
    (facts,), _ = shown(datagrams, always)
    assert facts.sides == plain.sides
    assert sum(side.retransmissions for side in facts.sides.values())


def test_other_numbers_are_other_packets() -> None:
    """The server answers each repeated ACK, as it must not, and each packet has its own number."""
    lines = [asks(0, Rrq(b"a")), to_client(0.01, Data(1, FULL))]
    for n in range(1, 40):
        lines += [to_server(0.01 * n + 0.001 * k, Ack(n)) for k in (1, 2)]
        lines += [to_client(0.01 * n + 0.001 * k, Data(n + 1, FULL)) for k in (1.1, 2.1)]
    datagrams = [_datagram(*line) for line in sorted(lines, key=lambda line: line[0])]
    (facts,), remarks = shown(datagrams, lambda n: False)
    assert "sorcerer" in slugs(facts) and not remarks
    (facts,), remarks = shown(datagrams, lambda n: False, lambda n: 7)
    assert "sorcerer" in slugs(facts) and not remarks, "one number for all packets is none"
    (facts,), remarks = shown(datagrams, always)
    assert "sorcerer" in slugs(facts) and remarks, "a mirror port hides no fault"


def _datagram(now: float, source: object, to: object, packet: Packet | bytes) -> Datagram:
    octets = packet if isinstance(packet, bytes) else build(packet)
    return Datagram(now, source, to, octets)  # type: ignore[arg-type]


def test_a_network_that_copies_packets_is_told_as_such() -> None:
    for copies in (lambda n: n % 4 > 1, lambda n: n in (1, 3)):
        (facts,), remarks = shown(transfer(), copies)
        assert "copies" in slugs(facts, "note") and not remarks


def test_one_direction_may_have_no_numbers() -> None:
    datagrams = transfer()
    (facts,), _ = shown(datagrams, always, lambda n: (n % 2) * (n + 1))
    assert not facts.findings
    _, remarks = shown(datagrams, always, lambda n: 0)
    assert not remarks, "nothing proves it"


@pytest.mark.parametrize("is_asked_twice", [True, False])
def test_without_numbers_a_mirror_port_may_be_it_if_the_request_came_twice_too(
    is_asked_twice: bool,
) -> None:
    """The packets before the first ACK came twice without an ACK."""
    (facts,), _ = shown(transfer(9000), lambda n: n > 0 or is_asked_twice, lambda n: 0)
    (found,) = (each for each in facts.findings if each.slug == "sorcerer")
    assert found.is_guess is is_asked_twice and facts.is_clean is is_asked_twice
    assert ("mirror port" in found.usual_cause) is is_asked_twice and found.count > 2


@pytest.mark.parametrize("until, number", [(9, 0), (40, 1)])
def test_a_sender_that_answers_each_ack_may_have_been_asked_twice(until: int, number: int) -> None:
    """A mirror port shows nearly all packets twice. Two numbers of the server are two packets."""
    lines = [asks(at, Rrq(b"a")) for at in (0, 0.0005)]
    lines += [to_client(at, Data(1, FULL)) for at in (0.01, 0.0101)]
    for n in range(1, 40):
        for k in (1, 2) if n < until else (1,):
            lines.append(to_server(0.01 * n + 0.0001 * k, Ack(n)))
            lines.append(to_client(0.01 * n + 0.0001 * k + 0.0005, Data(n + 1, FULL)))
    lines.sort(key=lambda line: line[0])
    datagrams = [_datagram(*line) for line in lines]
    (facts,), _ = shown(datagrams, lambda _: False, lambda n: n % 4 // 2 * n * number)
    assert "sorcerer" in slugs(facts)


def test_without_numbers_only_what_is_close_is_a_copy() -> None:
    lines = [asks(0, Rrq(b"a"))]
    for n in range(1, 13):
        lines += to_client(0.02 * n, Data(n, FULL)), to_server(0.02 * n + 0.01, Ack(n))
    packets = []
    for place, line in enumerate(lines):
        each = _datagram(*line)
        packet = numbered(udp_packet(each.source, each.to, each.octets), place % 2 * place)
        packets += [(round(each.now * 10**9) + LATER * again, packet) for again in (0, 1)]
    packets[-1] = packets[-1][0] + 50_000_000, packets[-1][1]
    looks = Doubled()
    datagrams = list(Capture(io.BytesIO(pcap(packets, RAW, unit=1))))
    looks.look_ahead(datagrams)
    assert [looks.gap(each) for each in datagrams] == [*(24 * [None, LATER]), None, None]
    assert looks.count == 24


def test_a_fixed_number_of_packets_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doubled, "KEPT", 3)
    looks = Doubled()
    for n in range(20):
        packet = udp_packet((f"192.0.2.{n}", 1), ("192.0.2.99", 2), build(Ack(n)))
        looks.look_ahead(Capture(io.BytesIO(pcap([(n, numbered(packet, 9))], RAW))))
    assert len(looks._pairs) == 3
    assert 3 <= len(looks._seen) + len(looks._seen_earlier) <= 2 * 3


@pytest.mark.parametrize("level", ["calm", "mild", "harsh"])
def test_no_end_is_accused(level: str) -> None:
    for seed in range(8):
        assert not accusations(told(captured(seed, level, is_mirrored=True).octets))  # type: ignore[arg-type]
