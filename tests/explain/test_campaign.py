"""Whatever network and capture do to an honest transfer, no end is accused."""

from __future__ import annotations

import pytest

from tests.support.campaign import Level, accusations, captured, told

# Each of these had accused an end once.
KNOWN: dict[Level, tuple[int, ...]] = {
    "calm": (1247,),
    "stepped": (3013, 3112, 3149, 3161, 3231, 4203),
    "mild": (1010, 1418, 2023),
    "harsh": (
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
    ),
}


@pytest.mark.parametrize("level, seed", [(level, seed) for level in KNOWN for seed in KNOWN[level]])
def test_what_was_found_by_chance_does_not_come_again(level: Level, seed: int) -> None:
    for is_live in (False, True):
        assert not accusations(told(captured(seed, level).octets, is_live=is_live))
