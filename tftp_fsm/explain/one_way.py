"""Find flows that look like TFTP in one direction without a request. They cannot be followed.

A mirroring switch or a filter may show only the server's packets. A report that nothing was found
would be misleading, so the report names the missing direction.
"""

from __future__ import annotations

from collections import OrderedDict

from tftp_fsm.capture.reading.datagram import Captured
from tftp_fsm.language import sentence_n
from tftp_fsm.transports.zones import host_text
from tftp_fsm.wire.address import Address
from tftp_fsm.wire.headers import HEADER, Opcode

KEPT = 256  # flows that are kept; beyond that the oldest is dropped
ENOUGH = 4  # blocks in a row that are not chance
BLOCKS = frozenset((Opcode.DATA, Opcode.ACK))

Way = tuple[Address, Address]


class OneWay:
    """Takes datagrams of no transfer. `remarks` names the flows that look like TFTP."""

    def __init__(self) -> None:
        self._runs: OrderedDict[Way, tuple[int, int, int]] = OrderedDict()
        self._found: OrderedDict[Way, Captured] = OrderedDict()

    def take(self, datagram: Captured) -> None:
        """Take a datagram. Only consecutive blocks count, without repetitions."""
        if len(datagram.octets) < HEADER.size:
            return
        opcode, block = HEADER.unpack_from(datagram.octets)
        if opcode not in BLOCKS:
            return
        way = datagram.source, datagram.to
        before, last, run = self._runs.pop(way, (opcode, block, 1))
        if before != opcode or (block - last) & 0xFFFF > 1:
            run = 1
        elif block != last:
            run += 1
        self._runs[way] = opcode, block, run
        if run == ENOUGH:
            self._found.setdefault(way, datagram)
        for known in (self._runs, self._found):
            if len(known) > KEPT:
                known.popitem(last=False)

    def forget(self, one: Address, other: Address) -> None:
        """Forget the flow between these two, because they have a transfer."""
        for way in ((one, other), (other, one)):
            self._runs.pop(way, None)
            self._found.pop(way, None)

    @property
    def remarks(self) -> list[str]:
        """Return a sentence about the flows without the other direction."""
        lone = [
            each for (one, other), each in self._found.items() if (other, one) not in self._runs
        ]
        if not lone:
            return []
        (source, to), number = (lone[0].source, lone[0].to), lone[0].number
        return [
            sentence_n(
                "packets from {source} port {port} to {to} port {end}, such as number {packet},"
                " look like TFTP, but their request and the other direction are missing:"
                " capture both directions, and from the beginning",
                "packets on {count:,} ways, such as from {source} port {port} to {to} port {end}"
                " (number {packet}), look like TFTP, but their requests and the other direction"
                " are missing: capture both directions, and from the beginning",
                len(lone),
                source=host_text(source),
                port=source[1],
                to=host_text(to),
                end=to[1],
                packet=number,
            )
        ]
