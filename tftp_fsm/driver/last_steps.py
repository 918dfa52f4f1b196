"""The last steps of a driver's session as a trace, for a transfer that has failed."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tftp_fsm.driver.driver import Driver
    from tftp_fsm.trace.trace import Trace


def last_steps(driver: Driver) -> Trace:
    """The steps that the driver kept. If they begin with the first step, they replay exactly."""
    from tftp_fsm.trace.trace import steps_as_trace  # few transfers fail: the others do not wait

    return steps_as_trace(driver.session, driver.began, driver.recent)
