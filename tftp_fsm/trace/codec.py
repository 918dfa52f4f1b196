"""Convert events, effects, packets and records to JSON and back. `schema` checks all input."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from enum import Enum
from typing import Any, cast

from tftp_fsm.language.sentences import sentence
from tftp_fsm.protocol.events import Effect, Event, Outcome, Step
from tftp_fsm.protocol.rows import State, Table
from tftp_fsm.trace.records import Json, Recorded, WireEvent
from tftp_fsm.trace.schema import NARROWER, decoder
from tftp_fsm.trace.values import Wrong, member, seconds, text, whole
from tftp_fsm.wire.packets import Packet

# Fields that are left out if they are empty.
_RARE = ("tolerated", "repeats", "reason", "noted", "waited")


def to_json(value: object) -> Json:
    return {"kind": type(value).__name__, **fields_to_json(value)}


def fields_to_json(value: Any) -> Json:
    told = ((field.name, getattr(value, field.name)) for field in fields(value))
    return {name: plain(content) for name, content in told if content or name not in _RARE}


def plain(value: object) -> Any:
    match value:
        case bytes():
            return value.decode("utf-8", "surrogateescape")
        case Outcome():
            return value.value
        case Enum():  # an error code of ours is a number on the wire
            return int(cast(int, value))
        case tuple():
            return [plain(item) for item in value]
        case None | str() | int() | float():
            return value
        case _:
            return to_json(value)


def event(value: Any) -> Event:
    """Return the event of a record. Raises Wrong if it is not an event."""
    found: Event = decoder(Event)(value)
    return found


def effect(value: Any) -> Effect:
    """Return the effect of a record. Raises Wrong if it is not an effect."""
    found: Effect = decoder(Effect)(value)
    return found


def packet(value: Any) -> Packet:
    """Return the packet of a record. Raises Wrong if it is not a packet."""
    found: Packet = decoder(Packet)(value)
    return found


# -- Records --------------------------------------------------------------------------------------


def step_to_json(end: str, step: Step, table: Table) -> Json:
    """The step as a record. Its row is the index in `table`."""
    return {
        "end": end,
        "now": step.now,
        "before": step.before.value,
        "event": to_json(step.event),
        "row": None if step.row is None else table.rows.index(step.row),
        "after": step.after.value,
        "effects": [to_json(effect) for effect in step.effects],
        **({"windowsize": step.windowsize} if step.windowsize > 1 else {}),
    }


def recorded_to_json(entry: Recorded, table: Table) -> Json:
    """The step as a record, with the numbers of the datagrams that it heard and sent."""
    return {
        **step_to_json(entry.end, entry.step, table),
        **({} if entry.heard is None else {"heard": entry.heard}),
        **({"sent": list(entry.sent)} if entry.sent else {}),
    }


def recorded_from_json(record: Mapping[str, Any], table: Table) -> Recorded:
    """Return the step, its end, and the numbers of its datagrams. Raises Wrong for others."""
    known = {
        "end": text,
        "now": seconds,
        "before": lambda value: _state(value, table),
        "event": event,
        "row": lambda value: None if value is None else table.rows[_index(value, table)],
        "after": lambda value: _state(value, table),
        "effects": decoder(tuple[Effect, ...]),
        "windowsize": NARROWER["windowsize"],
        "heard": decoder(int),
        "sent": decoder(tuple[int, ...]),
    }
    given = member(record, known, "windowsize", "heard", "sent")
    end, heard = given.pop("end"), given.pop("heard", None)
    return Recorded(end, sent=given.pop("sent", ()), heard=heard, step=Step(**given))


def _state(value: Any, table: Table) -> State:
    state: State = decoder(State)(value)
    if state not in table.states:
        raise Wrong(sentence("{table} has no state {state}", table=table.name, state=state.value))
    return state


def _index(value: Any, table: Table) -> int:
    index: int = whole(range(len(table.rows)))(value)
    return index


def wire_to_json(wire: WireEvent) -> Json:
    """Return the record of a network's fault. The octets are hexadecimal."""
    body = fields_to_json(wire) | {"head": wire.head.hex()}
    if wire.packet is None:
        del body["packet"]
    return {"wire": body}


def wire_from_json(record: Mapping[str, Any]) -> WireEvent:
    """Return the network's fault of a record. Raises Wrong if it is not one."""
    wire: WireEvent = member(record, {"wire": decoder(WireEvent)})["wire"]
    return wire
