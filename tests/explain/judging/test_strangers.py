"""Second sessions of a server, as tftpd-hpa, atftpd and dnsmasq begin them, and counts of copies.

Each case was seen with real programs over a bad network, whose log told what had happened.
"""

from __future__ import annotations

import pytest

from tests.support.overheard import (
    CLIENT,
    Line,
    asks,
    explained,
    script,
    slugs,
    to_client,
    to_server,
)
from tftp_fsm.capture.reading import Captured
from tftp_fsm.explain.packets.seen import look
from tftp_fsm.explain.report.facts import Facts
from tftp_fsm.explain.report.report import lines_of
from tftp_fsm.explain.transfer import due as due_module
from tftp_fsm.explain.transfer.doubts import MOST_ABSENT, MOST_UNPROVEN, Doubts
from tftp_fsm.explain.transfer.due import Due
from tftp_fsm.explain.transfer.findings import Finding
from tftp_fsm.explain.transfer.side import NO_TIMER, Side
from tftp_fsm.protocol.events import Send
from tftp_fsm.wire.address import Address
from tftp_fsm.wire.packets import Ack, Data, Error, Oack, Packet, Rrq, Wrq

FULL = bytes(512)
SECOND: Address = ("server", 2049)
RRQ, WRQ = Rrq(b"a"), Wrq(b"a")


def told(*lines: Line, is_logged: bool = False) -> Facts:
    (facts,) = explained(script(*lines), is_logged=is_logged)
    return facts


def to_second(now: float, packet: Packet) -> Line:
    return now, CLIENT, SECOND, packet


def of_second(now: float, packet: Packet) -> Line:
    return to_client(now, packet, SECOND)


def test_a_get_whose_first_answer_was_lost_goes_on_with_the_second_session() -> None:
    facts = told(
        asks(0, RRQ),
        to_client(0.01, Data(1, FULL)),
        asks(1, RRQ),
        of_second(1.01, Data(1, FULL)),
        to_second(1.02, Ack(1)),
        to_client(1.03, Data(1, FULL)),
        of_second(1.04, Data(2, b"x")),
        to_second(1.05, Ack(2)),
        to_client(2.03, Data(1, FULL)),
    )
    assert slugs(facts) == ["two-sessions"], list(lines_of(facts))
    assert facts.server[1] == 2049 and facts.outcome == "complete" and facts.octets == 513
    server = facts.sides["server"]
    assert (server.lost, server.missing, facts.sides["client"].missing) == (1, 0, 0)


@pytest.mark.parametrize("port", [2048, 2049])
@pytest.mark.parametrize("is_logged", [False, True])
def test_a_client_that_asks_again_without_options_begins_anew(port: int, is_logged: bool) -> None:
    """RFC 2347: the server refuses the options with ERROR 8. The answer may have another port."""
    tid = "server", port
    asked = Rrq(b"a", "octet", (("blksize", "1024"),))
    facts = told(
        asks(0, asked),
        to_client(0.1, Error(8, "no options")),
        asks(0.2, RRQ),
        to_client(0.3, Data(1, FULL), tid),
        (0.31, CLIENT, tid, Ack(1)),
        to_client(0.32, Data(2, b"x"), tid),
        (0.33, CLIENT, tid, Ack(2)),
        is_logged=is_logged,
    )
    assert (facts.outcome, facts.octets, facts.server[1]) == ("complete", 513, port)
    assert slugs(facts) == ["option-refused"], list(lines_of(facts))
    assert facts.sides["server"].packets == 2 and facts.blksize == 512


@pytest.mark.parametrize("silence, is_anew", [(5.0, True), (0.5, False)])
def test_a_client_that_was_started_again_begins_another_transfer(
    silence: float, is_anew: bool
) -> None:
    """Its server has not begun two sessions for one request.

    A late copy is no new beginning: the client goes on with the first one.
    """
    head = asks(0, RRQ), to_client(0.1, Data(1, FULL)), to_server(0.2, Ack(1))
    again = asks(0.2 + silence, RRQ), of_second(5.3, Data(1, b"x"))
    stays = [] if is_anew else [to_server(5.35, Ack(2))]
    then = *again, *stays, to_second(5.4, Ack(1))
    found = explained(script(*head, to_client(0.21, Data(2, FULL)), *then))
    assert len(found) == 1 + is_anew
    assert ("two-sessions" in slugs(found[0])) is not is_anew
    if is_anew:
        assert found[1].outcome == "complete" and found[1].is_clean


def test_the_first_answer_that_nobody_heard_is_lost_though_it_came_once() -> None:
    facts = told(
        asks(0, RRQ),
        to_client(0.01, Data(1, FULL)),
        asks(1, RRQ),
        of_second(1.01, Data(1, FULL)),
        to_second(1.02, Ack(1)),
        of_second(1.03, Data(2, b"x")),
        to_second(1.04, Ack(2)),
    )
    assert facts.outcome == "complete" and facts.sides["server"].lost == 1


def test_the_answer_that_the_client_leaves_out_counts_as_lost_though_nobody_asked_again() -> None:
    facts = told(
        asks(0, RRQ),
        to_client(0.01, Data(1, FULL)),
        of_second(0.02, Data(1, FULL)),
        to_second(0.03, Ack(1)),
        of_second(0.04, Data(2, b"x")),
        to_second(0.05, Ack(2)),
    )
    assert facts.outcome == "complete" and facts.sides["server"].lost == 1


def test_a_second_session_that_ends_with_an_error_is_no_stranger() -> None:
    facts = told(
        asks(0, RRQ),
        to_client(0.01, Data(1, FULL)),
        of_second(0.02, Error(0, "another session has it")),
        to_server(0.03, Ack(1)),
        to_client(0.04, Data(2, b"x")),
        to_server(0.05, Ack(2)),
    )
    assert facts.is_clean and "stray" not in slugs(facts, "note"), list(lines_of(facts))


def test_a_block_that_is_late_was_under_way_before_the_error() -> None:
    windows = (("windowsize", "4"),)
    facts = told(
        asks(0, Rrq(b"a", "octet", windows)),
        to_client(0.1, Oack(windows)),
        to_server(0.2, Ack(0)),
        *(to_client(0.3, Data(n, FULL)) for n in (1, 2, 4)),
        to_server(0.301, Error(3, "disk full")),
        to_client(0.302, Data(3, FULL)),
    )
    assert slugs(facts) == ["broken-off"], list(lines_of(facts))


def test_a_client_begins_anew_once() -> None:
    asked = Rrq(b"a", "octet", (("blksize", "1024"),))
    refusal = to_client(0.1, Error(8, "no")), asks(0.2, RRQ), to_client(0.3, Error(1, "none"))
    one, two = explained(script(asks(0, asked), *refusal, asks(0.4, RRQ)))
    assert (one.outcome, one.ended) == ("failed", 'the server sent ERROR 1 "none"')
    assert two.outcome == "unknown" and two.offered == {}  # the capture ends at once


def test_a_server_that_refuses_the_options_and_then_is_silent_has_answered() -> None:
    asked = Rrq(b"a", "octet", (("blksize", "1024"),))
    facts = told(asks(0, asked), to_client(0.1, Error(8, "no")), asks(0.2, RRQ), asks(1.2, RRQ))
    assert facts.outcome == "unanswered" and slugs(facts) == ["option-refused"]


def test_a_put_whose_first_answer_was_lost_goes_on_with_the_second_session() -> None:
    facts = told(
        asks(0, WRQ),
        to_client(0.01, Ack(0)),
        asks(1, WRQ),
        of_second(1.01, Ack(0)),
        to_second(1.02, Data(1, FULL)),
        of_second(1.03, Ack(1)),
        to_client(1.04, Ack(0)),
        to_second(1.05, Data(2, b"x")),
        of_second(1.06, Ack(2)),
    )
    assert slugs(facts) == ["two-sessions"] and facts.outcome == "complete"
    assert facts.server[1] == 2049 and facts.sides["server"].missing == 0


def test_a_client_that_goes_on_with_the_other_session_is_not_called_silent() -> None:
    """tftp-hpa sends its block again to the port that has sent last."""
    facts = told(
        asks(0, WRQ),
        to_client(0.01, Ack(0)),
        to_server(0.02, Data(1, FULL)),
        of_second(0.03, Ack(0)),
        to_client(0.04, Ack(1)),
        to_server(0.05, Data(2, FULL)),
        of_second(5.03, Ack(0)),
        to_second(5.04, Data(2, FULL)),
        of_second(5.05, Ack(0)),
        *(to_client(5.04 + 5 * n, Ack(1)) for n in range(4)),
        to_second(26, Data(2, FULL)),
    )
    assert slugs(facts) == ["two-sessions", "stray-taken"], list(lines_of(facts))


@pytest.mark.parametrize("acked", [(2,), (1, 2, 3, 4)])
def test_an_ack_of_a_part_of_a_window_is_no_retransmission(acked: tuple[int, ...]) -> None:
    windows = (("windowsize", "4"),)
    last = 6 if len(acked) == 1 else 8
    facts = told(
        asks(0, Rrq(b"a", "octet", windows)),
        to_client(0.1, Oack(windows)),
        to_server(0.2, Ack(0)),
        *(to_client(0.3, Data(n, FULL)) for n in (1, 2, 3, 4)),
        *(to_server(0.4 + n / 1000, Ack(n)) for n in acked),
        *(to_client(0.5, Data(n, FULL)) for n in range(acked[-1] + 1, last)),
        to_client(0.5, Data(last, b"x")),
        to_server(0.6, Ack(last)),
    )
    assert facts.outcome == "complete" and facts.is_clean, list(lines_of(facts))
    assert facts.sides["client"].retransmissions == 0


def test_a_copy_of_an_ack_counts_once() -> None:
    facts = told(
        asks(0, RRQ),
        to_client(0.1, Data(1, FULL)),
        to_server(0.11, Ack(1)),
        to_client(0.111, Data(2, FULL)),
        to_server(0.112, Ack(1)),
        to_server(0.12, Ack(2)),
        to_server(0.1201, Ack(2)),
        to_client(0.121, Data(3, b"x")),
        to_server(0.13, Ack(3)),
    )
    client = facts.sides["client"]
    assert (client.copies, client.lost, client.retransmissions) == (2, 0, 0)
    assert facts.sides["server"].lost == 0 and facts.is_clean


def test_an_old_ack_that_comes_too_soon_for_a_timer_is_a_copy() -> None:
    facts = told(
        asks(0, RRQ),
        to_client(0.1, Data(1, FULL)),
        to_server(0.11, Ack(1)),
        to_client(0.111, Data(2, FULL)),
        to_server(0.112, Ack(2)),
        to_server(0.113, Ack(1)),
        to_client(0.114, Data(3, b"x")),
        to_server(0.13, Ack(3)),
    )
    client = facts.sides["client"]
    assert (client.copies, client.retransmissions) == (1, 0)


def test_a_repeated_block_that_has_no_second_ack_proves_no_missing_packet() -> None:
    facts = told(
        asks(0, RRQ),
        to_client(0.1, Data(1, FULL)),
        to_server(0.11, Ack(1)),
        *(to_client(1 + n, Data(1, FULL)) for n in range(3)),
        to_server(3.01, Ack(1)),
        to_client(3.02, Data(2, b"x")),
        to_server(3.03, Ack(2)),
    )
    assert facts.sides["client"].missing == 0 and facts.outcome == "complete"


def test_a_block_that_was_acknowledged_and_not_captured_is_missing() -> None:
    facts = told(
        asks(0, RRQ),
        to_client(0.1, Data(1, FULL)),
        to_server(0.11, Ack(1)),
        to_server(0.13, Ack(2)),
        to_client(0.14, Data(3, b"x")),
        to_server(0.15, Ack(3)),
    )
    assert facts.sides["server"].missing == 1 and facts.is_clean


WINDOW = (("windowsize", "4"),)


def window(*lines: Line, is_logged: bool = False) -> Facts:
    """Return a get in windows of four with these next packets."""
    asked = asks(0, Rrq(b"a", "octet", WINDOW))
    head = asked, to_client(0.1, Oack(WINDOW)), to_server(0.11, Ack(0))
    return told(*head, *lines, is_logged=is_logged)


def data(start: float, *blocks: int) -> list[Line]:
    return [to_client(start + n / 10_000, Data(block, FULL)) for n, block in enumerate(blocks)]


def test_blocks_in_another_order_are_neither_missing_nor_sent_again() -> None:
    last = to_client(0.22, Data(5, b"x")), to_server(0.23, Ack(5))
    facts = window(*data(0.12, 2, 1, 4, 3), to_server(0.2, Ack(4)), *last)
    server = facts.sides["server"]
    assert (server.missing, server.retransmissions, server.copies) == (0, 0, 0)
    assert facts.is_clean and facts.outcome == "complete"


def test_a_block_that_comes_right_behind_the_next_one_was_not_missing() -> None:
    """The receiver may have kept both. Its ACK comes after a time-out, because one was lost."""
    last = to_client(0.43, Data(5, b"x")), to_server(0.44, Ack(5))
    facts = window(*data(0.12, 1, 3, 4, 2), *data(0.42, 1), to_server(0.4201, Ack(4)), *last)
    assert slugs(facts) == [] and facts.outcome == "complete", list(lines_of(facts))
    facts = window(*data(0.12, 1, 3, 4), *data(0.42, 1), to_server(0.4201, Ack(4)), *last)
    assert slugs(facts, "guess") == ["gap-unreported"], list(lines_of(facts))


def test_a_block_that_was_lost_before_the_capture_is_missing_also_if_it_comes_again_soon() -> None:
    gap = [*data(0.12, 1, 3, 4), to_server(0.121, Ack(1)), *data(0.122, 2, 3, 4, 5)]
    last = to_client(0.22, Data(6, b"x")), to_server(0.23, Ack(6))
    facts = window(*gap, to_server(0.21, Ack(5)), *last)
    assert facts.sides["server"].missing == 1 and facts.is_clean
    logged = window(*gap, to_server(0.21, Ack(5)), *last, is_logged=True)  # without quiet runs
    assert logged.sides["server"].missing == 1


def test_a_client_that_answers_the_other_session_to_its_peer_has_taken_a_stranger() -> None:
    """curl goes back to block 0 when it hears an OACK, wherever that came from."""
    agreed = Oack((("tsize", "9999"),))
    strays = [
        line
        for n in range(3)
        for line in (of_second(5 + 6 * n, agreed), to_server(5.0001 + 6 * n, Ack(0)))
    ]
    facts = told(
        asks(0, Rrq(b"a", "octet", (("tsize", "0"),))),
        to_client(0.01, agreed),
        to_server(0.02, Ack(0)),
        to_client(0.03, Data(1, FULL)),
        to_server(0.04, Ack(1)),
        to_client(0.05, Data(2, FULL)),
        *strays,
    )
    assert slugs(facts)[:2] == ["two-sessions", "stray-taken"], list(lines_of(facts))
    (taken,) = (each for each in facts.findings if each.slug == "stray-taken")
    assert taken.who == "client" and "from port 2049, and it was answered with ACK 0" in taken.seen


def test_a_window_under_way_is_no_answer_to_an_error() -> None:
    stop = to_server(0.121, Error(0, "stopped"))
    facts = window(*data(0.12, 1), stop, *data(0.122, 4, 2))
    assert slugs(facts) == ["client-ended"] and facts.sides["server"].missing == 1


def test_a_block_that_comes_again_right_after_an_error_answers_it() -> None:
    stop = to_server(0.121, Error(0, "stopped"))
    facts = window(*data(0.12, 1, 2), stop, *data(0.122, 1))
    assert "error-answered" in slugs(facts)


def test_an_ack_of_a_timer_that_crosses_a_block_is_no_copy() -> None:
    facts = told(
        asks(0, WRQ),
        to_client(0.01, Ack(0)),
        to_server(0.02, Data(1, FULL)),
        to_client(0.03, Ack(1)),
        to_server(0.04, Data(2, b"x")),
        to_server(5.04, Data(2, b"x")),
        to_client(5.044, Ack(1)),
        to_client(5.046, Ack(2)),
    )
    server = facts.sides["server"]
    assert (server.copies, server.retransmissions) == (0, 1) and facts.is_clean


# -- What is counted, and bounded -----------------------------------------------------------------


def test_a_repeated_ack_before_a_new_one_prompts_nothing() -> None:
    """The network copies ACKs, and also the DATA that answers the new ACK."""
    lines = [asks(0, RRQ), to_client(0.1, Data(1, FULL)), to_server(0.11, Ack(1))]
    lines += [to_client(0.12, Data(2, FULL))]
    for block in range(2, 9):
        at = block / 5
        lines += [to_server(at, Ack(block - 1)), to_server(at + 0.0004, Ack(block))]
        lines += [to_client(at + n / 10_000, Data(block + 1, FULL)) for n in (8, 9)]
    facts = told(*lines)
    assert slugs(facts) == [], list(lines_of(facts))


def test_a_time_to_answer_is_counted_from_what_is_new() -> None:
    """The client reports the gap before DATA 3, and DATA 4 asks for nothing."""
    blocks = *data(0.12, 1), *data(0.13, 3), *data(0.18, 4)
    longest = window(*blocks, to_server(0.23, Ack(1))).sides["client"].p99
    assert longest is not None and 0.095 < longest < 0.105


def test_the_answer_to_a_repeated_request_tells_no_time() -> None:
    head = asks(0, RRQ), asks(1, RRQ), to_client(1.01, Data(1, FULL))
    assert told(*head, to_server(1.02, Ack(1))).sides["server"].turns == 0
    assert told(*head[1:], to_server(1.02, Ack(1))).sides["server"].turns == 1


def test_doubts_take_a_fixed_room() -> None:
    doubts = Doubts()
    seen = look(Captured(1, 0, 0, CLIENT, SECOND, b"\0\3\0\7", 4))
    finding = Finding("unacknowledged", "server", 1, 0, "")
    for block in range(3 * MOST_UNPROVEN):
        doubts.wait_for_ack(block, finding, seen)
    assert len(doubts.unacknowledged) == MOST_UNPROVEN
    assert doubts.skipped(0, MOST_ABSENT + 2) == 0 and not doubts.absent
    for top in range(0, 100_000, 1000):
        assert doubts.skipped(top, top + 1000) == 999
        assert len(doubts.absent) <= MOST_ABSENT + 1000


def test_old_blocks_count_one_after_the_other() -> None:
    doubts = Doubts()
    assert [doubts.old(block) for block in (4, 5, 6, 9, 9, 10)] == [1, 2, 3, 1, 1, 2]


def test_a_block_that_is_not_heeded_counts_while_it_is_the_same() -> None:
    doubts, found = Doubts(), []
    for block in (4, 4, 5, 5, 5):
        doubts.not_heeded(block)
        found.append(doubts.unheeded)
    assert found == [1, 2, 1, 2, 3]


def test_an_end_may_have_heard_nothing_of_much() -> None:
    copies = [to_server(0.11 + n / 100, Ack(1)) for n in range(12)]
    facts = told(asks(0, RRQ), to_client(0.1, Data(1, FULL)), *copies, to_client(2, Data(1, FULL)))
    assert facts.sides["client"].lost == 12 and facts.sides["server"].retransmissions == 1


def test_what_is_due_takes_a_fixed_room() -> None:
    due = Due()
    for block in range(3 * due_module.MOST):
        due.add([Send(Ack(block))])
    assert len(due.items) == due_module.MOST and due.has("ACK", 3 * due_module.MOST - 1)


def test_a_short_timer_of_a_program_is_learnt() -> None:
    side, seen = Side("server"), look(Captured(1, 0, 0, SECOND, CLIENT, b"\0\3\0\7", 4))
    assert side.no_timer == NO_TIMER
    for at, halved in ((60_000_000, 30_000_000), (260_000_000, 30_000_000)):
        side.repeated(seen, at, 0)
        side.sent(seen, at)
        assert side.no_timer == halved


@pytest.mark.parametrize("octets", [b"\0\x09\0\1x", b"\3\0\1\0x", b"\3"])
@pytest.mark.parametrize("seconds", [0.1, 60.0])
def test_an_answer_that_cannot_be_read_is_an_answer(octets: bytes, seconds: float) -> None:
    facts = told(asks(0, RRQ), to_client(0.01, octets), asks(seconds, RRQ))
    assert [(each.slug, each.who) for each in facts.findings if each.slug != "retransmission"] == [
        ("malformed", "server")
    ]
    assert facts.outcome == "unanswered" and facts.ended == "no answer to the request can be read"
    assert "server sent a datagram that is not a packet" in "\n".join(lines_of(facts))


def test_an_answer_that_can_be_read_counts_also_after_one_that_cannot() -> None:
    facts = told(
        asks(0, RRQ),
        to_client(0.01, b"\3"),
        to_client(0.02, Data(1, b"x")),
        to_server(0.03, Ack(1)),
    )
    assert facts.outcome == "complete" and slugs(facts) == ["malformed"]


def test_what_another_host_sends_is_no_answer() -> None:
    facts = told(asks(0, RRQ), to_client(0.1, b"\3", ("198.51.100.7", 69)), asks(1, RRQ))
    assert slugs(facts) == ["no-answer"]


def test_what_another_port_sends_after_the_answer_is_none() -> None:
    lines = [to_client(0.02, Data(1, FULL)), to_client(0.03, b"\3", SECOND)]
    assert slugs(told(asks(0, RRQ), *lines, to_server(0.04, Ack(1)))) == []


@pytest.mark.parametrize(
    "asked, is_told",
    [
        ("255.255.255.255", False),
        ("239.1.2.3", False),
        ("192.0.2.255", False),
        ("198.51.100.255", True),
        ("192.0.2.3", True),
    ],
)
def test_a_group_is_answered_from_another_address(asked: str, is_told: bool) -> None:
    """Routers of Cisco ask 255.255.255.255 for their configuration."""
    request = 0.0, CLIENT, (asked, 69), Rrq(b"a")
    facts = told(request, to_client(0.1, Data(1, b"x")), to_server(0.2, Ack(1)))
    assert slugs(facts) == (["another-address"] if is_told else []), list(lines_of(facts))


def test_an_error_of_the_port_that_was_asked_is_told() -> None:
    """The client need not take it, and yet it may be why the transfer stops."""
    opening = asks(0, RRQ), to_client(0.01, Data(1, FULL)), to_server(0.02, Ack(1))
    error = to_client(0.03, Error(4, "no more"), ("server", 69))
    facts = told(*opening, error)
    assert slugs(facts) == ["error-elsewhere"] and not slugs(facts, "note")
    (found,) = facts.findings
    assert "no more" in found.seen and found.expected == "port 2048" and found.packet == 4
    facts = told(*opening, error, to_client(0.04, Data(2, b"")), to_server(0.05, Ack(2)))
    assert not slugs(facts) and slugs(facts, "note") == ["stray"]
    assert facts.outcome == "complete"


def test_an_error_of_a_second_session_is_told_by_the_session() -> None:
    opening = asks(0, RRQ), to_client(0.01, Data(1, FULL)), of_second(0.02, Data(1, FULL))
    facts = told(*opening, of_second(0.03, Error(0, "stopped")))
    assert "error-elsewhere" not in slugs(facts)
    assert "stray" not in slugs(facts, "note")
