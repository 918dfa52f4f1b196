"""Write a run as a trace for the debugger, ladders and pages."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import suppress

from tftp_fsm.debugger.moves import SetVariable
from tftp_fsm.debugger.stepper import Stepper
from tftp_fsm.errors import LocalError
from tftp_fsm.language import sentence
from tftp_fsm.protocol.rows import Table
from tftp_fsm.storage.named import writing
from tftp_fsm.trace.codec import recorded_to_json, wire_to_json
from tftp_fsm.trace.reading import read_trace
from tftp_fsm.trace.records import Json, Recorded, WireEvent
from tftp_fsm.trace.trace import FORMAT, VERSION, Sessions, Trace


def trace_lines(stepper: Stepper) -> Iterator[str]:
    """Yield the lines of a trace of the steps so far and of the fates of datagrams."""
    return (json.dumps(record) + "\n" for record in trace_records(stepper))


def trace_records(stepper: Stepper) -> Iterator[Json]:
    """The records of the trace, as JSON values."""
    world = stepper.world
    tables: dict[str, Table] = {frame.end: frame.table for frame in stepper.past}
    ends = {end: head for end, head in world.headers.items() if end in tables}
    by_hand = [_by_hand(at, move) for at, move in stepper.moves if isinstance(move, SetVariable)]
    notes = [[at, words] for at, words in stepper.noted]
    about = {name: value for name, value in world.about.items() if name != "notes"}
    about |= {name: told for name, told in (("by_hand", by_hand), ("notes", notes)) if told}
    yield {"format": FORMAT, "version": VERSION, "ends": ends, "about": about}
    for entry in stepper.entries():
        match entry:
            case Recorded(end):
                yield recorded_to_json(entry, tables[end])
            case WireEvent():
                yield wire_to_json(entry)


def run_as_trace(stepper: Stepper, sessions: Sessions) -> Trace:
    """Return the run as a trace in memory. `sessions` has the possible session classes."""
    return read_trace(trace_lines(stepper), sessions)


def write_trace(stepper: Stepper, path: str | os.PathLike[str]) -> None:
    """Write the trace into a file. LocalError: it cannot be written, or has other content."""
    if _is_no_trace(path):
        name = os.fspath(path)
        raise LocalError(
            sentence("{path} exists and is not a trace: choose another name", path=name)
        )
    with writing(path), open(path, "w", encoding="ascii") as file:
        file.writelines(trace_lines(stepper))


def _is_no_trace(path: str | os.PathLike[str]) -> bool:
    """Return whether a file has other content than a trace, such as the capture itself."""
    if not os.path.isfile(path):
        return False
    with suppress(OSError), open(path, "rb") as file:
        return file.read(1) not in (b"", b"{")
    return False


def _by_hand(at: int, move: SetVariable) -> list[object]:
    return [at, move.end, move.name, move.value, move.both]
