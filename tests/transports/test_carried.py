"""The datagrams that the recorder of a session gets."""

from __future__ import annotations

from tftp_fsm.simulation.network import SimulatedNetwork
from tftp_fsm.transports.carried import REMEMBERED, Carried, Telling


def test_a_flood_of_hosts_is_not_remembered() -> None:
    told: list[Carried] = []
    telling = Telling(SimulatedNetwork().transport(("server", 69)), told.append)
    for number in range(2 * REMEMBERED):
        telling.heard(memoryview(b"\0\4\0\1"), (f"127.0.{number >> 8}.{number & 255}", 2048))
    assert len(told) == 2 * REMEMBERED
    assert len(telling._local) <= REMEMBERED
