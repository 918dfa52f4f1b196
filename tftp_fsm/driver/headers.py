"""Runs of DATA that arrived together, recognised without parsing each packet.

A header that was predicted need not be interpreted: a run is taken only where each of its
headers is exactly the next one, and everything else goes the full way through `packets`.
"""

from __future__ import annotations

from functools import cache

from tftp_fsm.protocol.events import DataReceived
from tftp_fsm.wire.address import Address
from tftp_fsm.wire.packets import data_header


def unbroken_run(
    octets: memoryview, segment: int, number: int, source: Address | None
) -> DataReceived | None:
    """The run that a received buffer is, cut every `segment`, if it begins with DATA `number`."""
    count = -(-len(octets) // segment)
    last = len(octets) - (count - 1) * segment
    if segment < 4 or last < 4:
        return None
    if not headers_follow(octets, segment, number):
        return None
    return DataReceived(number & 0xFFFF, segment - 4, count, last - 4, source)


def headers_follow(octets: memoryview, segment: int, number: int) -> bool:
    """Whether the headers, one every `segment` octets, are those of DATA `number` and on."""
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
    """The octets of all block numbers, low and high, twice: a run may go past the wrap."""
    octets = bytes(range(256))
    return octets * 512, b"".join(bytes((high,)) * 256 for high in octets) * 2
