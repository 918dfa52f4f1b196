"""Every kind of findings has a capture that shows it. A kind that nothing can show is deleted.

`FAULTS` of `test_faults` shows many. `IN_TESTS` names a test for each of the others, and `CAPTURES`
has captures for what the tests show only with parameters.
"""

from __future__ import annotations

from collections.abc import Callable
from unittest.mock import patch

import pytest

from tests.explain import test_clock, test_faults, test_flows, test_transfers
from tests.explain.closing import (
    test_anew,
    test_beside,
    test_certain,
    test_missed,
    test_outcome,
    test_paths,
)
from tests.explain.judging import (
    test_after_error,
    test_asking,
    test_changed_port,
    test_skips,
    test_strangers,
    test_undelivered,
    test_zero,
)
from tests.explain.packets import test_doubled
from tests.explain.report import test_comments
from tests.support.overheard import asks, explained, script, to_client, to_server
from tftp_fsm.explain import reader
from tftp_fsm.explain.report.facts import Facts, facts_of
from tftp_fsm.explain.transfer.findings import KINDS
from tftp_fsm.explain.transfer.transfer import Transfer
from tftp_fsm.wire.packets import Ack, Data, Oack, Rrq, Wrq, build

FULL = bytes(512)
RRQ = Rrq(b"a")

IN_FAULTS = {slug: name for name, (slug, *_) in reversed(test_faults.FAULTS.items())}

IN_TESTS: dict[str, Callable[[], None]] = {
    "asked-at-end": test_outcome.test_a_request_just_before_the_end_may_have_been_answered,
    "asked-beside": (test_beside.test_nobody_knows_which_of_two_requests_of_one_port_has_no_answer),
    "answer-missed": test_missed.test_a_put_of_one_short_block_is_complete,
    "block-not-sent": (
        test_paths.test_a_client_that_gives_up_after_asking_in_vain_was_left_by_the_server
    ),
    "blocks-skipped": test_skips.test_a_put_whose_client_leaves_one_out,
    "both-twice": test_outcome.test_one_ack_and_one_block_that_came_twice_are_a_note,
    "capture-dropped": test_missed.test_a_capture_that_has_dropped_blocks_and_their_acks_says_so,
    "clock-ahead": test_clock.test_the_remark_says_by_how_much,
    "copies": test_doubled.test_a_network_that_copies_packets_is_told_as_such,
    "cut-off": test_faults.test_a_capture_that_ends_at_once_proves_no_silence,
    "empty-datagram": test_outcome.test_a_transfer_with_an_empty_datagram_goes_on,
    "end-not-seen": test_outcome.test_copies_of_the_final_ack_are_no_receiver_that_waits,
    "error-elsewhere": test_strangers.test_an_error_of_the_port_that_was_asked_is_told,
    "error-unheeded": test_after_error.test_a_sender_that_has_not_heard_the_error_breaks_no_rule,
    "error-unheeded-once": test_after_error.test_one_packet_long_after_an_error_is_named,
    "from-zero": test_zero.test_a_file_of_one_short_block,
    "gap-unreported": (
        test_strangers.test_a_block_that_comes_right_behind_the_next_one_was_not_missing
    ),
    "given-up": test_anew.test_a_client_that_begins_anew_has_left_the_transfer_before,
    "icmp-odd": test_undelivered.test_a_message_about_a_request_that_was_not_sent_is_odd,
    "late-error": test_after_error.test_a_receiver_that_fails_after_its_last_ack_is_told,
    "lost-behind": test_doubled.test_retransmissions_still_count,
    "no-last-block": (
        test_outcome.test_a_block_that_was_lost_once_or_twice_is_no_mistake_of_its_sender
    ),
    "not-captured": test_comments.test_blocks_that_come_again_behind_a_gap_are_counted,
    "one-way": test_skips.test_swapped_numbers_of_which_one_way_was_captured,
    "oversized-taken": (
        test_certain.test_longer_blocks_may_have_been_agreed_where_the_capture_lacks_the_answer
    ),
    "overtaken": test_comments.test_blocks_that_come_again_behind_a_gap_are_counted,
    "probed": test_transfers.test_a_transfer_that_was_probed_for_its_size_is_clean,
    "refused-once": test_outcome.test_an_error_that_does_not_name_options_may_be_about_them,
    "request-unreadable": test_asking.test_a_server_may_take_it,
    "retransmission": test_doubled.test_retransmissions_still_count,
    "slow-answers": (
        test_transfers.test_who_answers_long_after_a_packet_came_again_is_named_as_slow
    ),
    "stray": test_changed_port.test_a_stranger_after_the_end_is_no_move,
    "unacknowledged": (
        test_certain.test_a_window_may_have_been_agreed_where_the_capture_lacks_the_answer
    ),
    "undelivered": test_undelivered.test_a_late_copy_that_finds_the_port_closed_is_no_trouble,
    "unexpected": test_outcome.test_a_packet_without_a_place_is_counted_once,
    "went-back": test_certain.test_a_sender_that_went_back_and_goes_on_from_there,
    "wrong-reply": test_after_error.test_a_client_that_asks_again_has_not_taken_a_wrong_answer,
    "wrong-reply-taken": test_outcome.test_a_reason_stands_alone_where_no_packet_was_expected,
}

AGREED = (("blksize", "1428"),)
REQUEST = Rrq(b"a" * 40, "octet", AGREED)
LONGER = (("tsize", "5"),)
CAPTURES: dict[str, bytes] = {
    "clock-back": script(*test_clock.blocks(9, -5.0, 5)),
    "cut-short": script(
        asks(0, REQUEST),
        *(to_client(0.1, Oack(AGREED)), to_server(0.2, Ack(0)), to_client(0.3, Data(1, b"x"))),
        to_server(0.4, Ack(1)),
        kept=28 + len(build(REQUEST)) - 1,  # octets of a packet
    ),
    "data-after-end": script(
        asks(0, RRQ),
        *(to_client(0.1, Data(1, bytes(100))), to_server(0.2, Ack(1))),
        *(to_client(0.3, Data(2, bytes(100))), to_server(0.4, Ack(2))),
    ),
    "request-odd": script(
        test_asking.sends(0, b"\0\1boot\0octet"),
        to_client(0.1, Data(1, b"x")),
        to_server(0.2, Ack(1)),
    ),
    "server-left": script(
        asks(0, Wrq(b"a")),
        *(to_client(0.1, Ack(0)), to_server(0.2, Data(1, FULL)), to_client(0.3, Ack(1))),
        *(to_server(0.4, Data(2, FULL)), to_server(5.0, Data(2, FULL)), test_faults.LATE),
    ),
    "size-differs": script(
        asks(0, Wrq(b"a", "octet", LONGER)),
        *(to_client(0.1, Oack(LONGER)), to_server(0.2, Data(1, b"x")), to_client(0.3, Ack(1))),
    ),
    "unheeded-ack": script(
        asks(0, RRQ),
        *(
            line
            for n in range(5)
            for line in (to_client(n, Data(1, FULL)), to_server(n + 0.1, Ack(1)))
        ),
    ),
}


def found(run: Callable[[], object]) -> set[str]:
    """The kinds of all findings while `run` explains captures."""
    slugs: set[str] = set()

    def noting(transfer: Transfer) -> Facts:
        facts = facts_of(transfer)
        slugs.update(each.slug for each in facts.findings)
        return facts

    with patch.object(reader, "facts_of", noting):
        run()
    return slugs


def shows(slug: str) -> Callable[[], object]:
    """What explains a capture that shows this kind."""
    if slug in IN_FAULTS:
        lines = test_faults.FAULTS[IN_FAULTS[slug]][2]
        return lambda: explained(script(*lines))
    return IN_TESTS[slug] if slug in IN_TESTS else lambda: explained(CAPTURES[slug])


def test_no_kind_has_two_places() -> None:
    places = [*IN_FAULTS, *IN_TESTS, *CAPTURES, "set-aside"]
    assert sorted(places) == sorted(KINDS)


@pytest.mark.parametrize("slug", sorted(set(KINDS) - {"set-aside"}))
def test_a_kind_is_shown(slug: str) -> None:
    assert slug in found(shows(slug))


def test_a_transfer_that_is_set_aside_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    """There are more clients than `explain` follows at once."""
    run = test_flows.test_a_transfer_that_makes_room_for_others_is_not_blamed
    assert "set-aside" in found(lambda: run(monkeypatch))
