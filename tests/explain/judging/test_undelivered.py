"""An ICMP message explains a silence. A forged or late message explains nothing."""

from __future__ import annotations

import pytest

from tests.support.overheard import (
    CLIENT,
    TID,
    Line,
    asks,
    explained,
    first,
    message,
    script,
    slugs,
    tells,
    to_client,
    to_server,
)
from tftp_fsm.explain.report.facts import Facts
from tftp_fsm.explain.report.report import lines_of
from tftp_fsm.wire.packets import Ack, Data, Error, Oack, Rrq, Wrq

FULL, LARGE = bytes(512), bytes(1468)
RRQ = asks(0, Rrq(b"a"))
ONE = [RRQ, to_client(0.1, Data(1, FULL)), to_server(0.11, Ack(1))]
TWO = to_client(0.2, Data(2, FULL))
END = to_client(0.2, Data(2, b"x"))
ROUTER = "198.51.100.1"
OTHER = ("client", 40000)


def again(line: Line, *times: float) -> list[Line]:
    return [(time, *line[1:]) for time in times]


def told(*lines: Line) -> Facts:
    (facts,) = explained(script(*lines))
    return facts


def cause(facts: Facts, slug: str) -> str:
    (found,) = (each for each in facts.findings if each.slug == slug)
    return found.usual_cause


def test_a_closed_port_is_told_once_however_often_it_was_said() -> None:
    said = [tells(n + 0.001, RRQ, 3, 3) for n in range(3)]
    facts = told(*again(RRQ, 0, 1, 2), *said)
    assert slugs(facts) == ["port-closed"] and facts.outcome == "unanswered"
    text = "\n".join(lines_of(facts))
    assert "ICMP port unreachable came from 192.0.2.1 for the RRQ of the client" in text
    assert "packet 4, 3 times up to packet 6" in text and "no TFTP server runs there" in text


def test_the_port_of_a_server_that_has_ended_in_mid_transfer() -> None:
    ack = to_server(0.3, Ack(2))
    facts = told(*ONE, TWO, *again(ack, 0.3, 1.3), tells(0.301, ack, 3, 3, quoted=28))
    assert first(facts) == ("port-closed", "server")
    assert "the server's process for this transfer has ended" in cause(facts, "port-closed")


def test_a_server_that_was_started_later_is_no_trouble() -> None:
    facts = told(RRQ, tells(0.001, RRQ, 3, 3), asks(1, Rrq(b"a")), *again(END, 1.1)[:0],
                 to_client(1.1, Data(1, b"x")), to_server(1.2, Ack(1)))  # fmt: skip
    assert facts.is_clean and "undelivered" in slugs(facts, "note")


def test_a_late_copy_that_finds_the_port_closed_is_no_trouble() -> None:
    done = [*ONE, END, to_server(0.21, Ack(2)), *again(END, 0.22), tells(0.221, END, 3, 3)]
    facts = told(*done)
    assert facts.outcome == "complete" and facts.is_clean
    (note,) = (each for each in facts.findings if each.slug == "undelivered")
    assert note.seen == "ICMP port unreachable from 192.0.2.9 for DATA 2 of the server"


def test_after_an_error_a_closed_port_is_no_matter() -> None:
    facts = told(*ONE, to_server(0.15, Error(3, "disk full")), TWO, tells(0.201, TWO, 3, 3))
    assert slugs(facts) == ["broken-off"]


def test_a_receiver_that_is_gone_when_the_last_block_comes_again_may_have_the_file() -> None:
    facts = told(*ONE, *again(END, 0.2, 1.2, 2.2), tells(0.201, END, 3, 3))
    assert first(facts) == ("final-ack-unseen", "client") and len(slugs(facts)) == 1
    assert "it has the whole file" in cause(facts, "final-ack-unseen")


def test_port_unreachable_of_a_router_is_a_firewall() -> None:
    facts = told(RRQ, tells(0.001, RRQ, 3, 3, by=ROUTER), asks(1, Rrq(b"a")))
    assert first(facts) == ("prohibited", "network") and slugs(facts) == ["prohibited"]


def test_a_client_that_is_alive_behind_a_host_that_rejects_is_no_closed_port() -> None:
    answer = to_client(0.1, Data(1, FULL))
    lines = [
        line
        for n in range(4)
        for line in (
            asks(n, Rrq(b"a")),
            *again(answer, n + 0.1),
            tells(n + 0.101, answer, 3, 3),
        )
    ]
    facts = told(*lines, asks(5, Rrq(b"a")))
    assert slugs(facts) == ["new-port-blocked"] and "undelivered" in slugs(facts, "note")


@pytest.mark.parametrize("quoted", [1 << 16, 28, 24, 20])
@pytest.mark.parametrize(
    "mtu, words", [(1400, "a blksize of 1,368 or less"), (0, "a smaller block")]
)
def test_too_big_tells_the_size_that_fits(quoted: int, mtu: int, words: str) -> None:
    """A quote may lack the octets of TFTP, and even the ports."""
    asked = asks(0, Rrq(b"a", "octet", (("blksize", "1468"),)))
    block = to_client(0.3, Data(1, LARGE))
    said = tells(0.301, block, 3, 4, by=ROUTER, mtu=mtu, quoted=quoted)
    head = asked, to_client(0.1, Oack((("blksize", "1468"),))), to_server(0.2, Ack(0))
    facts = told(*head, *again(block, 0.3, 1.3, 2.3), said)
    assert slugs(facts) == ["too-big"]
    (found,) = (each for each in facts.findings if each.slug == "too-big")
    assert found.expected.startswith(words) and "a packet of 1,500 octets" in found.seen
    assert ("DATA 1" in found.seen) is (quoted > 32)


def test_a_block_that_came_through_in_fragments_is_no_trouble() -> None:
    asked = asks(0, Rrq(b"a", "octet", (("blksize", "1468"),)))
    block = to_client(0.3, Data(1, LARGE))
    said = tells(0.301, block, 3, 4, by=ROUTER, mtu=1400)
    head = asked, to_client(0.1, Oack((("blksize", "1468"),))), to_server(0.2, Ack(0))
    rest = to_server(0.5, Ack(1)), to_client(0.6, Data(2, b"")), to_server(0.7, Ack(2))
    facts = told(*head, block, said, *again(block, 0.4), *rest)
    assert facts.is_clean and facts.outcome == "complete"


def test_fragments_that_did_not_come_are_told_by_the_receiver() -> None:
    asked = asks(0, Rrq(b"a", "octet", (("blksize", "1468"),)))
    block = to_client(0.3, Data(1, LARGE))
    head = asked, to_client(0.1, Oack((("blksize", "1468"),))), to_server(0.2, Ack(0))
    facts = told(*head, *again(block, 0.3, 1.3), tells(30.3, block, 11, 1, quoted=28))
    assert first(facts) == ("large-blocks-lost", "network")
    (found,) = (each for each in facts.findings if each.slug == "large-blocks-lost")
    assert "fragment reassembly time exceeded" in found.seen


def test_the_client_of_a_put_hears_that_the_server_is_gone() -> None:
    block = to_server(0.2, Data(1, FULL))
    head = asks(0, Wrq(b"a")), to_client(0.1, Ack(0))
    facts = told(*head, *again(block, 0.2, 1.2), tells(0.201, block, 3, 3))
    assert first(facts) == ("port-closed", "server")


# -- Messages that do not fit ---------------------------------------------------------------------


@pytest.mark.parametrize(
    "line",
    [
        to_client(0.2, Data(9, FULL)),  # it was not sent
        to_server(0.2, Ack(9)),
        to_client(0.2, Ack(1)),  # of the other end
        (0.2, TID, CLIENT, Rrq(b"a")),
    ],
)
def test_a_message_about_a_packet_that_was_not_sent_is_told_as_odd(line: Line) -> None:
    facts = told(*ONE, TWO, tells(0.201, line, 3, 3))
    assert not slugs(facts) and "icmp-odd" in slugs(facts, "note")


@pytest.mark.parametrize(
    "line",
    [
        (0.2, TID, OTHER, Data(2, FULL)),
        (0.2, ("server", 3000), CLIENT, Data(2, FULL)),
        (0.2, CLIENT, ("server", 3000), Ack(1)),
        (0.2, ("198.51.100.3", 5), ("198.51.100.4", 6), b"something else"),
    ],
)
@pytest.mark.parametrize("quoted", [1 << 16, 28, 20])
def test_a_message_about_another_datagram_is_of_no_transfer(line: Line, quoted: int) -> None:
    said = tells(0.22, line, 3, 3, quoted=quoted)
    facts = told(*ONE, END, to_server(0.21, Ack(2)), said)
    assert not facts.findings


def test_before_any_transfer_a_message_is_of_none() -> None:
    facts = told(tells(0, RRQ, 3, 3), *again(RRQ, 1), to_client(1.1, Data(1, b"")),
                 to_server(1.2, Ack(1)))  # fmt: skip
    assert not facts.findings


def test_a_stranger_whose_port_the_server_did_not_know_is_told_with_that() -> None:
    stray: Line = (0.15, OTHER, TID, Ack(1))
    facts = told(*ONE, stray, tells(0.151, stray, 3, 3), END, to_server(0.21, Ack(2)))
    (note,) = facts.findings
    assert note.seen.endswith("from 192.0.2.9 port 40000; the answer was ICMP port unreachable")


def test_a_message_that_two_interfaces_show_counts_once() -> None:
    from tests.support.frames import enhanced, interface, section
    from tests.support.overheard import RAW
    from tftp_fsm.capture.ip_headers import udp_packet
    from tftp_fsm.wire.packets import build

    request = udp_packet(CLIENT, RRQ[2], build(Rrq(b"a")))
    said = message(RRQ, 3, 3)
    blocks = [enhanced(number, at, octets) for at, octets in enumerate((request, said))
              for number in (0, 1)]  # fmt: skip
    (facts,) = explained(section() + interface(RAW) * 2 + b"".join(blocks))
    assert [(each.slug, each.count) for each in facts.findings] == [("port-closed", 1)]


def test_a_message_about_a_request_that_was_not_sent_is_odd() -> None:
    facts = told(RRQ, tells(0.1, asks(0, Rrq(b"another")), 3, 3), asks(1, Rrq(b"a")))
    assert slugs(facts) == ["no-answer"] and "icmp-odd" in slugs(facts, "note")
