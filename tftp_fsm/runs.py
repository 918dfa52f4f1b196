"""Runs of DATA that arrived together, recognised without parsing each packet.

A header that was predicted need not be interpreted: a run is taken only where each of its
headers is exactly the next one, and everything else goes the full way through `packets`.
"""

from __future__ import annotations

from functools import cache

from tftp_fsm.events import DataReceived, Tid
from tftp_fsm.packets import data_header

_CHUNK = 1024  # headers compared in one go


def unbroken_run(octets: memoryview, segment: int, number: int, source: Tid) -> DataReceived | None:
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
    return all(
        bytes(octets[column::segment]) == expected_column(number & 0xFFFF, count, column)
        for column in range(4)
    )


def expected_column(number: int, count: int, column: int) -> bytes:
    """Octet `column` of the headers of `count` DATA from `number` on."""
    if column < 2:
        return bytes((3 if column else 0,)) * count
    ring = _ring(column)
    end = number + count
    return (
        ring[number:end]
        if end <= len(ring)
        else bytes(data_header(block)[column] for block in range(number, end))
    )


@cache
def _ring(column: int) -> bytes:
    """Column 2 or 3 of every block number, and as many again as a run may go past the wrap."""
    octets = bytes(range(256))
    once = octets * 256 if column == 3 else b"".join(bytes((high,)) * 256 for high in octets)
    return once + once[:_CHUNK]
