"""If the network or a gap in the capture may be the cause, a finding is a guess, not a charge."""

from __future__ import annotations

import pytest

from tests.support import campaign
from tests.support.frames import enhanced, interface, section
from tests.support.overheard import (
    Line,
    asks,
    explained,
    script,
    slugs,
    to_client,
    to_server,
)
from tftp_fsm.capture.ip_headers import udp_packet
from tftp_fsm.explain.report.comments import Comments
from tftp_fsm.explain.report.facts import Facts, as_json
from tftp_fsm.explain.report.report import lines_of
from tftp_fsm.language import speaking
from tftp_fsm.wire.packets import Ack, Data, Error, Oack, Rrq, build

FULL = bytes(512)
RRQ = asks(0, Rrq(b"a"))


def lock_step(blocks: int, *early: int) -> list[Line]:
    """Return a get. The DATA after these blocks come long before their ACKs."""
    lines = [RRQ]
    for block in range(1, blocks + 1):
        at = block / 10
        lines += [
            to_client(at, Data(block, FULL if block < blocks else b"x")),
            to_server(at + (0.11 if block in early else 0.01), Ack(block)),
        ]
    return sorted(lines, key=lambda line: line[0])


def told(*lines: Line) -> Facts:
    (facts,) = explained(script(*lines))
    return facts


def without(lines: list[Line], *packets: Data | Ack) -> list[Line]:
    return [line for line in lines if line[3] not in packets]


def twice(lines: list[Line], packet: Data | Ack) -> list[Line]:
    """The network delivers a copy of this packet."""
    (line,) = (line for line in lines if line[3] == packet)
    return sorted([*lines, (line[0] + 0.001, *line[1:])], key=lambda each: each[0])


def test_in_a_capture_that_lacks_nothing_once_is_enough() -> None:
    assert slugs(told(*lock_step(20, 7))) == ["unacknowledged"]


def test_a_capture_that_lacks_a_packet_may_lack_the_first_copy_of_an_ack() -> None:
    facts = told(*without(lock_step(20, 7), Ack(12)))
    assert not slugs(facts) and slugs(facts, "guess") == ["unacknowledged"]
    assert facts.is_clean


def test_so_may_a_network_that_copies_packets() -> None:
    facts = told(*twice(lock_step(20, 7), Ack(12)))
    assert not slugs(facts) and slugs(facts, "guess") == ["unacknowledged"]


def test_what_happens_more_often_than_chance_does_it_is_a_departure() -> None:
    lines = without(twice(lock_step(30, *range(5, 25)), Ack(2)), Ack(26))
    (found,) = (each for each in told(*lines).findings if each.severity == "departure")
    assert (found.slug, found.who, found.count) == ("unacknowledged", "server", 20)


def test_an_ack_before_its_block_by_another_clock_is_a_guess() -> None:
    """Each interface has missed what the other one shows, so nobody knows how the clocks differ."""
    octets = section() + interface(101) * 2
    for now, source, to, packet in lock_step(20, 7):
        assert not isinstance(packet, bytes)
        ours = 1 if packet == Ack(7) else 0
        octets += enhanced(ours, round((1 + now) * 1e6), udp_packet(source, to, build(packet)))
    (facts,) = explained(octets)
    assert not slugs(facts) and slugs(facts, "guess") == ["unacknowledged"]


def test_longer_blocks_may_have_been_agreed_where_the_capture_lacks_the_answer() -> None:
    large = bytes(1428)
    packets = to_client(0.1, Data(1, large)), to_server(0.2, Ack(1)), to_client(0.3, Data(2, b"x"))
    asked = asks(0, Rrq(b"a", "octet", (("blksize", "1428"),)))
    facts = told(asked, *packets, to_server(0.4, Ack(2)))
    assert not slugs(facts) and slugs(facts, "guess") == ["oversized", "oversized-taken"]
    assert slugs(told(RRQ, *packets, to_server(0.4, Ack(2)))) == ["oversized", "oversized-taken"]


def test_a_window_may_have_been_agreed_where_the_capture_lacks_the_answer() -> None:
    asked = asks(0, Rrq(b"a", "octet", (("windowsize", "4"),)))
    late = [(at + 0.1, source, to, packet) for at, source, to, packet in lock_step(20, 7)[1:]]
    facts = told(asked, *late)
    assert not slugs(facts) and slugs(facts, "guess") == ["unacknowledged"]
    assert slugs(told(asked, *lock_step(20, 7)[1:])) == ["unacknowledged"]  # no OACK came before


def went_back(after: int) -> list[Line]:
    """Return a sender that goes back to block 1, and goes on for so many blocks."""
    lines = lock_step(30)[:21]
    for block in range(1, 5 + after):
        at = 2 + block / 10
        lines += [to_client(at, Data(block, FULL)), to_server(at + 0.01, Ack(10))]
    return lines


def test_a_sender_that_went_back_and_goes_on_from_there() -> None:
    facts = told(*went_back(5))
    assert "went-back" in slugs(facts)
    assert "went-back" in slugs(told(*went_back(0)), "guess")


def test_late_copies_of_blocks_whose_ack_has_not_arrived_are_no_way_back() -> None:
    """The sender of windows is at block 5 for all that it has sent."""
    window = (("windowsize", "4"),)
    head = (
        asks(0, Rrq(b"a", "octet", window)),
        to_client(0.1, Oack(window)),
        to_server(0.11, Ack(0)),
    )
    blocks = [to_client(0.2 + n / 1000, Data(n, FULL)) for n in range(1, 5)]
    again = [to_client(0.4 + n / 1000, Data(n, FULL)) for n in range(1, 5)]
    once_more = [to_client(0.6 + n / 1000, Data(n, FULL)) for n in range(1, 5)]
    facts = told(*head, *blocks, to_server(0.21, Ack(4)), *again, to_server(0.41, Ack(4)),
                 *once_more)  # fmt: skip
    assert "went-back" not in slugs(facts, "departure", "guess")


def test_a_receiver_that_is_ahead_of_its_sender_again_and_again_is_wrong() -> None:
    lines = lock_step(20)[:5]
    for turn in range(1, 5):
        lines += [to_client(turn, Data(2, FULL)), to_server(turn + 0.001, Ack(3))]
    facts = told(*lines)
    assert slugs(facts)[0] == "ack-of-unsent", list(lines_of(facts))


def test_a_guess_has_its_own_sign() -> None:
    comments = Comments()
    (facts,) = explained(script(*without(lock_step(20, 7), Ack(12))), comments)
    (line,) = [line for line in lines_of(facts) if line.startswith(" ? ")]
    assert line.startswith(" ? This is not certain. packet 15: DATA was sent before")
    assert as_json(facts)["clean"] is True
    assert [each["severity"] for each in as_json(facts)["findings"]] == ["guess", "note"]
    assert any(words.startswith("? (not certain) DATA was sent") for words in comments.of[15])
    with speaking("ko"):
        assert any(line.startswith(" ? 확실하지 않습니다.") for line in lines_of(facts))


def test_a_repetition_of_the_final_ack_at_once_is_a_copy() -> None:
    lines = lock_step(3)
    at, *rest = lines[-1]
    copies, again = ([(at + n * apart, *rest) for n in (1, 2)] for apart in (0.03, 1))
    assert "end-not-seen" not in slugs(told(*lines, *copies))  # type: ignore[arg-type]
    assert "end-not-seen" in slugs(told(*lines, *again))  # type: ignore[arg-type]


def test_a_packet_after_an_error_may_have_been_under_way_in_a_bad_network() -> None:
    answer = to_server(1.0125, Ack(9))
    lines = [*lock_step(20)[:21], to_client(1.011, Error(3, "disk full")), answer]
    assert slugs(told(*lines), "departure") == ["error-answered"]
    assert slugs(told(*twice(lines, Ack(3))), "departure", "guess") == ["error-answered"]
    assert slugs(told(*twice(lines, Ack(3))), "departure") == []


def test_what_has_no_place_in_a_transfer_that_began_before_the_capture_is_a_guess() -> None:
    lines = lock_step(20)[9:30]
    facts = told(*lines, to_client(2.5, Oack((("tsize", "9"),))))
    assert not slugs(facts, "departure")


def stepped_back(lines: list[Line], after: int, by: float) -> bytes:
    """Return a capture whose clock is set back by so many seconds after so many packets."""
    octets = section() + interface(101)
    for number, (now, source, to, packet) in enumerate(lines):
        assert not isinstance(packet, bytes)
        at = now - by * (number >= after)
        octets += enhanced(0, round((1 + at) * 1e6), udp_packet(source, to, build(packet)))
    return octets


@pytest.mark.parametrize("by", [0.002, 0.02, 0.05, 0.09])
@pytest.mark.parametrize("after", range(3, 39, 5))
def test_a_clock_that_is_set_back_a_little_accuses_nobody(after: int, by: float) -> None:
    """It looks like packets in another order than their times."""
    quick = [(now / 20, *rest) for now, *rest in lock_step(20)]
    for facts in explained(stepped_back(quick, after, by)):  # type: ignore[arg-type]
        assert not slugs(facts, "departure"), list(lines_of(facts))


@pytest.mark.parametrize("seed", [7036])
def test_nobody_knows_an_order_in_a_file_that_mixes_packets_around_a_step_of_the_clock(
    seed: int,
) -> None:
    """The clock was set back by 0.3 s, and packets stand up to 0.05 s after their place."""
    (facts,) = campaign.told(campaign.captured(seed, "stepped").octets)
    assert campaign.accusations([facts]) == []
    assert "ack-of-unsent" in slugs(facts, "guess") and "clock-back" in slugs(facts, "note")
