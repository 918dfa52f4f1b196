"""Recognise a burst that has the next blocks of the file, and make one event of it."""

from __future__ import annotations

from tftp_fsm.protocol.events import DataReceived
from tftp_fsm.protocol.receiver import Receiver
from tftp_fsm.wire.headers import HEADER, headers_follow

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tftp_fsm.driver.interfaces import Payload
    from tftp_fsm.protocol.session import Session
    from tftp_fsm.transports.burst import Burst
    from tftp_fsm.wire.address import Address


def expected_run(session: Session, octets: memoryview, burst: Burst) -> DataReceived | None:
    """Return the event for the `octets` of a burst with the awaited blocks, or None."""
    if not isinstance(session, Receiver):
        return None
    step = min(burst.segment, len(octets))
    if burst.peer != session.peer or step < HEADER.size:
        return None
    # A short block that is not the last, or a block too many, needs a separate event.
    full = session.blksize + HEADER.size
    if len(octets) > (step if step != full else step * session.room):
        return None
    return unbroken_run(octets, step, session.next_number, burst.peer)


def unbroken_run(
    octets: memoryview, segment: int, number: int, source: Address | None
) -> DataReceived | None:
    """Return the event for datagrams of `segment` octets, if they are DATA `number` and on."""
    count = -(-len(octets) // segment)
    last = len(octets) - (count - 1) * segment
    if segment < 4 or last < 4 or not headers_follow(octets, segment, number):
        return None
    return DataReceived(number & 0xFFFF, segment - 4, count, last - 4, source)


def payloads(octets: memoryview, segment: int) -> Payload:
    """The file data of each datagram in a run of DATA."""
    starts = range(0, len(octets), segment)
    return [octets[start + HEADER.size : start + segment] for start in starts]
