"""Facts about the four tables, which must not depend on the order of rows."""

from __future__ import annotations

import inspect
from collections import Counter
from itertools import groupby

import pytest

from tftp_fsm.protocol.events import Event, trigger_of
from tftp_fsm.protocol.roles import ReadClient, ReadServer, WriteClient, WriteServer
from tftp_fsm.protocol.rows import Row, State, Table
from tftp_fsm.protocol.session import Session
from tftp_fsm.protocol.tables import TABLES
from tftp_fsm.protocol.whole import hears

SESSIONS: dict[str, type[Session]] = {
    session.table.name: session for session in (ReadClient, WriteClient, ReadServer, WriteServer)
}
TRIGGERS = {trigger_of(object.__new__(kind)): kind for kind in Event.__args__}
ROWS = [
    pytest.param(table, row, id=f"{table.name} {row}") for table in TABLES for row in table.rows
]
EACH_TABLE = pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)


def test_each_table_has_a_session_that_runs_it() -> None:
    assert [SESSIONS[table.name].table for table in TABLES] == list(TABLES)


@pytest.mark.parametrize("session", SESSIONS.values())
def test_a_session_handles_an_event_by_its_table_alone(session: type[Session]) -> None:
    """An override could change the state without a row."""
    assert session.handle is Session.handle


@pytest.mark.parametrize("table, row", ROWS)
def test_every_name_in_a_row_is_a_method_that_takes_the_event(table: Table, row: Row) -> None:
    for name in (*row.conditions, *row.unless, *row.after):
        method = inspect.getattr_static(SESSIONS[table.name], name)
        assert inspect.isfunction(method), f"{name} is no method"
        assert len(inspect.signature(method).parameters) == 2, f"{name} takes self and the event"
        assert method.__doc__, f"{name} says what it is"


@pytest.mark.parametrize("table, row", ROWS)
def test_every_row_says_why_and_where_it_comes_from(table: Table, row: Row) -> None:
    assert row.why.endswith((".", "!")), row.why
    assert "State." not in row.why, "a state's name in Python is no word for people"
    assert row.rfc.startswith("RFC "), row.rfc


@pytest.mark.parametrize("table, row", ROWS)
def test_every_row_has_a_trigger_that_some_event_fires(table: Table, row: Row) -> None:
    assert row.trigger in TRIGGERS
    assert row.dest is not row.source, (
        "a row that stays has no dest: it does not leave and re-enter"
    )


@EACH_TABLE
def test_rows_are_unique(table: Table) -> None:
    arrows = Counter((r.trigger, r.source, r.conditions, r.unless) for r in table.rows)
    assert [arrow for arrow, times in arrows.items() if times > 1] == []


@EACH_TABLE
def test_every_event_that_a_state_can_hear_has_rows_and_no_others_do(table: Table) -> None:
    for state in State:
        written = {row.trigger for row in table.rows if row.source is state}
        heard = set(hears(table, state)) if state in table.states else set()
        assert written == heard, state


@EACH_TABLE
def test_final_states_have_no_way_out(table: Table) -> None:
    assert [row for row in table.rows if row.source.is_final] == []
    assert {state for state in State if state.is_final} == {State.DONE, State.ERROR}


@EACH_TABLE
def test_every_state_is_reached_from_idle(table: Table) -> None:
    reached, more = set[State](), {State.IDLE}
    while more:
        reached |= more
        more = {row.dest for row in table.rows if row.source in reached and row.dest} - reached
    assert reached == set(table.states)


@EACH_TABLE
def test_from_every_state_both_ends_can_be_reached(table: Table) -> None:
    for final in (State.DONE, State.ERROR):
        leads, grown = {final}, True
        while grown:
            more = {row.source for row in table.rows if row.dest in leads} - leads
            leads |= more
            grown = bool(more)
        assert leads | {State.DONE, State.ERROR} == set(table.states), f"no way to {final}"


@EACH_TABLE
def test_guards_of_a_group_differ_by_name(table: Table) -> None:
    """Of two rows for one event, none may be without guards: it would shadow the other."""
    key = lambda row: (row.source.value, row.trigger)  # noqa: E731
    for group, rows in groupby(sorted(table.rows, key=key), key):
        found = list(rows)
        assert len(found) == 1 or all(row.conditions or row.unless for row in found), group


def test_the_protocols_five_states_and_two_more_have_their_names() -> None:
    assert [state.value for state in State] == [
        "idle",
        "requesting",
        "receiving",
        "awaiting-ack",
        "dallying",
        "done",
        "error",
    ]


def test_each_role_has_its_states() -> None:
    names = {table.name: {state.value for state in table.states} for table in TABLES}
    ends = {"idle", "done", "error"}
    assert names == {
        "READ_CLIENT": ends | {"requesting", "receiving", "dallying"},
        "WRITE_CLIENT": ends | {"requesting", "awaiting-ack"},
        "READ_SERVER": ends | {"awaiting-ack"},
        "WRITE_SERVER": ends | {"receiving", "dallying"},
    }
