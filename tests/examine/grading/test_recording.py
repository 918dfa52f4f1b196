"""The record of an attempt: the packets in order, with the reasons of the trial."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.support.grading.simulated import CLIENT, KEY, SimulatedWire
from tftp_fsm.errors import LocalError
from tftp_fsm.examine.grading.attempt import Asked, Attempt
from tftp_fsm.examine.grading.recording import Recording
from tftp_fsm.examine.grading.trials.published import BY_NAME
from tftp_fsm.simulation.network import SimulatedNetwork
from tftp_fsm.trace.describe import datagram_words
from tftp_fsm.transports.carried import Carried
from tftp_fsm.wire.address import Address
from tftp_fsm.wire.packets import Ack, Rrq, build


def told(name: str, *acks: int, wires: Callable[..., SimulatedWire] = SimulatedWire) -> list[str]:
    """Return each datagram of a trial in which a client sends these ACKs, with its reason."""
    lines: list[str] = []

    def line(carried: Carried, why: str = "") -> None:
        words = datagram_words(carried.octets[:4], len(carried.octets))
        lines.append(f"{carried.direction} {carried.local[1]} {words} {why}".rstrip())

    def lost(impairment: object) -> None:
        lines.append("lost:")

    nothing = lambda *_: None  # noqa: E731
    recording = Recording(nothing, line, line, lost, nothing)
    request = Rrq(name.encode(), "octet")
    asked = Asked(request, build(request), CLIENT)
    network = SimulatedNetwork()
    network.transport(CLIENT, lambda arrived: None)
    wire = wires(network)
    attempt = wire.attempt = Attempt(BY_NAME[name], KEY, asked, wire, recording)
    attempt.begin()
    for number in acks:
        attempt.hear(build(Ack(number)), "tid")
    return [line for line in lines if "RRQ" not in line and "malformed" not in line]


@pytest.mark.parametrize(
    ("name", "acks", "lines"),
    [
        ("lost-answer", (), ["lost:", "sent 2000 DATA 1 (512 octets)"]),
        (
            "duplicate-data",
            (1,),
            [
                "sent 2000 DATA 1 (512 octets)",
                "received 2000 ACK 1",
                "sent 2000 DATA 2 (512 octets)",
                "sent 2000 DATA 2 (512 octets) a copy",
            ],
        ),
        (
            "lost-ack",
            (1, 2),
            [
                "sent 2000 DATA 1 (512 octets)",
                "received 2000 ACK 1",
                "sent 2000 DATA 2 (512 octets)",
                "received 2000 ACK 2 lost on purpose, on its way to the server",
            ],
        ),
        (
            "stray-data",
            (1,),
            [
                "sent 2000 DATA 1 (512 octets)",
                "received 2000 ACK 1",
                "sent 2000 DATA 2 (512 octets)",
                "sent 3000 DATA 3 (512 octets) added by the trial, as a stranger",
            ],
        ),
        (
            "old-data",
            (1, 2),
            [
                "sent 2000 DATA 1 (512 octets)",
                "received 2000 ACK 1",
                "sent 2000 DATA 2 (512 octets)",
                "received 2000 ACK 2",
                "sent 2000 DATA 3 (512 octets)",
                "sent 2000 DATA 1 (512 octets) added by the trial",
            ],
        ),
        (
            "long-data",
            (1,),
            [
                "sent 2000 DATA 1 (512 octets)",
                "received 2000 ACK 1",
                "sent 2000 DATA 2 (612 octets) in the place of another packet",
            ],
        ),
    ],
)
def test_what_went_over_the_wire_is_told_with_what_the_trial_did(
    name: str, acks: tuple[int, ...], lines: list[str]
) -> None:
    assert told(name, *acks) == lines


class NoPortLeft(SimulatedWire):
    """A wire that has a port for the session, and none for a stranger."""

    def local(self, port: str) -> Address:
        if port == "stranger":
            raise LocalError("no port is free")
        return super().local(port)

    def open_stranger(self) -> None:
        raise LocalError("no port is free")


def test_a_stranger_that_gets_no_port_ends_no_transfer_that_is_recorded() -> None:
    assert told("stray-data", 1, 2, wires=NoPortLeft) == [
        "sent 2000 DATA 1 (512 octets)",
        "received 2000 ACK 1",
        "sent 2000 DATA 2 (512 octets)",
        "received 2000 ACK 2",
    ]
