"""Traces: steps as JSON lines. Ladders, diagrams and the debugger read them.

    {"format": "tftp-fsm-trace", "version": 1, "ends": {"client": {"table": "READ_CLIENT", ...}}}
    {"end": "client", "now": 0.0, "before": "idle", "event": {"kind": "Opened"}, "row": 0, ...}
    {"wire": {"now": 0.0, "sender": "client", "fate": ["lost"], ...}}

The first line has the beginning of each session. With it, the events are enough to replay the
session exactly. An end that joins later has a separate line, `{"ends": {...}}`. Names are text with
surrogateescape, so that the same octets come back. All lines are ASCII. File data is not recorded.
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
    """A text file that is open for writing."""

    def write(self, text: str, /) -> object:
        """Write this text."""


@frozen
class Trace:
    """A trace in memory: the headers of its sessions, its entries in order, and its origin.

    `sessions` has the classes of its sessions, if some of them have other tables than ours.
    """

    ends: Mapping[str, Json]
    entries: tuple[Recorded | WireEvent, ...]
    about: Json
    sessions: Sessions | None = None

    @property
    def steps(self) -> tuple[tuple[str, Step], ...]:
        """(end, step) pairs in the order of the steps."""
        return tuple((e.end, e.step) for e in self.entries if isinstance(e, Recorded))

    @property
    def wire(self) -> tuple[WireEvent, ...]:
        """The network's faults, in the order in which the datagrams were sent."""
        return tuple(e for e in self.entries if isinstance(e, WireEvent))

    @property
    def tables(self) -> dict[str, Table]:
        """The table of each end."""
        return {end: self.session(end).table for end in self.ends}

    @property
    def with_hands(self) -> Iterator[Recorded | WireEvent | ByHand]:
        """Yield the entries, and the variables that a debugger's user set between them."""
        hands, steps = self.by_hand, 0
        for entry in self.entries:
            yield from hands.pop(steps, ()) if isinstance(entry, Recorded) else ()
            yield entry
            steps += isinstance(entry, Recorded)
        yield from hands.pop(steps, ())

    @property
    def by_hand(self) -> dict[int, list[ByHand]]:
        """Return the user's changes by the number of steps before. Unreadable ones are skipped."""
        found: dict[int, list[ByHand]] = {}
        told = self.about.get("by_hand")
        for record in told if isinstance(told, list) else []:
            match record:
                case [int(at), str(end), str(name), str(value), bool(both)] if end in self.ends:
                    found.setdefault(at, []).append(ByHand(end, name, value, both))
        return found

    def session(self, end: str) -> Session:
        """Return the session of this end in its form before the first step."""
        return rebuild(self.ends[end], self.sessions or SESSIONS)


class TraceWriter:
    """Writes each step as it is made. It can be the observer of a driver.

    An end must be given here or with `join` before its first step, because the header has the
    session's beginning.
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
        """Write a network's fault."""
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
    """Return a trace of the last steps of `session`. `began` is its form before the first step."""
    end = "client" if isinstance(session, ReadClient | WriteClient) else "server"
    entries = tuple(Recorded(end, step) for step in steps)
    whole = bool(entries) and entries[0].step.before is State.IDLE
    about = {"failed": str(_outcome(session)), "whole": whole, **({} if whole else _known(session))}
    return Trace({end: session_header(began)}, entries, about)


def _known(session: Session) -> Json:
    """Return the variables at the end, for a trace that cannot be replayed."""
    known = session.variables() | asdict(session.counters)
    del known["blocks"]
    return {"variables": {n: v for n, v in known.items() if isinstance(v, str | int | float)}}


def _outcome(session: Session) -> str:
    told = session.outcome
    return "unfinished" if told is None else told.outcome.value


# -- Sessions -------------------------------------------------------------------------------------


def header(ends: Mapping[str, Session], about: Mapping[str, Any] | None = None) -> Json:
    """Return the first line: the sessions before their first steps, and the trace's origin."""
    return {
        "format": FORMAT,
        "version": VERSION,
        "ends": {end: session_header(session) for end, session in ends.items()},
        **({"about": dict(about)} if about else {}),
    }


def session_header(session: Session) -> Json:
    """Return the data to build `session` again. Call this before the first step."""
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
    """The header of a session: its arguments, and a fingerprint of its rows."""

    table: str
    rows: int
    request: Rrq | Wrq
    peer: Address | None
    retry_policy: RetryPolicy
    size: int | None = None
    is_counted: bool = True
    options: Options | None = None


def rebuild(head: Mapping[str, Any], sessions: Sessions = SESSIONS) -> Session:
    """Return a session with the same beginning as the recorded one.

    Raises LocalError if its rows are not ours, and Wrong if `head` is not a header.
    """
    known: Head = decoder(Head)(head)
    kind = _kind_of(known, sessions)
    given: dict[str, Any] = {
        "request": known.request,
        "peer": known.peer,
        "retry_policy": known.retry_policy,
    }
    if not isinstance(known.request, Rrq if issubclass(kind, ReadClient | ReadServer) else Wrq):
        raise Wrong(sentence("{table} needs another kind of request", table=known.table), "request")
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
        raise Wrong(sentence("this is missing, and {table} needs it", table=head.table), name)
    return value


def _kind_of(head: Head, sessions: Sessions) -> type[Session]:
    kind = sessions.get(head.table)
    if kind is None:
        known = ", ".join(sessions)
        raise LocalError(
            sentence(
                "the trace names the table {table}; the known tables are {known}",
                table=said(head.table),
                known=known,
            )
        )
    if head.rows != fingerprint(kind.table):
        raise LocalError(
            sentence(
                "the rows of {table} have changed since this trace was made: use the program "
                "that wrote the trace, or record it again",
                table=head.table,
            )
        )
    return kind


def _is_server(kind: type[Session]) -> bool:
    return issubclass(kind, ReadServer | WriteServer)


def fingerprint(table: Table) -> int:
    """Return a number that changes with the rows, but not with their reasons."""
    rows = "\n".join(f"{row} / {row.after}" for row in table.rows)
    return zlib.crc32(rows.encode())
