"""Make a trace of the last steps of a driver's session, for a failed transfer."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tftp_fsm.driver.driver import Driver
    from tftp_fsm.trace.trace import Trace


def last_steps(driver: Driver) -> Trace:
    """Return the steps that the driver kept. With the first step, they replay exactly."""
    from tftp_fsm.trace.trace import steps_as_trace  # few transfers fail: the others do not wait

    return steps_as_trace(driver.session, driver.began, driver.recent)
