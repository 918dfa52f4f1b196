"""Run actions at a time of a simulated network's clock."""

from __future__ import annotations

from collections.abc import Callable

from tftp_fsm.simulation.network import Arrival, SimulatedNetwork
from tftp_fsm.transports import Burst


def call_at(network: SimulatedNetwork, when: float, action: Callable[[], None]) -> None:
    """Call `action` at this time of the clock. An empty datagram that is due then calls it."""
    address = (f"timer {id(action)}", 0)

    def heard(arrival: Arrival) -> None:
        timer.close()
        action()

    timer = network.transport(address, heard)
    network._schedule(max(when, network.now()), address, Burst.of(b"", address))
