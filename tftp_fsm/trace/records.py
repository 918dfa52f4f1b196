"""What a trace holds, as values and as JSON: steps, and what the network did to datagrams."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tftp_fsm.frozen import frozen
from tftp_fsm.protocol.events import Step
from tftp_fsm.protocol.rows import State, Table
from tftp_fsm.trace import codec
from tftp_fsm.trace.codec import Json
from tftp_fsm.wire.headers import without_payload

if TYPE_CHECKING:
    from tftp_fsm.transports.faults import Fate


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
