"""The session classes of all tables that this process knows, and traces of such sessions."""

from __future__ import annotations

from dataclasses import replace
from typing import TextIO

from tftp_fsm.errors import LocalError
from tftp_fsm.language import layout
from tftp_fsm.protocol.roles import Sessions
from tftp_fsm.protocol.session import Session
from tftp_fsm.trace.reading import lines_of, read_trace
from tftp_fsm.trace.trace import SESSIONS, Trace
from tftp_fsm.verify.case import Case
from tftp_fsm.verify.mutants import MUTANTS, sessions_of
from tftp_fsm.verify.report import Counterexample
from tftp_fsm.verify.table_file import LOADED, load_sessions


def known_sessions() -> dict[str, type[Session]]:
    """Return the classes by table name: ours, those of mutants, and those of loaded files."""
    kinds = (kind for name in MUTANTS for kind in sessions_of(name).kinds)
    return {**SESSIONS, **{kind.table.name: kind for kind in kinds}, **LOADED}


def kinds_of(case: Case) -> Sessions:
    """Return the classes of the four sessions of a case."""
    return sessions_of(case.mutant) if case.table is None else load_sessions(case.table)


def found_trace(found: Counterexample) -> Trace:
    """Return the run that breaks a rule, as a trace that knows its session classes."""
    return replace(found.recorded, sessions=known_sessions())


def known_trace(lines: TextIO, path: str) -> Trace:
    """Read a trace of any known table from these lines. LocalError names the file `path`."""
    try:
        return read_trace(lines_of(lines), known_sessions())
    except LocalError as wrong:
        raise LocalError(layout("{path}: {why}", path=path, why=str(wrong))) from None
