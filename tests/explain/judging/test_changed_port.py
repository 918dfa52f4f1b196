"""Another port that speaks to the server: the client behind NAT, or a stranger."""

from __future__ import annotations

import io

import pytest

from tests.support.overheard import (
    CLIENT,
    LISTENER,
    TID,
    Line,
    asks,
    explained,
    first,
    script,
    slugs,
    tells,
    to_client,
    to_server,
)
from tftp_fsm.capture.reading import Capture
from tftp_fsm.explain.judging import changed_port
from tftp_fsm.explain.reader import Explaining
from tftp_fsm.explain.report.report import lines_of
from tftp_fsm.wire.address import Address
from tftp_fsm.wire.packets import Ack, Data, Error, Packet, Rrq, Wrq

FULL = bytes(512)
OTHER: Address = ("client", 40000)  # another port of the client's host
ELSEWHERE: Address = ("198.51.100.7", 1024)
UNKNOWN = Error(5, "unknown transfer ID")


def other(now: float, packet: Packet, source: Address = OTHER) -> Line:
    return now, source, TID, packet


def refused(now: float, to: Address = OTHER) -> Line:
    return now, TID, to, UNKNOWN


def begins(*more: Line) -> bytes:
    """Return a get up to DATA 2."""
    head = asks(0, Rrq(b"a")), to_client(0.1, Data(1, FULL)), to_server(0.11, Ack(1))
    return script(*head, to_client(0.12, Data(2, FULL)), *more)


def goes_on(start: float, source: Address = CLIENT) -> list[Line]:
    return [
        (start, source, TID, Ack(2)),
        (start + 0.01, TID, source, Data(3, b"x")),
        (start + 0.02, source, TID, Ack(3)),
    ]


@pytest.mark.parametrize("source", [OTHER, ELSEWHERE])
@pytest.mark.parametrize("packet", [Ack(2), Ack(1), Ack(7), Error(0, "end"), Data(1, b"z")])
def test_a_stranger_whom_the_server_refuses_is_told_as_a_stranger(
    source: Address, packet: Packet
) -> None:
    strays = other(0.13, packet, source), refused(0.131, source), other(0.14, packet, source)
    (facts,) = explained(begins(*strays, *goes_on(0.2)))
    assert (facts.outcome, facts.client[1], facts.octets) == ("complete", 1024, 1025)
    assert facts.is_clean, list(lines_of(facts))
    (note,) = facts.findings
    assert (note.slug, note.who) == ("stray", "network")
    assert f"from {facts.client[0] if source is OTHER else source[0]} port {source[1]}" in note.seen
    assert note.seen.endswith('the server answered ERROR 5 "unknown transfer ID"')
    assert all(side.retransmissions == side.missing == 0 for side in facts.sides.values())


def test_a_stranger_whom_the_server_leaves_out_is_told_too() -> None:
    (facts,) = explained(begins(other(0.13, Ack(2)), *goes_on(0.2)))
    assert facts.is_clean and slugs(facts, "note") == ["stray"]
    assert facts.sides["server"].missing == 0


def test_a_stranger_of_long_ago_is_no_move_when_both_fall_silent() -> None:
    """The stranger has sent the packet that was due, but the old port has gone on since."""
    later = 60.0, ("client", 5), ("server", 6), b"something else"
    rest = to_server(0.2, Ack(2)), to_client(0.21, Data(3, FULL)), later
    (facts,) = explained(begins(other(0.13, Ack(2)), refused(0.131), *rest))
    assert slugs(facts) == ["both-wait"] and "stray" in slugs(facts, "note")


def test_a_server_of_a_put_that_leaves_a_stranger_out_has_sent_nothing_unseen() -> None:
    head = asks(0, Wrq(b"a")), to_client(0.1, Ack(0)), to_server(0.11, Data(1, FULL))
    rest = to_client(0.12, Ack(1)), to_server(0.13, Data(2, b"x")), to_client(0.14, Ack(2))
    (facts,) = explained(script(*head, other(0.115, Data(1, b"z")), *rest))
    assert facts.sides["server"].missing == 0 and slugs(facts, "note") == ["stray"]


def test_a_stranger_after_the_end_is_no_move() -> None:
    (facts,) = explained(begins(*goes_on(0.2), other(0.3, Ack(3)), refused(0.31)))
    assert facts.is_clean and slugs(facts, "note") == ["stray"]


def test_a_client_with_a_new_port_that_the_server_takes_has_moved() -> None:
    (facts,) = explained(begins(*goes_on(0.2, OTHER)))
    assert slugs(facts) == ["another-port"] and facts.outcome == "complete"
    (finding,) = facts.findings
    said = "ACK 2 came from port 40000, and the packets before it came from port 1024"
    assert finding.seen == said
    assert finding.who == "client" and facts.client[1] == 40000 and facts.octets == 1025


def test_a_new_port_is_a_doubt_when_the_capture_ends_at_once() -> None:
    (facts,) = explained(begins(other(0.2, Ack(2)), refused(0.21)))
    assert slugs(facts) == [] and facts.outcome == "unfinished"


@pytest.mark.parametrize("packet, slug", [(Ack(2), "another-port"), (Ack(7), "both-wait")])
def test_the_silence_of_the_old_port_tells_of_a_move_if_the_packet_fits(
    packet: Packet, slug: str
) -> None:
    later = 60.0, ("client", 5), ("server", 6), b"something else"
    (facts,) = explained(begins(other(0.2, packet), refused(0.21), later))
    assert slugs(facts) == [slug]


def test_a_client_that_the_server_no_longer_knows_gets_one_finding() -> None:
    again = (to_client(1 + n, Data(2, FULL)) for n in range(4))
    (facts,) = explained(begins(other(0.2, Ack(2)), refused(0.21), *again))
    assert slugs(facts) == ["another-port"]
    assert facts.ended == "the client went on from a port that the server did not know"
    assert "the server answered ERROR 5" in facts.findings[0].seen


def test_a_server_that_takes_a_stranger_is_blamed_and_the_client_is_not() -> None:
    taken = other(0.13, Ack(2)), (0.131, TID, OTHER, Data(3, b"x"))
    (facts,) = explained(begins(*taken, *goes_on(0.2)))
    assert first(facts) == ("stray-taken", "server") and slugs(facts) == ["stray-taken"]
    assert facts.outcome == "complete" and facts.client[1] == 1024


def test_a_stranger_of_another_host_is_never_the_client() -> None:
    taken = other(0.13, Ack(2), ELSEWHERE), (0.131, TID, ELSEWHERE, Data(3, b"x"))
    (facts,) = explained(begins(*taken))
    assert slugs(facts) == ["stray-taken"] and facts.client[1] == 1024


def test_a_client_that_sends_may_move_too() -> None:
    head = asks(0, Wrq(b"a")), to_client(0.1, Ack(0)), to_server(0.11, Data(1, FULL))
    moved = other(0.2, Data(2, b"x")), (0.21, TID, OTHER, Ack(2))
    (facts,) = explained(script(*head, to_client(0.12, Ack(1)), *moved))
    assert slugs(facts) == ["another-port"] and facts.outcome == "complete"


def test_two_clients_of_a_server_with_one_port_are_kept_apart() -> None:
    """The request of the second client is not in the capture."""
    one: list[Line] = [
        asks(0, Rrq(b"a")),
        (0.1, LISTENER, CLIENT, Data(1, FULL)),
        asks(0.11, Ack(1)),
        (0.12, LISTENER, CLIENT, Data(2, b"x")),
    ]
    two: list[Line] = [
        (0.105, LISTENER, OTHER, Data(2, FULL)),
        (0.125, OTHER, LISTENER, Ack(2)),
        (0.13, LISTENER, OTHER, Data(3, b"y")),
        (0.14, OTHER, LISTENER, Ack(3)),
    ]
    lines = sorted([*one, *two, asks(0.15, Ack(2))], key=lambda line: line[0])
    whole, rest = explained(script(*lines))
    assert (whole.client[1], whole.outcome, whole.octets) == (1024, "complete", 513)
    assert whole.is_clean and not whole.findings, list(lines_of(whole))
    assert rest.begins_in_middle and (rest.client[1], rest.outcome) == (40000, "complete")
    assert rest.is_clean


def test_another_port_of_the_server_is_a_stranger_if_the_server_goes_on() -> None:
    head = asks(0, Rrq(b"a")), to_client(0.1, Data(1, FULL)), to_server(0.11, Ack(1))
    stray = to_client(0.12, Data(2, b"z"), ("server", 2049))
    (facts,) = explained(
        script(*head, stray, to_client(0.13, Data(2, b"x")), to_server(0.14, Ack(2)))
    )
    assert facts.is_clean and slugs(facts, "note") == ["stray"]
    assert facts.sides["client"].missing == 0


def ends(*more: Line) -> bytes:
    """Return a get up to its last DATA."""
    head = asks(0, Rrq(b"a")), to_client(0.1, Data(1, FULL)), to_server(0.11, Ack(1))
    return script(*head, to_client(0.12, Data(2, b"x")), *more)


LATER: Line = (60.0, ("client", 5), ("server", 6), b"something else")


def test_a_final_ack_from_a_new_port_has_ended_the_transfer_if_the_server_is_content() -> None:
    (facts,) = explained(ends(other(0.2, Ack(2)), LATER))
    assert (facts.outcome, facts.octets, facts.client[1]) == ("complete", 513, 40000)
    assert slugs(facts) == ["another-port"], list(lines_of(facts))


def test_also_after_the_last_block_came_twice() -> None:
    (facts,) = explained(ends(to_client(1.1, Data(2, b"x")), other(1.2, Ack(2)), LATER))
    assert facts.outcome == "complete" and slugs(facts) == ["another-port"]


def test_a_capture_that_ends_with_such_an_ack_cannot_tell() -> None:
    (facts,) = explained(ends(other(0.2, Ack(2))))
    assert facts.outcome == "unknown" and "another port has acknowledged" in facts.ended
    assert facts.is_clean


@pytest.mark.parametrize("is_refused", [False, True])
def test_a_server_that_asks_again_has_not_taken_the_final_ack(is_refused: bool) -> None:
    refusal = [refused(0.21)] if is_refused else []
    again = [to_client(1 + n, Data(2, b"x")) for n in range(3)]
    (facts,) = explained(ends(other(0.2, Ack(2)), *refusal, *again, LATER))
    assert facts.outcome == "failed" and "did not know" in facts.ended


def test_a_stranger_with_another_ack_has_not_ended_the_transfer() -> None:
    (facts,) = explained(ends(other(0.2, Ack(7)), LATER))
    assert facts.outcome == "unknown" and "another-port" not in slugs(facts)


def test_a_fixed_number_of_a_strangers_packets_is_kept() -> None:
    explaining = Explaining([])
    strays = [other(0.2 + n / 1000, Ack(9)) for n in range(3 * changed_port.MOST)]
    for datagram in Capture(io.BytesIO(begins(*strays))):
        explaining.flows.take(datagram)
    (transfer,) = explaining.flows._live.values()
    assert transfer.doubts.mover is not None
    assert len(transfer.doubts.mover.packets) == changed_port.MOST


BROKEN = to_client(0.3, Error(3, "disk full"))


def test_a_stranger_before_an_error_of_the_server_is_no_move() -> None:
    (facts,) = explained(begins(other(0.2, Ack(2)), BROKEN, LATER))
    assert slugs(facts) == ["broken-off"] and "stray" in slugs(facts, "note")


def test_a_final_ack_after_an_error_ends_nothing() -> None:
    (facts,) = explained(ends(BROKEN, other(0.4, Ack(2)), LATER))
    assert slugs(facts) == ["broken-off"] and facts.outcome == "failed"


def test_a_stranger_whom_the_server_answers_after_the_end_is_no_move() -> None:
    late = other(0.3, Ack(2)), (0.31, TID, OTHER, Data(3, b"x"))
    (facts,) = explained(begins(*goes_on(0.2), *late))
    assert slugs(facts) == ["stray-taken"] and facts.client[1] == 1024


def test_the_first_refusal_of_a_stranger_is_told() -> None:
    stray = other(0.13, Ack(2))
    (facts,) = explained(begins(stray, refused(0.131), tells(0.14, stray, 3, 3), *goes_on(0.2)))
    (note,) = (each for each in facts.findings if each.slug == "stray")
    assert note.seen.endswith('the server answered ERROR 5 "unknown transfer ID"')
