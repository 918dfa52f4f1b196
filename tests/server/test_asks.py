"""Requests that wait for a provider: their number is limited, and each is answered once."""

from __future__ import annotations

import gc
import threading
import time
import weakref
from collections.abc import Callable, Iterator

import pytest

from tftp_fsm.server.asks import STALE, THREADS, Asks
from tftp_fsm.server.session_table import Key

WAIT = 20.0  # seconds, at the most


class File:
    def __init__(self, name: str) -> None:
        self.name = name
        self.closed = threading.Event()

    def close(self) -> None:
        self.closed.set()


class Loop:
    """Calls postponed functions when the test says so."""

    def __init__(self) -> None:
        self._actions: list[Callable[[], object]] = []
        self._some = threading.Condition()

    def call_soon(self, action: Callable[[], object]) -> None:
        with self._some:
            self._actions.append(action)
            self._some.notify_all()

    def turn(self, actions: int) -> None:
        for _ in range(actions):
            with self._some:
                assert self._some.wait_for(lambda: self._actions, WAIT)
                action = self._actions.pop(0)
            action()


class World:
    """Asks over a loop that the test turns. The providers wait for `go`."""

    def __init__(self, most: int = 100, most_per_network: int = 100) -> None:
        self.loop = Loop()
        self.asks: Asks[File] = Asks(self.loop.call_soon, most, most_per_network)
        self.go = threading.Event()
        self.begun: list[str] = []
        self.done: list[str] = []
        self.files: dict[str, File] = {}
        self._begun = threading.Condition()

    def ask(self, name: str, host: str = "192.0.2.1", port: int = 1, request: bytes = b"") -> bool:
        file = self.files[name] = File(name)

        def find() -> File:
            with self._begun:
                self.begun.append(name)
                self._begun.notify_all()
            assert self.go.wait(WAIT)
            return file

        key: Key = ((host, port), None)
        return self.asks.add(key, request or name.encode(), find, self.note)

    def note(self, file: File) -> None:
        self.done.append(file.name)

    def begin(self, count: int) -> None:
        with self._begun:
            assert self._begun.wait_for(lambda: len(self.begun) >= count, WAIT)


@pytest.fixture
def world() -> Iterator[World]:
    made = World()
    yield made
    made.go.set()


def test_an_answer_comes_in_the_loop_and_the_place_is_free_then(world: World) -> None:
    assert world.ask("a") and len(world.asks) == 1
    world.begin(1)
    assert world.done == []
    world.go.set()
    world.loop.turn(1)
    assert world.done == ["a"] and len(world.asks) == 0
    assert not world.files["a"].closed.is_set()


def test_the_same_request_of_a_client_is_known_while_it_waits(world: World) -> None:
    world.ask("a", request=b"octets")
    key: Key = (("192.0.2.1", 1), None)
    assert world.asks.is_waiting(key, b"octets")
    assert not world.asks.is_waiting(key, b"others")
    assert not world.asks.is_waiting((("192.0.2.1", 2), None), b"octets")
    world.go.set()
    world.loop.turn(1)
    assert not world.asks.is_waiting(key, b"octets")


def test_another_request_of_the_same_client_takes_its_place(world: World) -> None:
    world.ask("a")
    world.begin(1)
    world.ask("b")
    world.go.set()
    world.loop.turn(2)
    assert world.done == ["b"]
    assert world.files["a"].closed.wait(WAIT)
    assert not world.files["b"].closed.is_set()


def test_there_is_a_limit_for_all_and_one_for_each_network() -> None:
    world = World(most=3, most_per_network=2)
    assert world.ask("a", port=1) and world.ask("b", port=2)
    assert not world.ask("c", port=3)
    assert world.ask("d", host="192.0.2.2")
    assert not world.ask("e", host="192.0.2.3")
    assert world.ask("f", port=1), "its client gives up the earlier request"
    world.go.set()
    world.loop.turn(4)
    assert sorted(world.done) == ["b", "d", "f"]
    assert world.ask("g", host="192.0.2.3")


def test_a_network_whose_requests_hang_has_half_of_the_threads(world: World) -> None:
    for port in range(THREADS):
        world.ask(f"a{port}", port=port)
    world.begin(THREADS // 2)
    world.ask("b", host="192.0.2.2")
    world.begin(THREADS // 2 + 1)
    assert world.begun[-1] == "b"
    assert len(world.begun) == THREADS // 2 + 1
    world.go.set()
    world.loop.turn(THREADS + 1)
    assert len(world.done) == THREADS + 1


def test_networks_take_turns(world: World) -> None:
    for number in range(3):
        for port in range(THREADS):
            world.ask(f"{number}-{port}", host=f"192.0.2.{number}", port=port)
    world.begin(THREADS)
    assert {name[0] for name in world.begun} == {"0", "1"}
    world.go.set()
    world.loop.turn(3 * THREADS)
    assert {name[0] for name in world.begun[THREADS : THREADS + 3]} == {"0", "1", "2"} or (
        "2-0" in world.begun[THREADS : THREADS + 2]
    )
    assert sorted(world.done) == sorted(world.begun)


def test_a_request_that_waited_too_long_for_a_thread_is_left_out(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 1000.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    for port in range(THREADS // 2 + 1):
        world.ask(f"a{port}", port=port)
    world.begin(THREADS // 2)
    now += STALE + 1
    world.go.set()
    world.loop.turn(THREADS // 2)
    assert len(world.begun) == len(world.done) == THREADS // 2
    assert len(world.asks) == 0


def test_closing_waits_for_no_provider_and_closes_what_it_finds(world: World) -> None:
    world.ask("a")
    world.begin(1)
    world.asks.close()
    world.go.set()
    assert world.files["a"].closed.wait(WAIT)
    world.loop.turn(1)
    assert world.done == []


def test_what_was_found_but_not_handed_over_is_closed_too(world: World) -> None:
    world.go.set()
    world.ask("a")
    with world.loop._some:  # its thread has ended when it has told the loop
        assert world.loop._some.wait_for(lambda: world.loop._actions, WAIT)
    world.asks.close()
    assert world.files["a"].closed.is_set()


class Hold:
    """What a search needs until it has ended."""


def test_what_a_search_holds_is_free_although_its_failure_is_kept(world: World) -> None:
    kept: list[BaseException] = []

    def find() -> File:
        try:
            raise LookupError
        except LookupError as failed:
            kept.append(failed)
        return File("a")

    hold = Hold()
    held = weakref.ref(hold)
    gc.disable()
    try:
        world.asks.add((("192.0.2.1", 1), None), b"", find, world.note, hold)
        del hold
        world.loop.turn(1)
        assert held() is None and kept and world.done == ["a"]
    finally:
        gc.enable()


def test_a_search_that_fails_raises_in_the_loop(world: World) -> None:
    def fails() -> File:
        raise ZeroDivisionError

    world.asks.add((("192.0.2.1", 1), None), b"", fails, world.note)
    with pytest.raises(ZeroDivisionError):
        world.loop.turn(1)
    assert len(world.asks) == 0
    world.go.set()
    assert world.ask("next")
    world.loop.turn(1)
    assert world.done == ["next"]
