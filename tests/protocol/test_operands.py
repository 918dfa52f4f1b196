"""Every guard shows what it compares, and this decides its answer."""

from __future__ import annotations

import pytest

from tests.protocol.test_tables import SESSIONS
from tests.support.crowd import CASES, run
from tftp_fsm.protocol.events import (
    DataReceived,
    ErrorReceived,
    RequestReceived,
    TimeoutExpired,
)
from tftp_fsm.protocol.operands import compares, names_of, operands_of, operands_words
from tftp_fsm.protocol.roles import ReadClient, ReadServer
from tftp_fsm.protocol.tables import TABLES
from tftp_fsm.wire.options import Options
from tftp_fsm.wire.packets import Rrq

GUARDS = sorted(
    {
        (table.name, guard)
        for table in TABLES
        for row in table.rows
        for guard in (*row.conditions, *row.unless)
    }
)


@pytest.mark.parametrize("table, guard", GUARDS)
def test_every_guard_of_every_table_says_what_it_compares(table: str, guard: str) -> None:
    assert names_of(SESSIONS[table], guard), f"{guard}: declare its operands with `compares`"


def test_the_operands_decide_the_answer() -> None:
    """The same operands give the same answer, so no operand is missing."""
    answers: dict[tuple[object, ...], bool] = {}
    for case in CASES:
        for frame in run(case).frames:
            for guard in (g for c in frame.candidates for g in c.guards):
                key = (frame.table.name, guard.name, guard.operands)
                told = answers.setdefault(key, guard.value)
                assert told == guard.value, f"{case}: step {frame.number}: {key}"
    asked = {(table, guard) for table, guard, _ in answers}
    assert len(asked) > len(GUARDS) * 0.8, sorted(set(GUARDS) - asked)


def test_a_probe_that_comes_after_a_silence_shows_the_silence() -> None:
    """The crowd hardly ever has a client that leaves when it has the size."""
    told = []
    for silence in ((), (TimeoutExpired(),)):
        server = ReadServer(Rrq(b"file"), 1000, Options(tsize=1000))
        for now, event in enumerate((RequestReceived(), *silence)):
            server.handle(event, float(now))
        left = ErrorReceived(0, "enough")
        told.append((server.is_probe(left), operands_of(server, "is_probe", left)["retries"]))
    assert told == [(True, 0), (False, 1)]


def test_operands_are_said_in_words() -> None:
    session, event = ReadClient(Rrq(b"file")), DataReceived(2, 512)
    told = operands_of(session, "is_next_run", event)
    assert told == {"block": 2, "wanted": 1}
    assert operands_words(told) == "block 2, wanted 1"
    assert (
        operands_words({"burst_left": 0.03, "is_error": False})
        == "burst left 0.0300 s, is error no"
    )


def test_an_operand_that_plays_no_part_is_left_out() -> None:
    session = ReadClient(Rrq(b"file"))
    big = operands_of(session, "is_next_run", DataReceived(1, 600))
    assert big == {"block": 1, "wanted": 1, "excess_octets": 88}


def test_a_guard_without_operands_has_none() -> None:
    class Bare(ReadClient):
        def is_bare(self, event: object) -> bool:
            return True

    assert names_of(Bare, "is_bare") == ()
    assert compares("block")(Bare.is_bare).__name__ == "is_bare"
