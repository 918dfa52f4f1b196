"""The retransmission timer (RFC 6298) and the limits of patience."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tftp_fsm.protocol.timing import (
    RTO_CEILING,
    RTO_FLOOR,
    RTO_INITIAL,
    RetransmissionTimer,
    RetryPolicy,
)


def test_the_first_rto_is_at_least_a_second() -> None:
    assert RetransmissionTimer().rto == RTO_INITIAL >= 1.0


def test_the_first_sample_sets_srtt_and_half_of_it_as_variance() -> None:
    timer = RetransmissionTimer()
    timer.sample(2.0)
    assert (timer.srtt, timer.rttvar) == (2.0, 1.0)
    assert timer.rto == 2.0 + 4 * 1.0


def test_later_samples_are_smoothed_by_an_eighth_and_a_quarter() -> None:
    timer = RetransmissionTimer()
    timer.sample(2.0)
    timer.sample(1.0)
    assert timer.rttvar == pytest.approx(1.0 * 3 / 4 + 1.0 / 4)
    assert timer.srtt == pytest.approx(2.0 * 7 / 8 + 1.0 / 8)


def test_a_quick_peer_is_still_waited_for_the_floor() -> None:
    timer = RetransmissionTimer()
    timer.sample(0.0)
    assert timer.rto == RTO_FLOOR


def test_a_steady_peer_keeps_the_granularity_as_margin() -> None:
    timer = RetransmissionTimer()
    for _ in range(200):
        timer.sample(0.5)
    assert timer.rto == pytest.approx(0.51, abs=1e-6)


def test_each_silence_doubles_the_rto_up_to_the_ceiling() -> None:
    timer = RetransmissionTimer()
    seen = [timer.rto]
    for _ in range(40):
        timer.back_off()
        seen.append(timer.rto)
    assert seen[:8] == [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0]
    assert max(seen) == seen[-1] == RTO_CEILING


def test_a_sample_ends_the_back_off() -> None:
    timer = RetransmissionTimer()
    timer.back_off()
    timer.sample(0.1)
    assert timer.rto == pytest.approx(0.1 + 4 * 0.05)


def test_a_negotiated_timeout_is_not_adapted_but_backs_off() -> None:
    timer = RetransmissionTimer()
    timer.fix(3.0)
    timer.sample(0.001)
    assert timer.rto == 3.0
    timer.back_off()
    assert timer.rto == 6.0
    timer.sample(0.001)
    assert timer.rto == 3.0
    timer.fix(None)
    assert timer.rto == RTO_FLOOR


def test_a_negotiated_timeout_above_the_ceiling_holds_and_does_not_double() -> None:
    timer = RetransmissionTimer(fixed=255.0)
    timer.back_off()
    assert timer.rto == 255.0


@given(st.lists(st.one_of(st.none(), st.floats(0, 1000)), max_size=40))
def test_the_rto_is_never_below_the_floor_or_without_bound(samples: list[float | None]) -> None:
    timer = RetransmissionTimer()
    for rtt in samples:
        timer.back_off() if rtt is None else timer.sample(rtt)
        assert RTO_FLOOR <= timer.rto <= max(RTO_CEILING, 1000 + 4 * 1000)


def test_patience_for_the_whole_grows_with_what_has_arrived() -> None:
    assert RetryPolicy().total(0) == 200
    assert RetryPolicy().total(10) == 280
    assert RetryPolicy(retransmissions=0).total(0) == 0
