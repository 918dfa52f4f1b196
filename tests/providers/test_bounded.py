"""Each call ends in time, and calls that hang are counted."""

from __future__ import annotations

import threading
import time

import pytest

from tftp_fsm.errors import LocalError
from tftp_fsm.providers.bounded import Bounded

LONG, SHORT = 20.0, 0.02  # seconds


def test_what_a_call_returns_and_raises_goes_through() -> None:
    calls = Bounded(LONG, 1)
    assert calls.call("cannot read", lambda: 7) == 7
    with pytest.raises(KeyError, match="x"):
        calls.call("cannot read", lambda: dict[str, int]()["x"])
    assert calls.under_way == 0


def test_a_call_that_hangs_is_left_and_what_it_brings_later_is_given_back() -> None:
    go, left = threading.Event(), threading.Event()
    calls, brought = Bounded(SHORT, 1), []

    def hang() -> str:
        assert go.wait(LONG)
        return "late"

    def leave(found: str) -> None:
        brought.append(found)
        left.set()

    with pytest.raises(LocalError, match="cannot read: it took too long") as failed:
        calls.call("cannot read", hang, leave)
    assert failed.value.told == "cannot read: it took too long"
    with pytest.raises(LocalError, match="1 calls are still running") as crowded:
        calls.call("cannot read", lambda: 7)
    assert crowded.value.told == "cannot read: busy: try again later"
    calls.start(lambda: brought.append("no room"))
    go.set()
    assert left.wait(LONG)
    assert brought == ["late"]


@pytest.mark.skipif(not hasattr(time, "pthread_getcpuclockid"), reason="needs the time of a thread")
def test_a_call_that_computes_without_end_is_broken_off() -> None:
    calls, ended = Bounded(0.2, 1, breaks_off=True), threading.Event()

    def compute() -> None:
        try:
            while True:
                pass
        finally:
            ended.set()

    with pytest.raises(LocalError, match="it took too long"):
        calls.call("cannot read", compute)
    assert ended.wait(LONG)
    for thread in threading.enumerate():
        if thread.name == "tftp-fsm provider":
            thread.join(LONG)
    assert calls.under_way == 0
    assert calls.call("cannot read", lambda: 7) == 7


def test_a_call_that_waits_is_not_broken_off() -> None:
    go, heard = threading.Event(), threading.Event()

    def wait() -> None:
        assert go.wait(LONG)
        heard.set()

    with pytest.raises(LocalError, match="it took too long"):
        Bounded(0.2, 1, breaks_off=True).call("cannot read", wait)
    go.set()
    assert heard.wait(LONG)


def test_a_call_is_started_and_not_waited_for() -> None:
    done = threading.Event()
    Bounded(LONG, 1).start(done.set)
    assert done.wait(LONG)


def test_a_system_without_threads_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    calls = Bounded(LONG, 1)
    monkeypatch.setattr(threading.Thread, "start", refuse)
    for _ in range(2):
        with pytest.raises(LocalError, match="no thread can be started"):
            calls.call("cannot read", lambda: 7)
    calls.start(lambda: None)
    assert calls.under_way == 0
