"""A waker ends the wait of a selector once, for any number of calls."""

from __future__ import annotations

import os
import selectors
from collections.abc import Iterator

import pytest

from tftp_fsm.transports.waker import Waker

OFTEN = 100_000  # more octets than a pair of sockets holds


@pytest.fixture
def selector() -> Iterator[selectors.BaseSelector]:
    with selectors.DefaultSelector() as made:
        yield made


@pytest.fixture
def waker(selector: selectors.BaseSelector) -> Iterator[Waker]:
    made = Waker(selector)
    yield made
    made.close()


def test_a_waker_ends_a_wait(selector: selectors.BaseSelector, waker: Waker) -> None:
    assert selector.select(0) == []
    waker.wake()
    assert [key.data for key, _ in selector.select(0)] == [None]


def test_what_was_cleared_does_not_end_the_next_wait(
    selector: selectors.BaseSelector, waker: Waker
) -> None:
    waker.wake()
    waker.clear()
    assert selector.select(0) == []
    waker.clear()  # nothing is there, and nothing waits


def test_an_octet_at_its_descriptor_ends_a_wait(
    selector: selectors.BaseSelector, waker: Waker
) -> None:
    os.write(waker.fileno(), b"\0")
    assert selector.select(0)


def test_whoever_wakes_never_waits_himself(selector: selectors.BaseSelector, waker: Waker) -> None:
    for _ in range(OFTEN):
        waker.wake()
    assert selector.select(0)


def test_a_closed_waker_wakes_nobody_and_raises_nothing(selector: selectors.BaseSelector) -> None:
    waker = Waker(selector)
    waker.close()
    waker.wake()
    waker.close()
