"""The committed table of prices agrees with the code."""

from __future__ import annotations

from tests.simulation.prices import TABLE, table


def test_the_table_of_prices_is_what_the_simulator_gives() -> None:
    written = TABLE.read_text(encoding="utf-8")
    assert written == table(), "python -m tests.simulation.prices; look at the diff"
