"""Option negotiation as pure functions: RFC 2347, 2348, 2349, 7440."""

from __future__ import annotations

from dataclasses import fields
from inspect import signature

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tftp_fsm.wire.options import (
    OptionLimits,
    Options,
    Refusal,
    accept,
    agree,
    blksize_for_mtu,
    offer,
    read_options,
)
from tftp_fsm.wire.packets import Pairs
from tftp_fsm.wire.ranges import OPTIONS

LIMITS = OptionLimits()
NAMES = st.sampled_from([*OPTIONS, "multicast", "BLKSIZE", "TSize", "x"])
VALUES = st.one_of(
    st.integers(-2, 70000).map(str),
    st.integers(2**31, 2**65).map(str),
    st.text(max_size=6),
    st.sampled_from(["", "abc", "1024.5", "0x200", " 8", "8 ", "+8", "1_0", "٨", "9" * 20]),
)
PAIRS = st.lists(st.tuples(NAMES, VALUES), max_size=5, unique_by=lambda pair: pair[0].lower()).map(
    tuple
)


def pairs(**options: int | str) -> Pairs:
    return tuple((name, str(value)) for name, value in options.items())


# -- The client offers ----------------------------------------------------------------------------


def test_nothing_is_offered_but_what_was_named() -> None:
    assert offer().pairs() == ()
    assert offer(blksize=512, windowsize=1).pairs() == pairs(blksize=512, windowsize=1)


def test_every_other_value_is_offered_once() -> None:
    options = offer(blksize=1428, windowsize=16, timeout=3, tsize=0)
    assert options.pairs() == pairs(blksize=1428, timeout=3, tsize=0, windowsize=16)
    assert options.as_dict() == {"blksize": 1428, "timeout": 3, "tsize": 0, "windowsize": 16}


# Each option with its least value, which no limit lowers.
EVERY = {name: limits.least for name, limits in OPTIONS.items()}


def test_each_option_is_known_everywhere() -> None:
    """An option that is added in one place only would be ignored, or would raise TypeError."""
    assert {field.name for field in fields(Options)} == OPTIONS.keys()
    assert set(signature(offer).parameters) == OPTIONS.keys()
    assert offer(**EVERY).as_dict() == EVERY
    assert accept(pairs(**EVERY), LIMITS, tsize=None).as_dict() == EVERY
    assert agree(pairs(**EVERY), pairs(**EVERY), reading=False) == Options(**EVERY)


# -- The server accepts ---------------------------------------------------------------------------


def test_only_what_was_asked_is_answered() -> None:
    assert accept((), LIMITS, tsize=1000) == Options()
    assert accept(pairs(blksize=1024), LIMITS, tsize=1000) == Options(blksize=1024)


def test_unknown_options_are_left_out_and_refuse_nothing() -> None:
    asked = pairs(multicast="", blksize=1024, rollover=0)
    assert accept(asked, LIMITS, tsize=None) == Options(blksize=1024)


def test_names_are_read_in_any_case() -> None:
    assert accept((("BlkSize", "1024"),), LIMITS, tsize=None) == Options(blksize=1024)
    assert agree(pairs(blksize=1024), (("BLKSIZE", "1024"),), reading=True) == Options(1024)


def test_the_last_value_of_an_option_that_comes_twice_counts_in_upper_and_lower_case() -> None:
    twice = (("blksize", "1024"), ("BLKSIZE", "2048"))
    assert accept(twice, LIMITS, tsize=None) == Options(blksize=2048)
    assert accept(twice[::-1], LIMITS, tsize=None) == Options(blksize=1024)


BAD_BLKSIZES = ["-1", "0", "7", "65465", "70000", "abc", "", "1024.5", "1" * 20, "+8", " 8", "0x8"]


@pytest.mark.parametrize("value", BAD_BLKSIZES)
def test_a_blksize_out_of_range_is_never_echoed(value: str) -> None:
    assert accept(pairs(blksize=value), LIMITS, tsize=None) == Options()


@pytest.mark.parametrize("value", [8, 512, 1428, 65464])
def test_a_blksize_in_range_is_taken_as_it_is(value: int) -> None:
    assert accept(pairs(blksize=value), LIMITS, tsize=None) == Options(blksize=value)


def test_a_larger_blksize_or_windowsize_is_lowered_to_the_limit() -> None:
    limits = OptionLimits(blksize=1428, windowsize=8)
    taken = accept(pairs(blksize=65464, windowsize=65535), limits, tsize=None)
    assert taken == Options(blksize=1428, windowsize=8)
    assert accept(pairs(blksize=8, windowsize=1), limits, tsize=None) == Options(8, windowsize=1)


@pytest.mark.parametrize("value", ["0", "65536", "-1", "", "a"])
def test_a_windowsize_out_of_range_is_never_echoed(value: str) -> None:
    assert accept(pairs(windowsize=value), LIMITS, tsize=None) == Options()


@pytest.mark.parametrize("value", ["0", "256", "1.5", "-1", ""])
def test_a_timeout_is_accepted_exactly_or_not_at_all(value: str) -> None:
    assert accept(pairs(timeout=value), LIMITS, tsize=None) == Options()
    assert accept(pairs(timeout=255), LIMITS, tsize=None) == Options(timeout=255)


def test_a_refused_option_is_not_accepted_however_it_is_written() -> None:
    limits = OptionLimits(refused=("blksize", "tsize"))
    asked = (("BLKSIZE", "1024"), ("tsize", "0"), ("windowsize", "4"))
    assert accept(asked, limits, tsize=7) == Options(windowsize=4)


def test_tsize_of_a_read_is_the_size_of_the_file_and_is_left_out_for_an_empty_one() -> None:
    """curl treats a tsize of 0 as an error."""
    assert accept(pairs(tsize=0), LIMITS, tsize=5_000_000_000) == Options(tsize=5_000_000_000)
    assert accept(pairs(tsize=0), LIMITS, tsize=0) == Options()


def test_tsize_of_a_write_is_echoed() -> None:
    assert accept(pairs(tsize=2**32 + 1), LIMITS, tsize=None) == Options(tsize=2**32 + 1)


# -- The client checks ----------------------------------------------------------------------------

ASKED = pairs(blksize=1428, timeout=3, tsize=0, windowsize=16)
REFUSED = {
    "unasked": (pairs(tsize=0), pairs(blksize=1024), "blksize was not asked for"),
    "unasked window": (pairs(tsize=0), pairs(windowsize=2), "windowsize was not asked for"),
    "unasked timeout": (pairs(tsize=0), pairs(timeout=1), "timeout was not asked for"),
    "unasked and no number": ((), pairs(blksize="512x"), "blksize was not asked for"),
    "unknown": (ASKED, pairs(multicast="1"), "multicast was not asked for"),
    "larger blksize": (ASKED, pairs(blksize=1429), "blksize 1429 is more than the 1428"),
    "larger windowsize": (ASKED, pairs(windowsize=17), "windowsize 17 is more than the 16"),
    "another timeout": (ASKED, pairs(timeout=2), "timeout 2 is not the 3"),
    "blksize 7": (ASKED, pairs(blksize=7), "blksize cannot be '7'"),
    "blksize abc": (ASKED, pairs(blksize="abc"), "blksize cannot be 'abc'"),
    "negative": (ASKED, pairs(blksize=-1), "blksize cannot be '-1'"),
    "windowsize 0": (ASKED, pairs(windowsize=0), "windowsize cannot be '0'"),
    "empty": (ASKED, pairs(tsize=""), "tsize cannot be ''"),
    "twenty digits": (ASKED, pairs(tsize="9" * 20), "tsize cannot be '99999999999999999999'"),
    "one good, one bad": (ASKED, pairs(blksize=512, timeout=4), "timeout 4 is not the 3"),
}


@pytest.mark.parametrize("asked, answered, why", REFUSED.values(), ids=list(REFUSED))
def test_an_oack_with_what_was_not_asked_or_larger_is_refused(
    asked: Pairs, answered: Pairs, why: str
) -> None:
    refusal = agree(asked, answered, reading=True)
    assert isinstance(refusal, Refusal)
    assert refusal.why.startswith(why)


def test_what_was_not_asked_but_holds_anyway_is_accepted() -> None:
    taken = Options(blksize=512, windowsize=1)
    assert agree(pairs(tsize=0), pairs(BlkSize=512, windowsize=1), reading=True) == taken
    assert agree((), pairs(blksize=512), reading=False) == Options(blksize=512)


def test_a_server_may_take_some_of_the_options_and_lower_them() -> None:
    assert agree(ASKED, pairs(blksize=512), reading=True) == Options(blksize=512)
    assert agree(ASKED, pairs(windowsize=1, tsize=0), reading=True) == Options(
        windowsize=1, tsize=0
    )
    assert agree(ASKED, (), reading=True) == Options()


def test_the_size_of_a_read_is_news_and_of_a_write_an_echo() -> None:
    assert agree(ASKED, pairs(tsize=2**40), reading=True) == Options(tsize=2**40)
    assert isinstance(agree(pairs(tsize=10), pairs(tsize=11), reading=False), Refusal)
    assert agree(pairs(tsize=10), pairs(tsize=10), reading=False) == Options(tsize=10)


# -- Whatever comes -------------------------------------------------------------------------------


@given(PAIRS)
def test_what_is_read_is_always_in_range(found: Pairs) -> None:
    for name, value in read_options(found).as_dict().items():
        assert value in OPTIONS[name]


@given(PAIRS, st.sampled_from([None, 0, 10**12]))
def test_a_servers_answer_was_asked_for_and_a_client_can_take_it(
    asked: Pairs, tsize: int | None
) -> None:
    answer = accept(asked, LIMITS, tsize=tsize)
    assert set(answer.as_dict()) <= {name.lower() for name, _ in asked}
    assert agree(asked, answer.pairs(), reading=tsize is not None) == answer


@given(PAIRS)
def test_a_client_takes_nothing_larger_than_it_asked(answered: Pairs) -> None:
    agreed = agree(pairs(blksize=1428, timeout=3, windowsize=4), answered, reading=True)
    if isinstance(agreed, Options):
        assert (agreed.blksize or 0) <= 1428 and (agreed.windowsize or 0) <= 4
        assert agreed.timeout in (None, 3) and agreed.tsize is None


def test_the_largest_block_leaves_room_for_all_headers() -> None:
    assert blksize_for_mtu(1500, 4) == 1468
    assert blksize_for_mtu(1500, 6) == 1448
    assert blksize_for_mtu(65536, 4) == 65464, "the loopback's MTU is no reason to exceed 65464"
    assert blksize_for_mtu(30, 4) == 8
