"""What a trace holds, as values and as JSON: steps, what the network did, what was set by hand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tftp_fsm.frozen import frozen
from tftp_fsm.language import sentence
from tftp_fsm.protocol.events import Effect, Step
from tftp_fsm.protocol.rows import State, Table
from tftp_fsm.trace import codec
from tftp_fsm.trace.codec import Json
from tftp_fsm.trace.schema import NARROWER, decoder
from tftp_fsm.trace.values import Wrong, member, seconds, text, whole
from tftp_fsm.wire.headers import without_payload

if TYPE_CHECKING:
    from tftp_fsm.transports.faults import Fate


@frozen
class Recorded:
    """A step, and the end that made it.

    A debugger knows each datagram by a number: `heard` is that of the datagram that was the event,
    and `sent` are those of the datagrams that the step sent. A second copy has the number of the
    first. Without numbers (None, or empty) a reader matches datagrams by kind and block.
    """

    end: str
    step: Step
    heard: int | None = None
    sent: tuple[int, ...] = ()


@frozen
class WireEvent:
    """What the network did to one datagram. `now` is when it was sent, in seconds.

    `head` is the header of DATA, and the whole of every other packet. `octets` is the full length.
    A copy arrives after each of `delays` (seconds beyond the latency). Without any it is lost.
    `flipped` is the number of a bit that was changed on the way. `packet` is the number of the
    datagram, if it is known; see `Recorded`.
    """

    now: float
    sender: str
    receiver: str
    head: bytes
    octets: int
    fate: tuple[str, ...]
    delays: tuple[float, ...]
    flipped: int | None = None
    packet: int | None = None


def wire_event(
    now: float,
    sender: str,
    receiver: str,
    datagram: bytes,
    fate: Fate,
    size: int | None = None,
    packet: int | None = None,
) -> WireEvent:
    """The record of a datagram's fate. It keeps no file data.

    `size` is the length of the whole datagram, where `datagram` is only the beginning of it.
    """
    head, octets = without_payload(datagram), len(datagram) if size is None else size
    fates = fate.mishaps, fate.delays, fate.flipped
    return WireEvent(now, sender, receiver, head, octets, *fates, packet)


@frozen
class ByHand:
    """A variable that the user of a debugger set. With `both`, the other end changed with it."""

    end: str
    name: str
    value: str
    both: bool = False

    @property
    def words(self) -> str:
        """`by hand: block = 65533`, for the lane of its end."""
        return sentence("by hand: {name} = {value}", name=self.name, value=self.value)

    @property
    def note(self) -> str:
        """`block of client set to 65533 by hand`."""
        name, value = self.name, self.value
        if self.both:
            return sentence("{name} of both ends set to {value} by hand", name=name, value=value)
        return sentence(
            "{name} of {end} set to {value} by hand", name=name, end=self.end, value=value
        )


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
    """The step, its end, and the numbers of its datagrams. Wrong: the record is no step."""
    known = {
        "end": text,
        "now": seconds,
        "before": lambda value: _state(value, table),
        "event": codec.event,
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
    """What the network did to a datagram, as a record. The octets are hexadecimal."""
    body = codec.fields_to_json(wire) | {"head": wire.head.hex()}
    if wire.packet is None:
        del body["packet"]
    return {"wire": body}


def wire_from_json(record: Mapping[str, Any]) -> WireEvent:
    """The event of a record. Wrong: it is not one."""
    wire: WireEvent = member(record, {"wire": decoder(WireEvent)})["wire"]
    return wire
