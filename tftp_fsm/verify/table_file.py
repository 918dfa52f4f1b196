"""Load a Python file that changes tables, and return the sessions with its rows.

    CHANGES = [replaced(where("ack_received", guard="is_stale_ack"), after=("send_window",))]
    METHODS = {"is_even": lambda session, event: event.block % 2 == 0}    # for guards and actions
    PARTIES = (Sender, Receiver)              # instead: two machines that are not TFTP; see `party`

`tftp_fsm.protocol.changes` has the functions that the file needs. Loading the file runs it. The
file's name is added to the names of the tables, such as READ_SERVER_MINE_PY for mine.py. No mutant
has a table of such a name.
"""

from __future__ import annotations

import re
import runpy
import traceback
from functools import cache, wraps
from pathlib import Path
from typing import Any

from tftp_fsm.errors import LocalError
from tftp_fsm.language import layout, reason, sentence
from tftp_fsm.protocol.changes import Change, changed_kinds
from tftp_fsm.protocol.roles import OURS, Sessions
from tftp_fsm.protocol.rows import Table
from tftp_fsm.protocol.session import Session
from tftp_fsm.protocol.whole import mistakes
from tftp_fsm.verify.party import Party, party_mistakes

CHANGES, METHODS, PARTIES = "CHANGES", "METHODS", "PARTIES"

LOADED: dict[str, type[Session]] = {}
"""The changed session classes that this process has loaded, by the names of their tables."""


@cache
def load_sessions(path: str) -> Sessions:
    """Run the file. Return the four session classes as it changes them.

    From now on this process also reads traces of these tables. LocalError names the file's first
    mistake.
    """
    names = run_file(path)
    if PARTIES in names:
        raise LocalError(
            sentence(
                "{path} has {name}: this needs a file that changes rows of TFTP",
                path=path,
                name=PARTIES,
            )
        )
    changes, methods = names.get(CHANGES, ()), names.get(METHODS, {})
    if not isinstance(changes, list | tuple) or not all(isinstance(c, Change) for c in changes):
        raise LocalError(
            sentence(
                "{path}: {name} is not a list of replaced(...), removed(...), added(...)",
                path=path,
                name=CHANGES,
            )
        )
    if not isinstance(methods, dict):
        raise LocalError(
            sentence("{path}: {name} is not a dict of names and functions", path=path, name=METHODS)
        )
    methods = {name: _told(path, method) for name, method in methods.items()}
    if not changes and not methods:
        raise LocalError(
            sentence("{path} changes no row: it needs {name} = [...]", path=path, name=CHANGES)
        )
    name = re.sub(r"\W", "_", Path(path).name, flags=re.ASCII).upper()
    try:
        sessions = Sessions.of(changed_kinds(OURS.kinds, name, tuple(changes), methods))
    except LocalError as wrong:
        raise LocalError(layout("{path}: {why}", path=path, why=str(wrong))) from None
    for kind in changed(sessions):
        for mistake in mistakes(kind):
            raise LocalError(layout("{path}: {why}", path=path, why=mistake))
        LOADED[kind.table.name] = kind
    return sessions


def changed(sessions: Sessions) -> list[Any]:
    """Return the classes that are not ours."""
    return [kind for kind in sessions.kinds if kind not in OURS.kinds]


def tables_of(path: str) -> list[Table]:
    """Return the tables that the file changes, or the tables of its parties. Raises LocalError."""
    kinds = load_parties(path) or changed(load_sessions(path))
    return [kind.table for kind in kinds]


@cache
def load_parties(path: str) -> tuple[type[Party], type[Party]] | None:
    """Return the two parties of a file that is not about TFTP, or None if it has no PARTIES.

    LocalError names the file's first mistake.
    """
    kinds = run_file(path).get(PARTIES)
    if kinds is None:
        return None
    if not isinstance(kinds, list | tuple) or len(kinds) != 2 or not all(map(_is_party, kinds)):
        raise LocalError(
            sentence(
                "{path}: {name} is not a pair of classes of Party: (Sender, Receiver)",
                path=path,
                name=PARTIES,
            )
        )
    for kind in kinds:
        for mistake in party_mistakes(kind):
            raise LocalError(layout("{path}: {why}", path=path, why=mistake))
        named = [n for r in kind.table.rows for n in (*r.conditions, *r.unless, *r.after)]
        for name in ("begin", *dict.fromkeys(named)):
            setattr(kind, name, _told(path, getattr(kind, name)))
    return kinds[0], kinds[1]


def _is_party(kind: object) -> bool:
    return isinstance(kind, type) and issubclass(kind, Party)


@cache
def run_file(path: str) -> dict[str, Any]:
    """Run a Python file. Return the names that it defines. LocalError tells its error and line."""
    try:
        return runpy.run_path(path)
    except LocalError as wrong:
        raise LocalError(layout("{path}: {why}", path=path, why=str(wrong))) from None
    except OSError as failed:
        why = reason(failed)
        raise LocalError(sentence("cannot read {path}: {why}", path=path, why=why)) from None
    except (Exception, SystemExit) as raised:
        raise _failure(path, raised) from None


def _told(path: str, method: Any) -> Any:
    """Return the guard or action. An exception in it becomes a LocalError that names the line."""
    if not callable(method):
        return method

    @wraps(method)
    def called(*args: object) -> object:
        try:
            return method(*args)
        except LocalError:
            raise
        except Exception as raised:
            raise _failure(path, raised) from raised

    return called


def _failure(path: str, raised: BaseException) -> LocalError:
    how = " ".join(traceback.format_exception_only(raised)[-1].split())
    line = _line_of(raised, path)
    if line is None:
        return LocalError(layout("{path}: {how}", path=path, how=how))
    return LocalError(sentence("{path}, line {line}: {how}", path=path, line=line, how=how))


def _line_of(raised: BaseException, path: str) -> int | None:
    """Return the line of this file that was running last."""
    if isinstance(raised, SyntaxError):
        return raised.lineno
    lines = [f.lineno for f in traceback.extract_tb(raised.__traceback__) if f.filename == path]
    return lines[-1] if lines else None
