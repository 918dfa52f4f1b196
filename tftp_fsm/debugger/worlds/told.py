"""The octets of recorded packets, as far as events and effects tell them: not those of the file."""

from __future__ import annotations

from collections.abc import Iterator

from tftp_fsm.protocol.events import (
    AckReceived,
    DataReceived,
    Effect,
    ErrorReceived,
    Event,
    OackReceived,
    RequestReceived,
    Send,
    SendAcks,
    SendBlocks,
)
from tftp_fsm.protocol.sender import Sender
from tftp_fsm.protocol.session import Session
from tftp_fsm.wire.headers import ack_octets, data_header
from tftp_fsm.wire.packets import Error, Oack, build


def octets_heard(event: Event, session: Session) -> tuple[bytes, int] | None:
    """The known octets of the packet that was heard, and its length; None if they are not known."""
    match event:
        case DataReceived(block, octets, count=1):
            return data_header(block), 4 + (octets if event.last is None else event.last)
        case AckReceived(block, count=1):
            octets_ = ack_octets(block)
        case OackReceived(options):
            octets_ = build(Oack(options))
        case ErrorReceived(code, message):
            octets_ = build(Error(code, message))
        case RequestReceived():
            octets_ = build(session.request)
        case _:
            return None
    return octets_, len(octets_)


def octets_sent(effect: Effect, session: Session) -> Iterator[tuple[bytes, int]]:
    """The known octets of each packet that the effect sends, and the length of the packet."""
    match effect:
        case Send(packet):
            octets = build(packet)
            yield octets, len(octets)
        case SendAcks(first, stride, count):
            yield from ((ack_octets(first + n * stride), 4) for n in range(count))
        case SendBlocks(first, count):
            for block in range(first, first + count):
                yield data_header(block), 4 + _octets_of(block, session)
        case _:
            return


def _octets_of(block: int, session: Session) -> int:
    size = session.size if isinstance(session, Sender) else 0
    return max(0, min(session.blksize, size - (block - 1) * session.blksize))
