"""The engine: the library `transitions` runs a table of rows. No other module imports it.

One machine serves all sessions of a table. It keeps no model; each call passes its own. Guards and
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
    """The library's logger until somebody imports `logging`, who may hear it. It says nothing.

    Then the library gets its own logger, with the handler that it gives it: without one, a warning
    would reach the stderr of a program that has configured nothing.
    """

    def __getattr__(self, name: str) -> Any:
        logging = sys.modules.get("logging")
        if logging is None:
            return _silent
        transitions.core._LOGGER = logger = logging.getLogger("transitions.core")
        logger.addHandler(logging.NullHandler())
        return getattr(logger, name)


def _silent(*_: object) -> None:
    """What is logged while nobody can hear it."""


def _filter(**how: Any) -> None:
    """Show the warnings that the library has about itself, if `re` is there to find them.

    It would take longer to import `re` than to import the library.
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
        """What a machine moves. `row` is the row that was taken last."""

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
        """Move `model` by `event`. The row that was taken, or None if the table has none."""
        model.row = None
        if (model.state, trigger) in self._heard:
            self._engine.events[trigger].trigger(model, event)
        return model.row


@cache
def machine_for(table: Table) -> RowMachine:
    """The one machine of `table`."""
    return RowMachine(table)
