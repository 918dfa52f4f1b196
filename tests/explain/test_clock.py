"""A clock that jumps causes a remark, and no absurd duration."""

from __future__ import annotations

import pytest

from tests.support.overheard import Line, asks, explained, script, slugs, to_client, to_server
from tftp_fsm.explain.packets.numbers import span_words
from tftp_fsm.explain.report.report import lines_of
from tftp_fsm.wire.packets import Ack, Data, Rrq

FULL = bytes(512)
YEAR = 365 * 86_400.0


def blocks(count: int, jump: float = 0.0, at: int = 0) -> list[Line]:
    """Return a get in lock-step. From block `at` on, the clock is so many seconds ahead."""
    found = [asks(1e8, Rrq(b"a"))]
    for block in range(1, count + 1):
        now = 1e8 + block / 10 + (jump if block >= at else 0)
        payload = b"end" if block == count else FULL
        found += [to_client(now, Data(block, payload)), to_server(now + 0.01, Ack(block))]
    return found


@pytest.mark.parametrize("jump", [-5.0, -3 * YEAR, 2 * YEAR, 900.0])
@pytest.mark.parametrize("at", [1, 2, 20])
@pytest.mark.parametrize("is_logged", [False, True])
def test_a_clock_that_jumps_is_remarked_and_left_out(jump: float, at: int, is_logged: bool) -> None:
    (facts,) = explained(script(*blocks(40, jump, at)), is_logged=is_logged)
    assert facts.outcome == "complete" and facts.octets == 39 * 512 + 3
    assert facts.is_clean and slugs(facts, "note") == ["clock-back" if jump < 0 else "clock-ahead"]
    assert 3.8 < facts.seconds < 4.1
    for side in facts.sides.values():
        assert side.waited < 4.0 and side.slept == 0


def test_a_small_step_back_is_the_order_of_queues() -> None:
    (facts,) = explained(script(*blocks(9, -0.02, 5)))
    assert not facts.findings


def test_the_remark_says_by_how_much() -> None:
    (facts,) = explained(script(*blocks(9, 2 * YEAR, 5)))
    text = "\n".join(lines_of(facts))
    assert " - packet 10: its time is 730 days later than that of the packet before it" in text


def test_the_same_request_from_the_same_port_a_day_later_is_another_transfer() -> None:
    """Boot programs always use one port."""
    days = [asks(86_400.0 * day, Rrq(b"a")) for day in range(3)]
    found = explained(script(*days))
    assert [facts.seconds for facts in found] == [0.0] * 3


def test_a_silence_of_years_at_the_end_is_told_in_days() -> None:
    later = 2 * YEAR, ("client", 5), ("server", 6), b"something else"
    (facts,) = explained(
        script(asks(0, Rrq(b"a")), to_client(0.1, Data(1, FULL)), to_server(0.2, Ack(1)), later)
    )
    assert slugs(facts) == ["both-wait"] and facts.seconds < 1
    assert "the capture goes on for 730 days" in facts.findings[0].seen


def test_spans_in_words() -> None:
    said = {0: "0.0 s", -5: "0.0 s", 90: "90.0 s", 7200: "2 hours", 172_800: "2 days"}
    assert {n: span_words(n * 10**9) for n in said} == said
