"""Client and server side by side, with the packets of a transfer without faults.

The transfer runs over the simulated network. Each packet becomes an arrow from the state of its
sender to the state that receives it. So this picture is made from the rows, too: if a row had
another answer, there would be another arrow.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

from tftp_fsm.diagram.model import Picture, PictureRow, picture_of_table
from tftp_fsm.frozen import frozen
from tftp_fsm.language import sentence
from tftp_fsm.protocol.events import (
    AckReceived,
    DataReceived,
    ErrorReceived,
    Event,
    OackReceived,
    RequestReceived,
    Send,
    SendAcks,
    SendBlocks,
    Step,
)
from tftp_fsm.protocol.rows import Table
from tftp_fsm.protocol.tables.read_client import READ_CLIENT
from tftp_fsm.protocol.tables.read_server import READ_SERVER
from tftp_fsm.protocol.tables.write_client import WRITE_CLIENT
from tftp_fsm.protocol.tables.write_server import WRITE_SERVER
from tftp_fsm.simulation.addresses import End
from tftp_fsm.simulation.ends import Setup
from tftp_fsm.simulation.transfer import Simulation
from tftp_fsm.wire.options import PLAIN_BLKSIZE, Options, offer

Verb: TypeAlias = Literal["get", "put"]

BLKSIZE = 1024  # octets; not the default, so that the picture shows the agreement
BLOCKS = 3
MACHINES: dict[Verb, tuple[Table, Table]] = {
    "get": (READ_CLIENT, READ_SERVER),
    "put": (WRITE_CLIENT, WRITE_SERVER),
}


@frozen
class Message:
    """A packet that `sender` sent in state `sent_in`, and the peer received in `heard_in`."""

    sender: End
    packet: str
    sent_in: str
    heard_in: str
    row: PictureRow


@frozen
class Change:
    """A row that moved `end` to another state, before message number `before`."""

    end: End
    row: PictureRow
    before: int


@frozen
class Meeting:
    """A transfer without faults: the machines, their packets, and their changes of state.

    With `plain` it is a transfer of RFC 1350, without options.
    """

    verb: Verb
    plain: bool
    client: Picture
    server: Picture
    messages: tuple[Message, ...]
    changes: tuple[Change, ...]

    def picture(self, end: End) -> Picture:
        return self.client if end == "client" else self.server


def meet(verb: Verb, *, plain: bool = False) -> Meeting:
    """Run the transfer. The same rows give the same meeting."""
    steps: list[tuple[End, Step]] = []
    content = bytes((PLAIN_BLKSIZE if plain else BLKSIZE) * BLOCKS - 100)
    options = (
        Options() if plain else offer(blksize=BLKSIZE, tsize=len(content) if verb == "put" else 0)
    )
    setup = Setup(verb, content, options=options)
    Simulation(setup, watch=lambda end, step: steps.append((end, step))).run()
    tables = dict(zip(("client", "server"), MACHINES[verb], strict=True))
    pictures = {end: picture_of_table(table) for end, table in tables.items()}
    spoke_in = dict.fromkeys(tables, "idle")
    messages: list[Message] = []
    changes: list[Change] = []
    for end, step in steps:
        if step.row is None:
            continue
        row = pictures[end].rows[tables[end].rows.index(step.row)]
        if packet := _packet(step.event, verb):
            other: End = "server" if end == "client" else "client"
            messages.append(Message(other, packet, spoke_in[other], step.before.value, row))
        if step.after is not step.before:
            changes.append(Change(end, row, len(messages)))
        if any(isinstance(effect, Send | SendAcks | SendBlocks) for effect in step.effects):
            spoke_in[end] = step.after.value
    ends = pictures["client"], pictures["server"]
    return Meeting(verb, plain, *ends, tuple(messages), tuple(changes))


def _packet(event: Event, verb: Verb) -> str:
    """Return the name for people of the packet in an event."""
    match event:
        case RequestReceived():
            return "RRQ" if verb == "get" else "WRQ"
        case DataReceived(block=first):
            if first == BLOCKS:
                return sentence("DATA {block}, the short block", block=first)
            return f"DATA {first}"
        case AckReceived(block=block):
            return f"ACK {block}"
        case OackReceived():
            return "OACK"
        case ErrorReceived():
            return "ERROR"
    return ""
