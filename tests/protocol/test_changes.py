"""Tables with other rows, and the sessions that use them."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from tftp_fsm.errors import LocalError
from tftp_fsm.protocol.changes import Change, added, changed_kinds, removed, replaced, where
from tftp_fsm.protocol.roles import OURS, ReadClient, ReadServer, Sessions
from tftp_fsm.protocol.rows import Row, State
from tftp_fsm.protocol.tables import READ_CLIENT, READ_SERVER

STALE = where("ack_received", State.AWAITING_ACK, guard="is_stale_ack")


def changed(*changes: Change, methods: Mapping[str, object] | None = None) -> Sessions:
    return Sessions.of(changed_kinds(OURS.kinds, "TRY", changes, methods))


def test_a_replaced_row_is_in_the_tables_that_have_it_and_the_others_stay() -> None:
    sessions = changed(replaced(STALE, after=("note_duplicate", "send_window")))
    rows = sessions.read_server.table.rows
    assert [new for new, old in zip(rows, READ_SERVER.rows, strict=True) if new != old] == [
        row for row in rows if "send_window" in row.after and "is_stale_ack" in row.conditions
    ]
    assert sessions.read_server.table.name == "READ_SERVER_TRY"
    assert issubclass(sessions.read_server, ReadServer)
    assert sessions.read_client is ReadClient


def test_rows_are_removed_and_added() -> None:
    row = Row("opened", State.DONE, None, why="For the test.", rfc="none")
    changes = (removed(where("stray_received")), added("READ_CLIENT", row))
    table = changed(*changes).read_client.table
    assert "stray_received" not in table.triggers
    assert table.rows[-1] is row
    assert "stray_received" in READ_CLIENT.triggers


def test_a_change_that_finds_no_row_is_a_mistake() -> None:
    with pytest.raises(LocalError, match="no table has a row for this change: removed nonsense"):
        changed(removed(where("nonsense")))


def test_a_method_goes_to_the_sessions_that_have_it_or_name_it() -> None:
    methods = {"holds_last_block": lambda session, event: False}
    sessions = changed(methods=methods)
    assert sessions.read_client is not ReadClient
    assert sessions.read_server is ReadServer
