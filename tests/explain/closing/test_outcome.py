"""The outcome of a transfer: a short silence, a clock and a few copies do not decide it."""

from __future__ import annotations

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
from tftp_fsm.explain.report.facts import Facts
from tftp_fsm.explain.report.report import lines_of
from tftp_fsm.wire.kinds import Pairs
from tftp_fsm.wire.packets import Ack, Data, Error, Oack, Rrq, Wrq

FULL = bytes(512)
RRQ = asks(0, Rrq(b"a"))


def told(*lines: Line) -> Facts:
    return explained(script(*lines))[0]


def other(now: float) -> Line:
    """Return a packet of another protocol: the capture goes on until `now`."""
    return now, ("client", 5), ("server", 6), b"something else"


def test_a_silence_that_is_no_longer_than_one_before_tells_nothing() -> None:
    head = RRQ, to_client(0.1, Data(1, FULL)), to_client(10.1, Data(1, FULL))
    rest = to_server(10.2, Ack(1)), to_client(10.3, Data(2, FULL))
    assert slugs(told(*head, *rest, other(18))) == []
    assert slugs(told(*head, *rest, other(40))) == ["both-wait"]


def test_a_short_silence_after_the_answer_tells_nothing() -> None:
    head = RRQ, to_client(0.1, Data(1, FULL))
    assert slugs(told(*head, other(2))) == []
    assert slugs(told(*head, other(20))) == ["answer-unacknowledged"]


def test_the_finding_says_that_repeating_the_final_ack_is_encouraged() -> None:
    head = RRQ, to_client(0.1, Data(1, b"x")), to_server(0.2, Ack(1))
    facts = told(*head, *(to_client(1.2 + n, Data(1, b"x")) for n in range(4)))
    (found,) = (each for each in facts.findings if each.slug == "final-ack-lost")
    assert found.expected == "ACK 1 again; the RFC encourages this, but does not require it"


def test_a_clock_that_was_set_makes_no_silence() -> None:
    head = RRQ, to_client(0.1, Data(1, FULL)), to_server(0.2, Ack(1))
    facts = told(*head, to_client(7200, Data(2, FULL)), other(7201))
    assert slugs(facts) == [] and "clock-ahead" in slugs(facts, "note"), list(lines_of(facts))


def test_a_few_blocks_behind_many_repeated_acks_are_no_sorcerer() -> None:
    """The network doubles each ACK, and two of the blocks."""
    lines = [RRQ]
    for block in range(1, 12):
        at = block / 10
        lines += [to_client(at, Data(block, FULL)), to_server(at + 0.05, Ack(block))]
        lines += [to_client(at + 0.051, Data(block + 1, FULL))] if block == 11 else []
    found: list[Line] = []
    for line in lines:
        found.append(line)
        if isinstance(line[3], Ack) and line[3].block < 11:
            block, at = line[3].block, line[0]
            found += [to_client(at + 0.0005, Data(block + 1, FULL)), to_server(at + 0.001, line[3])]
            if block in (4, 5):
                found.append(to_client(at + 0.0015, Data(block + 1, FULL)))
    kept = [x for n, x in enumerate(found) if not _is_again(found[:n], x)]
    facts = told(*sorted(kept, key=lambda line: line[0]))
    assert "sorcerer" not in slugs(facts), list(lines_of(facts))


def _is_again(before: list[Line], line: Line) -> bool:
    """The block was already sent after its ACK, and not at the beginning of its turn."""
    is_turn = isinstance(line[3], Data) and abs(line[0] * 10 - round(line[0] * 10)) < 1e-6
    return is_turn and any(each[3] == line[3] for each in before)


def test_one_ack_and_one_block_that_came_twice_are_a_note() -> None:
    """Whether the block came again behind its own ACK, or before it."""
    head = RRQ, to_client(0.1, Data(1, FULL)), to_server(0.11, Ack(1)), to_server(0.1101, Ack(1))
    block, ack = to_client(0.1102, Data(2, b"x")), to_server(0.1104, Ack(2))
    for again in (0.1103, 0.1105):
        facts = told(*sorted((*head, block, ack, to_client(again, Data(2, b"x")))))
        assert slugs(facts) == [] and facts.outcome == "complete"
        (note,) = [each for each in facts.findings if each.slug == "both-twice"]
        assert note.seen == "ACK 1 came again, and DATA 2 twice"
    facts = told(*head, block, ack)
    assert "both-twice" not in slugs(facts, "note")
    facts = told(*head[:3], block, ack, to_client(0.1105, Data(2, b"x")))
    assert "both-twice" not in slugs(facts, "note")


# -- ERRORs of the client -------------------------------------------------------------------------


def size(name: str, value: str) -> Pairs:
    return ((name, value),)


@pytest.mark.parametrize(
    "request_, options, error, slug",
    [
        (
            Rrq(b"a", "octet", size("TSIZE", "0")),
            size("TSIZE", "9"),
            Error(0, "early terminate"),
            "probed",
        ),
        (Rrq(b"a", "octet", size("tsize", "0")), size("tsize", "9"), Error(3, "big"), "broken-off"),
        (Wrq(b"a", "octet", size("tsize", "9")), size("tsize", "9"), Error(0, "x"), "client-ended"),
        (
            Rrq(b"a", "octet", size("tsize", "0")),
            size("tsize", "9"),
            Error(8, ""),
            "option-refused",
        ),
    ],
)
def test_an_error_that_answers_the_oack(
    request_: Rrq | Wrq, options: Pairs, error: Error, slug: str
) -> None:
    """Only a get asks for the size. ERROR 3 is for a file that is too large (RFC 2349)."""
    facts = told(asks(0, request_), to_client(0.1, Oack(options)), to_server(0.2, error))
    assert [each.slug for each in facts.findings] == [slug]


def test_an_error_8_in_the_middle_refuses_no_options() -> None:
    """Boot programs of Windows end so."""
    head = RRQ, to_client(0.1, Data(1, FULL)), to_server(0.2, Ack(1)), to_client(0.3, Data(2, FULL))
    assert slugs(told(*head, to_server(0.4, Error(8, "aborted")))) == ["broken-off"]


# -- A file without its empty block ---------------------------------------------------------------


def full(*rest: Line, options: Pairs = ()) -> str:
    """Return two full blocks, both acknowledged, and the further lines."""
    opening = [asks(0, Rrq(b"a", "octet", options))]
    opening += [to_client(0.01, Oack(options)), to_server(0.02, Ack(0))] if options else []
    blocks = [
        line
        for n in (1, 2)
        for line in (to_client(n / 10, Data(n, FULL)), to_server(n / 10 + 0.05, Ack(n)))
    ]
    (found,) = [
        each for each in told(*opening, *blocks, *rest).findings if each.kind.severity != "note"
    ]
    return f"{found.slug}: {found.usual_cause}"


def test_a_silence_after_a_full_block_may_be_the_end_of_the_file() -> None:
    asked_again = [to_server(n, Ack(2)) for n in (5, 10, 15)]
    both = full(other(60))
    assert both.startswith("both-wait: ") and "leaves out the empty block" in both
    alone = full(*asked_again)
    assert alone.startswith("block-not-sent: ") and "leaves out the empty block" in alone


def test_a_silence_before_the_size_that_was_told_is_not_the_end_of_the_file() -> None:
    size = (("tsize", "1025"),)
    assert "empty block" not in full(other(60), options=size)
    assert "empty block" not in full(*[to_server(n, Ack(2)) for n in (5, 10, 15)], options=size)


def test_a_block_that_nobody_acknowledges_is_not_the_end_of_the_file() -> None:
    assert "empty block" not in full(to_client(0.3, Data(3, FULL)), other(60))


# -- A request that was refused --------------------------------------------------------------------


def test_a_refusal_is_one_also_if_the_client_answers_it() -> None:
    """The client of tftp-hpa answers ERROR with ACK 0, and the server has left its port."""
    refusal = to_client(0.1, Error(1, "none"))
    facts = told(RRQ, refusal, to_server(0.11, Ack(0)), to_client(0.12, Error(5, "unknown")))
    assert "refused" in slugs(facts) and "broken-off" not in slugs(facts), list(lines_of(facts))


def test_an_error_after_the_answer_is_no_refusal() -> None:
    asked = (("tsize", "0"),)
    facts = told(
        asks(0, Rrq(b"a", "octet", asked)),
        to_client(0.1, Oack(asked)),
        to_client(0.2, Error(1, "x")),
    )
    assert slugs(facts) == ["broken-off"], list(lines_of(facts))


def again(first: Error, *rest: Line) -> Facts:
    """A request with options is refused, and the client asks without them."""
    asked = Rrq(b"a", "octet", (("blksize", "1024"),))
    return told(asks(0, asked), to_client(0.1, first), asks(0.2, Rrq(b"a")), *rest)


def test_the_same_error_without_options_was_not_about_the_options() -> None:
    facts = again(Error(2, "denied"), to_client(0.3, Error(2, "denied")))
    assert slugs(facts) == ["refused"], list(lines_of(facts))
    (found,) = facts.findings
    assert found.packet == 4
    assert found.seen.endswith(
        ' ERROR 2 "denied" as the answer to the request with options, '
        "and also to the request without options"
    )


def test_an_error_that_does_not_name_options_may_be_about_them() -> None:
    facts = again(Error(4, "illegal"), to_client(0.3, Data(1, b"x")), to_server(0.4, Ack(1)))
    assert facts.outcome == "complete" and slugs(facts) == ["refused-once"], list(lines_of(facts))
    facts = again(Error(4, "illegal"), asks(1.2, Rrq(b"a")))
    assert slugs(facts) == ["refused-once"], list(lines_of(facts))


def test_the_text_of_an_error_cannot_end_its_quotes() -> None:
    facts = told(RRQ, to_client(0.1, Error(0, 'no" and the file is complete')))
    assert facts.ended == r'the server sent ERROR 0 "no\" and the file is complete"'


@pytest.mark.parametrize(
    ("rest", "words"),
    [
        (b"none\0\0\0", 'ERROR 1 "none" (2 octets of padding ignored)'),
        (b"none", 'ERROR 1 "none" (no NUL at the end)'),
        (b"n\xffo\1\0", r'ERROR 1 "n\xffo\x01"'),
        (b"n\xffo\1\0x", r'ERROR 1 "n\xffo\x01" (1 octet of padding ignored)'),
        (b"", "ERROR 1 (no message and no NUL)"),
        (b"\0", "ERROR 1"),
    ],
)
def test_the_text_of_an_odd_error_is_in_quotes_too(rest: bytes, words: str) -> None:
    facts = told(RRQ, to_client(0.1, b"\0\5\0\1" + rest))
    assert facts.ended == f"the server sent {words.partition(' (')[0]}"
    assert facts.findings[0].seen == f"server sent {words}"


def test_an_error_without_text_tells_nothing_in_words() -> None:
    (found,) = told(RRQ, to_client(0.1, Error(1, ""))).findings
    assert found.slug == "refused" and found.usual_cause.startswith("the ERROR has no text")
    (found,) = told(RRQ, to_client(0.1, Error(1, "none"))).findings
    assert found.usual_cause.startswith("the message says why")


def test_a_request_that_was_refused_has_moved_nothing() -> None:
    (line,) = [
        each for each in lines_of(told(RRQ, to_client(0.1, Error(1, "x")))) if "sent" in each
    ][:1]
    assert line == '   failed: the server sent ERROR 1 "x"'


def test_error_8_is_about_the_options_whatever_comes_then() -> None:
    facts = again(Error(8, "no"), to_client(0.3, Error(1, "none")))
    assert slugs(facts) == ["option-refused", "refused"], list(lines_of(facts))


# -- Datagrams without octets ---------------------------------------------------------------------

BEGUN = [RRQ, to_client(0.1, Data(1, FULL))]
PUT = [asks(0, Wrq(b"a")), to_client(0.1, Ack(0))]


@pytest.mark.parametrize(
    ("who", "lines"),
    [
        ("server", [RRQ, to_client(0.1, b"")]),
        ("server", [RRQ, to_client(0.1, b""), asks(1.0, Rrq(b"a")), to_client(1.1, b"")]),
        ("server", [*BEGUN, to_server(0.2, Ack(1)), *(to_client(n, b"") for n in (1, 2, 3))]),
        ("client", [*BEGUN, to_server(0.2, b""), to_client(1.3, Data(1, FULL))]),
        ("client", [*BEGUN, *(to_server(n, b"") for n in (1, 2, 3))]),
        ("client", [*PUT, *(to_server(n, b"") for n in (1, 2, 3))]),
    ],
)
def test_an_empty_datagram_is_told_and_is_no_silence(who: str, lines: list[Line]) -> None:
    facts = told(*lines)
    (found,) = [each for each in facts.findings if each.kind.severity != "note"]
    assert (found.slug, found.who) == ("empty-datagram", who)
    assert found.seen == f"{who} sent an empty datagram"


def test_a_transfer_with_an_empty_datagram_goes_on() -> None:
    facts = told(*BEGUN, to_client(0.15, b""), to_server(0.2, Ack(1)), to_client(0.3, Data(2, b"")))
    assert slugs(facts) == ["empty-datagram"]
    facts = told(RRQ, to_client(0.05, b"", ("server", 9)), *BEGUN[1:])
    assert slugs(facts)[0] == "empty-datagram" and facts.octets == 0


# -- A request just before the end of the capture -------------------------------------------------


def test_a_request_just_before_the_end_may_have_been_answered() -> None:
    facts = told(RRQ)
    assert (facts.outcome, facts.is_clean) == ("unknown", True)
    assert facts.ended.endswith("an answer may have come later")
    (note,) = facts.findings
    assert (note.slug, note.who, note.packet) == ("asked-at-end", "capture", 1)
    assert note.seen == "the RRQ is the last packet of the client"


def test_a_copy_of_the_request_is_no_second_try() -> None:
    assert told(RRQ, asks(0.0001, Rrq(b"a"))).outcome == "unknown"


def test_a_client_that_asked_again_has_had_no_answer() -> None:
    facts = told(RRQ, asks(1, Rrq(b"a")))
    assert facts.outcome == "unanswered" and slugs(facts) == ["no-answer"]


def test_a_capture_that_goes_on_without_an_answer_has_none() -> None:
    assert told(RRQ, other(4.9)).outcome == "unknown"
    assert slugs(told(RRQ, other(5.0))) == ["no-answer"]


# -- What is no more than it seems ----------------------------------------------------------------


def test_copies_of_the_final_ack_are_no_receiver_that_waits() -> None:
    head = RRQ, to_client(0.1, Data(1, b"x"))
    facts = told(*head, *(to_server(0.11 + n / 1e4, Ack(1)) for n in range(4)))
    assert slugs(facts) == [] and facts.sides["client"].copies == 3
    facts = told(*head, *(to_server(0.11 + n, Ack(1)) for n in range(4)))
    assert slugs(facts) == ["end-not-seen"]


def test_a_server_that_answers_from_the_port_that_was_asked_has_no_new_port() -> None:
    answers = [(n + 0.1, LISTENER, CLIENT, Data(1, FULL)) for n in range(2)]
    (found,) = told(RRQ, answers[0], asks(1, Rrq(b"a")), answers[1], asks(2, Rrq(b"a"))).findings[
        :1
    ]
    assert (found.slug, found.who) == ("answer-unacknowledged", "network")
    assert (
        found.seen == "2 answers from port 69 (DATA 1 (512 octets)), "
        "and the client sent the request 2 times more"
    )
    assert "lost or dropped" in found.usual_cause


def test_a_request_that_meets_its_answer_at_the_end_of_the_capture_tells_nothing() -> None:
    head = RRQ, to_client(1.0, Data(1, FULL)), asks(1.001, Rrq(b"a"))
    assert slugs(told(*head)) == []
    assert slugs(told(*head, other(20))) == ["new-port-blocked"]


def test_a_client_that_begins_another_transfer_has_given_up_the_one_before() -> None:
    """The capture goes on, so it is not the capture that ends here."""
    more = asks(1, Rrq(b"b")), to_client(1.1, Data(1, b"x"), ("server", 3000))
    facts = told(RRQ, to_client(0.1, Data(1, FULL)), to_server(0.2, Ack(1)), *more)
    assert [each.slug for each in facts.findings] == ["given-up"]
    assert facts.findings[0].seen.startswith("the last packet is ACK 1 of the client, and then")
    assert [each.slug for each in told(RRQ, *more).findings] == ["no-answer"]


WINDOW = (("windowsize", "4"),)
OPEN = asks(0, Rrq(b"a", "octet", WINDOW)), to_client(0.1, Oack(WINDOW)), to_server(0.11, Ack(0))


def window(now: float, first: int, last: int, payload: bytes = FULL) -> list[Line]:
    return [
        to_client(now + n / 1e4, Data(n, payload if n == last else FULL))
        for n in range(first, last + 1)
    ]


@pytest.mark.parametrize(
    "last, is_acknowledged, seen",
    [
        (8, False, "while the server sent DATA 8 (512 octets) 3 times"),
        (8, True, "DATA 8 (512 octets) was sent again 2 times after its ACK"),
        (6, True, "came again after its ACK: 2 packets without an answer"),
    ],
)
def test_a_window_that_is_sent_again_is_sent_again_once(
    last: int, is_acknowledged: bool, seen: str
) -> None:
    payload = FULL if last == 8 else b"x"
    ack = [to_server(0.31, Ack(last))] if is_acknowledged else []
    again = [line for now in (1.3, 3.3) for line in window(now, 5, last, payload)]
    facts = told(*OPEN, *window(0.2, 1, 4), to_server(0.21, Ack(4)), *window(0.3, 5, last, payload),
                 *ack, *again)  # fmt: skip
    assert any(seen in each.seen for each in facts.findings), list(lines_of(facts))


def rolls_over(*rest: Line) -> Facts:
    """Return a get that is captured from block 65534 on."""
    lines = []
    for block in (65534, 65535):
        at = (block - 65533) / 10
        lines += [to_client(at, Data(block, FULL)), to_server(at + 0.01, Ack(block))]
    return told(*lines, *rest)


def test_a_transfer_that_stops_at_block_0_is_told_as_it_was_seen() -> None:
    facts = rolls_over(to_client(1, Data(0, FULL)), *(to_server(1.1 + n, Ack(0)) for n in range(4)))
    (found,) = (each for each in facts.findings if each.slug == "roll-over")
    assert found.seen.startswith("after DATA 65535 came DATA 0 (512 octets), 1 time; the receiver")


def test_a_transfer_that_stops_at_the_block_behind_has_rolled_over() -> None:
    zero = to_client(1, Data(0, FULL)), to_server(1.01, Ack(0))
    facts = rolls_over(*zero, *(to_client(2 + n, Data(1, FULL)) for n in range(4)))
    assert slugs(facts) == ["client-left"], list(lines_of(facts))


def alone(*more: Line) -> list[str]:
    """A get whose size is a multiple of blksize, and the client asks for the empty block."""
    size = (("tsize", "1024"),)
    head = asks(0, Rrq(b"a", "octet", (("tsize", "0"),))), to_client(0.1, Oack(size))
    one = to_server(0.11, Ack(0)), to_client(0.2, Data(1, FULL)), to_server(0.21, Ack(1))
    return slugs(told(*head, *one, to_client(0.3, Data(2, FULL)), to_server(0.31, Ack(2)), *more))


def test_a_block_that_was_lost_once_or_twice_is_no_mistake_of_its_sender() -> None:
    again = [to_server(1.0 + n, Ack(2)) for n in range(3)]
    assert alone(again[0]) == []
    assert alone(again[0], other(30)) == ["block-not-sent"]
    assert alone(*again[:2]) == ["block-not-sent"]
    assert alone(*again) == ["no-last-block"]


def test_a_packet_without_a_place_is_counted_once() -> None:
    options = (("blksize", "1024"),)
    lines = [asks(0, Wrq(b"a", "octet", options))]
    for n in range(3):
        lines += [to_client(n + 0.1, Oack(options)), to_server(n + 0.2, Ack(0))]
    (found,) = (each for each in told(*lines).findings if each.slug == "unexpected")
    assert (found.count, found.packet, found.last) == (3, 3, 7)


def test_a_reason_stands_alone_where_no_packet_was_expected() -> None:
    facts = told(asks(0, Wrq(b"a")), to_client(0.1, Data(1, b"x")), to_server(0.2, Ack(1)))
    lines = [line.split(":", 1)[1] for line in lines_of(facts) if "expected:" in line]
    (alone,) = (line.lstrip() for line in lines if "No delay or duplication" in line)
    assert alone.startswith("No delay or duplication") and not alone.endswith(")")


def test_an_ack_in_the_middle_of_a_window_is_no_copy() -> None:
    lines = [*OPEN, *window(0.2, 1, 4)]
    for block in range(1, 9):
        at = 0.21 + block / 100
        lines.append(to_server(at, Ack(block)))
        lines += [to_client(at + 0.005, Data(block + 4, FULL if block < 4 else b"x"))][: block < 5]
    facts = told(*lines)
    assert facts.outcome == "complete" and slugs(facts) == [], list(lines_of(facts))
    assert not facts.sides["client"].copies and not facts.sides["client"].retransmissions


@pytest.mark.parametrize("blksize, is_large", [(1448, False), (1450, True)])
def test_packets_of_ipv6_have_longer_headers(blksize: int, is_large: bool) -> None:
    client, server = ("2001:db8::9", 1024), ("2001:db8::1", 2048)
    options = (("blksize", f"{blksize}"),)
    head: list[Line] = [
        (0.0, client, ("2001:db8::1", 69), Rrq(b"a", "octet", options)),
        (0.1, server, client, Oack(options)),
        (0.2, client, server, Ack(0)),
    ]
    again: list[Line] = [(1.0 + n, server, client, Data(1, bytes(blksize))) for n in range(4)]
    (found,) = (each for each in told(*head, *again).findings if each.kind.severity != "note")
    assert (found.slug == "large-blocks-lost") is is_large
    assert ("1,502 octets with its headers" in found.seen) is is_large


def test_a_window_of_more_than_half_of_all_numbers() -> None:
    options, last = (("blksize", "8"), ("windowsize", "65535")), 32800
    lines = [asks(0, Rrq(b"a", "octet", options)), to_client(0.1, Oack(options))]
    lines.append(to_server(0.11, Ack(0)))
    lines += [
        to_client(0.2 + block / 1e6, Data(block, bytes(8 if block < last else 5)))
        for block in range(1, last + 1)
    ]
    facts = told(*lines, to_server(0.3, Ack(last)))
    assert (facts.outcome, facts.octets) == ("complete", 8 * (last - 1) + 5), list(lines_of(facts))
    assert slugs(facts) == []
