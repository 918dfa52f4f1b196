"""A client that asks for the same file anew, and leaves the transfer before unfinished."""

from __future__ import annotations

import pytest

from tests.support.overheard import (
    CLIENT,
    Line,
    asks,
    explained,
    script,
    slugs,
    to_client,
    to_server,
)
from tftp_fsm.explain.facts import Facts
from tftp_fsm.wire.packets import Ack, Data, Error, Oack, Packet, Rrq, Wrq

FULL = bytes(512)
NEXT = ("server", 2049)
TSIZE = (("tsize", "0"),)
LISTENER = ("server", 69)


def first(*lines: Line) -> Facts:
    return explained(script(*lines))[0]


def again(at: float, *, port: int = 1024, host: str = "client", name: bytes = b"a") -> Line:
    return at, (host, port), LISTENER, Rrq(name)


HEAD = asks(0, Rrq(b"a")), to_client(0.1, Data(1, FULL)), to_server(0.2, Ack(1))


def test_a_client_that_begins_anew_has_left_the_transfer_before() -> None:
    facts = first(*HEAD, to_client(0.3, Data(2, FULL)), again(3, port=1025))
    (left,) = facts.findings
    assert (left.slug, left.packet, left.expected) == ("given-up", 4, "")
    assert left.seen.endswith("and then the client began another transfer (packet 5)")


def test_a_request_from_the_same_port_tells_it_at_once() -> None:
    asked = Rrq(b"a", "octet", TSIZE)
    facts = first(asks(0, asked), to_client(0.1, Oack((("tsize", "9"),))), again(0.2))
    assert slugs(facts) == ["oack-unacknowledged"]


def test_an_answer_that_is_late_did_not_come_in_time() -> None:
    assert slugs(first(asks(0, Rrq(b"a")), again(3, port=1025))) == ["no-answer"]
    assert slugs(first(asks(0, Rrq(b"a")))) == []


@pytest.mark.parametrize(
    "request_",
    [
        again(3, port=1025, name=b"b"),
        again(3, port=1025, host="192.0.2.77"),
        again(0.4, port=1025),  # another client behind the same NAT
    ],
)
def test_what_tells_nothing_about_the_transfer_before(request_: Line) -> None:
    facts = first(*HEAD, to_client(0.3, Data(2, FULL)), request_)
    assert slugs(facts) == [] and slugs(facts, "note") == ["cut-off"]


def test_a_client_that_goes_on_has_not_left() -> None:
    """Its host has a second client."""
    facts = first(*HEAD, again(3, port=1025), to_client(3.1, Data(2, FULL)), to_server(3.2, Ack(2)))
    assert slugs(facts) == [] and slugs(facts, "note") == ["cut-off"]


@pytest.mark.parametrize(
    "text, asks_anew, outcome",
    [
        ("TFTP Aborted", False, "probed"),
        ("", False, "probed"),
        ("out of memory", False, "ended"),
        ("enough", False, "ended"),
        ("enough", True, "probed"),
    ],
)
def test_a_client_that_asks_for_the_size_says_so_or_asks_anew(
    text: str, asks_anew: bool, outcome: str
) -> None:
    asked = asks(0, Rrq(b"a", "octet", TSIZE)), to_client(0.1, Oack((("tsize", "9"),)))
    then = [again(0.3, port=1025)] if asks_anew else []
    assert first(*asked, to_server(0.2, Error(0, text)), *then).outcome == outcome


def test_a_client_that_has_confirmed_the_options_has_not_only_asked_for_the_size() -> None:
    asked = asks(0, Rrq(b"a", "octet", TSIZE)), to_client(0.1, Oack((("tsize", "9"),)))
    facts = first(*asked, to_server(0.2, Ack(0)), to_server(0.3, Error(0, "TFTP Aborted")))
    assert facts.outcome == "ended"


# -- From the same port ---------------------------------------------------------------------------


def put_again(at: float, *goes_on: Line) -> list[Line]:
    """A put whose client sends its request again at this time, and a second port answers."""
    return [
        asks(0, Wrq(b"a")),
        to_client(0.001, Ack(0)),
        to_server(0.002, Data(1, FULL)),
        to_client(0.003, Ack(1)),
        to_server(0.004, Data(2, FULL)),
        asks(at, Wrq(b"a")),
        to_client(at + 0.001, Ack(0), NEXT),
        *goes_on,
    ]


def to_next(at: float, packet: Packet) -> Line:
    return at, CLIENT, NEXT, packet


def test_a_client_that_follows_the_answer_to_its_second_request_was_started_again() -> None:
    goes_on = to_next(0.6, Data(1, b"x")), to_client(0.7, Ack(1), NEXT)
    before, after = explained(script(*put_again(0.5, *goes_on)))
    (left,) = before.findings
    assert (left.slug, left.packet) == ("given-up", 5)
    assert left.seen.endswith("and then the client began another transfer (packet 6)")
    assert before.sides["client"].packets == 3 and before.seconds == pytest.approx(0.004)
    assert (after.packet, after.outcome, after.octets) == (6, "complete", 1)
    assert (after.server[1], after.findings) == (NEXT[1], ())


def test_a_get_that_is_begun_again_soon_is_another_transfer() -> None:
    goes_on = to_client(0.901, Data(1, b"x"), NEXT), to_next(0.902, Ack(1))
    found = explained(script(*HEAD, to_client(0.3, Data(2, FULL)), again(0.9), *goes_on))
    assert [(each.packet, each.outcome) for each in found] == [(1, "unfinished"), (5, "complete")]
    assert not found[1].findings


@pytest.mark.parametrize(
    "at, goes_on",
    [
        (0.5, [to_server(0.6, Data(2, FULL)), to_client(0.7, Ack(2))]),  # a late copy
        (0.5, [to_next(0.6, Error(5, "Unknown transfer ID"))]),
        (0.5, [to_server(0.55, Data(2, FULL)), to_next(0.6, Data(1, FULL))]),  # it follows both
        (0.01, [to_next(0.02, Data(1, FULL))]),  # nobody is started again so soon
    ],
)
def test_a_request_that_came_late_begins_no_transfer_for_a_client_that_goes_on(
    at: float, goes_on: list[Line]
) -> None:
    (facts,) = explained(script(*put_again(at, *goes_on)))
    assert "two-sessions" in slugs(facts)


# -- Two files at once ----------------------------------------------------------------------------


def beside(silence: float) -> list[Facts]:
    """A client asks for two files from one port, and goes on with the answers of two ports."""
    lines = [asks(0, Rrq(b"a")), asks(silence, Rrq(b"b"))]
    for n in range(1, 4):
        octets, at = (FULL if n < 3 else b"x"), silence + n / 10
        lines += [to_client(at, Data(n, octets)), to_server(at + 0.01, Ack(n))]
        lines += [to_client(at + 0.02, Data(n, octets), NEXT), to_next(at + 0.03, Ack(n))]
    return explained(script(*lines))


def test_nobody_knows_which_of_two_requests_of_one_port_has_no_answer() -> None:
    one, two = beside(0.001)
    (note,) = one.findings
    assert (note.slug, note.packet, one.outcome) == ("asked-beside", 1, "unknown")
    assert note.seen == "packet 2 of the same port is another request, and came at once"
    assert two.outcome == "complete" and two.is_clean
    assert {"two-sessions", "stray-taken"} <= set(slugs(two, "guess"))


def test_a_client_that_asks_for_another_file_later_had_no_answer() -> None:
    one, two = beside(1)
    assert slugs(one) == ["no-answer"]
    assert {"two-sessions", "stray-taken"} <= set(slugs(two))
