"""Records that are not in the order of their times are sorted by their times."""

from __future__ import annotations

import io
import struct
from random import Random
from typing import Literal

import pytest

from tests.support.captures import Captured as Datagram
from tests.support.overheard import (
    Ended,
    Line,
    as_pcap,
    asks,
    explained,
    overheard,
    script,
    slugs,
    tells,
    to_client,
    to_server,
)
from tftp_fsm.capture.reading import Capture, Captured, Undelivered
from tftp_fsm.explain.judging.quiet import BACK
from tftp_fsm.explain.reader import Explaining
from tftp_fsm.explain.report.facts import Facts
from tftp_fsm.explain.report.report import lines_of
from tftp_fsm.explain.sorting import KEPT, ROOM, Sorting
from tftp_fsm.transports.faults import Faults
from tftp_fsm.wire.options import offer
from tftp_fsm.wire.packets import Ack, Data, Rrq

FULL = bytes(512)
RECORD = struct.Struct("<IIII")
HEADER = 24  # octets of a pcap file before its records


def records(octets: bytes) -> list[bytes]:
    at, found = HEADER, []
    while at < len(octets):
        size = RECORD.size + RECORD.unpack_from(octets, at)[2]
        found.append(octets[at : at + size])
        at += size
    return found


def _time(record: bytes) -> float:
    seconds, rest, _, _ = RECORD.unpack_from(record)
    return float(seconds % 1000 + rest / 1e9)


def told(facts: Facts) -> tuple[object, ...]:
    """Return all facts without the numbers of packets."""
    found = [(each.slug, each.who, each.count) for each in facts.findings]
    return facts.outcome, facts.octets, facts.seconds, sorted(found), facts.sides


@pytest.mark.parametrize("part", range(4))
def test_the_order_of_the_records_changes_nothing(part: int) -> None:
    for seed in range(part * 15, (part + 1) * 15):
        random = Random(seed)
        verb: Literal["get", "put"] = random.choice(["get", "put"])
        options = offer(windowsize=random.choice([None, 2, 8]), tsize=0)
        faults = Faults(loss=random.choice([0, 0.03]), duplicate=0.02, seed=seed)
        _, datagrams = overheard(verb, bytes(12_000), faults, options=options)
        octets = as_pcap([_later(n, each) for n, each in enumerate(datagrams)])
        latest = random.choice([0.001, 0.09])
        places = [(_time(each) + random.uniform(0, latest), each) for each in records(octets)]
        shuffled = octets[:HEADER] + b"".join(each for _, each in sorted(places))
        expected, found = explained(octets), explained(shuffled)
        assert [told(each) for each in found] == [told(each) for each in expected], seed


def _later(number: int, datagram: Datagram) -> Datagram:
    """No two packets have the same time, because then only the order of the file is known."""
    return datagram._replace(now=datagram.now + number * 1e-6)


def test_an_icmp_message_is_sorted_too() -> None:
    """It comes before the packet that it is about."""
    request = asks(0, Rrq(b"a"))
    octets = script(request, tells(0.001, request, 3, 3))
    first, second = records(octets)
    (facts,) = explained(octets[:HEADER] + second + first)
    assert slugs(facts) == ["port-closed"] and "icmp-odd" not in slugs(facts, "note")


class Taken:
    """Collects the packets that a Sorting releases."""

    def __init__(self) -> None:
        self.numbers: list[int] = []
        self.sorting = Sorting(self._take, self._message)

    def _take(self, datagram: Captured) -> None:
        self.numbers.append(datagram.number)

    def _message(self, told: Undelivered) -> None:
        self.numbers.append(-told.message.number)

    def give(self, *times: int | None) -> None:
        count = len(self.numbers) + len(self.sorting._held)
        for number, at in enumerate(times, count + 1):
            to = ("client", 1), ("server", 2)
            self.sorting.take(Captured(number, at, 0, *to, b"", 0))


def test_packets_are_held_until_nothing_earlier_can_come() -> None:
    taken = Taken()
    taken.give(10, 30, 20)
    assert taken.numbers == []
    taken.sorting.flush()
    assert taken.numbers == [1, 3, 2]


def test_a_fixed_number_is_held() -> None:
    taken = Taken()
    taken.give(*range(1, ROOM))
    assert taken.numbers == []
    taken.give(0)
    assert taken.numbers == [ROOM, *range(1, ROOM - KEPT)]
    taken.give(*range(ROOM, 10 * ROOM))
    assert len(taken.sorting._held) <= ROOM


def test_what_is_older_than_any_disorder_is_let_go() -> None:
    taken = Taken()
    taken.give(*range(ROOM - 2), 2 * BACK)
    assert not taken.numbers
    taken.give(2 * BACK + 1)
    assert taken.numbers == list(range(1, ROOM - 1))
    assert [each.number for each in taken.sorting._held] == [ROOM - 1, ROOM]


def test_a_clock_that_was_set_back_is_no_disorder() -> None:
    taken = Taken()
    taken.give(BACK + 5, BACK + 6, 4, BACK - 2)
    assert taken.numbers == [1, 2]
    taken.sorting.flush()
    assert taken.numbers == [1, 2, 3, 4]


def test_a_packet_without_a_time_keeps_its_place() -> None:
    taken = Taken()
    taken.give(20, 10, None)
    assert taken.numbers == [2, 1, 3]
    taken.give(5)
    taken.sorting.flush()
    assert taken.numbers == [2, 1, 3, 4]


def test_somebody_who_waits_gets_a_packet_when_the_next_one_is_late() -> None:
    taken = Taken()
    taken.sorting.be_live()
    taken.give(0, 5, 2 * BACK - 1)
    assert taken.numbers == []
    taken.give(2 * BACK)
    assert taken.numbers == [1, 2]
    for turn in range(3, 9):  # a few packets a second, without a pause
        taken.give(turn * 5 * BACK)
        assert len(taken.sorting._held) == 1


def test_a_silence_lets_everything_go() -> None:
    """The transfer is reported, though no packet follows its last one."""
    ended = Ended()
    explaining = Explaining([ended])
    explaining.be_live()
    lines: list[Line] = [asks(0, Rrq(b"a")), to_client(0.1, Data(1, b"x")), to_server(0.11, Ack(1))]
    for datagram in Capture(io.BytesIO(script(*lines))):
        explaining.take(datagram)
    assert not ended.facts
    explaining.idle()
    (facts,) = ended.facts
    assert facts.outcome == "complete", list(lines_of(facts))
