"""The last steps of a transfer that failed, kept as a trace.

    except TftpError:
        print(keep_failure(driver, "failed.jsonl"))

Every driver remembers its last steps (`Driver.recent`), whether anybody watches or not.
"""

from __future__ import annotations

import os

from tftp_fsm.driver import Driver
from tftp_fsm.errors import LocalError
from tftp_fsm.rows import State
from tftp_fsm.session import Session
from tftp_fsm.sessions import ReadClient, WriteClient
from tftp_fsm.trace import Recorded, Trace, session_header, write_trace


def last_steps(driver: Driver) -> Trace:
    """What the driver remembers. Where its first steps are among them they replay exactly."""
    session = driver.session
    end = "client" if isinstance(session, ReadClient | WriteClient) else "server"
    entries = tuple(Recorded(end, step) for step in driver.recent)
    whole = bool(entries) and entries[0].step.before is State.IDLE
    about = {"failed": str(_outcome(session)), "whole": whole}
    return Trace({end: session_header(session)}, entries, about)


def keep_failure(driver: Driver, path: str | os.PathLike[str]) -> str:
    """Write them to `path`; the sentence that says how to look at them.

    LocalError where the file cannot be written, or nothing is remembered.
    """
    trace = last_steps(driver)
    if not trace.steps:
        raise LocalError("nothing had happened yet, so there are no steps to keep")
    try:
        with open(path, "w", encoding="ascii") as file:
            write_trace(trace, file)
    except OSError as error:
        where = os.fspath(path)
        raise LocalError(f"cannot keep the last steps in {where}: {error.strerror}") from error
    kept = len(trace.steps)
    return f"its last {kept} steps are kept: tftp-fsm debug {os.fspath(path)}"


def _outcome(session: Session) -> str:
    told = session.outcome
    return "unfinished" if told is None else told.outcome.value
