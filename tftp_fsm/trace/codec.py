"""Packets, events and effects as JSON, and back. What comes back is checked: see `schema`."""

from __future__ import annotations

from dataclasses import fields
from enum import Enum
from typing import Any, TypeAlias, cast

from tftp_fsm.protocol.events import Effect, Event, Outcome
from tftp_fsm.trace.schema import decoder
from tftp_fsm.wire.packets import Packet

Json: TypeAlias = dict[str, Any]

# Fields that are left out while they are empty.
_RARE = ("tolerated", "repeats", "reason", "told", "waited")


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
    """The event of a record. Wrong: it is none."""
    found: Event = decoder(Event)(value)
    return found


def effect(value: Any) -> Effect:
    """The effect of a record. Wrong: it is none."""
    found: Effect = decoder(Effect)(value)
    return found


def packet(value: Any) -> Packet:
    """The packet of a record. Wrong: it is none."""
    found: Packet = decoder(Packet)(value)
    return found
