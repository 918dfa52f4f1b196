"""`probe` waits for a sign of life as long as the patience and the limits allow."""

from __future__ import annotations

import pytest

from tests.support.simulated_server import LINES, Files, Listener, World
from tftp_fsm.examine.probing.life import Life, life_of
from tftp_fsm.wire.address import Address

FILES = Files({"file": LINES})


class Sleeping:
    """A server that answers nothing before `wakes` (seconds). `asked` has when each RRQ came."""

    def __init__(self, wakes: float) -> None:
        self.asked: list[float] = []
        self._wakes = wakes

    def __call__(self, listener: Listener, octets: bytes, client: Address) -> None:
        self.asked.append(round(listener.network.now(), 1))
        if self.asked[-1] >= self._wakes:
            FILES(listener, octets, client)


def always(requests: int, seconds: float) -> bool:
    return True


@pytest.mark.parametrize(
    ("wakes", "patience", "life"),
    [
        (0.0, 10.0, Life.THERE),
        (1.0, 10.0, Life.THERE),  # the request is sent once more after a second
        (4.0, 10.0, Life.BACK),
        (15.0, 10.0, Life.BACK),
        (15.0, 3.0, Life.SILENT),
        (900.0, 10.0, Life.SILENT),
        (100.0, 100.0, Life.BACK),
    ],
)
def test_a_server_is_awaited_as_long_as_the_user_is_patient(
    wakes: float, patience: float, life: Life
) -> None:
    world = World(Sleeping(wakes))
    assert life_of(world.desk(patience=patience), always) is life
    pauses = 1 + len([n for n in range(10) if 2 * (2**n - 1) < patience])
    assert world.network.now() <= patience + pauses * 2.6


def test_pauses_grow_and_each_sign_costs_two_requests_at_the_most() -> None:
    server = Sleeping(900.0)
    taken: list[tuple[int, float]] = []

    def may(requests: int, seconds: float) -> bool:
        taken.append((requests, seconds))
        return True

    assert life_of(World(server).desk(patience=20.0), may) is Life.SILENT
    assert [seconds for _, seconds in taken] == [2.5, 4.5, 6.5, 10.5, 8.5]
    assert len(server.asked) == 2 * len(taken)


def test_who_may_not_be_asked_is_not_asked() -> None:
    server = Sleeping(0.0)
    assert life_of(World(server).desk(), lambda requests, seconds: False) is Life.UNKNOWN
    assert server.asked == []
    desk = World(server).desk(octets=100)
    assert life_of(desk, always) is Life.UNKNOWN


def test_a_slow_way_is_no_silence() -> None:
    desk = World(Files({"file": bytes(10_000)}), latency=0.5).desk()
    with desk.read() as talk:
        talk.run(5.7, until=lambda: talk.ended)
        assert not talk.ended and not talk.fell_silent
        talk.run(0.01, until=lambda: talk.ended)
        assert not desk.met_silence


def test_an_error_is_a_sign_of_life() -> None:
    assert life_of(World(FILES).desk(name=b"none"), always) is Life.THERE


def test_a_closed_port_is_asked_once_at_a_time() -> None:
    world = World(FILES)
    world.listener.transport.close()
    desk = world.desk(patience=10.0)
    assert life_of(desk, always) is Life.CLOSED
    assert desk.meter.requests == 4
