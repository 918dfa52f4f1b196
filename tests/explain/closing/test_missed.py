"""Packets that a capture has missed prove no fault of an end."""

from __future__ import annotations

from random import Random
from typing import Literal

import pytest

from tests.support.overheard import (
    CLIENT,
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
from tests.support.overheard import first as first_of
from tftp_fsm.explain.report.facts import Facts
from tftp_fsm.explain.report.report import lines_of
from tftp_fsm.transports.faults import Faults
from tftp_fsm.wire.options import offer
from tftp_fsm.wire.packets import Ack, Data, Error, Oack, Rrq, Wrq

FULL, LARGE = bytes(512), bytes(1428)
OPTIONS = (("blksize", "1428"), ("tsize", "0"))
RRQ, WRQ = Rrq(b"a"), Wrq(b"a")
RRQ_LARGE, WRQ_LARGE = Rrq(b"a", "octet", OPTIONS), Wrq(b"a", "octet", OPTIONS[:1])


def told(*lines: Line) -> Facts:
    (facts,) = explained(script(*lines))
    return facts


def acks(*blocks: int) -> list[Line]:
    return [to_server(block / 10, Ack(block)) for block in blocks]


# -- One direction --------------------------------------------------------------------------------

ONE_WAY: dict[str, list[Line]] = {
    "a get, the client's": [asks(0, RRQ), *acks(1, 2, 3, 4)],
    "a put, the client's": [
        asks(0, WRQ),
        *(to_server(n / 10, Data(n, FULL)) for n in range(1, 5)),
        to_server(0.6, Data(5, b"x")),
    ],
    "a get, the server's": [
        asks(0, RRQ),
        *(to_client(n / 10, Data(n, FULL)) for n in range(1, 5)),
        to_client(0.6, Data(5, b"x")),
        *(to_client(n, Data(5, b"x")) for n in range(2, 6)),
    ],
    "a put, the server's": [asks(0, WRQ), *(to_client(n / 10, Ack(n)) for n in range(5))],
}


@pytest.mark.parametrize("name", ONE_WAY)
def test_a_capture_of_one_direction_blames_nobody(name: str) -> None:
    facts = told(*ONE_WAY[name])
    assert facts.is_clean, list(lines_of(facts))
    assert "one-way" in slugs(facts, "note")
    assert facts.ended == "the capture has the packets of one end only"


@pytest.mark.parametrize("first", range(0, 60, 20))
def test_one_direction_of_a_bad_network_breaks_no_rule(first: int) -> None:
    for seed in range(first, first + 20):
        random = Random(seed)
        verb: Literal["get", "put"] = random.choice(["get", "put"])
        end = random.choice(["client", "server"])
        options = offer(windowsize=random.choice([None, 2, 8]), tsize=0)
        faults = Faults(loss=0.05, delay=random.choice([0, 0.02]), seed=seed)
        _, all_of_them = overheard(verb, bytes(9000), faults, options=options)
        seen = [one for n, one in enumerate(all_of_them) if n == 0 or one.source[0] == end]
        (facts,) = explained(as_pcap(seen))
        assert not slugs(facts, "departure"), (seed, list(lines_of(facts)))


# -- The answer -----------------------------------------------------------------------------------

ANSWERS: dict[str, tuple[int, list[Line]]] = {
    "the OACK of a get": (
        1429,
        [
            asks(0, RRQ_LARGE),
            to_server(0.1, Ack(0)),
            to_client(0.2, Data(1, LARGE)),
            to_server(0.3, Ack(1)),
            to_client(0.4, Data(2, b"x")),
            to_server(0.5, Ack(2)),
        ],
    ),
    "the OACK of a put": (
        1429,
        [
            asks(0, WRQ_LARGE),
            to_server(0.2, Data(1, LARGE)),
            to_client(0.3, Ack(1)),
            to_server(0.4, Data(2, b"x")),
            to_client(0.5, Ack(2)),
        ],
    ),
    "the OACK of a put with a lower size": (
        1001,
        [
            asks(0, WRQ_LARGE),
            to_server(0.2, Data(1, bytes(1000))),
            to_client(0.3, Ack(1)),
            to_server(0.4, Data(2, b"x")),
            to_client(0.5, Ack(2)),
        ],
    ),
    "ACK 0 of a put": (
        513,
        [
            asks(0, WRQ_LARGE),
            to_server(0.2, Data(1, FULL)),
            to_client(0.3, Ack(1)),
            to_server(0.4, Data(2, b"x")),
            to_client(0.5, Ack(2)),
        ],
    ),
    "DATA 1": (
        513,
        [asks(0, RRQ), *acks(1), to_client(0.2, Data(2, b"x")), to_server(0.3, Ack(2))],
    ),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_an_answer_that_was_not_captured_is_known_from_what_follows(name: str) -> None:
    octets, lines = ANSWERS[name]
    facts = told(*lines)
    assert (facts.outcome, facts.octets, facts.is_clean) == ("complete", octets, True)
    assert slugs(facts, "note") == ["answer-missed", "not-captured"]
    assert facts.sides["server"].missing == 1 and facts.server[1] == 2048


def test_a_packet_to_another_host_is_no_answer() -> None:
    lines = asks(0, RRQ), (0.1, CLIENT, ("198.51.100.7", 2048), Ack(1))
    assert "answer-missed" not in slugs(told(*lines), "note")


def test_a_late_ack_of_the_transfer_before_answers_nothing() -> None:
    one = asks(0, RRQ), to_client(0.1, Data(1, b"x")), to_server(0.2, Ack(1))
    two = asks(1, RRQ), to_server(1.1, Ack(1)), to_client(1.2, Data(1, b"x"), ("server", 2050))
    _, facts = explained(script(*one, *two, (1.3, CLIENT, ("server", 2050), Ack(1))))
    assert (facts.outcome, facts.server[1], facts.is_clean) == ("complete", 2050, True)


def test_a_client_that_only_asks_has_no_answer() -> None:
    facts = told(asks(0, RRQ), asks(1, RRQ))
    assert facts.outcome == "unanswered" and slugs(facts) == ["no-answer"]
    assert "port 69 only" in facts.findings[0].usual_cause


# -- Single packets -------------------------------------------------------------------------------


def lock_step(missing: int) -> list[Line]:
    """Return a get of five blocks. The packet with the number `missing` was not captured."""
    found = [asks(0, RRQ)]
    for block in range(1, 6):
        content = FULL if block < 5 else b"x"
        found += [to_client(block / 10, Data(block, content))]
        found += [to_server(block / 10 + 0.01, Ack(block))]
    return found[:missing] + found[missing + 1 :]


@pytest.mark.parametrize("missing", range(2, 10))
def test_one_packet_that_was_not_captured_is_no_departure(missing: int) -> None:
    facts = told(*lock_step(missing))
    assert facts.is_clean, list(lines_of(facts))
    assert facts.outcome == ("unfinished" if missing == 9 else "complete")


def test_two_acks_that_were_not_captured_are_no_departure() -> None:
    lines = [line for n, line in enumerate(lock_step(99)) if n not in (4, 6)]
    facts = told(*lines)
    assert facts.is_clean and facts.sides["client"].missing == 2, list(lines_of(facts))


def test_an_ack_that_comes_after_the_next_data_proves_that_it_did_not_wait() -> None:
    lines = lock_step(99)
    lines[4], lines[5] = (0.21, *lines[5][1:]), (0.22, *lines[4][1:])
    facts = told(*lines)
    assert first_of(facts) == ("unacknowledged", "server"), list(lines_of(facts))


def test_in_the_middle_nobody_knows_the_size_of_blocks() -> None:
    """The first block that was captured is the last one of a window."""
    head = to_server(0, Data(5, b"end")), to_client(0.1, Ack(5))
    facts = told(*head, to_server(0.2, Data(4, FULL)), to_server(0.3, Data(5, b"end")))
    assert not slugs(facts, "departure") and facts.blksize == 512, list(lines_of(facts))
    assert facts.outcome == "unknown"


def test_in_the_middle_nobody_knows_the_window_to_go_back_in() -> None:
    head = [to_client(0, Data(40, FULL)), to_server(0.1, Ack(40))]
    again = [to_client(0.2 + n / 1000, Data(33 + n, FULL)) for n in range(8)]
    facts = told(*head, *again, to_server(0.3, Ack(40)), to_client(0.4, Data(41, b"x")))
    assert not slugs(facts, "departure"), list(lines_of(facts))


@pytest.mark.parametrize("verb", ["get", "put"])
@pytest.mark.parametrize("announced, found", [("5", True), ("1", False)])
def test_a_file_of_another_size_than_was_announced_is_told(
    verb: str, announced: str, found: bool
) -> None:
    size = (("tsize", announced),)
    get = [
        asks(0, Rrq(b"a", "octet", (("tsize", "0"),))),
        to_client(0.1, Oack(size)),
        to_server(0.2, Ack(0)),
        to_client(0.3, Data(1, b"x")),
        to_server(0.4, Ack(1)),
    ]
    put = [
        asks(0, Wrq(b"a", "octet", size)),
        to_client(0.1, Oack(size)),
        to_server(0.2, Data(1, b"x")),
        to_client(0.3, Ack(1)),
    ]
    facts = told(*(get if verb == "get" else put))
    sender = "server" if verb == "get" else "client"
    assert first_of(facts) == (("size-differs", sender) if found else None)


def test_an_error_after_one_direction_is_told() -> None:
    facts = told(asks(0, RRQ), *acks(1, 2), to_server(0.4, Error(3, "disk full")))
    assert facts.outcome == "failed" and slugs(facts) == ["broken-off"]


# -- The options are a guess ----------------------------------------------------------------------


@pytest.mark.parametrize("size", [512, 1024, 1428])
def test_blocks_tell_the_size_that_an_oack_which_was_not_captured_has_agreed(size: int) -> None:
    lines = [asks(0, RRQ_LARGE), to_server(0.1, Ack(0))]
    for block, octets in enumerate((size, size, 9), 1):
        at = block / 10 + 0.1
        lines += [to_client(at, Data(block, bytes(octets))), to_server(at + 0.01, Ack(block))]
    facts = told(*lines)
    assert slugs(facts) == [] and facts.octets == 2 * size + 9, list(lines_of(facts))
    assert facts.agreed["blksize"] == f"{size}"


@pytest.mark.parametrize("offered, size", [("1428", 512), ("1428", 600), ("256", 512)])
def test_also_those_of_a_put_in_windows(offered: str, size: int) -> None:
    options = ("blksize", offered), ("windowsize", "4")
    lines = [asks(0, Wrq(b"a", "octet", options))]
    for first in (1, 5):
        lines += [to_server(first / 10 + n / 1e4, Data(first + n, bytes(size))) for n in range(4)]
        lines.append(to_client(first / 10 + 0.01, Ack(first + 3)))
    facts = told(*lines, to_server(1.0, Data(9, b"x")), to_client(1.1, Ack(9)))
    assert slugs(facts) == [] and facts.octets == 8 * size + 1, list(lines_of(facts))


def test_a_put_of_one_short_block_is_complete() -> None:
    later = 60.0, ("client", 5), ("server", 6), b"something else"
    facts = told(asks(0, WRQ_LARGE), to_server(0.1, Data(1, FULL)), to_client(0.2, Ack(1)), later)
    assert facts.is_clean and (facts.outcome, facts.octets) == ("complete", 512)


@pytest.mark.parametrize("late, severity", [(0.05, "departure"), (1.0, "guess")])
def test_a_block_that_comes_late_may_come_again(late: float, severity: str) -> None:
    """DATA 5 is not in the capture, and ACK 5 is lost behind it. So DATA 5 comes again."""
    lines = [asks(0, RRQ)]
    for block in range(1, 5):
        at = block / 10
        lines += [to_client(at, Data(block, FULL)), to_server(at + 0.01, Ack(block))]
    again = to_client(0.51 + late, Data(5, FULL)), to_server(0.52 + late, Ack(5))
    end = to_client(2, Data(6, b"x")), to_server(2.01, Ack(6))
    facts = told(*lines, to_server(0.51, Ack(5)), *again, *end)
    assert slugs(facts, severity) == ["ack-of-unsent"], list(lines_of(facts))


def test_a_capture_that_has_dropped_blocks_and_their_acks_says_so() -> None:
    lines = [asks(0, RRQ)]
    for n in range(1, 40):
        lines += [to_client(n, Data(n, FULL)), to_server(n + 0.01, Ack(n))]
    end = to_client(40, Data(40, b"x")), to_server(40.01, Ack(40))
    (facts,) = explained(script(*lines[:21], *lines[41:], *end))
    assert facts.is_clean and facts.outcome == "complete"
    assert [side.missing for side in facts.sides.values()] == [10, 10]
    (note,) = [each for each in facts.findings if each.slug == "capture-dropped"]
    assert note.seen.startswith("10 blocks were acknowledged")
    (facts,) = explained(script(*lines[:21], *lines[40:], *end))
    assert [side.missing for side in facts.sides.values()] == [9, 10], "ACK 20 was captured"
    (facts,) = explained(script(*lines[:21], *lines[22:], *end))
    assert [side.missing for side in facts.sides.values()] == [0, 1]
    (facts,) = explained(script(*lines[:22], *lines[23:], *end))
    assert [side.missing for side in facts.sides.values()] == [1, 0]
    assert "capture-dropped" not in slugs(facts, "note"), "the ACK of a lost block was seen"
