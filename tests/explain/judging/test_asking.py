"""Requests that cannot be read, and odd requests that can be read."""

from __future__ import annotations

from pathlib import Path

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
from tftp_fsm.__main__ import main
from tftp_fsm.explain.report.report import lines_of
from tftp_fsm.wire.packets import Ack, Data, Error, Rrq

ILLEGAL = Error(4, "illegal")
BROKEN = {
    "no mode": (b"\0\1boot\0", "get boot (?)"),
    "no NUL": (b"\0\1boot", "get boot (?)"),
    "no name": (b"\0\1\0octet\0", "get ? (octet)"),
    "an empty mode": (b"\0\1boot\0\0", "get boot (?)"),
    "nothing": (b"\0\2", "put ? (?)"),
    "the opcode in another order": (b"\1\0boot\0octet\0", "get boot (octet)"),
    "the opcode of a WRQ in another order": (b"\2\0boot\0octet\0", "put boot (octet)"),
}


def sends(now: float, octets: bytes) -> Line:
    return now, CLIENT, LISTENER, octets


@pytest.mark.parametrize("octets, head", BROKEN.values(), ids=BROKEN)
def test_a_request_that_cannot_be_read_is_told(octets: bytes, head: str) -> None:
    (facts,) = explained(script(sends(0, octets), to_client(0.1, ILLEGAL)))
    assert slugs(facts) == ["request-unreadable", "refused"] and facts.outcome == "failed"
    assert facts.findings[0].who == "client" and facts.findings[0].packet == 1
    text = "\n".join(lines_of(facts))
    assert (
        text.startswith(f"1. {head}, packet 1\n")
        and "client sent a datagram that is not a packet" in text
    )


@pytest.mark.parametrize("octets, head", BROKEN.values(), ids=BROKEN)
def test_each_one_after_an_error_is_one_more(octets: bytes, head: str) -> None:
    lines = [line for n in range(3) for line in (sends(n, octets), to_client(n + 0.1, ILLEGAL))]
    assert len(explained(script(*lines))) == 3


def test_one_that_is_sent_again_without_an_answer_is_the_same() -> None:
    (facts,) = explained(script(*(sends(n, b"\0\1boot\0") for n in range(4))))
    assert slugs(facts) == ["request-unreadable", "no-answer"]


def test_a_server_may_take_it() -> None:
    octets = BROKEN["no mode"][0]
    lines = [sends(0, octets), to_client(0.1, Data(1, b"x")), to_server(0.2, Ack(1))]
    (facts,) = explained(script(*lines))
    assert slugs(facts) == ["request-unreadable"] and facts.outcome == "complete"


def test_a_good_request_after_it_begins_anew() -> None:
    lines = [sends(0, b"\0\1boot\0"), asks(1, Rrq(b"boot")), to_client(1.1, Data(1, b"x"))]
    _, facts = explained(script(*lines, to_server(1.2, Ack(1))))
    assert slugs(facts) == [] and facts.outcome == "complete"


def test_what_is_broken_in_mid_transfer_begins_nothing() -> None:
    lines = [asks(0, Rrq(b"boot")), to_client(0.1, Data(1, bytes(512))), to_server(0.2, Ack(1))]
    more = [sends(0.25, b"\0\1bo"), to_client(0.3, Data(2, b"x")), to_server(0.4, Ack(2))]
    (facts,) = explained(script(*lines, *more))
    assert facts.outcome == "complete" and slugs(facts) == []


@pytest.mark.parametrize("octets", [b"", b"\0\7boot", b"\3\0", b"hello", b"\0\0boot\0octet\0"])
def test_other_octets_to_port_69_are_no_request(octets: bytes) -> None:
    assert explained(script(sends(0, octets))) == []


def test_what_is_broken_at_another_port_is_no_request() -> None:
    assert explained(script((0.0, CLIENT, ("server", 70), b"\0\1boot\0"))) == []


@pytest.mark.parametrize(
    "octets, odd",
    [
        (b"\0\1boot\0octet", "no NUL at the end"),
        (b"\0\1boot\0octet\0blksize\0", "option blksize without a value ignored"),
    ],
)
def test_an_odd_request_is_noted(octets: bytes, odd: str) -> None:
    lines = [sends(0, octets), to_client(0.1, Data(1, b"x")), to_server(0.2, Ack(1))]
    (facts,) = explained(script(*lines))
    (found,) = facts.findings
    assert found.slug == "request-odd" and odd in found.seen and facts.is_clean


def test_the_exit_status(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "c.pcap").write_bytes(script(sends(0, b"\0\1boot\0"), to_client(0.1, ILLEGAL)))
    assert main(["explain", str(tmp_path / "c.pcap")]) == 1
    assert "The request cannot be read." in capsys.readouterr().out
