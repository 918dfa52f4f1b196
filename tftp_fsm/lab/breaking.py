"""Tables that a page breaks: a classical mistake, changed rows, or Python that a student types.

    {"mutant": "sorcerer"}
    {"rows": [{"table": "READ_SERVER", "row": 7, "off": true}]}
    {"rows": [{"table": "READ_SERVER", "row": 7, "after": ["send_window"], "dest": null}]}
    {"python": "CHANGES = [...]"}

Changed rows are written as a file for `--table FILE.py`, so that a student can take the file home.
The file has only names of this package. Typed Python is a program. In a browser it runs on the
student's computer. A server refuses it, unless the person who started the server has allowed it.
"""

from __future__ import annotations

import atexit
import hashlib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import Any

from tftp_fsm.borders import brief
from tftp_fsm.errors import LocalError
from tftp_fsm.frozen import frozen
from tftp_fsm.language import mark, marked, sentence
from tftp_fsm.protocol.roles import OURS, Sessions
from tftp_fsm.protocol.rows import Row, State, Table
from tftp_fsm.trace.records import Json
from tftp_fsm.verify.mutants import MUTANTS, sessions_of
from tftp_fsm.verify.table_file import load_sessions

FILE = "mine.py"
LONGEST = 1 << 16  # characters of typed Python
MOST = 200  # the most changed rows, and the most actions of one row
REFUSED = mark(
    "typed Python is refused here, because it would run on the computer that serves this page, "
    "with the rights of the person who started the server. `tftp-fsm lab --allow-python` "
    "allows typed Python. The lab of `tftp-fsm lab --single FILE` runs it in your browser"
)
HEAD = """\
# Rows that were changed in the lab. Try them:
#   tftp-fsm verify --table mine.py
#   tftp-fsm debug --table mine.py
from tftp_fsm.protocol import State
from tftp_fsm.protocol.changes import only, replaced


def row(trigger, source, guard=""):
    \"\"\"Finds the row that answers this event in this state, with these guards.\"\"\"

    def finds(row):
        return (row.trigger, row.source, row.guard) == (trigger, source, guard)

    return finds


CHANGES = [
"""


@frozen
class Broken:
    """Tables that a page has changed. `mutant` or `path` names them for an exploration."""

    sessions: Sessions = OURS
    mutant: str | None = None
    path: str | None = None
    text: str = ""


INTACT = Broken()


def broken(description: object, *, allows_python: bool) -> Broken:
    """Return the sessions with the described tables. Raises LocalError for a wrong description."""
    match description:
        case None:
            return INTACT
        case {"mutant": str(name)}:
            if name not in MUTANTS:
                raise LocalError(
                    sentence(
                        "there is no mistake {name!r}: choose one of the list", name=brief(name)
                    )
                )
            return Broken(sessions_of(name), mutant=name)
        case {"rows": list(rows)}:
            return _of_text(table_text(rows))
        case {"python": str(text)}:
            if not allows_python:
                raise LocalError(marked(REFUSED))
            return _of_text(text)
    raise LocalError(sentence("`tables` must have `mutant`, `rows` or `python`"))


def catalogue(*, allows_python: bool) -> Json:
    """Return what can be broken: all mistakes, and the rows and possible actions of each table."""
    return {
        "mutants": [
            {"name": m.name, "what": marked(m.what), "who": marked(m.who)} for m in MUTANTS.values()
        ],
        "tables": {kind.table.name: _offered(kind) for kind in OURS.kinds},
        "python": allows_python,
        "refused": marked(REFUSED),
        "example": marked(EXAMPLE),
    }


# -- Rows -----------------------------------------------------------------------------------------


def table_text(changes: list[Any]) -> str:
    """Return the file that makes these changes. Raises LocalError if a change is wrong or none."""
    if len(changes) > MOST:
        raise LocalError(sentence("at most {most} rows can be changed", most=MOST))
    lines = [line for change in changes for line in _change_text(change)]
    if not lines:
        raise LocalError(sentence("no row is changed: switch one off, or choose other actions"))
    return "".join((HEAD, *lines, "]\n"))


def _change_text(change: Any) -> Iterator[str]:
    match change:
        case {"table": str(name), "row": int(number)}:
            kind = _kind_of(name)
            row = _row_of(kind.table, number)
            fields = _fields(kind, row, change)
        case _:
            raise LocalError(sentence("a change must name a `table` and the number of a `row`"))
    if fields:
        guard = f", {row.guard!r}" if row.guard else ""
        which = f"row({row.trigger!r}, State.{row.source.name}{guard})"
        told = "".join(f"            {key}={value},\n" for key, value in fields.items())
        yield (
            f"    only(\n        {kind.table.name!r},\n        replaced(\n            {which},\n"
            f"{told}        ),\n    ),\n"
        )


def _fields(kind: Any, row: Row, change: Mapping[str, Any]) -> dict[str, str]:
    """Return the fields that differ, as Python code. The result is empty if none differs."""
    off = change.get("off") is True
    after: object = [] if off else change.get("after", list(row.after))
    dest = None if off else _dest(change["dest"]) if "dest" in change else row.dest
    names = _actions(kind, after)
    if (names, dest) == (row.after, row.dest):
        return {}
    was = _OFF if off else _CHANGED
    return {
        "after": repr(names),
        "dest": "None" if dest is None else f"State.{dest.name}",
        "why": repr(was + row.why),
        "why_window": "''",
        "rfc_window": "''",
    }


_OFF = "Switched off in the lab: the event is ignored. It was: "
_CHANGED = "Changed in the lab. It was: "


def reason_words(why: str) -> str:
    """Return the reason of a row. For a row that was changed here it includes the old reason."""
    if why.startswith(_OFF):
        was = marked(why.removeprefix(_OFF))
        return sentence("Switched off in the lab: the event is ignored. It was: {why}", why=was)
    if why.startswith(_CHANGED):
        was = marked(why.removeprefix(_CHANGED))
        return sentence("Changed in the lab. It was: {why}", why=was)
    return marked(why)


def _dest(name: object) -> State | None:
    found = next((state for state in State if state.value == name), None)
    if name is not None and found is None:
        raise LocalError(sentence("there is no state {name!r}", name=brief(str(name))))
    return found


def _actions(kind: Any, names: object) -> tuple[str, ...]:
    if not isinstance(names, list) or len(names) > MOST:
        raise LocalError(sentence("`after` must be a list of actions"))
    known = _known_actions(kind)
    for name in names:
        if not isinstance(name, str) or name not in known:
            raise LocalError(
                sentence(
                    "{table} has no action {name!r}", table=kind.table.name, name=brief(str(name))
                )
            )
    return tuple(names)


def _kind_of(name: str) -> Any:
    """Find a session class by the name of its table, also of a changed one: X_MINE_PY."""
    for kind in OURS.kinds:
        if name == kind.table.name or name.startswith(f"{kind.table.name}_"):
            return kind
    raise LocalError(sentence("there is no table {name!r}", name=brief(name)))


def _row_of(table: Table, number: int) -> Row:
    if not 0 <= number < len(table.rows):
        raise LocalError(
            sentence(
                "{table} has {count} rows, and no row {number}",
                table=table.name,
                count=len(table.rows),
                number=number,
            )
        )
    return table.rows[number]


def _offered(kind: Any) -> Json:
    return {
        "rows": [
            {
                "words": f"{row}",
                "after": list(row.after),
                "dest": None if row.dest is None else row.dest.value,
                "why": marked(row.why),
            }
            for row in kind.table.rows
        ],
        "states": [state.value for state in kind.table.states],
        "actions": {name: marked(does) for name, does in _known_actions(kind).items()},
    }


@cache
def _known_actions(kind: Any) -> dict[str, str]:
    """Return this session's actions that any table uses, each with its description."""
    names = {name for every in OURS.kinds for row in every.table.rows for name in row.after}
    return {name: _does(getattr(kind, name)) for name in sorted(names) if hasattr(kind, name)}


def _does(action: object) -> str:
    return ((action.__doc__ or "").strip().splitlines() or [""])[0]


# -- Files ----------------------------------------------------------------------------------------


def _of_text(text: str) -> Broken:
    """Run the text as a file of changes. LocalError names its first mistake and the line."""
    if len(text) > LONGEST:
        raise LocalError(
            sentence("your own rows may have at most {most:,} characters", most=LONGEST)
        )
    path = _written(text)
    try:
        return Broken(load_sessions(str(path)), path=str(path), text=text)
    except LocalError as wrong:
        raise LocalError(f"{wrong}".replace(str(path), FILE)) from None


@cache
def _folder() -> Path:
    """Return the folder for files. It ends with the page in a browser, or with the process."""
    folder = mkdtemp(prefix="tftp-fsm-lab-")
    atexit.register(rmtree, folder, ignore_errors=True)
    return Path(folder)


def _written(text: str) -> Path:
    """Return the path of a file with this text. Equal texts share a path, so each runs once."""
    octets = text.encode("utf-8", "replace")
    path = _folder() / hashlib.sha256(octets).hexdigest()[:16] / FILE
    if not path.exists():
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(octets)
    return path


EXAMPLE = mark("""\
# A repeated ACK is answered with DATA once more, as RFC 783 demanded.
from tftp_fsm.protocol import State
from tftp_fsm.protocol.changes import only, replaced, where


def send_again(session, event):
    session.note_duplicate(event)
    session.send_window(event)


CHANGES = [
    only(
        "READ_SERVER",
        replaced(
            where("ack_received", State.AWAITING_ACK, guard="is_stale_ack"),
            after=("send_again",),
            why="The ACK came again, so the DATA is sent again. Is that wise?",
        ),
    )
]
METHODS = {"send_again": send_again}
""")
