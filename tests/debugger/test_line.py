"""The line: a rule, a seed and the user do the same to a datagram, and the line reports it."""

from __future__ import annotations

import pytest

from tftp_fsm.debugger.datagrams import Held
from tftp_fsm.debugger.worlds.faults import Deed, Notice, Rule, ScriptedFaults
from tftp_fsm.debugger.worlds.line import COPY_LATER, Line
from tftp_fsm.transports.faults import Faults
from tftp_fsm.wire.packets import Ack, build

OTHER = build(Ack(9))


def line_of(count: int = 2) -> Line:
    """Return a line on which ACKs of the client are under way, a millisecond apart."""
    line = Line()
    for number in range(count):
        times = (number / 1000, 1.0 + number / 1000)
        line.put(("client", "server"), (("client", 1), ("server", 2)), build(Ack(number)), times)
    return line


def ruled(deed: Deed, seconds: float = 0.0) -> tuple[Line, Notice]:
    """Return a line whose first datagram met this rule."""
    line, rule = line_of(), Rule(deed, "ACK", "the rule", seconds=seconds, octets=OTHER)
    return line, ScriptedFaults([rule], Faults()).apply(line, line.held[0])


def seen(line: Line) -> list[tuple[bytes, float, tuple[str, ...]]]:
    """Return the datagrams under way."""
    return [(held.octets, held.due, held.fate) for held in line.held]


def test_a_rule_and_a_hand_lose_it_alike() -> None:
    by_hand, (by_rule, notice) = line_of(), ruled("lose")
    by_hand.lose(1)
    assert seen(by_hand) == seen(by_rule) == [(build(Ack(1)), 1.001, ())]
    assert notice.held.lost and notice.record == by_hand.tampered[0]


def test_a_rule_and_a_hand_double_it_alike() -> None:
    by_hand, (by_rule, notice) = line_of(), ruled("duplicate", COPY_LATER)
    by_hand.duplicate(1)
    assert seen(by_hand) == seen(by_rule)
    assert [held.fate for held in by_hand.held] == [
        ("duplicated",),
        ("duplicated", "copy of 1"),
        (),
    ]
    assert notice.record == by_hand.tampered[0]


def test_a_rule_and_a_hand_delay_it_alike() -> None:
    by_hand, (by_rule, notice) = line_of(), ruled("delay", 0.5)
    by_hand.delay(1, 0.5)
    assert seen(by_hand) == seen(by_rule)
    assert (by_hand.held[0].due, notice.record) == (1.5, by_hand.tampered[0])


def test_a_rule_and_a_hand_put_other_octets_in_its_place() -> None:
    by_hand, (by_rule, notice) = line_of(), ruled("replace")
    by_hand.replace(1, OTHER)
    assert [held.octets for held in by_hand.held] == [held.octets for held in by_rule.held]
    assert [held.size for held in by_hand.held] == [len(held.octets) for held in by_hand.held]
    assert notice.record is not None
    assert (notice.record.delays, by_hand.tampered[0].delays) == ((0.0,), (0.0,))


def test_a_seed_decides_by_the_number_alone() -> None:
    def fates(numbers: range) -> dict[int, tuple[str, ...]]:
        faults = ScriptedFaults([], Faults(loss=0.3, duplicate=0.3, delay=0.1, seed=3))
        found: dict[int, tuple[str, ...]] = {}
        for number in numbers:
            line = line_of(20)
            held = line.find(number)
            found[number] = faults.apply(line, held).held.fate
        return found

    forwards, backwards = fates(range(1, 21)), fates(range(20, 0, -1))
    assert forwards == backwards
    assert len(set(forwards.values())) > 2


@pytest.mark.parametrize("deed", ["answer", "stranger"])
def test_a_rule_can_add_a_datagram(deed: Deed) -> None:
    line, notice = ruled(deed)
    added: Held = line.held[-1]
    assert (added.octets, added.due) == (OTHER, 1.0)
    assert added.receiver == ("client" if deed == "answer" else "server")
    assert notice.held.lost is (deed == "answer")
