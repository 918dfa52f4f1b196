"""A scenario takes every row of every table. The rows are recorded when they are taken."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from itertools import product
from types import ModuleType
from typing import Any

import pytest

from tests.protocol import (
    test_closed_port,
    test_counted,
    test_empty_datagram,
    test_read_client,
    test_read_client_failing,
    test_read_client_options,
    test_read_server,
    test_refused_answers,
    test_repeated_request,
    test_write_client,
    test_write_client_windows,
    test_write_server,
)
from tests.support.playbook import recording
from tftp_fsm.protocol.rows import Table
from tftp_fsm.protocol.tables import TABLES

EVERYWHERE = (
    test_closed_port,
    test_counted,
    test_empty_datagram,
    test_refused_answers,
    test_repeated_request,
)
SCENARIOS: dict[str, tuple[ModuleType, ...]] = {
    "READ_CLIENT": (test_read_client, test_read_client_failing, test_read_client_options),
    "WRITE_CLIENT": (test_write_client, test_write_client_windows),
    "READ_SERVER": (test_read_server,),
    "WRITE_SERVER": (test_write_server,),
}


def scenarios(modules: tuple[ModuleType, ...]) -> Iterator[Callable[[], None]]:
    """Yield the tests of these modules with all their parameters. None of them uses a fixture."""
    for name, test in (pair for module in modules for pair in vars(module).items()):
        if name.startswith("test_"):
            for keywords in parameters(test):
                yield partial(test, **keywords)


def parameters(test: Any) -> Iterator[dict[str, Any]]:
    """Yield the keyword arguments of each call, as `pytest.mark.parametrize` names them."""
    marks = [mark.args for mark in getattr(test, "pytestmark", ()) if mark.name == "parametrize"]
    for chosen in product(*(args[1] for args in marks)):
        found: dict[str, Any] = {}
        for (names, *_), values in zip(marks, chosen, strict=True):
            keys = names.replace(",", " ").split() if isinstance(names, str) else names
            found |= zip(keys, (values,) if len(keys) == 1 else values, strict=True)
        yield found


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_every_row_is_taken_by_a_scenario(table: Table) -> None:
    with recording() as taken:
        for scenario in scenarios(SCENARIOS[table.name] + EVERYWHERE):
            scenario()
    missing = [str(row) for row in table.rows if (table.name, row) not in taken]
    assert missing == []


def test_each_table_has_its_scenarios() -> None:
    assert list(SCENARIOS) == [table.name for table in TABLES]
