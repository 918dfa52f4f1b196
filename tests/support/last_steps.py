"""The last steps of a driver's session as a trace, as a client and a server keep them."""

from __future__ import annotations

from tftp_fsm.driver.driver import Driver
from tftp_fsm.trace.trace import Trace, steps_as_trace


def last_steps(driver: Driver) -> Trace:
    """The steps that the driver kept. If they begin with the first step, they replay exactly."""
    return steps_as_trace(driver.session, driver.began, driver.recent)
