"""Reconstruct the octets of the packets in a trace, as far as possible.

A trace has every packet without file data. The length of a DATA follows from the agreed options and
the size of the file.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace

from tftp_fsm.frozen import frozen
from tftp_fsm.protocol.events import (
    AckReceived,
    DataReceived,
    EmptyReceived,
    EndFound,
    ErrorReceived,
    Event,
    OackReceived,
    RequestReceived,
    Send,
    SendAcks,
    SendBlocks,
    Step,
)
from tftp_fsm.protocol.rows import State
from tftp_fsm.trace.trace import Trace
from tftp_fsm.wire.address import Address
from tftp_fsm.wire.headers import HEADER, ack_octets, data_header
from tftp_fsm.wire.options import PLAIN_BLKSIZE, read_options
from tftp_fsm.wire.packets import Error, Oack, Packet, Pairs, build


@frozen
class Datagram:
    """A datagram of `size` octets. `octets` has the known ones. `to` is a stranger, or None."""

    octets: bytes
    size: int
    to: Address | None = None

    def with_flipped(self, bit: int | None) -> Datagram:
        """Return it with the bit of this number inverted, if it is in the known octets."""
        if bit is None or bit >= 8 * len(self.octets):
            return self
        octets = bytearray(self.octets)
        octets[bit // 8] ^= 1 << bit % 8
        return replace(self, octets=bytes(octets))


class Blocks:
    """The datagrams that the steps of a trace send. `content` is the file, if it is known.

    In a debugger variables may be set by hand. Then a length may differ from the sent one.
    """

    def __init__(self, trace: Trace, content: bytes | None) -> None:
        self._content = content
        self._blksize: defaultdict[str, int] = defaultdict(lambda: PLAIN_BLKSIZE)
        self._sizes: dict[str, int | None] = {
            end: head.get("size") if head.get("is_counted", True) else None
            for end, head in trace.ends.items()
        }

    def sent(self, end: str, step: Step) -> Iterator[Datagram]:
        """The datagrams of one step. Every step must come here, in the order of the trace."""
        if step.before is State.IDLE:
            self._blksize[end] = PLAIN_BLKSIZE
        match step.event:
            case OackReceived(options):
                self._agree(end, options)
            case EndFound(size):
                self._sizes[end] = size
        for effect in step.effects:
            match effect:
                case Send(packet, to):
                    if isinstance(packet, Oack):
                        self._agree(end, packet.options)
                    yield _whole(build(packet), to)
                case SendAcks(first, stride, acks):
                    yield from (_whole(ack_octets(first + at * stride)) for at in range(acks))
                case SendBlocks(first, blocks):
                    yield from (self._data(end, number) for number in range(first, first + blocks))

    def _agree(self, end: str, options: Pairs) -> None:
        self._blksize[end] = read_options(options).blksize or PLAIN_BLKSIZE

    def _data(self, end: str, number: int) -> Datagram:
        """Return DATA `number`, which is not limited to 65535."""
        blksize, size = self._blksize[end], self._sizes.get(end)
        start = (number - 1) * blksize
        octets = blksize if size is None else max(0, min(blksize, size - start))
        payload = b"" if self._content is None else self._content[start : start + octets]
        return Datagram(data_header(number) + payload, HEADER.size + octets)


def heard_datagrams(event: Event, request: Packet) -> Iterator[Datagram]:
    """Yield the datagrams of an event, if its fields have enough data; otherwise none.

    `request` is the request of the session, which its server heard.
    """
    match event:
        case RequestReceived():
            yield _whole(build(request))
        case DataReceived(block, octets, blocks):
            for number in range(blocks):
                size = event.final_octets if number == blocks - 1 else octets
                yield Datagram(data_header(block + number), HEADER.size + size)
        case AckReceived(block):
            yield _whole(ack_octets(block))
        case OackReceived(options):
            yield _whole(build(Oack(options)))
        case ErrorReceived(code, message):
            yield _whole(build(Error(code, message)))
        case EmptyReceived():
            yield _whole(b"")
        case _:
            return


def _whole(octets: bytes, to: Address | None = None) -> Datagram:
    return Datagram(octets, len(octets), to)
