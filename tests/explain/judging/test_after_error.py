"""Packets after an ERROR answer it, or were already on the way when it was sent."""

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
from tftp_fsm.explain.report.facts import Facts
from tftp_fsm.explain.report.report import lines_of
from tftp_fsm.wire.packets import Ack, Data, Error, Oack, Rrq, Wrq

FULL = bytes(512)
STOPPED = Error(0, "stopped")
WINDOW = (("windowsize", "4"),)
WENT_ON = "ERROR 0 was sent to the server, and after that the server sent DATA 6 (512 octets)"


def told(*more: Line) -> Facts:
    """Explain a get whose ends answer after 50 and 150 ms. Block 6 was sent at 1.1 s."""
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
    assert facts.findings[1].seen == WENT_ON


def test_a_sender_that_has_not_heard_the_error_breaks_no_rule() -> None:
    again = [to_client(2.0 + n, Data(6, FULL)) for n in range(4)]
    facts = told(to_server(1.12, STOPPED), *again)
    assert slugs(facts) == ["client-ended", "error-unheeded"], list(lines_of(facts))
    assert not slugs(facts, "departure")


def test_one_packet_long_after_an_error_is_named() -> None:
    facts = told(to_server(1.12, STOPPED), to_client(2.2, Data(6, FULL)))
    assert slugs(facts) == ["client-ended"], list(lines_of(facts))
    (note,) = (each for each in facts.findings if each.slug == "error-unheeded-once")
    assert (note.who, note.packet, note.severity) == ("server", 14, "note")
    assert note.seen == WENT_ON
    twice = told(to_server(1.12, STOPPED), *(to_client(t, Data(6, FULL)) for t in (2.2, 3.2)))
    assert "error-unheeded-once" not in slugs(twice, "note")


@pytest.mark.parametrize("after", [0.001, 5.0])
def test_an_error_behind_an_error_answers_it(after: float) -> None:
    facts = told(to_server(2.0, STOPPED), to_client(2.0 + after, Error(3, "full")))
    assert "error-answered" in slugs(facts), list(lines_of(facts))


# -- Answers that are none ------------------------------------------------------------------------

RRQ, WRQ = Rrq(b"a"), Wrq(b"a")


def test_a_client_that_asks_again_has_not_taken_a_wrong_answer() -> None:
    again = [line for n in range(1, 3) for line in (asks(n, RRQ), to_client(n + 0.1, Ack(0)))]
    (facts,) = explained(script(asks(0, RRQ), to_client(0.1, Ack(0)), *again))
    assert slugs(facts) == ["wrong-reply"] and facts.findings[0].count == 3
    long = to_client(0.1, Data(1, bytes(600)))
    (facts,) = explained(script(asks(0, RRQ), long, asks(1, RRQ), to_client(1.1, Data(1, FULL))))
    assert "oversized-taken" not in slugs(facts), list(lines_of(facts))


@pytest.mark.parametrize("apart", [0.01, 1.0])
def test_a_put_whose_request_is_answered_by_the_ack_of_a_block(apart: float) -> None:
    lines = [asks(0, WRQ), to_client(apart, Ack(1))]
    for block, octets in ((1, FULL), (2, b"x")):
        at = 2 * block * apart
        lines += [to_server(at, Data(block, octets)), to_client(at + apart, Ack(block))]
    (facts,) = explained(script(*lines))
    assert slugs(facts) == [] and slugs(facts, "guess") == ["ack-of-unsent"]
    assert facts.findings[0].expected == "ACK 0"
    assert (facts.outcome, facts.octets) == ("complete", 513), list(lines_of(facts))


def test_its_client_may_ask_again() -> None:
    """Both directions were captured."""
    again = [line for n in range(3) for line in (asks(n, WRQ), to_client(n + 0.1, Ack(1)))]
    (facts,) = explained(script(*again))
    assert slugs(facts)[0] == "ack-of-unsent" and "one-way" not in slugs(facts, "note")


@pytest.mark.parametrize("options, is_told", [((), True), ((("blksize", "512"),), False)])
def test_ack_0_without_an_oack_has_no_place(
    options: tuple[tuple[str, str], ...], is_told: bool
) -> None:
    """If options were offered, the capture may have missed the OACK."""
    head = asks(0, Rrq(b"a", "octet", options)), to_client(0.1, Data(1, FULL))
    rest = to_server(0.12, Ack(1)), to_client(0.13, Data(2, b"x")), to_server(0.14, Ack(2))
    (facts,) = explained(script(*head, to_server(0.11, Ack(0)), *rest))
    assert slugs(facts) == (["unexpected"] if is_told else []), list(lines_of(facts))


# -- ERRORs behind the end ------------------------------------------------------------------------


def put(*more: Line) -> list[str]:
    head = asks(0, WRQ), to_client(0.1, Ack(0)), to_server(0.2, Data(1, b"x"))
    (facts,) = explained(script(*head, to_client(0.3, Ack(1)), *more))
    assert facts.outcome == "complete"
    return slugs(facts)


def test_a_receiver_that_fails_after_its_last_ack_is_told() -> None:
    assert put(to_client(0.31, Error(3, "disk full"))) == ["late-error"]
    assert put(to_server(0.31, Error(0, "stopped"))) == []
    assert put(to_client(0.31, Error(5, "unknown transfer ID"))) == []
    assert put(to_server(1.3, Data(1, b"x")), to_client(1.31, Error(0, "who is this?"))) == []


def test_a_packet_that_the_network_may_have_copied_behind_an_error_is_a_guess() -> None:
    facts = told(to_server(1.101, STOPPED), to_client(1.103, Data(6, FULL)))
    assert slugs(facts) == ["client-ended"] and slugs(facts, "guess") == ["error-answered"]


def test_an_ack_of_a_window_that_meets_an_error_answers_nothing() -> None:
    """The capture has the first block of the window last, so the machine waits for no such ACK."""
    lines = [asks(0, Rrq(b"a", "octet", WINDOW)), to_client(0.1, Oack(WINDOW))]
    lines += [to_server(0.2, Ack(0)), *(to_client(0.3, Data(n, FULL)) for n in (2, 3, 4, 1))]
    (facts,) = explained(script(*lines, to_client(0.301, STOPPED), to_server(0.3015, Ack(4))))
    assert slugs(facts) == ["broken-off"], list(lines_of(facts))
