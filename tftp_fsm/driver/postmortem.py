"""The last steps of a transfer that failed, kept as a trace.

    except TftpError as failed:
        print(keep_failure(failed.trace, "failed.jsonl"))

Every driver remembers its last steps (`Driver.recent`), whether anybody watches or not. The
command line keeps them in a folder of its own, and a server in the one that it is told: a bounded
number, the newest, each in a file that only its owner reads.
"""

from __future__ import annotations

import contextlib
import os
import shlex
from dataclasses import asdict
from io import StringIO
from typing import TypeAlias

from tftp_fsm.driver.driver import Driver
from tftp_fsm.errors import LocalError, TftpError
from tftp_fsm.protocol.roles import ReadClient, WriteClient
from tftp_fsm.protocol.rows import State
from tftp_fsm.protocol.session import Session
from tftp_fsm.trace.codec import Json
from tftp_fsm.trace.trace import Recorded, Trace, session_header, write_trace

Path: TypeAlias = str | os.PathLike[str]

KEPT = 50  # files in a folder; the oldest go
NAMES = ("failed-", ".trace")  # of those files: no other file is ever removed


def last_steps(driver: Driver) -> Trace:
    """What the driver remembers. Where its first steps are among them they replay exactly."""
    session = driver.session
    end = "client" if isinstance(session, ReadClient | WriteClient) else "server"
    entries = tuple(Recorded(end, step) for step in driver.recent)
    whole = bool(entries) and entries[0].step.before is State.IDLE
    about = {"failed": str(_outcome(session)), "whole": whole, **({} if whole else _known(session))}
    return Trace({end: session_header(driver.began)}, entries, about)


def keep_failure(trace: Trace | None, path: Path) -> str:
    """Write them to `path`; the sentence that says how to look at them.

    LocalError where the file cannot be written, or nothing is remembered.
    """
    text = _text(trace)
    try:
        with open(path, "w", encoding="ascii") as file:
            file.write(text)
    except OSError as error:
        raise _cannot(path, error) from error
    return hint(path)


def keep_among(trace: Trace | None, folder: Path) -> str:
    """Write them to a new file in `folder`, and let the oldest there go; the file's path.

    LocalError where there can be no such file, or nothing is remembered.
    """
    from tempfile import mkstemp

    text = _text(trace)
    try:
        os.makedirs(folder, mode=0o700, exist_ok=True)
        # Never a name that another transfer writes at the same time, and for nobody else to read.
        number, path = mkstemp(NAMES[1], NAMES[0], folder)
        try:
            with open(number, "w", encoding="ascii") as file:
                file.write(text)
        except OSError:
            _remove(path)
            raise
        _forget_oldest(folder)
    except OSError as error:
        raise _cannot(folder, error) from error
    return path


def hint(path: Path) -> str:
    """What to type."""
    return f"its last steps: tftp-fsm debug {shlex.quote(os.fspath(path))}"


def state_folder() -> str | None:
    """Where a user's programs leave what is no document; None where there is no such place."""
    places = [os.environ.get("XDG_STATE_HOME"), os.environ.get("LOCALAPPDATA"), "~/.local/state"]
    found = (os.path.expanduser(place) for place in places if place)
    return next((os.path.join(f, "tftp-fsm") for f in found if os.path.isabs(f)), None)


def _text(trace: Trace | None) -> str:
    if trace is None or not trace.steps:
        raise LocalError("nothing had happened yet, so there are no steps to keep")
    text = StringIO()
    write_trace(trace, text)
    return text.getvalue()


def _cannot(where: Path, error: OSError) -> TftpError:
    why = error.strerror or error
    return LocalError(f"cannot keep the last steps in {os.fspath(where)}: {why}")


def _forget_oldest(folder: Path) -> None:
    with os.scandir(folder) as entries:
        ours = [e for e in entries if e.name.startswith(NAMES[0]) and e.name.endswith(NAMES[1])]
    for path in sorted((e.path for e in ours), key=_age)[:-KEPT]:
        _remove(path)


def _age(path: str) -> int:
    with contextlib.suppress(OSError):  # another transfer has removed it already
        return os.stat(path).st_mtime_ns
    return 0


def _remove(path: str) -> None:
    with contextlib.suppress(OSError):
        os.remove(path)


def _known(session: Session) -> Json:
    """Where no replay can tell what the session knew in the end."""
    known = session.variables() | asdict(session.counters)
    del known["blocks"]
    return {"variables": {n: v for n, v in known.items() if isinstance(v, str | int | float)}}


def _outcome(session: Session) -> str:
    told = session.outcome
    return "unfinished" if told is None else told.outcome.value
