"""An honest transfer accuses no end, over any network and in any capture."""

from __future__ import annotations

from random import Random
from typing import Literal

import pytest

from tests.support.campaign import Level, accusations, captured, told
from tests.support.overheard import At, as_pcap, overheard
from tftp_fsm.transports.faults import Faults
from tftp_fsm.wire.options import Options

# With an earlier version, each of these accused an end.
KNOWN: dict[Level, tuple[int, ...]] = {
    "calm": (1065, 1247),
    "stepped": (3013, 3112, 3149, 3161, 3231, 4203),
    "mild": (1010, 1418, 2023),
    "harsh": (
        1286,
        1014,
        1021,
        1073,
        1084,
        1089,
        1169,
        1170,
        1236,
        1262,
        1302,
        1415,
        1427,
        1455,
        1669,
        2003,
        4201,
        6141,
        31007,
    ),
}


@pytest.mark.parametrize("level, seed", [(level, seed) for level in KNOWN for seed in KNOWN[level]])
def test_what_was_found_by_chance_does_not_come_again(level: Level, seed: int) -> None:
    for is_live in (False, True):
        assert not accusations(told(captured(seed, level).octets, is_live=is_live))


@pytest.mark.parametrize("seed", [83, 156, 160, 192, 205, 232, 236, 247, 340, 345, 381, 498])
def test_a_hole_of_a_round_trip_or_two_where_times_vary_is_no_block_left_out(seed: int) -> None:
    random = Random(seed)
    faults = Faults(
        delay=random.choice((0, 0.001, 0.004, 0.02)), loss=random.choice((0, 0.01)), seed=seed
    )
    verb: Literal["get", "put"] = random.choice(("get", "put"))
    at: At = random.choice(("sent", "arrival"))
    latency = random.choice((0.0002, 0.001, 0.01))
    _, seen = overheard(verb, bytes(20_000), faults, options=Options(), at=at, latency=latency)
    start = random.randrange(3, len(seen) - 6)
    del seen[start : start + random.choice((2, 2, 2, 4))]
    assert not accusations(told(as_pcap(seen)))
