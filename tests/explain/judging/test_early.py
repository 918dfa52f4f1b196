"""Packets that have changed places with the next one: in the capture, or by a mistake."""

from __future__ import annotations

from random import Random
from typing import Literal

import pytest

from tests.support.captures import Captured as Datagram
from tests.support.frames import enhanced, interface, section
from tests.support.overheard import (
    Line,
    as_pcap,
    asks,
    explained,
    first,
    overheard,
    script,
    slugs,
    to_client,
    to_server,
)
from tftp_fsm.capture.ip_headers import udp_packet
from tftp_fsm.explain.judging.early import CLOSE, MOST
from tftp_fsm.explain.report.facts import Facts
from tftp_fsm.explain.report.report import lines_of
from tftp_fsm.explain.transfer.transfer import Transfer
from tftp_fsm.transports.faults import Faults
from tftp_fsm.wire.options import offer
from tftp_fsm.wire.packets import Ack, Data, Oack, Rrq

FULL = bytes(512)
NEAR, FAR = CLOSE / 2e9, 2 * CLOSE / 1e9  # seconds
RRQ = asks(0, Rrq(b"a"))
WINDOW = (("windowsize", "4"),)


class Blocks:
    """Collects the numbers of the blocks that the receiver keeps."""

    def __init__(self) -> None:
        self.numbers: list[int] = []

    def begins(self, transfer: Transfer) -> None:
        transfer.on_block = lambda block, octets, is_cut: self.numbers.append(block)

    def ends(self, transfer: Transfer, facts: Facts) -> None:
        pass


def told(*lines: Line, is_logged: bool = False) -> tuple[Facts, list[int]]:
    blocks = Blocks()
    (facts,) = explained(script(*lines), blocks, is_logged=is_logged)
    return facts, blocks.numbers


def lock_step(apart: float, *swapped: int, kind: str = "ACK") -> list[Line]:
    """A get of nine blocks. These ACKs come so much behind the DATA that follows them.

    With `kind` DATA these DATA come so much behind their own ACK.
    """
    lines = [RRQ]
    for block in range(1, 10):
        at, payload = block / 10, FULL if block < 9 else b"x"
        data_at = at + 0.01 + apart if block in swapped and kind == "DATA" else at
        ack_at = at + 0.1 + apart if block in swapped and kind == "ACK" else at + 0.01
        lines += [to_client(data_at, Data(block, payload)), to_server(ack_at, Ack(block))]
    return sorted(lines, key=lambda line: line[0])


@pytest.mark.parametrize("kind", ["ACK", "DATA"])
@pytest.mark.parametrize("is_logged", [False, True])
def test_two_packets_that_are_close_may_have_changed_places(kind: str, is_logged: bool) -> None:
    facts, blocks = told(*lock_step(NEAR, 3, kind=kind), is_logged=is_logged)
    assert not facts.findings and facts.outcome == "complete", list(lines_of(facts))
    assert blocks == list(range(1, 10))


@pytest.mark.parametrize(
    "kind, slug, who",
    [("ACK", "unacknowledged", "server"), ("DATA", "ack-of-unsent", "client")],
)
def test_what_is_further_apart_is_a_departure(kind: str, slug: str, who: str) -> None:
    facts, _ = told(*lock_step(FAR, 3, kind=kind))
    assert first(facts) == (slug, who), list(lines_of(facts))


@pytest.mark.parametrize(
    "kind, slug, who",
    [("ACK", "unacknowledged", "server"), ("DATA", "ack-of-unsent", "client")],
)
def test_what_changes_places_again_and_again_is_a_guess(kind: str, slug: str, who: str) -> None:
    """A capture whose clocks for the two directions differ looks like this, too."""
    facts, _ = told(*lock_step(NEAR, 2, 3, 4, 5, 6, 7, kind=kind))
    (found,) = (each for each in facts.findings if each.severity == "guess")
    assert not slugs(facts) and (found.slug, found.who, found.count) == (slug, who, 6), list(
        lines_of(facts)
    )
    assert found.last > found.packet and found.expected
    assert slugs(told(*lock_step(NEAR, 2, 3, kind=kind))[0]) == []
    assert slugs(told(*lock_step(NEAR, 2, 5, 7, kind=kind))[0]) == []


def test_a_hole_in_the_capture_is_no_swap() -> None:
    """ACK 2 was not captured, and ACK 3 comes at once."""
    lines = lock_step(NEAR)
    lines[3:8] = [
        to_client(0.2, Data(2, FULL)),
        to_client(0.2001, Data(3, FULL)),
        to_server(0.2002, Ack(3)),
        to_client(0.4, Data(4, FULL)),
        to_server(0.41, Ack(4)),
    ]
    facts, _ = told(*[line for line in lines if line[3] != Ack(2)])
    assert slugs(facts) == [] and facts.sides["client"].missing == 1, list(lines_of(facts))


def test_a_whole_window_before_the_ack_of_the_one_before() -> None:
    head = (
        asks(0, Rrq(b"a", "octet", WINDOW)),
        to_client(0.1, Oack(WINDOW)),
        to_server(0.11, Ack(0)),
    )
    one = [to_client(0.12 + n / 1e6, Data(n, FULL)) for n in range(1, 5)]
    two = [to_client(0.13 + n / 1e6, Data(n, FULL)) for n in range(5, 9)]
    last = to_server(0.14, Ack(8)), to_client(0.15, Data(9, b"x")), to_server(0.16, Ack(9))
    facts, blocks = told(*head, *one, *two, to_server(0.13001, Ack(4)), *last)
    assert not facts.findings and blocks == list(range(1, 10)), list(lines_of(facts))


def test_an_ack_before_two_blocks_of_its_window() -> None:
    head = (
        asks(0, Rrq(b"a", "octet", WINDOW)),
        to_client(0.1, Oack(WINDOW)),
        to_server(0.11, Ack(0)),
    )
    one = [to_client(0.12, Data(n, FULL)) for n in (1, 2)]
    two = [to_client(0.12002, Data(n, FULL)) for n in (3, 4)]
    last = to_client(0.13, Data(5, b"x")), to_server(0.14, Ack(5))
    facts, blocks = told(*head, *one, to_server(0.12001, Ack(4)), *two, *last)
    assert not facts.findings and blocks == [1, 2, 3, 4, 5], list(lines_of(facts))


def test_a_fixed_number_of_packets_waits() -> None:
    seen: list[int] = []

    class Waiting(Blocks):
        def begins(self, transfer: Transfer) -> None:
            transfer.watch = lambda transfer, *_: seen.append(len(transfer.doubts.early))

    flood = [to_client(0.1 + n / 1e9, Data(n, FULL)) for n in range(1, 3 * MOST)]
    (facts,) = explained(script(RRQ, *flood), Waiting())
    assert MOST - 1 <= max(seen) <= MOST and slugs(facts) == []


def test_what_waits_at_the_end_is_taken() -> None:
    facts, _ = told(RRQ, to_client(0.1, Data(1, FULL)), to_client(0.2, Data(2, FULL)))
    assert facts.sides["server"].packets == 2


# -- Two interfaces -------------------------------------------------------------------------------


def on_two(
    datagrams: list[Datagram], apart: float, random: Random, holes: float, opening: int = 3
) -> bytes:
    """Two interfaces with clocks that are `apart` (seconds), and holes in one or the other.

    There is no hole in the first packets, `opening`.
    """
    found = []
    for number, (now, source, to, octets) in enumerate(datagrams):
        views = [(now + 1.0, 0), (now + 1.0 + apart + random.uniform(0, 5e-5), 1)]
        if number >= opening and random.random() < holes:
            del views[random.randrange(2)]
        found += [(at, view, udp_packet(source, to, octets)) for at, view in views]
    found.sort()
    parts = [enhanced(view, round(at * 1e6), octets) for at, view, octets in found]
    return section() + interface(101) + interface(101) + b"".join(parts)


@pytest.mark.parametrize("apart", [0.0, 0.0004, 0.003, -0.003, 0.02])
def test_clocks_that_differ_and_holes_in_one_copy_are_no_departure(apart: float) -> None:
    for seed in range(12):
        random = Random(seed)
        verb: Literal["get", "put"] = random.choice(["get", "put"])
        options = offer(windowsize=random.choice([None, None, 4]))
        _, datagrams = overheard(verb, bytes(12_000), Faults(seed=seed), options=options)
        blocks = Blocks()
        (facts,) = explained(on_two(datagrams, apart, random, 0.1), blocks)
        assert slugs(facts) == [] and facts.octets == 12_000, (seed, list(lines_of(facts)))


@pytest.mark.parametrize("apart", [0.003, -0.003])
def test_a_hole_at_the_opening_is_no_departure(apart: float) -> None:
    """The request may seem to come after its answer, so that it is not known as the opening."""
    for seed in (*range(12), 910081):  # in the last one only the answer was seen twice so far
        _, datagrams = overheard("get", bytes(5000))
        octets = on_two(datagrams, apart, Random(seed), 0.3, 0)
        found = explained(octets)
        assert not any(slugs(facts, "departure") for facts in found), seed


def test_a_departure_on_two_interfaces_is_found_too() -> None:
    """A server that does not wait shows on both."""
    packets = [Datagram(n, s, t, p) for n, s, t, p in _built(lock_step(FAR, 3))]
    (facts,) = explained(on_two(packets, 0.0, Random(0), 0.0))
    assert first(facts) == ("unacknowledged", "server"), list(lines_of(facts))


def _built(lines: list[Line]) -> list[Datagram]:
    from tftp_fsm.wire.packets import build

    return [
        Datagram(now, source, to, packet if isinstance(packet, bytes) else build(packet))
        for now, source, to, packet in lines
    ]


@pytest.mark.parametrize("part", range(3))
def test_swaps_of_neighbours_change_nothing(part: int) -> None:
    """Packets of the two ends that are close, at random."""
    for seed in range(part * 20, (part + 1) * 20):
        random = Random(seed)
        verb: Literal["get", "put"] = random.choice(["get", "put"])
        options = offer(windowsize=random.choice([None, None, 3]))
        _, datagrams = overheard(verb, bytes(12_000), options=options)
        found = list(datagrams)
        at = 4
        while at + 1 < len(found) - 2:
            one, two = found[at], found[at + 1]
            if one.source != two.source and random.random() < 0.1:
                found[at] = two._replace(now=two.now - 1e-4)
                found[at + 1] = one._replace(now=two.now)
                at += 1
            at += 1
        blocks = Blocks()
        (facts,) = explained(as_pcap(found), blocks)
        assert slugs(facts) == [] and facts.octets == 12_000, (seed, list(lines_of(facts)))
        assert blocks.numbers == list(range(1, len(blocks.numbers) + 1)), seed
