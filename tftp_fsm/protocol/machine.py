"""The engine: the library `transitions` runs a table of rows. No other module imports it.

One machine serves all sessions of a table. It keeps no model: each call passes a model. Guards and
actions are methods of the model. The rows name them, and they are called with the event.
"""

from __future__ import annotations

import sys
from functools import cache

from tftp_fsm.wire.deferred import deferred

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Protocol

    from tftp_fsm.protocol.rows import Row, State, Table


class _Logger:
    """A silent logger for the library, until some code imports `logging` and may read the log.

    Then the library gets its real logger, with the library's handler. Without a handler, a warning
    would go to the stderr of a program that has not configured logging.
    """

    def __getattr__(self, name: str) -> Any:
        logging = sys.modules.get("logging")
        if logging is None:
            return _silent
        transitions.core._LOGGER = logger = logging.getLogger("transitions.core")
        logger.addHandler(logging.NullHandler())
        return getattr(logger, name)


def _silent(*_: object) -> None:
    """Drop a message, because no code reads the log."""


def _filter(**how: Any) -> None:
    """Set the filter for the library's own warnings, if `re` is imported already.

    Importing `re` would take longer than importing the library.
    """
    if "re" in sys.modules:
        import warnings

        warnings.filterwarnings(**how)


with deferred(
    "transitions",
    "inspect",
    always=("warnings",),
    warnings={"filterwarnings": _filter},
    logging={"getLogger": lambda _: _Logger(), "NullHandler": object},
    six={"string_types": (str,)},
):
    import transitions


if TYPE_CHECKING:

    class Model(Protocol):
        """The object that a machine moves. `row` is the row that was taken last."""

        state: State
        row: Row | None


class _RowTransition(transitions.Transition):
    """A transition that stores its row in the model when all its guards hold."""

    def __init__(self, *args: Any, row: Row, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.row = row

    def _eval_conditions(self, event_data: transitions.EventData) -> bool:
        passes = super()._eval_conditions(event_data)
        if passes:
            model: Any = event_data.model
            model.row = self.row
        return passes


class _Engine(transitions.Machine):
    transition_cls = _RowTransition


class RowMachine:
    """A `transitions` machine over one table."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self._engine = _Engine(
            model=None,
            states=type(table.rows[0].source),
            initial=table.rows[0].source,
            auto_transitions=False,
            ignore_invalid_triggers=False,
        )
        for row in table.rows:
            self._engine.add_transition(
                row.trigger,
                row.source,
                row.dest,
                conditions=list(row.conditions),
                unless=list(row.unless),
                after=list(row.after),
                row=row,
            )
        self._heard = {(row.source, row.trigger) for row in table.rows}

    def fire(self, model: Model, event: Any, trigger: str) -> Row | None:
        """Move `model` by `event`. Return the row that was taken, or None without a row."""
        model.row = None
        if (model.state, trigger) in self._heard:
            self._engine.events[trigger].trigger(model, event)
        return model.row


@cache
def machine_for(table: Table) -> RowMachine:
    """Return the machine of `table`. There is only one."""
    return RowMachine(table)
