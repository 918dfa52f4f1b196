"""A path may drop large packets, or those to a new port. This is named as a usual cause."""

from __future__ import annotations

import pytest

from tests.support.overheard import Line, asks, explained, script, to_client, to_server
from tftp_fsm.explain.transfer.findings import Finding
from tftp_fsm.wire.packets import Ack, Data, Error, Oack, Packet, Rrq, Wrq

LARGE, PLAIN = "a link on the way", "a firewall drops what goes to the new port"


def found(*lines: Line) -> Finding:
    (facts,) = explained(script(*lines))
    return next(each for each in facts.findings if each.severity != "note")


def opening(blksize: int) -> tuple[Line, ...]:
    pairs = (("blksize", str(blksize)),)
    return asks(0, Rrq(b"a", "octet", pairs)), to_client(0.1, Oack(pairs)), to_server(0.2, Ack(0))


def every_second(packet: Packet, count: int) -> list[Line]:
    to = to_client if isinstance(packet, Data) else to_server
    return [to(1.0 + n, packet) for n in range(count)]


@pytest.mark.parametrize("blksize, is_large", [(1468, True), (513, True), (512, False)])
def test_a_first_block_without_an_answer_may_be_too_large(blksize: int, is_large: bool) -> None:
    at_server = found(*opening(blksize), *every_second(Data(1, bytes(blksize)), 4))
    at_client = found(*opening(blksize), *every_second(Ack(0), 4))
    assert (at_server.slug, at_client.slug) == ("client-left", "block-not-sent")
    for finding in (at_server, at_client):
        assert finding.usual_cause.startswith(LARGE) is is_large


def test_blocks_that_came_through_before_are_not_too_large() -> None:
    blksize = 1468
    head = *opening(blksize), to_client(0.3, Data(1, bytes(blksize))), to_server(0.4, Ack(1))
    finding = found(*head, *every_second(Data(2, bytes(blksize)), 4))
    assert finding.slug == "client-left" and LARGE not in finding.usual_cause


def test_a_short_last_block_is_not_too_large() -> None:
    finding = found(*opening(1468), *every_second(Data(1, bytes(9)), 4))
    assert LARGE not in finding.usual_cause


@pytest.mark.parametrize("block, is_new", [(1, True), (2, False)])
def test_a_server_that_never_hears_the_client_may_be_behind_a_firewall(
    block: int, is_new: bool
) -> None:
    lines = [asks(0, Rrq(b"a"))]
    for n in range(1, block + 1):
        lines += [to_client(n / 10, Data(n, bytes(512))), to_server(n / 10 + 0.05, Ack(n))]
    again: list[Line] = []
    for n in range(4):
        again += [to_client(1.0 + n, Data(block, bytes(512))), to_server(1.1 + n, Ack(block))]
    finding = found(*lines, *again)
    assert finding.slug == "unheeded-ack"
    assert finding.usual_cause.startswith(PLAIN) is is_new


def test_a_client_that_gives_up_after_asking_in_vain_was_left_by_the_server() -> None:
    head = asks(0, Rrq(b"a")), to_client(0.1, Data(1, bytes(512)))
    bye = to_server(9.0, Error(0, "User aborted"))
    (facts,) = explained(script(*head, *every_second(Ack(1), 4), bye))
    told = [(each.slug, each.who) for each in facts.findings if each.severity != "note"]
    assert told == [("block-not-sent", "server"), ("client-ended", "client")]
    assert facts.findings[-2].usual_cause == "the client has asked without success, and gives up"
    (facts,) = explained(script(*head, to_server(1.0, Ack(1)), to_server(2.0, Ack(1)), bye))
    assert [each.slug for each in facts.findings if each.severity != "note"] == ["client-ended"]


def test_the_client_of_a_put_waits_for_no_data() -> None:
    pairs = (("blksize", "1000"),)
    head = asks(0, Wrq(b"a", "octet", pairs)), to_client(0.1, Oack(pairs))
    finding = found(*head, *[to_client(1.0 + n, Oack(pairs)) for n in range(4)])
    assert finding.slug == "oack-unacknowledged" and "DATA" not in finding.usual_cause
