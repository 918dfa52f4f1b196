"""Steps as JSON lines, and back. Ladders, diagrams and the debugger read them.

    {"format": "tftp-fsm-trace", "version": 1, "ends": {"client": {"table": "READ_CLIENT", ...}}}
    {"end": "client", "now": 0.0, "before": "idle", "event": {"kind": "Opened"}, "row": 0, ...}
    {"wire": {"now": 0.0, "sender": "client", "fate": ["lost"], ...}}

The first line says how each session began. With it, the events alone replay the session exactly.
An end that joins later has a line of its own, `{"ends": {...}}`. Names are text that gives back the
same octets (surrogateescape), and all lines are ASCII. File data is not recorded.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from tftp_fsm.errors import LocalError
from tftp_fsm.frozen import frozen
from tftp_fsm.protocol.events import Step
from tftp_fsm.protocol.roles import ReadClient, ReadServer, WriteClient, WriteServer
from tftp_fsm.protocol.rows import State, Table
from tftp_fsm.protocol.sender import Sender
from tftp_fsm.protocol.session import Session
from tftp_fsm.trace import codec
from tftp_fsm.trace.codec import Json
from tftp_fsm.trace.describe import describe
from tftp_fsm.wire.headers import without_payload

if TYPE_CHECKING:
    from tftp_fsm.transports.faults import Fate

__all__ = [
    "Recorded",
    "Trace",
    "TraceWriter",
    "WireEvent",
    "describe",
    "fingerprint",
    "header",
    "read_trace",
    "rebuild",
    "session_header",
    "step_from_json",
    "step_to_json",
    "wire_from_json",
    "wire_to_json",
    "write_trace",
]

FORMAT = "tftp-fsm-trace"
VERSION = 1

Sessions: TypeAlias = Mapping[str, type[Session]]

SESSIONS: Sessions = {
    kind.table.name: kind for kind in (ReadClient, WriteClient, ReadServer, WriteServer)
}


class TextOut(Protocol):
    """A text file that can be written."""

    def write(self, text: str, /) -> object:
        """Write this text."""


@frozen
class Recorded:
    """A step, and the end that made it."""

    end: str
    step: Step


@frozen
class WireEvent:
    """What the network did to one datagram. `now` is when it was sent, in seconds.

    `head` is the header of DATA, and the whole of every other packet. `octets` is the full length.
    A copy arrives after each of `delays` (seconds beyond the latency). Without any it is lost.
    `flipped` is the number of a bit that was changed on the way.
    """

    now: float
    sender: str
    receiver: str
    head: bytes
    octets: int
    fate: tuple[str, ...]
    delays: tuple[float, ...]
    flipped: int | None = None


def wire_event(
    now: float, sender: str, receiver: str, datagram: bytes, fate: Fate, size: int | None = None
) -> WireEvent:
    """The record of a datagram's fate. It keeps no file data.

    `size` is the length of the whole datagram, where `datagram` is only the beginning of it.
    """
    head, octets = without_payload(datagram), len(datagram) if size is None else size
    return WireEvent(now, sender, receiver, head, octets, fate.mishaps, fate.delays, fate.flipped)


@frozen
class Trace:
    """A trace in memory: the headers of its sessions, its entries in order, and how it was made."""

    ends: Mapping[str, Json]
    entries: tuple[Recorded | WireEvent, ...]
    about: Json

    @property
    def steps(self) -> tuple[tuple[str, Step], ...]:
        """(end, step), in the order in which they were made."""
        return tuple((e.end, e.step) for e in self.entries if isinstance(e, Recorded))

    @property
    def wire(self) -> tuple[WireEvent, ...]:
        """What the network did to datagrams, in the order in which they were sent."""
        return tuple(e for e in self.entries if isinstance(e, WireEvent))

    def session(self, end: str) -> Session:
        """The session of this end as it was before its first step."""
        return rebuild(self.ends[end])


class TraceWriter:
    """Writes each step as it is made. It can be the observer of a driver.

    An end must be given here, or with `join`, before its first step: the header says how it began.
    """

    def __init__(
        self,
        stream: TextOut,
        ends: Mapping[str, Session] | None = None,
        about: Mapping[str, Any] | None = None,
    ) -> None:
        self._stream = stream
        self._tables = {end: session.table for end, session in (ends or {}).items()}
        self._write(header(ends or {}, about))

    def join(self, end: str, session: Session) -> None:
        """Add an end that begins now."""
        self._tables[end] = session.table
        self._write({"ends": {end: session_header(session)}})

    def __call__(self, end: str, step: Step) -> None:
        """Write one step of `end`."""
        self._write(step_to_json(end, step, self._tables[end]))

    def wire(self, wire: WireEvent) -> None:
        """Write what the network did to a datagram."""
        self._write(wire_to_json(wire))

    def _write(self, record: Json) -> None:
        self._stream.write(json.dumps(record, separators=(", ", ": ")) + "\n")


def write_trace(trace: Trace, stream: TextOut) -> None:
    """Write a trace in the form that `read_trace` reads."""
    writer = TraceWriter(stream, {end: trace.session(end) for end in trace.ends}, trace.about)
    for entry in trace.entries:
        if isinstance(entry, WireEvent):
            writer.wire(entry)
        else:
            writer(entry.end, entry.step)


# -- Sessions -------------------------------------------------------------------------------------


def header(ends: Mapping[str, Session], about: Mapping[str, Any] | None = None) -> Json:
    """The first line: the sessions before their first steps, and how the trace was made."""
    return {
        "format": FORMAT,
        "version": VERSION,
        "ends": {end: session_header(session) for end, session in ends.items()},
        **({"about": dict(about)} if about else {}),
    }


def session_header(session: Session) -> Json:
    """What is needed to build `session` again. It must be taken before the first step."""
    table = session.table
    return {
        "table": table.name,
        "rows": fingerprint(table),
        "request": codec.to_json(session.request),
        "peer": codec.plain(session.peer),
        "retry_policy": codec.fields_to_json(session.retry_policy),
        **(_file_of(session) if isinstance(session, Sender) else {}),
        **({"options": session.agreed.as_dict()} if _is_server(type(session)) else {}),
    }


def _file_of(session: Sender) -> Json:
    return {"size": session.size, **({} if session.is_counted else {"is_counted": False})}


def rebuild(head: Mapping[str, Any], sessions: Sessions = SESSIONS) -> Session:
    """A session that begins as the recorded one did. `LocalError`: its rows are not ours.

    KeyError, TypeError or ValueError: `head` is no header.
    """
    kind = _kind_of(head, sessions)
    given: dict[str, Any] = {
        "request": codec.request(head["request"]),
        "peer": codec.tid(head["peer"]),
        "retry_policy": codec.retry_policy(head["retry_policy"]),
    }
    if issubclass(kind, Sender):
        given["size"] = codec.number(head["size"])
    if not codec.flag(head.get("is_counted", True)):
        given["is_counted"] = False
    if _is_server(kind):
        given["options"] = codec.options(head["options"])
    return kind(**given)


def _kind_of(head: Mapping[str, Any], sessions: Sessions) -> type[Session]:
    kind = sessions.get(head["table"])
    if kind is None:
        known = ", ".join(sessions)
        raise LocalError(f"the trace is of table {head['table']!r}, known are {known}")
    if head["rows"] != fingerprint(kind.table):
        raise LocalError(f"{head['table']} has other rows now than when this trace was made")
    return kind


def _is_server(kind: type[Session]) -> bool:
    return issubclass(kind, ReadServer | WriteServer)


def fingerprint(table: Table) -> int:
    """A number that changes with the rows, but not with their reasons. Steps hold row indices."""
    rows = "\n".join(f"{row} / {row.after}" for row in table.rows)
    return zlib.crc32(rows.encode())


# -- Steps ----------------------------------------------------------------------------------------


def step_to_json(end: str, step: Step, table: Table) -> Json:
    """The step as a record. Its row is the index in `table`."""
    return {
        "end": end,
        "now": step.now,
        "before": step.before.value,
        "event": codec.to_json(step.event),
        "row": None if step.row is None else table.rows.index(step.row),
        "after": step.after.value,
        "effects": [codec.to_json(effect) for effect in step.effects],
    }


def step_from_json(record: Mapping[str, Any], table: Table) -> Step:
    """The step of a record. KeyError, TypeError or ValueError if it is not a step."""
    row = record["row"]
    if row is not None and codec.number(row) not in range(len(table.rows)):
        raise ValueError(f"{table.name} has no row {row}")
    return Step(
        now=codec.seconds(record["now"]),
        before=State(record["before"]),
        event=codec.event(record["event"]),
        row=None if row is None else table.rows[row],
        after=State(record["after"]),
        effects=tuple(codec.effect(effect) for effect in record["effects"]),
    )


def wire_to_json(wire: WireEvent) -> Json:
    """What the network did to a datagram, as a record. The octets are hexadecimal."""
    return {"wire": codec.fields_to_json(wire) | {"head": wire.head.hex()}}


def wire_from_json(record: Mapping[str, Any]) -> WireEvent:
    """The event of a record. KeyError, TypeError or ValueError if it is not one."""
    body = record["wire"]
    return WireEvent(
        now=codec.seconds(body["now"]),
        sender=codec.text(body["sender"]),
        receiver=codec.text(body["receiver"]),
        head=bytes.fromhex(body["head"]),
        octets=codec.number(body["octets"]),
        fate=tuple(codec.text(word) for word in body["fate"]),
        delays=tuple(codec.seconds(delay) for delay in body["delays"]),
        flipped=codec.optional(codec.number)(body["flipped"]),
    )


# -- Reading --------------------------------------------------------------------------------------


def read_trace(lines: Iterable[str], sessions: Sessions = SESSIONS) -> Trace:
    """Read a whole trace. `LocalError` names the line that cannot be read, and says what to do."""
    reader = _Reader(sessions)
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                reader.take(json.loads(line))
            except LocalError as wrong:
                raise LocalError(f"line {number}: {wrong}") from None
            except (
                KeyError,
                TypeError,
                ValueError,
                AttributeError,
                RecursionError,
            ) as broken:
                why = f"{type(broken).__name__}: {broken}"
                raise LocalError(f"line {number} is no line of a trace ({why}): {_HINT}") from None
    if not reader.begun:
        raise LocalError("the trace is empty: record it again")
    return Trace(reader.ends, tuple(reader.entries), reader.about)


_HINT = "where --trace wrote this file, remove that line and what follows"


class _Reader:
    def __init__(self, sessions: Sessions) -> None:
        self.sessions = sessions
        self.ends: dict[str, Json] = {}
        self.tables: dict[str, Table] = {}
        self.entries: list[Recorded | WireEvent] = []
        self.about: Json = {}
        self.begun = False

    def take(self, record: Any) -> None:
        if not isinstance(record, dict):
            raise TypeError("not an object")
        if not self.begun:
            _check_version(record)
            self.begun = True
            self.about = dict(record.get("about", {}))
        if "ends" in record:
            self._join(record["ends"])
        elif "wire" in record:
            self.entries.append(wire_from_json(record))
        else:
            end = codec.text(record["end"])
            self.entries.append(Recorded(end, step_from_json(record, self.tables[end])))

    def _join(self, ends: Mapping[str, Json]) -> None:
        for end, head in ends.items():
            if not (end.isascii() and end.isidentifier()):
                raise ValueError(f"{end!r} cannot be the name of an end")
            self.tables[end] = rebuild(head, self.sessions).table
            self.ends[end] = head


def _check_version(record: Json) -> None:
    if record.get("format") != FORMAT:
        raise LocalError(f"not a trace: its first line should say {FORMAT!r}")
    if record.get("version") != VERSION:
        raise LocalError(
            f"the trace is of version {record.get('version')}, this program reads {VERSION}: "
            "use the program that wrote it, or record again"
        )
