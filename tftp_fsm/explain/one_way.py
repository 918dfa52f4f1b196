"""Flows that look like TFTP, in one direction and without a request: nobody can follow them.

A switch that mirrors a port, or a filter, may show the server's packets only. To say that nothing
was found would lead astray, so it is said what is missing.
"""

from __future__ import annotations

from collections import OrderedDict

from tftp_fsm.capture.reading.datagram import Captured
from tftp_fsm.language import sentence_n
from tftp_fsm.transports.zones import host_text
from tftp_fsm.wire.address import Address
from tftp_fsm.wire.headers import HEADER, Opcode

KEPT = 256  # ways that are remembered; the oldest gives way
ENOUGH = 4  # blocks in a row that are no chance
BLOCKS = frozenset((Opcode.DATA, Opcode.ACK))

Way = tuple[Address, Address]


class OneWay:
    """Takes datagrams of no transfer. `remarks` say which of their ways look like TFTP."""

    def __init__(self) -> None:
        self._runs: OrderedDict[Way, tuple[int, int, int]] = OrderedDict()
        self._found: OrderedDict[Way, Captured] = OrderedDict()

    def take(self, datagram: Captured) -> None:
        """Take one. Blocks follow each other; one that comes again is no new one."""
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
        """A transfer is between these two."""
        for way in ((one, other), (other, one)):
            self._runs.pop(way, None)
            self._found.pop(way, None)

    @property
    def remarks(self) -> list[str]:
        """A sentence about those of which the other direction is missing."""
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
