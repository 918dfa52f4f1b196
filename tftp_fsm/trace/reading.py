"""Read a trace that may come from a stranger. The result is a checked trace, or a clear error.

    with open("run.jsonl", errors="replace") as file:
        trace = read_trace(lines_of(file))

`schema` checks each value. This module checks the properties of the whole trace: the version, the
ends, the order of times, and the number of packets in the runs.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, TextIO

from tftp_fsm.borders import terminal
from tftp_fsm.errors import LocalError
from tftp_fsm.language import sentence
from tftp_fsm.protocol.events import (
    AckReceived,
    DataReceived,
    Effect,
    Event,
    SendAcks,
    SendBlocks,
)
from tftp_fsm.protocol.rows import Table
from tftp_fsm.trace.codec import recorded_from_json, wire_from_json
from tftp_fsm.trace.records import Json, Recorded, WireEvent
from tftp_fsm.trace.trace import FORMAT, SESSIONS, VERSION, Sessions, Trace, rebuild
from tftp_fsm.trace.values import (
    LINE,
    SECONDS,
    SHOWN,
    Wrong,
    flag,
    free,
    member,
    parse_line,
    said,
    seconds,
    text,
)

ENDS = 64  # ends in one trace; a client has one for each address that it tried
IN_RUNS = 140_000  # packets in all runs of a trace; each of them is drawn


def read_trace(lines: Iterable[str], sessions: Sessions = SESSIONS) -> Trace:
    """Read a whole trace. `LocalError` names the wrong line, the field and the mistake.

    Each line is checked before it is used: see `schema`. Use `lines_of` for a text file, so that a
    line without an end is not read whole.
    """
    reader = _Reader(sessions)
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                reader.take(line)
            except (LocalError, Wrong) as wrong:
                raise LocalError(
                    sentence("line {number}: {why}", number=number, why=str(wrong))
                ) from None
    if not reader.begun:
        raise LocalError(sentence("the trace is empty: record it again"))
    return Trace(reader.ends, tuple(reader.entries), reader.about, sessions)


def lines_of(stream: TextIO) -> Iterator[str]:
    """Yield the lines of a text file. A line that is too long for a trace is cut."""
    return iter(lambda: stream.readline(LINE + 1), "")


class _Reader:
    def __init__(self, sessions: Sessions) -> None:
        self.sessions = sessions
        self.ends: dict[str, Json] = {}
        self.tables: dict[str, Table] = {}
        self.entries: list[Recorded | WireEvent] = []
        self.about: Json = {}
        self.begun = False
        self.now = -SECONDS
        self.in_runs = 0

    def take(self, line: str) -> None:
        record = self._first(line) if not self.begun else parse_line(line)
        if not isinstance(record, dict):
            raise Wrong(sentence("{value} is not an object", value=said(record)))
        if "ends" in record:
            self._join(member(record, {"ends": _object})["ends"])
        elif "wire" in record:
            self.entries.append(wire_from_json(record))
        else:
            self._step(record)

    def _first(self, line: str) -> Any:
        try:
            record = parse_line(line)
        except Wrong:
            record = None
        _check_version(record if isinstance(record, dict) else {})
        self.about = member(record, _HEADER, "ends", "about").get("about", {})
        self.begun = True
        return {"ends": record.get("ends", {})}

    def _join(self, ends: Json) -> None:
        for end, head in ends.items():
            where = f"ends.{terminal(end, SHOWN)}"
            if not _END.fullmatch(end):
                raise Wrong(sentence("this cannot be the name of an end"), where)
            if end in self.ends or len(self.ends) == ENDS:
                raise Wrong(
                    sentence(
                        "this end is listed twice, or there are more than {most} ends", most=ENDS
                    ),
                    where,
                )
            try:
                self.tables[end] = rebuild(head, self.sessions).table
            except Wrong as wrong:
                raise wrong.within(where) from None
            self.ends[end] = head

    def _step(self, record: Json) -> None:
        end = record.get("end")
        if not isinstance(end, str) or end not in self.tables:
            raise Wrong(
                sentence(
                    "{value} is not one of the ends: {names}",
                    value=said(end),
                    names=", ".join(self.tables),
                ),
                "end",
            )
        entry = recorded_from_json(record, self.tables[end])
        step = entry.step
        if step.now < self.now:
            raise Wrong(
                sentence(
                    "the time {now} s is earlier than that of the last step, {before} s",
                    now=step.now,
                    before=self.now,
                ),
                "now",
            )
        self.now = step.now
        self.in_runs += sum(_in_run(part) for part in (step.event, *step.effects))
        if self.in_runs > IN_RUNS:
            raise Wrong(
                sentence("the lines up to here stand for more than {most:,} packets", most=IN_RUNS)
            )
        self.entries.append(entry)


def _check_version(record: Json) -> None:
    if record.get("format") != FORMAT:
        raise LocalError(
            sentence(
                'this is not a trace: its first line does not name the format "{format}"; '
                "--trace makes a trace",
                format=FORMAT,
            )
        )
    if record.get("version") != VERSION:
        raise LocalError(
            sentence(
                "the trace has version {found}, and this program reads version {version}: use "
                "the program that wrote the trace, or record it again",
                found=said(record.get("version")),
                version=VERSION,
            )
        )


def _in_run(part: Event | Effect) -> int:
    """Return the number of packets if it is a run, else 0."""
    return part.count if isinstance(part, _RUNS) and part.count > 1 else 0


def _object(value: Any) -> Any:
    return value if isinstance(value, dict) else member(value, {})


def _about(value: Any) -> Any:
    """Check the description of how the trace was made. Other members are for people."""
    kinds = {"latency": seconds, "failed": text, "whole": flag}
    member({name: told for name, told in _object(value).items() if name in kinds}, kinds, *kinds)
    return free(value)


_RUNS = (DataReceived, AckReceived, SendAcks, SendBlocks)
_END = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,39}")
_HEADER = {"format": free, "version": free, "ends": _object, "about": _about}
