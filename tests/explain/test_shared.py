"""A client gets another port, at a server that answers all clients from one port."""

from __future__ import annotations

import io

import pytest

from tests.support.overheard import CLIENT, LISTENER, Line, asks, explained, script, slugs
from tftp_fsm.capture.reading import Capture
from tftp_fsm.explain import shared
from tftp_fsm.explain.reader import Explaining
from tftp_fsm.explain.report.report import lines_of
from tftp_fsm.wire.address import Address
from tftp_fsm.wire.packets import Ack, Data, Error, Packet, Rrq, Wrq

FULL = bytes(512)
OTHER: Address = ("client", 40000)
LATER: Line = (60.0, ("client", 5), ("server", 6), b"something else")


def answers(now: float, packet: Packet, to: Address = CLIENT) -> Line:
    return now, LISTENER, to, packet


def says(now: float, packet: Packet, source: Address = OTHER) -> Line:
    return now, source, LISTENER, packet


def ends(*more: Line) -> bytes:
    """A get whose last block was sent."""
    one = asks(0, Rrq(b"a")), answers(0.1, Data(1, FULL)), says(0.11, Ack(1), CLIENT)
    return script(*one, answers(0.12, Data(2, b"x")), *more)


def test_a_final_ack_from_a_new_port_ends_the_transfer_if_the_server_is_content() -> None:
    (facts,) = explained(ends(says(0.2, Ack(2)), LATER))
    assert (facts.outcome, facts.octets, facts.client[1]) == ("complete", 513, 40000)
    assert slugs(facts) == ["another-port"], list(lines_of(facts))


def test_a_capture_that_ends_with_such_an_ack_cannot_tell() -> None:
    (facts,) = explained(ends(says(0.2, Ack(2))))
    assert facts.outcome == "unknown" and "another port has acknowledged" in facts.ended
    assert facts.is_clean and "stray" not in slugs(facts, "note")


@pytest.mark.parametrize("is_refused", [False, True])
def test_a_server_that_asks_again_has_not_taken_it(is_refused: bool) -> None:
    refusal = [answers(0.21, Error(5, "unknown transfer ID"), OTHER)] if is_refused else []
    again = [answers(1 + n, Data(2, b"x")) for n in range(3)]
    (facts,) = explained(ends(says(0.2, Ack(2)), *refusal, *again, LATER))
    assert facts.outcome == "failed" and "did not know" in facts.ended
    (finding,) = (each for each in facts.findings if each.slug == "another-port")
    assert ("the server answered ERROR 5" in finding.seen) is is_refused


def test_a_server_that_knows_its_clients_by_the_host_goes_on_with_the_new_port() -> None:
    head = asks(0, Rrq(b"a")), answers(0.1, Data(1, FULL))
    rest = says(0.11, Ack(1)), answers(0.12, Data(2, b"x"), OTHER), says(0.13, Ack(2))
    (facts,) = explained(script(*head, *rest))
    assert slugs(facts) == ["another-port"] and facts.outcome == "complete"
    assert facts.client[1] == 40000 and facts.octets == 513, list(lines_of(facts))


def test_a_put_goes_on_from_the_new_port_too() -> None:
    head = asks(0, Wrq(b"a")), answers(0.1, Ack(0)), says(0.11, Data(1, FULL), CLIENT)
    rest = answers(0.12, Ack(1)), says(0.2, Data(2, b"x")), answers(0.21, Ack(2), OTHER)
    (facts,) = explained(script(*head, *rest))
    assert slugs(facts) == ["another-port"] and facts.outcome == "complete"


def test_the_old_port_that_speaks_again_shows_that_it_was_another_client() -> None:
    """The other one began before the capture. Nothing is said of it."""
    (facts,) = explained(ends(says(0.2, Ack(2)), says(0.3, Ack(2), CLIENT), LATER))
    assert facts.outcome == "complete" and not facts.findings, list(lines_of(facts))


@pytest.mark.parametrize("packet", [Ack(7), Data(2, FULL), Error(0, "end")])
def test_what_the_client_had_not_to_send_is_of_another_client(packet: Packet) -> None:
    (facts,) = explained(ends(says(0.2, packet), LATER))
    assert facts.client[1] == 1024 and slugs(facts) == ["both-wait"]


def test_nobody_knows_which_of_two_transfers_of_the_host_it_is() -> None:
    second: Address = ("client", 1025)
    two = [
        (0.01, second, LISTENER, Rrq(b"b")),
        answers(0.02, Data(1, FULL), second),
        says(0.03, Ack(1), second),
        answers(0.04, Data(2, b"y"), second),
    ]
    found = explained(ends(*two, says(0.2, Ack(2)), LATER))
    assert [facts.outcome for facts in found] == ["unknown", "unknown"]
    assert not any("another-port" in slugs(facts) for facts in found)


def test_among_many_transfers_of_a_host_nobody_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared, "FEW", 0)
    (facts,) = explained(ends(says(0.2, Ack(2)), LATER))
    assert facts.outcome == "unknown" and "another-port" not in slugs(facts)


def test_a_transfer_that_is_over_is_forgotten() -> None:
    """A second transfer of the client is the only one that may have moved."""
    one = asks(0, Rrq(b"a")), answers(0.1, Data(1, b"x")), says(0.2, Ack(1), CLIENT)
    two = asks(1, Rrq(b"b")), answers(1.1, Data(1, b"y")), says(1.2, Ack(1)), LATER
    first, second = explained(script(*one, *two))
    assert first.is_clean and first.outcome == "complete"
    assert (second.outcome, second.client[1]) == ("complete", 40000)


def test_nothing_is_kept_of_a_transfer_that_is_over() -> None:
    explaining = Explaining([])
    for datagram in Capture(io.BytesIO(ends(says(0.2, Ack(2), CLIENT)))):
        explaining.take(datagram)
    explaining.idle()
    assert not explaining.flows._live and not explaining.flows._network.shared._known


def test_a_client_that_moves_in_a_quiet_transfer_is_followed() -> None:
    """Nearly all packets are only counted. Then both machines are asked."""
    lines = [asks(0, Rrq(b"a"))]
    for block in range(1, 30):
        source = CLIENT if block < 20 else OTHER
        lines.append(answers(block / 10, Data(block, FULL), CLIENT if block < 21 else OTHER))
        lines.append(says(block / 10 + 0.01, Ack(block), source))
    lines += [answers(3.0, Data(30, b"x"), OTHER), says(3.01, Ack(30))]
    (facts,) = explained(script(*lines))
    assert slugs(facts) == ["another-port"] and facts.outcome == "complete", list(lines_of(facts))
