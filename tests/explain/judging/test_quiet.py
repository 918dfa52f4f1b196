"""The quick way through a quiet run gives the same as both machines, packet by packet."""

from __future__ import annotations

from random import Random
from typing import Literal

import pytest

from tests.support.overheard import (
    as_pcap,
    asks,
    explained,
    overheard,
    script,
    to_client,
    to_server,
)
from tftp_fsm.explain.judging.quiet import Quiet
from tftp_fsm.explain.report.facts import Facts
from tftp_fsm.transports.faults import Faults
from tftp_fsm.wire.options import offer
from tftp_fsm.wire.packets import Ack, Data, Rrq

BLOCK = bytes(512)


def told(facts: list[Facts]) -> list[tuple[object, ...]]:
    return [
        (
            each.outcome,
            each.octets,
            each.seconds,
            [(f.slug, f.who, f.packet) for f in each.findings if f.kind.severity != "note"],
            [(side.packets, side.missing) for side in each.sides.values()],
        )
        for each in facts
    ]


def test_runs_are_told_like_single_packets() -> None:
    for seed in range(100):
        random = Random(seed)
        verb: Literal["get", "put"] = random.choice(["get", "put"])
        options = offer(windowsize=random.choice([None, None, 4, 8]))
        faults = Faults(
            loss=random.choice([0, 0.02]),
            duplicate=random.choice([0, 0.02]),
            reorder=random.choice([0, 0.02]),
            seed=seed,
        )
        _, datagrams = overheard(verb, bytes(20_000), faults, options=options)
        octets = as_pcap(datagrams)
        assert told(explained(octets)) == told(explained(octets, is_logged=True)), seed


def test_a_plain_transfer_is_quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without this, the test above would compare nothing."""
    runs = []
    leave = Quiet.leave

    def count(self: Quiet) -> None:
        runs.append(self.sent - self.start)
        leave(self)

    monkeypatch.setattr(Quiet, "leave", count)
    _, datagrams = overheard("get", bytes(20_000))
    explained(as_pcap(datagrams))
    assert max(runs) >= 37


def test_times_are_measured_in_runs_too() -> None:
    lines = [asks(0, Rrq(b"a"))]
    for block in range(1, 40):
        lines += [
            to_client(block / 10, Data(block, BLOCK)),
            to_server(block / 10 + 0.02, Ack(block)),
        ]
    lines += [to_client(4.0, Data(40, b"")), to_server(4.02, Ack(40))]
    (facts,) = explained(script(*lines))
    client, server = facts.sides["client"], facts.sides["server"]
    assert client.turns == 40 and server.turns == 40
    assert client.median is not None and 0.0195 < client.median < 0.0205
    assert server.median is not None and 0.078 < server.median < 0.082
    assert facts.slower == "server" and facts.octets == 39 * 512
