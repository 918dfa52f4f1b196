"""The memory for packets that belong together is limited for every capture."""

from __future__ import annotations

import io

import pytest

from tests.support.overheard import (
    CLIENT,
    LISTENER,
    TID,
    Ended,
    Line,
    asks,
    explained,
    script,
    slugs,
    tells,
    to_client,
    to_server,
)
from tftp_fsm.capture.reading import Capture
from tftp_fsm.explain import closed, flows, middle
from tftp_fsm.explain.judging import undelivered
from tftp_fsm.explain.network import MOST_PAIRS
from tftp_fsm.explain.reader import Explaining
from tftp_fsm.explain.transfer.endpoint import MOST_HEARD
from tftp_fsm.wire.packets import Ack, Data, Oack, Rrq

ROUTER = "198.51.100.1"


def test_a_client_whose_port_changes_with_each_block_costs_no_memory() -> None:
    blocks = 3 * MOST_PAIRS
    lines: list[Line] = [(0.0, ("client", 1), LISTENER, Rrq(b"a"))]
    for block in range(1, blocks + 1):
        octets = bytes(512 if block < blocks else 5)
        lines.append((block, TID, ("client", block), Data(block, octets)))
        port = min(block + 1, blocks)
        lines.append((block + 0.5, ("client", port), TID, Ack(block)))
    ended = Ended()
    explaining = Explaining([ended])
    for datagram in Capture(io.BytesIO(script(*lines))):
        explaining.flows.take(datagram)
    (transfer,) = explaining.flows._live.values()
    assert len(transfer.pairs) == len(explaining.flows._network.pairs) == MOST_PAIRS
    assert len(explaining.flows._network.by_client) <= MOST_PAIRS
    explaining.close()
    assert not explaining.flows._network.pairs and not explaining.flows._network.by_client
    (facts,) = ended.facts
    assert facts.outcome == "complete" and facts.octets == (blocks - 1) * 512 + 5


def test_pairs_of_transfers_that_have_ended_are_remembered_up_to_a_limit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(flows, "LIVE", 4)
    monkeypatch.setattr(closed, "KEPT", 4)
    lines: list[Line] = []
    for n in range(20):
        client = "client", 2000 + n
        lines.append((n, client, LISTENER, Rrq(b"a")))
        lines.append((n + 0.1, ("server", 3000 + n), client, Data(1, b"x")))
        lines.append((n + 0.2, client, ("server", 3000 + n), Ack(1)))
    explaining = Explaining([])
    for datagram in Capture(io.BytesIO(script(*lines))):
        explaining.flows.take(datagram)
    assert len(explaining.flows._live) <= 4
    explaining.close()
    assert 0 < len(explaining.flows._network.closed._at) <= 4


RRQ_OF_A = asks(0, Rrq(b"a"))
CUT = 20  # octets of the quote: it has no ports


def test_a_quote_without_ports_belongs_to_the_only_transfer_between_the_hosts() -> None:
    (facts,) = explained(script(RRQ_OF_A, tells(0.1, RRQ_OF_A, 3, 10, by=ROUTER, quoted=CUT)))
    assert slugs(facts) == ["prohibited"]


def test_among_many_transfers_nobody_looks_for_the_one_of_such_a_quote(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(undelivered, "FEW", 1)
    other = 0.01, ("198.51.100.9", 1024), ("198.51.100.8", 69), Rrq(b"b")
    said = tells(0.1, RRQ_OF_A, 3, 10, by=ROUTER, quoted=CUT)
    assert "prohibited" not in slugs(explained(script(RRQ_OF_A, other, said))[0])


def test_such_a_quote_between_two_programs_of_one_host_is_of_nobody() -> None:
    """Either of the two may have sent the packet."""
    line = 0.0, ("server", 1024), LISTENER, Rrq(b"a")
    later = 60.0, ("client", 5), ("client", 6), b"something else"
    (facts,) = explained(script(line, tells(0.1, line, 3, 10, by=ROUTER, quoted=CUT), later))
    assert slugs(facts) == ["no-answer"] and not slugs(facts, "note")


def test_an_ack_with_more_octets_begins_no_transfer_in_the_middle() -> None:
    other: tuple[tuple[str, int], tuple[str, int]] = ("client", 7001), ("server", 7002)
    ack = b"\0\4\0\7"
    data = 0.0, other[1], other[0], Data(7, bytes(512))
    assert not explained(script(data, (0.1, *other, ack + b"more")))
    assert len(explained(script(data, (0.1, *other, ack)))) == 1


# -- When a transfer is over ----------------------------------------------------------------------

NOISE = ("client", 5), ("server", 6), b"something else"


def noise(now: float) -> Line:
    """Return a packet of another protocol: the capture goes on until `now`."""
    return (now, *NOISE)


def ended_at(lines: list[Line], monkeypatch: pytest.MonkeyPatch) -> list[tuple[float, str]]:
    """When each transfer was told (seconds since the first packet), and its outcome."""
    monkeypatch.setattr(flows, "LOOK", 1)
    ended = Ended()
    explaining = Explaining([ended])
    found: list[tuple[float, str]] = []
    for datagram, line in zip(Capture(io.BytesIO(script(*lines))), lines, strict=True):
        explaining.flows.take(datagram)
        found += [(line[0], facts.outcome) for facts in ended.facts[len(found) :]]
    return found


def whole(start: float, port: int = 2048) -> list[Line]:
    client, tid = ("client", 1024), ("server", port)
    return [
        (start, client, LISTENER, Rrq(b"a")),
        (start + 0.1, tid, client, Data(1, b"x")),
        (start + 0.2, client, tid, Ack(1)),
    ]


def test_a_transfer_that_has_ended_is_told_after_half_a_minute(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lines = [*whole(0), noise(29), noise(31), noise(32)]
    assert ended_at(lines, monkeypatch) == [(31, "complete")]


def test_a_transfer_that_is_silent_is_told_after_ten_minutes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lines = [*whole(0)[:2], noise(31), noise(590), noise(601), noise(602)]
    assert ended_at(lines, monkeypatch) == [(601, "unknown")]


def test_a_late_packet_begins_nothing_for_half_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    def again(start: float) -> list[Line]:
        client = "client", 1024
        data = start, TID, client, Data(7, bytes(512))
        return [data, (start + 0.01, client, TID, Ack(7))]

    lines = [*whole(0), noise(31), *again(40), noise(700)]
    assert len(ended_at(lines, monkeypatch)) == 1
    lines = [*whole(0), noise(31), *again(62), noise(700)]
    assert len(ended_at(lines, monkeypatch)) == 2


def test_data_of_unknown_ports_is_kept_up_to_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(middle, "KEPT", 3)
    explaining = Explaining([])
    lines: list[Line] = [
        (n, ("server", 3000 + n), ("client", 4000 + n), Data(7, bytes(512))) for n in range(20)
    ]
    for datagram in Capture(io.BytesIO(script(*lines))):
        explaining.flows.take(datagram)
    assert len(explaining.flows._network.middle._data) == 3


def test_what_an_end_has_heard_takes_a_fixed_room() -> None:
    windows = (("windowsize", "60000"),)
    head: list[Line] = [
        asks(0, Rrq(b"a", "octet", windows)),
        (0.1, TID, ("client", 1024), Oack(windows)),
        (0.2, ("client", 1024), TID, Ack(0)),
    ]
    blocks: list[Line] = [
        (0.3 + n / 1e5, TID, ("client", 1024), Data(n, bytes(512)))
        for n in range(1, 2 * MOST_HEARD)
    ]
    explaining = Explaining([])
    for datagram in Capture(io.BytesIO(script(*head, *blocks))):
        explaining.flows.take(datagram)
    (transfer,) = explaining.flows._live.values()
    assert 0 < len(transfer.client._heard) <= MOST_HEARD


def test_a_late_block_of_the_transfer_before_answers_no_request() -> None:
    """The server did not get the final ACK. The client asks for another file from its port."""
    one = asks(0, Rrq(b"a")), to_client(0.1, Data(1, bytes(512))), to_server(0.11, Ack(1))
    end = to_client(0.2, Data(2, b"x")), to_server(0.21, Ack(2))
    late, second = to_client(1.05, Data(2, b"x")), ("server", 3000)
    two = to_client(1.1, Data(1, b"y"), second), (1.2, CLIENT, second, Ack(1))
    first, after = explained(script(*one, *end, asks(1, Rrq(b"b")), late, *two))
    assert first.is_clean and after.is_clean and after.outcome == "complete"
    assert [each.slug for each in after.findings] == ["stray"]


def test_if_there_are_too_many_transfers_silent_ones_are_no_longer_followed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(flows, "LIVE", 4)
    lines = [asks(0, Rrq(b"a"))]
    for block in range(1, 30):
        payload = bytes(512) if block < 29 else b"x"
        lines.append(to_client(block, Data(block, payload)))
        lines.append(to_server(block + 0.1, Ack(block)))
        lines.append((block + 0.5, ("client", 3000 + block), LISTENER, Rrq(b"b")))
    first = min(explained(script(*lines)), key=lambda facts: facts.number)
    assert first.outcome == "complete" and first.octets == 28 * 512 + 1


def test_a_transfer_that_makes_room_for_others_is_not_blamed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its server repeats DATA 1 three times. More clients come than are followed at once."""
    monkeypatch.setattr(flows, "LIVE", 4)
    lines = [(0.0, ("client", 1024), LISTENER, Rrq(b"a"))]
    more: list[Line] = [
        (0.1 + n, ("server", 2048), ("client", 1024), Data(1, bytes(512))) for n in range(4)
    ]
    others: list[Line] = [
        (9.0 + n / 100, ("client", 2000 + n), LISTENER, Rrq(b"b")) for n in range(4)
    ]
    first = explained(script(*lines, *more, *others))[0]
    assert first.packet == 1 and first.is_clean and first.outcome == "unknown"
    assert slugs(first, "note")[0] == "set-aside"
