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
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from typing import Any, Protocol, TypeAlias

from tftp_fsm.errors import LocalError
from tftp_fsm.frozen import frozen
from tftp_fsm.language import sentence
from tftp_fsm.protocol.events import Step
from tftp_fsm.protocol.read_client import ReadClient
from tftp_fsm.protocol.read_server import ReadServer
from tftp_fsm.protocol.rows import State, Table
from tftp_fsm.protocol.sender import Sender
from tftp_fsm.protocol.session import Session
from tftp_fsm.protocol.timing import RetryPolicy
from tftp_fsm.protocol.write_client import WriteClient
from tftp_fsm.protocol.write_server import WriteServer
from tftp_fsm.trace import codec
from tftp_fsm.trace.codec import recorded_to_json, wire_to_json
from tftp_fsm.trace.records import ByHand, Json, Recorded, WireEvent
from tftp_fsm.trace.schema import decoder
from tftp_fsm.trace.values import Wrong, said
from tftp_fsm.wire.address import Address
from tftp_fsm.wire.options import Options
from tftp_fsm.wire.packets import Rrq, Wrq

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
class Trace:
    """A trace in memory: the headers of its sessions, its entries in order, and how it was made.

    `sessions` are the kinds that its sessions are of, if some have tables that are not ours.
    """

    ends: Mapping[str, Json]
    entries: tuple[Recorded | WireEvent, ...]
    about: Json
    sessions: Sessions | None = None

    @property
    def steps(self) -> tuple[tuple[str, Step], ...]:
        """(end, step), in the order in which they were made."""
        return tuple((e.end, e.step) for e in self.entries if isinstance(e, Recorded))

    @property
    def wire(self) -> tuple[WireEvent, ...]:
        """What the network did to datagrams, in the order in which they were sent."""
        return tuple(e for e in self.entries if isinstance(e, WireEvent))

    @property
    def tables(self) -> dict[str, Table]:
        """The table of each end."""
        return {end: self.session(end).table for end in self.ends}

    @property
    def with_hands(self) -> Iterator[Recorded | WireEvent | ByHand]:
        """The entries, and what the user of a debugger set between them."""
        hands, steps = self.by_hand, 0
        for entry in self.entries:
            yield from hands.pop(steps, ()) if isinstance(entry, Recorded) else ()
            yield entry
            steps += isinstance(entry, Recorded)
        yield from hands.pop(steps, ())

    @property
    def by_hand(self) -> dict[int, list[ByHand]]:
        """What the user of a debugger set after so many steps. Unreadable records are skipped."""
        found: dict[int, list[ByHand]] = {}
        told = self.about.get("by_hand")
        for record in told if isinstance(told, list) else []:
            match record:
                case [int(at), str(end), str(name), str(value), bool(both)] if end in self.ends:
                    found.setdefault(at, []).append(ByHand(end, name, value, both))
        return found

    def session(self, end: str) -> Session:
        """The session of this end as it was before its first step."""
        return rebuild(self.ends[end], self.sessions or SESSIONS)


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
        self.step(Recorded(end, step))

    def step(self, entry: Recorded) -> None:
        """Write one step, with the numbers of its datagrams if they are known."""
        self._write(recorded_to_json(entry, self._tables[entry.end]))

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
            writer.step(entry)


def steps_as_trace(session: Session, began: Session, steps: Iterable[Step]) -> Trace:
    """A trace of the last steps of `session`, which was `began` before its first step."""
    end = "client" if isinstance(session, ReadClient | WriteClient) else "server"
    entries = tuple(Recorded(end, step) for step in steps)
    whole = bool(entries) and entries[0].step.before is State.IDLE
    about = {"failed": str(_outcome(session)), "whole": whole, **({} if whole else _known(session))}
    return Trace({end: session_header(began)}, entries, about)


def _known(session: Session) -> Json:
    """The variables at the end, for a trace that cannot be replayed to them."""
    known = session.variables() | asdict(session.counters)
    del known["blocks"]
    return {"variables": {n: v for n, v in known.items() if isinstance(v, str | int | float)}}


def _outcome(session: Session) -> str:
    told = session.outcome
    return "unfinished" if told is None else told.outcome.value


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


@frozen
class Head:
    """The header of a session: what it was built of, and the rows that it had."""

    table: str
    rows: int
    request: Rrq | Wrq
    peer: Address | None
    retry_policy: RetryPolicy
    size: int | None = None
    is_counted: bool = True
    options: Options | None = None


def rebuild(head: Mapping[str, Any], sessions: Sessions = SESSIONS) -> Session:
    """A session that begins as the recorded one did. `LocalError`: its rows are not ours.

    Wrong: `head` is no header.
    """
    known: Head = decoder(Head)(head)
    kind = _kind_of(known, sessions)
    given: dict[str, Any] = {
        "request": known.request,
        "peer": known.peer,
        "retry_policy": known.retry_policy,
    }
    if not isinstance(known.request, Rrq if issubclass(kind, ReadClient | ReadServer) else Wrq):
        raise Wrong(sentence("{table} has another request", table=known.table), "request")
    if issubclass(kind, Sender):
        given["size"] = _there(known, "size")
    if issubclass(kind, Sender) and not known.is_counted:
        given["is_counted"] = False
    if _is_server(kind):
        given["options"] = _there(known, "options")
    return kind(**given)


def _there(head: Head, name: str) -> Any:
    value = getattr(head, name)
    if value is None:
        raise Wrong(sentence("it is missing, and {table} needs it", table=head.table), name)
    return value


def _kind_of(head: Head, sessions: Sessions) -> type[Session]:
    kind = sessions.get(head.table)
    if kind is None:
        known = ", ".join(sessions)
        raise LocalError(
            sentence(
                "the trace is of table {table}, known are {known}",
                table=said(head.table),
                known=known,
            )
        )
    if head.rows != fingerprint(kind.table):
        raise LocalError(
            sentence(
                "{table} has other rows now than when this trace was made: use the program"
                " that wrote it, or record again",
                table=head.table,
            )
        )
    return kind


def _is_server(kind: type[Session]) -> bool:
    return issubclass(kind, ReadServer | WriteServer)


def fingerprint(table: Table) -> int:
    """A number that changes with the rows, but not with their reasons. Steps hold row indices."""
    rows = "\n".join(f"{row} / {row.after}" for row in table.rows)
    return zlib.crc32(rows.encode())
