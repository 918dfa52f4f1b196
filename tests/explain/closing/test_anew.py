"""A client asks for the same file again, and leaves the first transfer unfinished."""

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
from tftp_fsm.wire.packets import Ack, Data, Error, Oack, Rrq

FULL = bytes(512)
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
