"""Captures of good transfers over good and bad networks are followed, without a finding."""

from __future__ import annotations

import io
from random import Random
from typing import Literal

import pytest

from tests.explain.test_faults import middle
from tests.support import captures
from tests.support.overheard import (
    CLIENT,
    LISTENER,
    TID,
    At,
    Ended,
    Line,
    as_pcap,
    asks,
    explained,
    overheard,
    script,
    slugs,
    to_client,
    to_server,
)
from tftp_fsm.capture.reading import Capture, Captured
from tftp_fsm.explain.flows import Flows
from tftp_fsm.explain.packets.seen import look
from tftp_fsm.explain.reader import Explaining
from tftp_fsm.explain.report.facts import Facts
from tftp_fsm.explain.report.report import lines_of
from tftp_fsm.explain.transfer.endpoint import TRIED, Endpoint, Heard
from tftp_fsm.explain.transfer.machines import FollowedReadClient
from tftp_fsm.explain.transfer.spread import Spread
from tftp_fsm.protocol.events import DataReceived
from tftp_fsm.transports.faults import Faults
from tftp_fsm.wire.options import offer
from tftp_fsm.wire.packets import Ack, Data, Error, Oack, Rrq, Wrq, build

BLOCK = bytes(512)
LOST_ENDS = {"final-ack-lost", "final-ack-unseen"}  # with 20 % loss these are true


def test_a_plain_get_is_told_whole() -> None:
    (facts,) = explained(captures.CAPTURE.read_bytes())
    assert (facts.verb, facts.name, facts.mode, facts.outcome) == (
        "get",
        "file",
        "octet",
        "complete",
    )
    assert facts.octets == len(captures.CONTENT) == facts.announced
    assert facts.offered == {"blksize": "1000", "tsize": "0", "windowsize": "4"}
    assert facts.agreed == {"blksize": "1000", "tsize": "9000", "windowsize": "4"}
    assert (facts.blksize, facts.windowsize, facts.client[1], facts.server[1]) == (
        1000,
        4,
        1024,
        2048,
    )
    assert facts.is_clean and not facts.findings


def test_the_report_of_a_plain_get() -> None:
    (facts,) = explained(captures.CAPTURE.read_bytes())
    lines = list(lines_of(facts))
    assert lines[0] == "1. get file (octet), packet 1"
    assert lines[1] == "   client 192.0.2.9 port 1024, server 192.0.2.1 port 69, then port 2048"
    assert lines[-1] == "   nothing was lost, and no rule was broken"


@pytest.mark.parametrize("first", range(0, 120, 20))
def test_a_bad_network_breaks_no_rule(first: int) -> None:
    """Both ends are ours, so a departure would be a fault of `explain`."""
    for seed in range(first, first + 20):
        random = Random(seed)
        verb: Literal["get", "put"] = random.choice(["get", "put"])
        at: At = random.choice(["sent", "arrival"])
        size = random.choice([0, 1, 511, 512, 513, 3000, 9000])
        content = random.randbytes(size)
        options = offer(
            blksize=random.choice([None, 512, 300]),
            windowsize=random.choice([None, None, 2, 8]),
            tsize=random.choice([None, size if verb == "put" else 0]),
        )
        faults = Faults(
            loss=random.choice([0, 0.05, 0.2]),
            duplicate=random.choice([0, 0.1]),
            reorder=random.choice([0, 0.1]),
            delay=random.choice([0, 0.02]),
            seed=seed,
        )
        result, datagrams = overheard(verb, content, faults, at=at, options=options)
        (facts,) = explained(as_pcap(datagrams))
        assert set(slugs(facts)) <= LOST_ENDS, (seed, list(lines_of(facts)))
        if result.intact and facts.outcome == "complete":
            assert facts.octets == size


def test_a_request_to_any_port_begins_a_transfer() -> None:
    other = ("server", 6969)
    lines = (
        (0.0, CLIENT, other, Rrq(b"a")),
        to_client(0.1, Data(1, b"x")),
        to_server(0.2, Ack(1)),
    )
    (facts,) = explained(script(*lines))
    assert (facts.outcome, facts.asked[1], facts.octets) == ("complete", 6969, 1)


def test_several_transfers_at_once_are_kept_apart() -> None:
    second = ("client", 1025)
    (one, two) = explained(
        script(
            asks(0.0, Rrq(b"a")),
            (0.1, second, LISTENER, Wrq(b"b")),
            to_client(0.2, Data(1, BLOCK)),
            (0.3, ("server", 3000), second, Ack(0)),
            to_server(0.4, Ack(1)),
            (0.5, second, ("server", 3000), Data(1, b"xy")),
            to_client(0.6, Data(2, b"")),
            (0.7, ("server", 3000), second, Ack(1)),
            to_server(0.8, Ack(2)),
        )
    )
    assert (one.name, one.verb, one.octets, one.outcome) == ("a", "get", 512, "complete")
    assert (two.name, two.verb, two.octets, two.outcome) == ("b", "put", 2, "complete")
    assert one.is_clean and two.is_clean


def test_a_second_transfer_from_the_same_port_is_another_one() -> None:
    one = asks(0.0, Rrq(b"a")), to_client(0.1, Data(1, b"x")), to_server(0.2, Ack(1))
    again = (
        asks(1.0, Rrq(b"a")),
        to_client(1.1, Data(1, b"x"), ("server", 2049)),
        (1.2, CLIENT, ("server", 2049), Ack(1)),
    )
    found = explained(script(*one, *again))
    assert [(facts.outcome, facts.server[1]) for facts in found] == [
        ("complete", 2048),
        ("complete", 2049),
    ]


def test_a_capture_may_begin_in_the_middle() -> None:
    lines = [line for n in range(5, 9) for line in _exchange(n)]
    lines += [to_client(2.0, Data(9, b"end")), to_server(2.1, Ack(9))]
    (facts,) = explained(script(*lines))
    assert facts.begins_in_middle and facts.outcome == "complete" and facts.is_clean
    assert facts.server[1] == TID[1] and facts.packet == 1


@pytest.mark.parametrize("first", [500, 65534])
def test_what_went_before_the_capture_is_not_counted(first: int) -> None:
    """Nobody has seen how long it took; the mode, too, was told before."""
    lines = middle(first, 20)
    last = first + 20 & 0xFFFF
    lines += [to_client(1.0, Data(last, b"end")), to_server(1.1, Ack(last))]
    (facts,) = explained(script(*lines))
    assert (facts.octets, facts.mode) == (20 * 512 + 3, "(unknown)")
    text = "\n".join(lines_of(facts))
    assert "10,243 octets in 1.100 s, 9.3 kB/s" in text and "octet)" not in text


def test_windows_of_a_transfer_that_began_before_are_learnt() -> None:
    lines = [*_exchange(4)]
    for first in (5, 9):
        lines += [to_client(first / 10, Data(first + n, BLOCK)) for n in range(4)]
        lines += [to_server((first + 3) / 10, Ack(first + 3))]
    (facts,) = explained(script(*lines))
    assert facts.windowsize == 4 and not slugs(facts, "departure")


def test_other_datagrams_are_no_transfers() -> None:
    noise = [(n / 10, CLIENT, TID, bytes((0, n, 0, 1)) + BLOCK) for n in range(9)]
    assert explained(script(*noise)) == []


def test_a_transfer_that_was_probed_for_its_size_is_clean() -> None:
    lines = (
        asks(0.0, Rrq(b"a", "octet", (("tsize", "0"),))),
        to_client(0.1, Oack((("tsize", "9"),))),
        to_server(0.2, Error(0, "TFTP Aborted")),
    )
    (facts,) = explained(script(*lines))
    assert (facts.outcome, facts.is_clean) == ("probed", True)


def test_an_octet_of_a_peer_acts_on_no_terminal() -> None:
    lines = asks(0.0, Rrq(b"\x1b[2Ja\nb")), to_client(0.1, Error(1, "\x1b]0;x\x07"))
    (facts,) = explained(script(*lines))
    assert all(line.isprintable() for line in lines_of(facts))


def _exchange(block: int) -> tuple[Line, Line]:
    return to_client(block / 10, Data(block, BLOCK)), to_server(block / 10 + 0.05, Ack(block))


EARLY = (
    to_client(0.1, Data(1, BLOCK)),
    to_server(0.1999, Ack(2)),  # it waits for DATA 2, which does not come
    to_server(0.2, Error(3, "full")),
)


@pytest.mark.parametrize("lines", [(to_client(0.1, Data(1, b"x")), to_server(0.2, Ack(1))), EARLY])
@pytest.mark.parametrize("pause", [0.001, 0.02, 0.9])
def test_a_live_transfer_is_told_soon_after_its_end_also_among_other_traffic(
    lines: tuple[Line, ...], pause: float
) -> None:
    def among(is_live: bool) -> float:
        """Return how long after its end the transfer is reported, in seconds of other traffic."""
        ended = Ended()
        explaining = Explaining([ended])
        if is_live:
            explaining.be_live()
        noise = [(0.2 + n * pause, CLIENT, ("server", 53), b"noise") for n in range(1, 1700)]
        for datagram in Capture(io.BytesIO(script(asks(0, Rrq(b"a")), *lines, *noise))):
            explaining.take(datagram)
            if ended.facts:
                return (datagram.at or 0) / 1e9 - ended.facts[0].began - 0.2
        return -1

    assert 1 < among(is_live=True) < 1.5 + 3 * pause
    assert among(is_live=False) == -1


def test_looks_at_all_live_transfers_are_rare(monkeypatch: pytest.MonkeyPatch) -> None:
    """A look costs a step for each of them, so many transfers are looked at less often."""
    looks: list[int] = []
    monkeypatch.setattr(Flows, "look_around", lambda flows: looks.append(len(flows._live)))
    explaining = Explaining([Ended()])
    explaining.flows.be_live()
    for number in range(1000):
        source, at = ("192.0.2.9", 1024 + number), number * 200_000_000
        request = build(Rrq(b"a"))
        explaining.flows.take(Captured(number, at, 0, source, LISTENER, request, len(request)))
    assert sum(looks) < 100 * 1000 and len(looks) > 100


def test_a_client_that_ends_on_purpose_is_told_as_that() -> None:
    stop = to_server(0.3, Error(0, "stopped by the user"))
    (facts,) = explained(script(asks(0, Rrq(b"a")), to_client(0.1, Data(1, BLOCK)), stop))
    assert facts.outcome == "ended"
    assert facts.ended == 'the client ended it with ERROR 0 "stopped by the user"'
    (finding,) = facts.findings
    assert finding.seen == facts.ended and "the server made no mistake" in finding.usual_cause


@pytest.mark.parametrize(
    "request_of, expected",
    [
        (Rrq(b"a"), "DATA 1 or ERROR"),
        (Rrq(b"a", "octet", (("tsize", "0"),)), "DATA 1, OACK or ERROR"),
        (Wrq(b"a"), "ACK 0 or ERROR"),
        (Wrq(b"a", "octet", (("tsize", "9"),)), "ACK 0, OACK or ERROR"),
    ],
)
def test_what_was_expected_of_a_silent_server_fits_the_request(
    request_of: Rrq | Wrq, expected: str
) -> None:
    later = 60.0, ("client", 5), ("server", 6), b"something else"
    (facts,) = explained(script(asks(0, request_of), later))
    assert [each.expected for each in facts.findings] == [expected]
    assert facts.findings[0].seen == "1 request, and no packet from 192.0.2.1"


def test_one_is_no_plural() -> None:
    (facts,) = explained(
        script(asks(0, Rrq(b"a")), to_client(0.1, Data(1, b"x")), to_server(0.5, Ack(1)))
    )
    text = "\n".join(lines_of(facts))
    assert "1 octet in 0.500 s" in text and "in 1 round trip" in text
    assert "1 round trips" not in text


def test_an_odd_answer_to_a_value_that_cannot_be_is_no_fault_of_the_server() -> None:
    """tftpd-hpa answers blksize=65465 with its largest one."""
    lines = (
        asks(0, Rrq(b"a", "octet", (("blksize", "65465"),))),
        to_client(0.1, Oack((("blksize", "65464"),))),
        to_server(0.2, Error(0, "thank you")),
    )
    (facts,) = explained(script(*lines))
    assert slugs(facts) == ["option-invalid", "client-ended"]


@pytest.mark.parametrize(
    "client, server, slower",
    [(0.1, 0.13, None), (0.1, 0.2, "server"), (0.2, 0.1, "client"), (0.13, 0.1, None)],
)
def test_a_side_is_the_slower_one_if_it_is_clear(
    client: float, server: float, slower: str | None
) -> None:
    lines, now = [asks(0, Rrq(b"a"))], 0.0
    for block in range(1, 6):
        lines.append(to_client(now + server, Data(block, BLOCK)))
        now += server + client
        lines.append(to_server(now, Ack(block)))
    (facts,) = explained(script(*lines))
    assert facts.slower == slower


def test_a_median_is_no_longer_than_the_longest() -> None:
    """Durations are counted in classes, and the middle of a class is above its beginning."""
    spread = Spread()
    spread.add(1024)
    spread.add(3)
    assert (spread.at(1.0), spread.median) == (1024, 3)
    assert Spread().median is None


def test_few_ways_to_have_heard_less_are_tried() -> None:
    """Each of them costs a step for each packet that was heard."""
    end = Endpoint("client", FollowedReadClient(Rrq(b"a"), ("server", 69)), lambda *_: -1)
    end._heard = [Heard(DataReceived(6, 512), 0.0, -1)] * 256
    ack = Captured(1, 0, 0, ("client", 1), ("server", 2), build(Ack(5)), 4)
    assert len(list(end._less(look(ack)))) == 2 * TRIED + 1


def slow(answer: float, *, count: int = 4) -> Facts:
    """Return a get whose client acknowledges each block `answer` seconds after it was sent."""
    lines: list[Line] = [asks(0, Rrq(b"a"))]
    for n in range(1, count + 1):
        lines.append(to_client(3 * n, Data(n, bytes(512))))
        lines += [to_client(3 * n + 1, Data(n, bytes(512)))] * (answer > 1)
        lines.append(to_server(3 * n + answer, Ack(n)))
        lines += [to_server(3 * n + 2 * answer, Ack(n))] * (answer > 1.1)
    end = to_client(60, Data(count + 1, b"x")), to_server(60.001, Ack(count + 1))
    (facts,) = explained(script(*lines, *end))
    return facts


def test_who_answers_long_after_a_packet_came_again_is_named_as_slow() -> None:
    (note,) = [each for each in slow(1.2).findings if each.slug == "slow-answers"]
    assert note.who == "client" and note.severity == "note"
    assert note.seen == "the client answered 4 packets long after they were sent again"


def test_who_answers_at_once_what_came_again_may_have_lost_the_first() -> None:
    for facts in (slow(1.001), slow(0.3), slow(1.2, count=2)):
        assert "slow-answers" not in slugs(facts, "note")


def test_a_slow_answer_to_what_did_not_come_again_is_no_late_one() -> None:
    lines: list[Line] = [asks(0, Rrq(b"a"))]
    for n in range(1, 12):
        lines += [to_client(n, Data(n, bytes(512))), to_server(n + (0.001, 0.4)[n > 7], Ack(n))]
    (facts,) = explained(script(*lines), is_logged=True)  # no run is quiet then
    assert "slow-answers" not in slugs(facts, "note")


def test_an_ack_far_ahead_is_no_hole_in_the_capture_if_the_old_block_comes_again() -> None:
    head = asks(0.0, Rrq(b"a")), to_client(0.1, Data(1, BLOCK)), to_server(0.2, Ack(7))
    (facts,) = explained(script(*head, to_client(1.2, Data(1, BLOCK)), to_server(1.3, Ack(7))))
    assert slugs(facts, "guess") == ["ack-of-unsent"]
    assert not any(side.missing for side in facts.sides.values())
