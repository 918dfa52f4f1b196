"""Without an OACK in the capture, some packets prove that the server agreed to no option."""

from __future__ import annotations

import pytest

from tests.support.overheard import Line, asks, explained, script, slugs, to_client, to_server
from tftp_fsm.explain.report.facts import Facts
from tftp_fsm.wire.packets import Ack, Data, Oack, Rrq, Wrq

ASKED = (("blksize", "1024"),)
LARGE = bytes(1024)


def get(answer: float = 0.1, blocks: int = 8) -> list[Line]:
    """The client asks for blocks of 1024 octets, and gets them without an OACK.

    The first answer takes `answer` seconds, and every other one of the server or client 0.1.
    """
    lines = [asks(0, Rrq(b"a", "octet", ASKED))]
    for n in range(blocks):
        at = answer + n / 5
        octets = LARGE if n < blocks - 1 else b"x"
        lines += [to_client(at, Data(n + 1, octets)), to_server(at + 0.1, Ack(n + 1))]
    return lines


def told(lines: list[Line]) -> Facts:
    (facts,) = explained(script(*lines))
    assert facts.outcome == "complete"
    return facts


def test_blocks_of_the_size_that_was_asked_for_came_without_an_oack() -> None:
    facts = told(get())
    assert slugs(facts) == ["oversized", "oversized-taken"]
    assert [each.who for each in facts.findings] == ["server", "client"]
    assert facts.findings[0].seen == "DATA 1 has 1,024 octets, agreed are 512"
    assert facts.octets == 7 * 1024 + 1


@pytest.mark.parametrize(
    "lines",
    [
        get(0.32),  # the OACK and ACK 0 may have come before, and the capture has missed both
        get(blocks=3),  # too few answers show how soon one comes
        [line for line in get() if line[3] != Ack(4)],  # the capture misses packets
        [line for line in get() if line[3] != Data(4, LARGE)],
        [get()[0], asks(0.05, Rrq(b"a", "octet", ASKED)), *get()[1:]],
    ],
    ids=["late", "short", "no ACK", "no DATA", "sent two requests"],
)
def test_if_the_capture_may_have_missed_the_oack_it_is_a_guess(lines: list[Line]) -> None:
    facts = told(lines)
    assert not slugs(facts) and "oversized" in slugs(facts, "guess")


def put(*answers: Line) -> list[Line]:
    lines = [asks(0, Wrq(b"a", "octet", ASKED)), *answers]
    for n in range(1, 4):
        at, octets = n / 5, LARGE if n < 3 else b"x"
        lines += [to_server(at, Data(n, octets)), to_client(at + 0.1, Ack(n))]
    return lines


def test_a_put_that_was_answered_by_ack_0_has_no_oack() -> None:
    facts = told(put(to_client(0.1, Ack(0))))
    assert [(each.slug, each.who) for each in facts.findings if each.severity == "departure"] == [
        ("oversized", "client"),
        ("oversized-taken", "server"),
    ]


def test_a_put_whose_answer_is_missing_proves_nothing() -> None:
    assert not slugs(told(put()))


def test_an_oack_is_what_holds() -> None:
    assert not told(put(to_client(0.1, Oack(ASKED)))).findings
