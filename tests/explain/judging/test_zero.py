"""An end that numbers blocks from 0 is reported as such, and block 0 is counted."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

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
from tftp_fsm.__main__ import main
from tftp_fsm.explain.report.facts import Facts
from tftp_fsm.explain.report.report import lines_of
from tftp_fsm.wire.packets import Ack, Data, Oack, Rrq, Wrq

FULL = bytes(range(256)) * 2
RRQ = asks(0, Rrq(b"a"))


def from_zero(*blocks: bytes) -> list[Line]:
    """Return a get whose blocks are numbered from 0."""
    lines = [RRQ]
    for number, octets in enumerate(blocks):
        lines += [
            to_client(number + 0.1, Data(number, octets)),
            to_server(number + 0.2, Ack(number)),
        ]
    return lines


def told(*lines: Line) -> Facts:
    (facts,) = explained(script(*lines))
    return facts


@pytest.mark.parametrize("full", [1, 2, 9])
def test_blocks_that_are_numbered_from_0_are_told_and_counted(full: int) -> None:
    facts = told(*from_zero(*[FULL] * full, b"x"))
    (found,) = facts.findings
    assert (found.slug, found.who, found.packet) == ("from-zero", "server", 2)
    assert found.seen == "the RRQ was answered by DATA 0 (512 octets)"
    assert found.expected == "DATA 1, OACK or ERROR"
    assert "may be:   a server that numbers blocks from 0" in "\n".join(lines_of(facts))
    assert facts.outcome == "complete" and facts.octets == 512 * full + 1


def test_a_file_of_one_short_block() -> None:
    facts = told(*from_zero(b"x"))
    assert slugs(facts) == ["from-zero"]
    assert (facts.outcome, facts.octets) == ("complete", 1)


def test_a_get_from_0_may_have_options() -> None:
    pairs = (("blksize", "512"),)
    opening = (
        asks(0, Rrq(b"a", "octet", pairs)),
        to_client(0.05, Oack(pairs)),
        to_server(0.06, Ack(0)),
    )
    facts = told(*opening, *from_zero(FULL, FULL, b"x")[1:])
    (found,) = facts.findings
    assert (found.slug, found.who, found.packet) == ("from-zero", "server", 4)
    assert found.seen == "DATA 0 (512 octets) is the first block" and found.expected == "DATA 1"
    assert found.usual_cause.startswith("a server that numbers blocks from 0")
    assert facts.outcome == "complete" and facts.octets == 2 * 512 + 1
    assert facts.sides["client"].retransmissions == facts.sides["server"].copies == 0


@pytest.mark.parametrize("verb", ["get", "put"])
def test_block_0_is_what_an_end_was_asked_for(verb: str) -> None:
    """All answers take 0.1 s, or 0.9 s; no end is slower because its block 0 does not count."""
    blocks = FULL, FULL, FULL, b"x"
    facts = told(*(from_zero(*blocks) if verb == "get" else put_from_zero(*blocks)))
    sender, receiver = ("server", "client") if verb == "get" else ("client", "server")
    assert facts.sides[receiver].median == pytest.approx(0.1, rel=0.1)
    assert facts.sides[receiver].p99 == pytest.approx(0.1, rel=0.1)
    assert facts.sides[sender].turns == 4
    assert facts.sides[sender].p99 == pytest.approx(0.9, rel=0.1)
    assert facts.sides[sender].waited == pytest.approx(2.8 if verb == "get" else 2.75, rel=0.02)


@pytest.mark.parametrize("asks_again", [False, True])
def test_a_client_that_waits_for_block_1(asks_again: bool) -> None:
    lines = []
    for n in range(4):
        lines += [to_client(1.0 + n, Data(0, FULL))]
        lines += [asks(1.5 + n, Rrq(b"a"))] * asks_again
    facts = told(RRQ, *lines)
    assert slugs(facts) == ["from-zero"] and facts.findings[0].count == 4
    assert facts.octets == 0


# -- A put ----------------------------------------------------------------------------------------


def put_from_zero(*blocks: bytes, oack: bool = False) -> list[Line]:
    """Return a put whose blocks are numbered from 0."""
    pairs = (("blksize", "512"),) if oack else ()
    answer = Oack(pairs) if oack else Ack(0)
    lines = [asks(0, Wrq(b"a", "octet", pairs)), to_client(0.05, answer)]
    for number, octets in enumerate(blocks):
        lines += [
            to_server(number + 0.1, Data(number, octets)),
            to_client(number + 0.2, Ack(number)),
        ]
    return lines


@pytest.mark.parametrize("oack", [False, True])
@pytest.mark.parametrize("full", [0, 1, 2, 9])
def test_a_put_that_is_numbered_from_0(full: int, oack: bool) -> None:
    facts = told(*put_from_zero(*[FULL] * full, b"x", oack=oack))
    (found,) = facts.findings
    assert (found.slug, found.who, found.packet) == ("from-zero", "client", 3)
    assert found.seen == f"DATA 0 ({'512 octets' if full else '1 octet'}) is the first block"
    assert found.expected == "DATA 1"
    assert "may be:   a client that numbers blocks from 0" in "\n".join(lines_of(facts))
    assert facts.outcome == "complete" and facts.octets == 512 * full + 1


@pytest.mark.parametrize("answers", [False, True])
def test_a_server_that_waits_for_block_1_has_one_fault_before_it(answers: bool) -> None:
    lines = put_from_zero()
    for n in range(4):
        lines += [to_server(1.0 + n, Data(0, FULL))]
        lines += [to_client(1.1 + n, Ack(0))] * answers
    facts = told(*lines)
    assert slugs(facts) == ["from-zero"] and facts.findings[0].count == 4
    assert facts.sides["server"].retransmissions == 0 or not answers


def test_block_0_after_block_1_does_not_begin_the_file() -> None:
    lines = put_from_zero()
    lines += [to_server(0.1, Data(1, FULL)), to_client(0.2, Ack(1)), to_server(0.3, Data(0, FULL))]
    assert "from-zero" not in slugs(told(*lines))


@pytest.mark.parametrize("lines", [from_zero, put_from_zero])
def test_the_extracted_file_has_block_0(lines: Callable[..., list[Line]], tmp_path: Path) -> None:
    (tmp_path / "c.pcap").write_bytes(script(*lines(FULL, FULL, b"end")))
    assert main(["explain", "--extract", str(tmp_path / "files"), str(tmp_path / "c.pcap")]) == 1
    assert (tmp_path / "files" / "a").read_bytes() == FULL * 2 + b"end"


@pytest.mark.parametrize("opening", [Data(1, FULL), Oack((("blksize", "512"),))])
def test_block_0_after_an_answer_is_no_answer(opening: Data | Oack) -> None:
    rrq = asks(0, Rrq(b"a", "octet", (("blksize", "512"),)))
    facts = told(rrq, to_client(0.1, opening), to_client(0.2, Data(0, FULL)))
    assert "from-zero" not in slugs(facts)
