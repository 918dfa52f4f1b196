"""A burst is cut into parts for one system call each, without a copy."""

from __future__ import annotations

import socket
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tftp_fsm.transports.burst import Buffer, Burst
from tftp_fsm.transports.offload import (
    can_segment,
    few_pieces,
    gather,
    is_allowed,
    join_received,
    segments_a_call,
)


def joined(parts: Sequence[Sequence[Buffer]]) -> list[bytes]:
    return [b"".join(part) for part in parts]


@given(st.lists(st.binary(max_size=9), max_size=12), st.integers(1, 9))
def test_gathered_pieces_are_the_datagrams_of_the_burst(pieces: list[bytes], segment: int) -> None:
    burst = Burst(pieces, segment, ("192.0.2.1", 69))
    assert joined(list(gather(pieces, segment))) == list(burst.datagrams())


def test_pieces_that_fit_are_not_copied() -> None:
    header, payload = b"head", memoryview(b"payload")
    for part in gather([header, payload] * 3, 11):
        assert part[0] is header and part[1] is payload


def test_too_many_pieces_for_a_call_become_one() -> None:
    assert few_pieces([b"x"] * 1025) == (b"x" * 1025,)
    assert len(few_pieces([b"x"] * 1024)) == 1024


@pytest.mark.parametrize("segment, most", [(12, 64), (1023, 64), (1024, 63), (65507, 1)])
def test_a_call_carries_as_much_as_the_kernel_takes(segment: int, most: int) -> None:
    assert segments_a_call(segment) == most


@pytest.mark.parametrize("value", ["0", "no", "OFF", "false"])
def test_the_environment_turns_both_offloads_off(
    value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TFTP_FSM_OFFLOAD", value)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        assert (is_allowed(), can_segment(), join_received(sock)) == (False, False, False)


@pytest.mark.parametrize("value", ["", "1", "yes"])
def test_other_values_leave_them_on(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TFTP_FSM_OFFLOAD", value)
    assert is_allowed()
