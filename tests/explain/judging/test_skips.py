"""Blocks that a sender leaves out are reported, and only octets that were seen are counted."""

from __future__ import annotations

from random import Random

import pytest

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
from tftp_fsm.explain.report.facts import Facts
from tftp_fsm.explain.report.report import lines_of
from tftp_fsm.wire.options import Options
from tftp_fsm.wire.packets import Ack, Data, Rrq, Wrq

FULL = bytes(512)
RRQ = asks(0, Rrq(b"a"))


def get(*blocks: int, last: int = 0, apart: float = 0.01) -> list[Line]:
    """Return a get of these blocks, each after the ACK before; `last` is short."""
    lines, now = [RRQ], 0.0
    for block in (*blocks, *([last] if last else [])):
        octets = b"end" if block == last else FULL
        lines += [
            to_client(now + apart, Data(block, octets)),
            to_server(now + 2 * apart, Ack(block)),
        ]
        now += 2 * apart
    return lines


def told(*lines: Line) -> Facts:
    (facts,) = explained(script(*lines))
    return facts


@pytest.mark.parametrize(("blocks", "last", "octets"), [((1,), 3, 515), ((1, 2, 3, 6), 7, 2051)])
def test_a_block_that_is_left_out_is_told(blocks: tuple[int, ...], last: int, octets: int) -> None:
    facts = told(*get(*blocks, last=last))
    (found,) = facts.findings
    assert (found.slug, found.who) == ("blocks-skipped", "server")
    assert facts.outcome == "complete" and facts.octets == octets


def test_a_client_that_does_not_take_it_says_nothing() -> None:
    facts = told(*get(1), to_client(0.03, Data(3, FULL)))
    (found,) = [each for each in facts.findings if each.slug == "blocks-skipped"]
    assert found.seen == "DATA 3 (512 octets) came right after ACK 1"
    assert found.expected == "DATA 2" and facts.octets == 512
    assert not facts.sides["server"].missing


def test_each_second_block() -> None:
    facts = told(*get(*range(1, 20, 2), last=21))
    (found,) = facts.findings
    assert (found.slug, found.count, facts.octets) == ("blocks-skipped", 10, 10 * 512 + 3)


def test_a_put_whose_client_leaves_one_out() -> None:
    lines = [asks(0, Wrq(b"a")), to_client(0.01, Ack(0))]
    for at, block, octets in ((0.02, 1, FULL), (0.04, 3, b"end")):
        lines += [to_server(at, Data(block, octets)), to_client(at + 0.01, Ack(block))]
    facts = told(*lines)
    assert first(facts) == ("blocks-skipped", "client") and facts.octets == 515


@pytest.mark.parametrize("missed", range(3, 8, 2))
def test_a_capture_that_has_missed_a_block_and_its_ack_blames_nobody(missed: int) -> None:
    lines = get(1, 2, 3, 4, 5, last=6)
    del lines[missed : missed + 2]
    facts = told(*lines)
    assert slugs(facts) == [] and facts.octets == 5 * 512 + 3
    assert [each.slug for each in facts.findings] == 2 * ["not-captured"]
    assert [side.missing for side in facts.sides.values()] == [1, 1]


@pytest.mark.parametrize("late", [Data(2, FULL), Ack(2)])
def test_what_comes_late_was_not_left_out(late: Data | Ack) -> None:
    lines = [*get(1), to_client(0.03, Data(3, FULL)), to_server(0.04, Ack(3))]
    line = to_client(0.035, late) if isinstance(late, Data) else to_server(0.035, late)
    assert "blocks-skipped" not in slugs(told(*lines[:-1], line, lines[-1]))


def test_numbers_whose_octets_are_swapped() -> None:
    facts = told(*get(*(256 * n for n in range(1, 9)), last=256 * 9))
    (found,) = facts.findings
    assert found.slug == "blocks-skipped" and facts.octets == 8 * 512 + 3
    text = "\n".join(lines_of(facts))
    assert "a sender that writes the two octets of the block number in the wrong order" in text


IGNORED = {
    "get": ([asks(0, Rrq(b"a"))], to_client),
    "put": ([asks(0, Wrq(b"a")), to_client(0.01, Ack(0))], to_server),
}


@pytest.mark.parametrize("asks_again", [False, True])
@pytest.mark.parametrize("verb", IGNORED)
def test_who_ignores_a_swapped_number_has_one_fault_before_it(verb: str, asks_again: bool) -> None:
    """Nobody has fallen silent, and nothing was missed by the capture."""
    lines, sends = list(IGNORED[verb][0]), IGNORED[verb][1]
    for n in range(4):
        lines += [sends(1.0 + n, Data(256, FULL))]
        lines += [asks(1.5 + n, Rrq(b"a"))] * (asks_again and verb == "get")
    facts = told(*lines)
    assert slugs(facts) == ["blocks-skipped"], lines_of(facts)
    assert [each.slug for each in facts.findings[1:]] == ["retransmission"]
    assert (facts.outcome, facts.octets) == ("unfinished", 0)


def test_swapped_numbers_of_which_one_way_was_captured() -> None:
    facts = told(asks(0, Rrq(b"a")), *(to_client(1.0 + n, Data(256 * n, FULL)) for n in (1, 2, 3)))
    assert facts.outcome == "unknown" and "one-way" in [each.slug for each in facts.findings]


def test_swapped_numbers_go_on_after_256_blocks() -> None:
    swapped = [int.from_bytes(n.to_bytes(2, "little"), "big") for n in range(1, 301)]
    facts = told(*get(*swapped[:-1], last=swapped[-1]))
    assert facts.outcome == "complete" and facts.octets == 299 * 512 + 3


@pytest.mark.parametrize("seed", range(40))
def test_holes_in_captures_of_a_steady_network_blame_nobody(seed: int) -> None:
    """Both ends are ours, so any hole in the capture must accuse nobody."""
    random = Random(seed)
    _, datagrams = overheard("get", bytes(20_000), options=Options())
    start = random.randrange(3, len(datagrams) - 6)
    del datagrams[start : start + random.randrange(1, 7)]
    (facts,) = explained(as_pcap(datagrams))
    assert "blocks-skipped" not in slugs(facts), list(lines_of(facts))


def test_who_waits_for_a_block_that_was_left_out_is_told_to_wait_for_it() -> None:
    lines = [asks(0, Rrq(b"a"))]
    for n in range(1, 4):
        lines += [to_client(n / 100, Data(n, FULL)), to_server(n / 100 + 0.005, Ack(n))]
    for n in range(3):
        lines += [to_client(0.04 + n, Data(5, FULL)), to_server(0.041 + n, Ack(3))]
    facts = told(*lines)
    last = next(each for each in facts.findings if each.slug == "block-unanswered")
    assert last.expected == "DATA 4" and "waits for DATA 4" in last.cause
    client = facts.sides["client"]
    assert (client.retransmissions, client.copies) == (3, 0), "each answers DATA 5"


def test_an_ack_that_comes_twice_on_the_wire_is_a_copy() -> None:
    lines = [asks(0, Rrq(b"a")), to_client(0.01, Data(1, FULL)), to_server(0.02, Ack(1))]
    lines += [to_client(0.021, Data(2, FULL)), to_server(0.022, Ack(2)), to_server(0.023, Ack(2))]
    lines += [to_client(0.024, Data(3, FULL)), to_server(0.025, Ack(2)), to_server(0.026, Ack(3))]
    facts = told(*lines, to_client(0.027, Data(4, b"x")), to_server(0.028, Ack(4)))
    client = facts.sides["client"]
    assert (client.retransmissions, client.copies) == (0, 2)
