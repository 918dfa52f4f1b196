"""The committed prices are those of the code."""

from __future__ import annotations

from prices import TABLE, table


def test_the_table_of_prices_is_what_the_simulator_gives() -> None:
    written = TABLE.read_text(encoding="utf-8")
    assert written == table(), "write it anew with `python tests/prices.py` and look at the diff"
