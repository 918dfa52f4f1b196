"""Each fault that makes transfers fail is explained as that fault."""

from __future__ import annotations

import struct

import pytest

from tests.support.frames import HOSTS, fragments, pcap
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
from tftp_fsm.explain.report.facts import Facts
from tftp_fsm.explain.report.report import lines_of
from tftp_fsm.wire.packets import Ack, Data, Error, Oack, Rrq, Wrq, build

FULL = bytes(512)
LARGE = bytes(8192)
OPTIONS = (("blksize", "8192"), ("tsize", "0"))
RRQ, RRQ_LARGE = Rrq(b"a"), Rrq(b"a", "octet", OPTIONS)
ROUTER = "198.51.100.1"
OTHER_HOST = ("198.51.100.7", 2048)
LATE = (60.0, ("client", 5), ("server", 6), b"something else")  # the capture goes on for so long


def lines(count: int, start: float = 0.1) -> list[Line]:
    """Return the first blocks of a get in lock-step, and their ACKs."""
    found = []
    for block in range(1, count + 1):
        found += [to_client(start, Data(block & 0xFFFF, FULL))]
        found += [to_server(start + 0.01, Ack(block & 0xFFFF))]
        start += 0.02
    return found


def middle(first: int, count: int) -> list[Line]:
    """Return the same from the middle of the get on, without its request."""
    numbers = range(first, first + count)
    return [
        line
        for n in numbers
        for line in (
            to_client((n - first) / 50, Data(n & 0xFFFF, FULL)),
            to_server((n - first) / 50 + 0.01, Ack(n & 0xFFFF)),
        )
    ]


FAULTS: dict[str, tuple[str, str, list[Line]]] = {
    "no answer at all": (
        "no-answer",
        "server",
        [asks(0, RRQ), asks(1, RRQ), asks(3, RRQ)],
    ),
    "a firewall drops what comes from the new port": (
        "new-port-blocked",
        "network",
        [
            asks(0, RRQ),
            to_client(0.01, Data(1, FULL)),
            to_client(1, Data(1, FULL)),
            asks(1.5, RRQ),
            to_client(1.51, Data(1, FULL)),
            asks(3, RRQ),
        ],
    ),
    "the OACK is never acknowledged": (
        "oack-unacknowledged",
        "client",
        [asks(0, RRQ_LARGE), *(to_client(n + 0.1, Oack(OPTIONS)) for n in range(4))],
    ),
    "the OACK is answered with ACK 1": (
        "ack-of-unsent",
        "client",
        [
            asks(0, RRQ_LARGE),
            *(
                line
                for n in range(3)
                for line in (to_client(n + 0.1, Oack(OPTIONS)), to_server(n + 0.2, Ack(1)))
            ),
        ],
    ),
    "DATA 1 is never acknowledged": (
        "answer-unacknowledged",
        "client",
        [asks(0, RRQ), *(to_client(n + 0.1, Data(1, FULL)) for n in range(4))],
    ),
    "the server refuses the options": (
        "option-refused",
        "server",
        [asks(0, RRQ_LARGE), to_client(0.1, Error(8, "blksize?"))],
    ),
    "the client refuses the OACK": (
        "option-unasked",
        "server",
        [
            asks(0, Rrq(b"a", "octet", (("blksize", "1024"),))),
            to_client(0.1, Oack((("blksize", "2048"),))),
            to_server(0.2, Error(8, "more than asked")),
        ],
    ),
    "a mangled option": (
        "option-unasked",
        "server",
        [
            asks(0, RRQ_LARGE),
            to_client(0.1, Oack((("blksize", "abc"),))),
            to_server(0.2, Ack(0)),
            to_client(0.3, Data(1, b"x")),
            to_server(0.4, Ack(1)),
        ],
    ),
    "an option that was not asked for, and is taken": (
        "option-unasked",
        "server",
        [
            asks(0, RRQ),
            to_client(0.1, Oack((("blksize", "1024"),))),
            to_server(0.2, Ack(0)),
            to_client(0.3, Data(1, b"x")),
            to_server(0.4, Ack(1)),
        ],
    ),
    "an option that cannot be": (
        "option-invalid",
        "client",
        [
            asks(0, Rrq(b"a", "octet", (("blksize", "70000"),))),
            to_client(0.1, Data(1, b"x")),
            to_server(0.2, Ack(1)),
        ],
    ),
    "the block after 65535 has number 1": (
        "roll-over-to-one",
        "server",
        [*middle(65534, 2), *(to_client(1 + n, Data(1, FULL)) for n in range(4))],
    ),
    "the receiver does not take block 0": (
        "roll-over",
        "client",
        [
            *middle(65534, 2),
            *(
                line
                for n in range(4)
                for line in (to_client(1 + n, Data(0, FULL)), to_server(1.5 + n, Ack(65535)))
            ),
        ],
    ),
    "the sender does not take ACK 0": (
        "roll-over",
        "server",
        [
            *middle(65534, 3),
            *(
                line
                for n in range(4)
                for line in (to_client(1 + n, Data(0, FULL)), to_server(1.01 + n, Ack(0)))
            ),
        ],
    ),
    "a server that repeats DATA for each repeated ACK": (
        "sorcerer",
        "server",
        [
            asks(0, RRQ),
            *lines(1),
            to_client(0.12, Data(2, FULL)),
            to_client(1.12, Data(2, FULL)),
            *(
                line
                for n in range(2, 8)
                for line in (
                    to_server(1.2 + n / 100, Ack(n)),
                    to_client(1.2005 + n / 100, Data(n + 1, FULL)),
                    to_server(1.201 + n / 100, Ack(n)),
                    to_client(1.2015 + n / 100, Data(n + 1, FULL)),
                )
            ),
        ],
    ),
    "the same over a slow network": (
        "sorcerer",
        "server",
        [
            asks(0, RRQ),
            to_client(0.02, Data(1, FULL)),
            to_server(0.04, Ack(1)),
            to_client(0.06, Data(2, FULL)),
            *(
                line
                for n in range(2, 8)
                for line in (
                    to_server(0.08 * n, Ack(n)),
                    to_client(0.08 * n + 0.02, Data(n + 1, FULL)),
                    to_server(0.08 * n + 0.04, Ack(n)),
                    to_client(0.08 * n + 0.06, Data(n + 1, FULL)),
                )
            ),
        ],
    ),
    "a server that falls silent in a put": (
        "block-unanswered",
        "server",
        [
            asks(0, Wrq(b"a")),
            to_client(0.1, Ack(0)),
            to_server(0.2, Data(1, FULL)),
            to_client(0.3, Ack(1)),
            *(to_server(0.4 + n, Data(2, FULL)) for n in range(4)),
        ],
    ),
    "the receiver counts from 1 after 65535, and the sender from 0": (
        "roll-over",
        "client",
        [
            *middle(65534, 2),
            *(
                line
                for n in range(4)
                for line in (to_client(1 + n, Data(0, FULL)), to_server(1.01 + n, Ack(1)))
            ),
        ],
    ),
    "blocks of 512 octets though 1428 were agreed": (
        "blksize-ignored",
        "server",
        [
            asks(0, Rrq(b"a", "octet", (("blksize", "1428"),))),
            to_client(0.01, Oack((("blksize", "1428"),))),
            to_server(0.02, Ack(0)),
            *lines(3),
        ],
    ),
    "only large blocks are lost": (
        "large-blocks-lost",
        "network",
        [
            asks(0, RRQ_LARGE),
            to_client(0.1, Oack((("blksize", "8192"), ("tsize", "99999")))),
            to_server(0.2, Ack(0)),
            *(to_client(0.3 + n, Data(1, LARGE)) for n in range(4)),
        ],
    ),
    "a mode that nobody knows": (
        "wrong-mode",
        "client",
        [asks(0, Rrq(b"a", "image")), to_client(0.1, Error(4, "mode?"))],
    ),
    "the mode mail": (
        "wrong-mode",
        "client",
        [asks(0, Wrq(b"a", "mail")), to_client(0.1, Error(4, "mail?"))],
    ),
    "a binary file in mode netascii": (
        "netascii-binary",
        "client",
        [
            asks(0, Rrq(b"a", "netascii")),
            to_client(
                0.1, Data(1, bytes(range(256)).replace(b"\r", b"\r\0").replace(b"\n", b"\r\n"))
            ),
            to_server(0.2, Ack(1)),
        ],
    ),
    "a lone CR that is sent as it is": (
        "netascii-cr",
        "server",
        [
            asks(0, Rrq(b"a", "netascii")),
            to_client(0.1, Data(1, b"one\r\ntwo\rthree\r\n")),
            to_server(0.2, Ack(1)),
        ],
    ),
    "a text that is no netascii": (
        "netascii-raw",
        "server",
        [
            asks(0, Rrq(b"a", "netascii")),
            to_client(0.1, Data(1, b"one\ntwo\n")),
            to_server(0.2, Ack(1)),
        ],
    ),
    "the answer comes from another address": (
        "another-address",
        "server",
        [
            asks(0, RRQ),
            to_client(0.1, Data(1, FULL), OTHER_HOST),
            (0.2, CLIENT, OTHER_HOST, Error(5, "unknown transfer ID")),
        ],
    ),
    "the server changes its port in mid-transfer": (
        "another-port",
        "server",
        [
            asks(0, RRQ),
            *lines(2),
            to_client(0.2, Data(3, FULL), ("server", 2049)),
            (0.21, CLIENT, ("server", 2049), Ack(3)),
            to_client(0.22, Data(4, b""), ("server", 2049)),
            (0.23, CLIENT, ("server", 2049), Ack(4)),
        ],
    ),
    "NAT gives the client another port in mid-transfer": (
        "another-port",
        "client",
        [
            asks(0, RRQ),
            to_client(0.1, Data(1, FULL)),
            to_server(0.11, Ack(1)),
            to_client(0.12, Data(2, FULL)),
            (0.2, ("client", 40000), TID, Ack(2)),
            (0.21, TID, ("client", 40000), Error(5, "unknown transfer ID")),
            *(to_client(1.12 + n, Data(2, FULL)) for n in range(3)),
        ],
    ),
    "a stranger on the client's host, whom the server takes for the client": (
        "stray-taken",
        "server",
        [
            asks(0, RRQ),
            *lines(1),
            to_client(0.12, Data(2, FULL)),
            (0.13, ("client", 40000), TID, Ack(2)),
            (0.14, TID, ("client", 40000), Data(3, b"x")),
            to_server(0.15, Ack(2)),
        ],
    ),
    "the final ACK is lost, and the receiver has left": (
        "final-ack-lost",
        "network",
        [
            asks(0, RRQ),
            to_client(0.1, Data(1, b"x")),
            to_server(0.2, Ack(1)),
            *(to_client(1.2 + n, Data(1, b"x")) for n in range(4)),
        ],
    ),
    "the last block is never acknowledged": (
        "final-ack-unseen",
        "network",
        [asks(0, RRQ), *lines(2), *(to_client(1.2 + n, Data(3, b"x")) for n in range(4))],
    ),
    "two sessions from one request": (
        "two-sessions",
        "server",
        [
            asks(0, RRQ),
            asks(1, RRQ),
            to_client(1.1, Data(1, FULL)),
            to_client(1.11, Data(1, FULL), ("server", 2049)),
            to_server(1.12, Ack(1)),
            (1.13, CLIENT, ("server", 2049), Error(5, "unknown transfer ID")),
            to_client(1.2, Data(2, b"x")),
            to_server(1.3, Ack(2)),
        ],
    ),
    "an ERROR is answered with an ACK": (
        "error-answered",
        "client",
        [
            asks(0, RRQ),
            *lines(2),
            to_client(0.2, Error(3, "disk full")),
            to_server(0.201, Ack(2)),
        ],
    ),
    "the client leaves before the server's time-out": (
        "client-left",
        "client",
        [
            asks(0, RRQ),
            *lines(3),
            to_client(0.2, Data(4, FULL)),
            *(to_client(5.2 * n, Data(4, FULL)) for n in (1, 2, 3)),
        ],
    ),
    "both sides wait": (
        "both-wait",
        "network",
        [asks(0, RRQ), *lines(3), to_client(0.2, Data(4, FULL)), LATE],
    ),
    "a file that does not exist": (
        "refused",
        "server",
        [asks(0, RRQ), to_client(0.1, Error(1, "File not found"))],
    ),
    "the disk is full": (
        "broken-off",
        "client",
        [asks(0, RRQ), *lines(2), to_server(0.2, Error(3, "disk full"))],
    ),
    "the server's port is closed": (
        "port-closed",
        "server",
        [asks(0, RRQ), tells(0.001, asks(0, RRQ), 3, 3), asks(1, RRQ)],
    ),
    "the client's port is closed in mid-transfer": (
        "port-closed",
        "client",
        [
            asks(0, RRQ),
            *lines(1),
            to_client(0.2, Data(2, FULL)),
            tells(0.201, to_client(0.2, Data(2, FULL)), 3, 3, quoted=28),
            *(to_client(1.2 + n, Data(2, FULL)) for n in range(3)),
        ],
    ),
    "a firewall prohibits the request": (
        "prohibited",
        "network",
        [asks(0, RRQ), tells(0.001, asks(0, RRQ), 3, 13, by=ROUTER), asks(1, RRQ), asks(3, RRQ)],
    ),
    "a firewall prohibits the answer from the new port": (
        "prohibited",
        "network",
        [
            line
            for n in range(3)
            for line in (
                asks(n, RRQ),
                to_client(n + 0.01, Data(1, FULL)),
                tells(n + 0.011, to_client(0, Data(1, FULL)), 3, 10, by=ROUTER),
            )
        ],
    ),
    "a block is too big for a tunnel": (
        "too-big",
        "network",
        [
            asks(0, RRQ_LARGE),
            to_client(0.1, Oack((("blksize", "1468"),))),
            to_server(0.2, Ack(0)),
            *(
                line
                for n in range(4)
                for line in (
                    to_client(0.3 + n, Data(1, bytes(1468))),
                    tells(0.301 + n, to_client(0, Data(1, bytes(1468))), 3, 4, by=ROUTER, mtu=1400),
                )
            ),
        ],
    ),
    "no host is there": (
        "unreachable",
        "network",
        [asks(0, RRQ), tells(3, asks(0, RRQ), 3, 1, by=ROUTER), asks(4, RRQ)],
    ),
    "a user stops the client": (
        "client-ended",
        "client",
        [asks(0, RRQ), *lines(2), to_server(0.2, Error(0, "stopped"))],
    ),
    "the client ends with ERROR 0 because of what the server did": (
        "oversized",
        "server",
        [asks(0, RRQ), to_client(0.1, Data(1, LARGE)), to_server(0.2, Error(0, "too long"))],
    ),
    "a datagram that is not a packet": (
        "malformed",
        "server",
        [asks(0, RRQ), *lines(1), to_client(0.2, b"\0\7hello")],
    ),
}


def serious(facts: Facts) -> list[tuple[str, str]]:
    return [(each.slug, each.who) for each in facts.findings if each.kind.severity != "note"]


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_explained_as_that_fault(fault: str) -> None:
    slug, who, packets = FAULTS[fault]
    (facts,) = explained(script(*packets))
    assert first(facts) == (slug, who), "\n".join(lines_of(facts))


@pytest.mark.parametrize("fault", FAULTS)
def test_what_is_seen_what_was_expected_and_what_may_be_are_told_apart(fault: str) -> None:
    (facts,) = explained(script(*FAULTS[fault][2]))
    text = "\n".join(lines_of(facts))
    assert "     seen:     " in text and "     may be:   " in text
    assert all(finding.usual_cause for finding in facts.findings)


def test_a_lone_lf_tells_more_than_a_lone_cr_before_it() -> None:
    first = Data(1, b"a\rb".ljust(512))
    head = asks(0, Rrq(b"a", "netascii")), to_client(0.1, first), to_server(0.2, Ack(1))
    (facts,) = explained(script(*head, to_client(0.3, Data(2, b"\n")), to_server(0.4, Ack(2))))
    assert serious(facts) == [("netascii-raw", "server")]


def test_an_oack_is_answered_with_ack_0() -> None:
    packets = FAULTS["the OACK is answered with ACK 1"][2]
    (facts,) = explained(script(*packets))
    (found,) = [each for each in facts.findings if each.kind.severity != "note"]
    assert found.expected == "ACK 0" and "as if it was a block" in found.usual_cause
    (facts,) = explained(script(*packets[:3], LATE))  # DATA 1 may be what the capture has missed
    assert "ack-of-unsent" not in slugs(facts)


def test_a_capture_that_ends_at_once_proves_no_silence() -> None:
    (facts,) = explained(script(asks(0, RRQ), *lines(3), to_client(0.2, Data(4, FULL))))
    assert slugs(facts) == [] and slugs(facts, "note") == ["cut-off"]


def test_large_blocks_that_were_acknowledged_are_not_too_large() -> None:
    """The client has left after DATA 1."""
    head = asks(0, RRQ_LARGE), to_client(0.1, Oack((("blksize", "8192"), ("tsize", "99999"))))
    one = to_server(0.2, Ack(0)), to_client(0.3, Data(1, LARGE)), to_server(0.4, Ack(1))
    (facts,) = explained(script(*head, *one, *(to_client(1 + n, Data(2, LARGE)) for n in range(4))))
    assert serious(facts) == [("client-left", "client")], "\n".join(lines_of(facts))


def test_fragments_that_are_missing_are_told_with_the_large_blocks() -> None:
    """Only the first fragment of each block passes."""
    block = build(Data(1, LARGE))
    first = [fragments(block, 1480, number=n)[0] for n in range(4)]
    swapped = [_swapped(packet) for packet in first]
    head = script(
        asks(0, RRQ_LARGE),
        to_client(0.1, Oack((("blksize", "8192"), ("tsize", "99999")))),
        to_server(0.2, Ack(0)),
    )
    tail = pcap(((10**9 * (1_700_000_001 + n), p) for n, p in enumerate(swapped)), 101, unit=1)
    (facts,) = explained(head + tail[24:])
    assert ("large-blocks-lost", "network") in serious(facts), "\n".join(lines_of(facts))


def _swapped(packet: bytes) -> bytes:
    """Return a packet from the server's TID to the client."""
    client, server = HOSTS[4]
    ports = struct.pack(">HH", TID[1], CLIENT[1])
    return packet[:12] + server + client + ports + packet[24:]


def test_the_request_and_its_port_are_those_that_were_asked() -> None:
    (facts,) = explained(
        script(asks(0, RRQ), *lines(1), to_client(0.2, Data(2, b"")), to_server(0.3, Ack(2)))
    )
    assert facts.asked[1] == LISTENER[1] and facts.is_clean


@pytest.mark.parametrize("name", ["msftwindow", "utimeout", "rollover", "multicast"])
def test_an_option_that_no_rfc_has_may_be_agreed(name: str) -> None:
    """Windows offers msftwindow=31416, and its server answers 27182."""
    offered, agreed = ((name, "31416"),), ((name, "27182"),)
    head = asks(0, Rrq(b"a", "octet", offered)), to_client(0.1, Oack(agreed))
    one = to_server(0.2, Ack(0)), to_client(0.3, Data(1, b"x")), to_server(0.4, Ack(1))
    (facts,) = explained(script(*head, *one))
    assert not facts.findings and facts.agreed == dict(agreed), "\n".join(lines_of(facts))
    (facts,) = explained(script(asks(0, RRQ), to_client(0.1, Oack(agreed))))
    assert serious(facts)[0] == ("option-unasked", "server")


def test_a_block_that_has_another_number_or_port_is_in_the_capture() -> None:
    goes_on = [to_client(1, Data(1, FULL)), to_server(1.01, Ack(1))]
    goes_on += [to_client(1.02, Data(2, b"")), to_server(1.03, Ack(2))]
    (facts,) = explained(script(*middle(65534, 2), *goes_on))
    assert slugs(facts) == ["roll-over-to-one"] and not slugs(facts, "note")
    (facts,) = explained(script(*FAULTS["the server changes its port in mid-transfer"][2]))
    assert slugs(facts) == ["another-port"] and not slugs(facts, "note")
    assert facts.sides["server"].packets == 4
