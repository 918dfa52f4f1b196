"""Record the steps of all drivers as traces, and check that a trace can be replayed.

with every_driver() as drivers:
    tftp_fsm.get(...)
for driver in drivers:
    assert replays(trace_of(driver))
"""

from __future__ import annotations

import io
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from tftp_fsm.driver.driver import Driver
from tftp_fsm.trace.reading import read_trace
from tftp_fsm.trace.records import Recorded
from tftp_fsm.trace.trace import Trace, session_header, write_trace

END = "end"


@contextmanager
def every_driver() -> Iterator[list[Driver]]:
    """Collect the drivers that are made inside the `with`. They keep all their steps."""
    drivers: list[Driver] = []
    make = Driver.__init__

    def made(self: Driver, *args: Any, **named: Any) -> None:
        make(self, *args, **named)
        self.recent = deque()
        drivers.append(self)

    with patch.object(Driver, "__init__", made):
        yield drivers


def trace_of(driver: Driver) -> Trace:
    """Return all steps of a driver from `every_driver`."""
    steps = tuple(Recorded(END, step) for step in driver.recent)
    return Trace({END: session_header(driver.began)}, steps, {})


def replays(trace: Trace) -> bool:
    """Return True if the trace, written and read, gives the same steps. Else fail with the step."""
    text = io.StringIO()
    write_trace(trace, text)
    again = read_trace(text.getvalue().splitlines())
    assert again.steps == trace.steps
    sessions = {end: again.session(end) for end in again.ends}
    for number, (end, step) in enumerate(again.steps):
        assert sessions[end].handle(step.event, step.now) == step, f"step {number} of {end}"
    return bool(again.steps)
