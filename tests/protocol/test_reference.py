"""Rows mean what they say: an interpreter of a few lines agrees with the library."""

from __future__ import annotations

from copy import deepcopy
from random import Random
from typing import TYPE_CHECKING

import pytest

from tests.protocol.test_session_properties import EACH_KIND, Kind, anything, everything
from tftp_fsm.protocol import machine
from tftp_fsm.protocol.events import Event, TimeoutExpired
from tftp_fsm.protocol.machine import RowMachine
from tftp_fsm.protocol.rows import Row

if TYPE_CHECKING:
    from tftp_fsm.protocol.machine import Model


def fire(self: RowMachine, model: Model, event: Event, trigger: str) -> Row | None:
    """Do the same as `RowMachine.fire`: take the first row whose guards are true."""
    model.row = None
    for row in self.table.rows:
        if (row.source, row.trigger) == (model.state, trigger):
            holds = {name: getattr(model, name)(event) for name in (*row.conditions, *row.unless)}
            if all(holds[n] for n in row.conditions) and not any(holds[n] for n in row.unless):
                model.row = row
                model.state = row.dest or model.state
                for name in row.after:
                    getattr(model, name)(event)
                break
    return model.row


@EACH_KIND
@pytest.mark.parametrize("seed", range(15))
def test_rows_without_the_library_do_the_same(
    kind: Kind, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    random = Random(f"reference {kind.__name__} {seed}")
    session = kind(random.choice((1, 2, 5, 300)))
    now = 0.0
    for _ in range(80):
        event = anything(random, session)
        if isinstance(event, TimeoutExpired) and session.deadline is not None:
            now = max(now, session.deadline)
        other = deepcopy(session)
        step = session.handle(event, now)
        with monkeypatch.context() as patch:
            patch.setattr(machine.RowMachine, "fire", fire)
            assert other.handle(event, now) == step
        assert everything(other) == everything(session)
