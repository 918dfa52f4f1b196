"""What comes after an ERROR: an answer to it, or what was under way when it was sent."""

from __future__ import annotations

import pytest

from tests.support.overheard import (
    Line,
    asks,
    explained,
    script,
    slugs,
    to_client,
    to_server,
)
from tftp_fsm.explain.facts import Facts
from tftp_fsm.explain.report import lines_of
from tftp_fsm.wire.packets import Ack, Data, Error, Oack, Rrq

FULL = bytes(512)
STOPPED = Error(0, "stopped")
WINDOW = (("windowsize", "4"),)


def told(*more: Line) -> Facts:
    """A get whose ends answer after 50 and 150 ms. Block 6 was sent at 1.1 s."""
    lines = [asks(0, Rrq(b"a"))]
    for block in range(1, 6):
        at = block / 5
        lines += [to_client(at - 0.1, Data(block, FULL)), to_server(at - 0.05, Ack(block))]
    (facts,) = explained(script(*lines, to_client(1.1, Data(6, FULL)), *more))
    return facts


def test_a_block_of_the_senders_timer_that_meets_an_error_answers_nothing() -> None:
    facts = told(to_server(2.0, STOPPED), to_client(2.1, Data(6, FULL)))
    assert slugs(facts) == ["client-ended"], list(lines_of(facts))


def test_nor_does_a_window_of_its_timer() -> None:
    lines = [asks(0, Rrq(b"a", "octet", WINDOW)), to_client(0.1, Oack(WINDOW))]
    lines.append(to_server(0.2, Ack(0)))
    for at in (0.3, 1.3):
        lines += [to_client(at + n / 1e4, Data(n, FULL)) for n in range(1, 5)]
    (facts,) = explained(script(*sorted((*lines, to_server(1.25, STOPPED)), key=lambda x: x[0])))
    assert "error-answered" not in slugs(facts), list(lines_of(facts))


def test_a_block_that_comes_again_right_behind_an_error_answers_it() -> None:
    facts = told(to_server(1.11, STOPPED), to_client(1.15, Data(6, FULL)))
    assert slugs(facts) == ["client-ended", "error-answered"], list(lines_of(facts))
    assert facts.findings[1].seen == "server sent DATA 6 (512 octets) after it was sent ERROR 0"


def test_a_sender_that_has_not_heard_the_error_breaks_no_rule() -> None:
    again = [to_client(2.0 + n, Data(6, FULL)) for n in range(4)]
    facts = told(to_server(1.12, STOPPED), *again)
    assert slugs(facts) == ["client-ended", "error-unheeded"], list(lines_of(facts))
    assert not slugs(facts, "departure")


@pytest.mark.parametrize("after", [0.001, 5.0])
def test_an_error_behind_an_error_answers_it(after: float) -> None:
    facts = told(to_server(2.0, STOPPED), to_client(2.0 + after, Error(3, "full")))
    assert "error-answered" in slugs(facts), list(lines_of(facts))
