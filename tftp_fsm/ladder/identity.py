"""The identity of a packet in a ladder: its kind and, if it has one, its number."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from tftp_fsm.errors import MalformedPacket
from tftp_fsm.ladder.model import Kind
from tftp_fsm.protocol.events import (
    AckReceived,
    DataReceived,
    EmptyReceived,
    ErrorReceived,
    Event,
    MalformedReceived,
    OackReceived,
    RequestReceived,
    StrayReceived,
    UnreachableReceived,
)
from tftp_fsm.wire.packets import Ack, Data, Error, Oack, Packet, parse

Identity: TypeAlias = tuple[Kind, int]

ANY = -1  # stands for the number of a packet without a block number


def identities(event: Event) -> Iterator[Identity]:
    """The identity of each packet that this event reports."""
    match event:
        case DataReceived(block, _, blocks):
            yield from (("data", number & 0xFFFF) for number in range(block, block + blocks))
        case AckReceived(block):
            yield "ack", block
        case OackReceived():
            yield "oack", ANY
        case ErrorReceived(code):
            yield "error", code
        case RequestReceived():
            yield "request", ANY
        case MalformedReceived() | EmptyReceived() | StrayReceived() | UnreachableReceived():
            yield "other", ANY
        case _:
            return


def identity_of(packet: Packet) -> Identity:
    """The identity of a packet."""
    match packet:
        case Data(block):
            return "data", block
        case Ack(block):
            return "ack", block
        case Error(code):
            return "error", code
        case Oack():
            return "oack", ANY
        case _:
            return "request", ANY


def identity_of_octets(octets: bytes) -> Identity:
    """The identity of a datagram. Its first octets are enough."""
    try:
        return identity_of(parse(octets))
    except MalformedPacket:
        return "other", ANY
