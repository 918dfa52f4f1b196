"""A check listens to a stranger for no longer than the check may last."""

from __future__ import annotations

from tests.support.simulated_server import World
from tftp_fsm.wire.packets import Ack


def test_a_stranger_is_not_heard_after_the_end_of_the_check() -> None:
    world = World(lambda listener, octets, client: None)
    desk = world.desk()
    desk.begin(2.0)
    with desk.stranger() as stranger:
        stranger.say(Ack(1), ("server", 69))
        assert stranger.hear(60.0) == []
    assert world.network.now() <= 2.0
