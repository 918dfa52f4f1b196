"""A client is started again, and asks for the same file from the same port."""

from __future__ import annotations

import pytest

from tests.support.overheard import (
    CLIENT,
    LISTENER,
    Line,
    asks,
    explained,
    script,
    slugs,
    to_client,
    to_server,
)
from tftp_fsm.wire.packets import Ack, Data, Error, Oack, Packet, Rrq, Wrq

FULL = bytes(512)
NEXT = ("server", 2049)


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
    head = asks(0, Rrq(b"a")), to_client(0.1, Data(1, FULL)), to_server(0.2, Ack(1))
    goes_on = to_client(0.901, Data(1, b"x"), NEXT), to_next(0.902, Ack(1))
    found = explained(script(*head, to_client(0.3, Data(2, FULL)), asks(0.9, Rrq(b"a")), *goes_on))
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


# -- A server with one port -----------------------------------------------------------------------


def at_one_port(verb: str, blocks: int, begin: float, oack: bool = False) -> list[Line]:
    """The beginning of a transfer at a server that answers from port 69; `blocks` are full."""
    pairs = (("blksize", "512"),) if oack else ()
    request = (Rrq if verb == "get" else Wrq)(b"a", "octet", pairs)
    at, lines = begin, [asks(begin, request)]
    if oack:
        lines.append(to_client(at + 0.001, Oack(pairs), LISTENER))
        lines += [asks(at + 0.002, Ack(0))] * (verb == "get")
    elif verb == "put":
        lines.append(to_client(at + 0.001, Ack(0), LISTENER))
    for block in range(1, blocks + 1):
        at = begin + block / 100
        if verb == "get":
            lines += [to_client(at, Data(block, FULL), LISTENER), asks(at + 0.001, Ack(block))]
        else:
            lines += [asks(at, Data(block, FULL)), to_client(at + 0.001, Ack(block), LISTENER)]
    return lines


def end_of(verb: str, at: float, block: int) -> list[Line]:
    if verb == "get":
        return [to_client(at, Data(block, b"x"), LISTENER), asks(at + 0.001, Ack(block))]
    return [asks(at, Data(block, b"x")), to_client(at + 0.001, Ack(block), LISTENER)]


@pytest.mark.parametrize("oack", [False, True])
@pytest.mark.parametrize("verb", ["get", "put"])
def test_a_transfer_that_is_begun_again_at_the_one_port_of_a_server_is_another_one(
    verb: str, oack: bool
) -> None:
    first, second = at_one_port(verb, 5, 0, oack), at_one_port(verb, 8, 1, oack)
    before, after = explained(script(*first, *second, *end_of(verb, 1.5, 9)))
    (left,) = before.findings
    assert left.slug == "given-up"
    assert left.seen.endswith(
        f"and then the client began another transfer (packet {len(first) + 1})"
    )
    assert before.octets == 5 * 512 and before.seconds == pytest.approx(0.051)
    assert (after.packet, after.outcome) == (len(first) + 1, "complete")
    assert (after.octets, after.findings) == (8 * 512 + 1, ())


@pytest.mark.parametrize("verb", ["get", "put"])
def test_a_late_copy_of_a_request_at_the_one_port_begins_nothing(verb: str) -> None:
    """The server answers the copy, and the client goes on with the file."""
    first = at_one_port(verb, 5, 0)
    request = Rrq(b"a") if verb == "get" else Wrq(b"a")
    answer = Data(1, FULL) if verb == "get" else Ack(0)
    copy = asks(0.4, request), to_client(0.401, answer, LISTENER)
    (facts,) = explained(script(*first, *copy, *end_of(verb, 0.5, 6)))
    assert (facts.outcome, facts.octets) == ("complete", 5 * 512 + 1)
    assert not slugs(facts)


def test_a_client_that_had_sent_only_the_beginning_may_have_sent_it_again() -> None:
    first = at_one_port("put", 1, 0)
    then = asks(0.5, Wrq(b"a")), to_client(0.501, Ack(0), LISTENER), asks(0.502, Data(1, FULL))
    assert len(explained(script(*first, *then))) == 1
