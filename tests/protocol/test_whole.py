"""Each mistake in a table is reported in one line, and our tables have none."""

from __future__ import annotations

from typing import Any

import pytest

from tftp_fsm.protocol.changes import (
    Change,
    added,
    changed_kinds,
    only,
    removed,
    replaced,
    where,
)
from tftp_fsm.protocol.roles import OURS, ReadServer
from tftp_fsm.protocol.rows import Row, State
from tftp_fsm.protocol.session import Session
from tftp_fsm.protocol.tables import READ_SERVER
from tftp_fsm.protocol.whole import mistakes

STALE = where("ack_received", State.AWAITING_ACK, guard="is_stale_ack")
NEXT = f"READ_SERVER_TRY, row {len(READ_SERVER.rows)} (opened): "
WAITING = "READ_SERVER_TRY, awaiting-ack: "


@pytest.mark.parametrize("kind", OURS.kinds, ids=lambda kind: kind.table.name)
def test_our_tables_have_no_mistake(kind: type[Session]) -> None:
    assert list(mistakes(kind)) == []


def row(trigger: str, **fields: Any) -> Change:
    return added("READ_SERVER", Row(trigger, State.AWAITING_ACK, **{"dest": None, **fields}))


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (
            replaced(STALE, after=("send_windw",)),
            WAITING + "ack_received [is_stale_ack]: there is no action 'send_windw'; "
            "did you mean 'send_window'?",
        ),
        (
            replaced(STALE, conditions=("is_stale",)),
            WAITING + "ack_received [is_stale]: there is no guard 'is_stale'; "
            "did you mean 'is_stale_ack'?",
        ),
        (
            row("ack_recieved"),
            WAITING + "ack_recieved: there is no event 'ack_recieved'; "
            "did you mean 'ack_received'?",
        ),
        (
            removed(where("data_received", State.AWAITING_ACK)),
            "READ_SERVER_TRY: no row answers data_received in state awaiting-ack",
        ),
        (row("opened"), "READ_SERVER_TRY: opened never comes in state awaiting-ack"),
        (
            row("ack_received"),
            "READ_SERVER_TRY: two rows can both be taken: "
            "awaiting-ack: ack_received [acknowledges_file] -> done; awaiting-ack: ack_received",
        ),
        (
            row("opened", after="send_window"),
            NEXT + "guards and actions are tuples of names, such as ('send_window',)",
        ),
        (
            row("opened", dest="done"),
            NEXT + "source and dest are states, such as State.DONE",
        ),
    ],
    ids=lambda value: value.what if isinstance(value, Change) else value[-30:],
)
def test_a_mistake_is_told(change: Change, line: str) -> None:
    [changed] = changed_kinds([ReadServer], "TRY", (only("READ_SERVER", change),))
    assert next(mistakes(changed)) == line
