"""Captures with only the beginning of each packet, such as those of an old tcpdump."""

from __future__ import annotations

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
from tftp_fsm.explain.report.facts import Facts
from tftp_fsm.explain.report.report import lines_of
from tftp_fsm.wire.packets import Ack, Data, Error, Oack, Rrq, Wrq, build

HEADERS = 28  # octets of IPv4 and UDP
PCAP_HEADER = 24  # octets
OPTIONS = (("tsize", "0"), ("blksize", "1428"))
AGREED = (("tsize", "3000"), ("blksize", "1428"))
REQUEST = Rrq(b"boot/kernel", "octet", OPTIONS)


def captured(kept: int, *lines: Line) -> Facts:
    """Return a capture of the first `kept` octets of each datagram."""
    (facts,) = explained(script(*lines, kept=HEADERS + kept))
    return facts


def get(request: Rrq, *, blksize: int = 1428) -> list[Line]:
    agreed = ("tsize", f"{2 * blksize + 144}"), ("blksize", f"{blksize}")
    lines = [asks(1, request), to_client(1.1, Oack(agreed)), to_server(1.2, Ack(0))]
    for block, size in enumerate((blksize, blksize, 144), 1):
        at = 2 + block / 10
        lines += [to_client(at, Data(block, bytes(size))), to_server(at + 0.01, Ack(block))]
    return lines


@pytest.mark.parametrize("kept", range(20, len(build(REQUEST))))
def test_what_a_request_has_behind_the_cut_is_no_fault(kept: int) -> None:
    """The capture has the whole OACK, but only a part of the request."""
    facts = captured(kept, *get(REQUEST))
    assert [each.slug for each in facts.findings] == ["cut-short"], list(lines_of(facts))
    assert facts.octets == 3000 and facts.agreed == dict(AGREED)
    assert facts.offered in ({}, {"tsize": "0"})


@pytest.mark.parametrize("blksize", [1428, 1024])
@pytest.mark.parametrize("kept", range(4, len(build(Oack(AGREED)))))
def test_what_an_oack_has_behind_the_cut_is_guessed(kept: int, blksize: int) -> None:
    """The capture has the whole request."""
    request, *rest = get(REQUEST, blksize=blksize)
    (facts,) = explained(script(request) + script(*rest, kept=HEADERS + kept)[PCAP_HEADER:])
    assert [each.slug for each in facts.findings] == ["cut-short"], list(lines_of(facts))
    assert facts.findings[0].packet == 2
    assert (facts.octets, facts.blksize) == (2 * blksize + 144, blksize)
    assert facts.agreed["blksize"] == f"{blksize}"


@pytest.mark.parametrize("mode", ["octet", "NetASCII"])
@pytest.mark.parametrize("more", range(8))
def test_a_mode_that_is_cut_is_the_one_that_begins_so(mode: str, more: int) -> None:
    request = asks(1, Rrq(b"boot/kernel", mode))
    rest = to_client(1.1, Data(1, b"some text")), to_server(1.2, Ack(1))
    facts = captured(14 + more, request, *rest)
    assert [each.slug for each in facts.findings] in (["cut-short"], []), list(lines_of(facts))
    assert facts.mode == (mode.lower() if more else "octet") or more >= len(mode)


def test_a_request_that_is_cut_in_its_name_is_none() -> None:
    facts = captured(9, *get(REQUEST))
    assert facts.begins_in_middle and not slugs(facts, "departure"), list(lines_of(facts))


def test_the_text_of_an_error_may_be_cut() -> None:
    facts = captured(10, asks(1, Wrq(b"a")), to_client(1.1, Error(2, "no such rights")))
    assert slugs(facts) == ["refused"] and facts.ended.endswith('ERROR 2 "no suc"'), list(
        lines_of(facts)
    )


def test_an_oack_without_a_whole_option_is_no_malformed_packet() -> None:
    facts = captured(10, asks(1, Rrq(b"a")), to_client(1.1, Oack(AGREED)))
    assert "malformed" not in slugs(facts), list(lines_of(facts))
