"""Recognises a run of DATA that arrived together, without parsing each packet.

It is a run if each header is exactly the one that is expected next. `packets` parses everything
else, one datagram at a time.
"""

from __future__ import annotations

from functools import cache

from tftp_fsm.protocol.events import DataReceived
from tftp_fsm.wire.address import Address
from tftp_fsm.wire.packets import data_header


def unbroken_run(
    octets: memoryview, segment: int, number: int, source: Address | None
) -> DataReceived | None:
    """The event for a buffer of datagrams of `segment` octets, if they are DATA `number` and on."""
    count = -(-len(octets) // segment)
    last = len(octets) - (count - 1) * segment
    if segment < 4 or last < 4:
        return None
    if not headers_follow(octets, segment, number):
        return None
    return DataReceived(number & 0xFFFF, segment - 4, count, last - 4, source)


def headers_follow(octets: memoryview, segment: int, number: int) -> bool:
    """Whether the datagrams of `segment` octets have the headers of DATA `number` and on."""
    if len(octets) <= segment:
        return octets[:4] == data_header(number)
    count = -(-len(octets) // segment)
    low, high = _rings()
    first = number & 0xFFFF
    return (
        bytes(octets[3::segment]) == low[first : first + count]
        and bytes(octets[2::segment]) == high[first : first + count]
        and bytes(octets[1::segment]) == b"\3" * count
        and bytes(octets[::segment]) == bytes(count)
    )


@cache
def _rings() -> tuple[bytes, bytes]:
    """The low and the high octets of all block numbers, twice, for runs that go past 65535."""
    octets = bytes(range(256))
    return octets * 512, b"".join(bytes((high,)) * 256 for high in octets) * 2
