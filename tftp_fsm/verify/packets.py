"""Datagrams and contents of the network, each with a number that never changes.

Two datagrams are equal if their octets and addresses are equal. The network is a bag of them: it
keeps no order, so every order of arrival is explored.
"""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

from tftp_fsm.verify.rules import TooLarge
from tftp_fsm.wire.address import Address
from tftp_fsm.wire.headers import HEADER, Opcode, opcode_of

Packets: TypeAlias = tuple[int, ...]

MOST_NETWORKS = 1 << 22  # a state has 22 bits for the number of a network
EMPTY = 0
"""The number of the network in which no datagram is under way."""


class Datagram(NamedTuple):
    """One datagram. A copy of it is an equal value."""

    source: Address
    to: Address
    octets: bytes

    @property
    def is_data(self) -> bool:
        """Whether it is a DATA."""
        return opcode_of(self.octets) is Opcode.DATA

    @property
    def block(self) -> int:
        """The block number of a DATA or an ACK."""
        return int(HEADER.unpack_from(self.octets)[1])


class Book:
    """All datagrams that were ever sent, by number."""

    def __init__(self) -> None:
        self.datagrams: list[Datagram] = []
        self._numbers: dict[Datagram, int] = {}

    def number_of(self, datagram: Datagram) -> int:
        """Return the datagram's number. A new datagram gets the next free number."""
        number = self._numbers.get(datagram)
        if number is None:
            number = self._numbers[datagram] = len(self.datagrams)
            self.datagrams.append(datagram)
        return number

    def rolled(self, packet: int, by: int) -> int:
        """Return the number of the DATA or ACK whose block is `by` blocks later."""
        datagram = self.datagrams[packet]
        opcode, block = HEADER.unpack_from(datagram.octets)
        header = HEADER.pack(opcode, block + by & 0xFFFF)
        octets = header + datagram.octets[HEADER.size :]
        return self.number_of(datagram._replace(octets=octets))


class Arrival(NamedTuple):
    """A datagram that can arrive, the network after it (`rest`), and whether it overtakes DATA."""

    packet: int
    rest: int
    overtakes: bool


class Networks:
    """All contents of the network that the search has met, by number."""

    def __init__(self, book: Book, client: Address) -> None:
        self._book = book
        self._client = client
        self.contents: list[Packets] = [()]
        self.sizes: list[int] = [0]
        self._numbers: dict[Packets, int] = {(): EMPTY}
        self._sums: dict[tuple[int, Packets], int] = {}
        self._arrivals: list[tuple[tuple[Arrival, ...], tuple[Arrival, ...]] | None] = [None]
        self._without: dict[tuple[int, bool], int] = {}

    def plus(self, network: int, sent: Packets) -> int:
        """Return the network in which these datagrams are under way too."""
        if not sent:
            return network
        key = (network, sent)
        total = self._sums.get(key)
        if total is None:
            packets = tuple(sorted(self.contents[network] + sent))
            total = self._sums[key] = self._number_of(packets)
        return total

    def arrivals(self, network: int) -> tuple[tuple[Arrival, ...], tuple[Arrival, ...]]:
        """Return the datagrams that can arrive at the client, and those for the server."""
        known = self._arrivals[network]
        if known is None:
            known = self._arrivals[network] = self._find_arrivals(self.contents[network])
        return known

    def without(self, network: int, client: bool) -> int:
        """Return the network without the datagrams to one end, because this end has ended."""
        key = (network, client)
        left = self._without.get(key)
        if left is None:
            kept = [p for p in self.contents[network] if self._is_for_client(p) is not client]
            left = self._without[key] = self._number_of(tuple(kept))
        return left

    def _number_of(self, packets: Packets) -> int:
        number = self._numbers.get(packets)
        if number is None:
            if len(self.contents) == MOST_NETWORKS:
                raise TooLarge
            number = self._numbers[packets] = len(self.contents)
            self.contents.append(packets)
            self.sizes.append(len(packets))
            self._arrivals.append(None)
        return number

    def _is_for_client(self, packet: int) -> bool:
        return self._book.datagrams[packet].to == self._client

    def _find_arrivals(self, packets: Packets) -> tuple[tuple[Arrival, ...], tuple[Arrival, ...]]:
        found: tuple[list[Arrival], list[Arrival]] = ([], [])
        for packet in sorted(set(packets)):
            at = packets.index(packet)
            rest = self._number_of(packets[:at] + packets[at + 1 :])
            arrival = Arrival(packet, rest, self._overtakes(packet, packets))
            found[0 if self._is_for_client(packet) else 1].append(arrival)
        return tuple(found[0]), tuple(found[1])

    def _overtakes(self, packet: int, packets: Packets) -> bool:
        """Return whether a DATA with a lower number is still under way to the same end."""
        one = self._book.datagrams[packet]
        if not one.is_data:
            return False
        others = (self._book.datagrams[other] for other in packets)
        return any(o.is_data and o.to == one.to and o.block < one.block for o in others)
