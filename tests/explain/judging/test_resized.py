"""A sender that uses blocks of 512 octets, though a larger blksize was agreed."""

from __future__ import annotations

import pytest

from tests.support.overheard import (
    Line,
    asks,
    explained,
    first,
    script,
    slugs,
    to_client,
    to_server,
)
from tftp_fsm.explain.report.facts import Facts
from tftp_fsm.explain.report.report import lines_of
from tftp_fsm.explain.transfer.transfer import Transfer
from tftp_fsm.wire.kinds import Pairs
from tftp_fsm.wire.options import PLAIN_BLKSIZE
from tftp_fsm.wire.packets import Ack, Data, Oack, Packet, Rrq, Wrq

AGREED = (("blksize", "1428"),)
WINDOWS = (*AGREED, ("windowsize", "2"))


class Blocks:
    """Collects the blocks that the receiver keeps."""

    def __init__(self) -> None:
        self.sizes: list[int] = []

    def begins(self, transfer: Transfer) -> None:
        transfer.on_block = lambda block, octets, is_cut: self.sizes.append(len(octets))

    def ends(self, transfer: Transfer, facts: Facts) -> None:
        pass


def sides(verb: str, now: float, packet: Packet) -> Line:
    """Return a packet of the sender (DATA) or of the receiver (ACK)."""
    is_of_server = isinstance(packet, Data) is (verb == "get")
    return to_client(now, packet) if is_of_server else to_server(now, packet)


def opening(verb: str, options: tuple[tuple[str, str], ...] = AGREED) -> list[Line]:
    request = Rrq(b"a", "octet", options) if verb == "get" else Wrq(b"a", "octet", options)
    lines = [asks(0, request), to_client(0.01, Oack(options))]
    return [*lines, to_server(0.02, Ack(0))] if verb == "get" else lines


def moves(verb: str, *sizes: int) -> list[Line]:
    lines = []
    for block, size in enumerate(sizes, 1):
        lines.append(sides(verb, block / 10, Data(block, bytes(size))))
        lines.append(sides(verb, block / 10 + 0.01, Ack(block)))
    return lines


@pytest.mark.parametrize("verb", ["get", "put"])
@pytest.mark.parametrize("size", [512, 1024])
@pytest.mark.parametrize("is_logged", [False, True])
def test_a_sender_that_ignores_the_agreed_size_is_told_as_that(
    verb: str, size: int, is_logged: bool
) -> None:
    blocks = Blocks()
    lines = *opening(verb), *moves(verb, *[size] * 9, 5)
    (facts,) = explained(script(*lines), blocks, is_logged=is_logged)
    sender = "server" if verb == "get" else "client"
    assert first(facts) == ("blksize-ignored", sender) and len(slugs(facts)) == 1
    assert facts.outcome == "complete" and facts.octets == 9 * size + 5, list(lines_of(facts))
    assert facts.blksize == size and facts.agreed == {"blksize": "1428"}
    assert blocks.sizes == [size] * 9 + [5]
    assert not slugs(facts, "note")
    (finding,) = facts.findings
    assert finding.seen.endswith(", and a blksize of 1,428 was agreed")
    assert finding.expected == "blocks of 1,428 octets"


def test_a_file_of_two_short_blocks_ends_with_the_second() -> None:
    (facts,) = explained(script(*opening("get"), *moves("get", 512, 7)))
    assert slugs(facts) == ["blksize-ignored"] and facts.octets == 519


def test_also_in_windows() -> None:
    one = [to_client(0.1 + n / 1e6, Data(n, bytes(512))) for n in (1, 2)]
    two = to_client(0.2, Data(3, bytes(512))), to_client(0.2001, Data(4, b"end"))
    rest = *one, to_server(0.11, Ack(2)), *two, to_server(0.21, Ack(4))
    blocks = Blocks()
    (facts,) = explained(script(*opening("get", WINDOWS), *rest), blocks)
    assert slugs(facts) == ["blksize-ignored"] and facts.outcome == "complete"
    assert blocks.sizes == [512, 512, 512, 3] and not slugs(facts, "note"), list(lines_of(facts))


def test_a_client_that_keeps_the_rules_has_a_file_of_one_block() -> None:
    """It has ended, so its silence is explained."""
    again = [to_client(0.2 + n, Data(2, bytes(512))) for n in range(4)]
    (facts,) = explained(script(*opening("get"), *moves("get", 512), *again))
    assert slugs(facts) == ["blksize-ignored"], list(lines_of(facts))


def test_a_client_that_has_taken_more_than_one_block_and_leaves_is_told() -> None:
    again = [to_client(0.3 + n, Data(3, bytes(512))) for n in range(4)]
    (facts,) = explained(script(*opening("get"), *moves("get", 512, 512), *again))
    assert slugs(facts) == ["blksize-ignored", "client-left"], list(lines_of(facts))


@pytest.mark.parametrize(
    "options, sizes",
    [
        (AGREED, (100, 512)),  # the second is longer
        (AGREED, (1428, 512, 512)),  # the first was long
        (AGREED, (7, 7)),  # no blksize is so small
        ((), (100, 100)),  # nothing was agreed
    ],
)
def test_other_data_behind_a_short_block_is_data_after_the_end(
    options: tuple[tuple[str, str], ...], sizes: tuple[int, ...]
) -> None:
    head = opening("get", options) if options else [asks(0, Rrq(b"a"))]
    (facts,) = explained(script(*head, *moves("get", *sizes)))
    assert first(facts) == ("data-after-end", "server"), list(lines_of(facts))


def test_512_octets_are_the_whole_file_if_nothing_follows() -> None:
    (facts,) = explained(script(*opening("get"), *moves("get", PLAIN_BLKSIZE)))
    assert facts.is_clean and (facts.outcome, facts.octets) == ("complete", 512)


def long_at(verb: str, sizes: list[int], options: Pairs = ()) -> Facts:
    """Return a transfer with blocks of these sizes, for any agreement. Each is acknowledged."""
    request = (Rrq if verb == "get" else Wrq)(b"a", "octet", options)
    lines, now = [asks(0, request)], 0.1
    data, ack = (to_client, to_server) if verb == "get" else (to_server, to_client)
    if options:
        lines.append(to_client(0.05, Oack(options)))
        lines += [to_server(0.06, Ack(0))] if verb == "get" else []
    elif verb == "put":
        lines.append(to_client(0.05, Ack(0)))
    for block, size in enumerate(sizes, 1):
        lines += [data(now, Data(block, bytes(size))), ack(now + 0.01, Ack(block))]
        now += 0.02
    (facts,) = explained(script(*lines))
    return facts


@pytest.mark.parametrize("verb", ["get", "put"])
@pytest.mark.parametrize("options", [(), (("blksize", "512"),)])
@pytest.mark.parametrize(
    "sizes",
    [
        [612, 512, 512, 512, 52],
        [512, 512, 612, 512, 512, 0],
        [612, 512, 612, 512, 512, 7],
        [612, 512, 512],
        [612, 52],
        [612, 512],
        [1024, 1024, 700],
    ],
)
def test_one_block_that_is_too_long_changes_no_size(
    verb: str, options: Pairs, sizes: list[int]
) -> None:
    facts = long_at(verb, sizes, options)
    assert set(slugs(facts)) == {"oversized", "oversized-taken"}, list(lines_of(facts))
    assert facts.octets == sum(sizes)
    assert "not-captured" not in [each.slug for each in facts.findings]
    assert (facts.outcome == "complete") is (sizes != [612, 512, 512])
