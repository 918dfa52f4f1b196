"""The frames of a pcapng file (draft-ietf-opsawg-pcapng). Sections may differ in byte order."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from tftp_fsm.capture.reading.blocks import (
    INTERFACE,
    MAGIC,
    OLD_PACKET,
    PACKET,
    SECTION,
    SIMPLE_PACKET,
)
from tftp_fsm.capture.reading.datagram import Frame
from tftp_fsm.capture.reading.octets import Octets
from tftp_fsm.capture.reading.pcap import LARGEST, check_size
from tftp_fsm.errors import LocalError
from tftp_fsm.frozen import frozen
from tftp_fsm.language import sentence

SHORTEST = 12  # octets of a block: its type, and its length twice
LONGEST = LARGEST + (1 << 16)  # octets of a block that is read: a packet and its options
INTERFACES = 4096  # of one section
SECTION_OCTETS = struct.pack("<I", SECTION)  # the same in both byte orders
_RESOLUTION, _OFFSET = 9, 14  # codes of options of an interface
_BILLION = 1_000_000_000


@frozen
class Interface:
    """An interface of the capture. Times are in units of 1/`units` seconds, after `offset`."""

    link: int
    kept: int
    units: int = 1_000_000
    offset: int = 0

    def at(self, high: int, low: int) -> int:
        """Return the time in nanoseconds since 1970."""
        return ((high << 32 | low) * _BILLION) // self.units + self.offset * _BILLION


def frames(octets: Octets) -> Iterator[Frame]:
    """Yield the frames of a file. Its first four octets were read before.

    Raises CutShort if the file ends in a block, and LocalError if the file is damaged.
    """
    section = _Section(octets)
    while True:
        frame = section.next()
        if frame is None:
            return
        if isinstance(frame, Frame):
            yield frame


class _Section:
    def __init__(self, octets: Octets) -> None:
        self._octets = octets
        self._order = "<"
        self._interfaces: list[Interface] = []
        self._number = 0
        self._blocks = 0
        self._begin()

    def next(self) -> Frame | bool | None:
        """Read the next block. Return a frame, True for another block, or None at the end."""
        raw = self._octets.or_end(4)
        if raw is None:
            return None
        self._blocks += 1
        if raw == SECTION_OCTETS:
            self._begin()
            return True
        (kind,) = struct.unpack(self._order + "I", raw)
        (length,) = self._unpack("I", self._octets.exactly(4))
        if length < SHORTEST or length % 4:
            raise self._damaged(sentence("it has {octets} octets", octets=length))
        if kind not in (INTERFACE, PACKET, OLD_PACKET, SIMPLE_PACKET):
            self._octets.skip(length - SHORTEST)
            self._check_end(length)
            return True
        if length > LONGEST:
            raise self._damaged(sentence("it has {octets:,} octets", octets=length))
        body = self._octets.exactly(length - SHORTEST)
        self._check_end(length)
        return self._block(kind, body)

    def _block(self, kind: int, body: bytes) -> Frame | bool:
        try:
            if kind == INTERFACE:
                self._add_interface(body)
                return True
            self._number += 1
            return self._simple(body) if kind == SIMPLE_PACKET else self._packet(kind, body)
        except struct.error:
            raise self._damaged(sentence("it is too short for its kind")) from None

    def _begin(self) -> None:
        length, magic = self._octets.exactly(4), self._octets.exactly(4)
        for order in "<>":
            if magic == struct.pack(order + "I", MAGIC):
                self._order = order
                break
        else:
            raise self._damaged(sentence("it has no byte-order magic"))
        (total,) = self._unpack("I", length)
        if total < 28 or total % 4:
            raise self._damaged(sentence("it has {octets} octets", octets=total))
        self._interfaces = []
        self._octets.skip(total - 16)
        self._check_end(total)

    def _check_end(self, length: int) -> None:
        if self._unpack("I", self._octets.exactly(4)) != (length,):
            raise self._damaged(sentence("its two lengths differ"))

    def _add_interface(self, body: bytes) -> None:
        if len(self._interfaces) == INTERFACES:
            raise self._damaged(sentence("there are more than {most} interfaces", most=INTERFACES))
        link, _, kept = self._unpack("HHI", body[:8])
        units, offset = 1_000_000, 0
        for code, value in self._options(body[8:]):
            if code == _RESOLUTION and len(value) == 1:
                units = 2 ** (value[0] & 0x7F) if value[0] & 0x80 else 10 ** value[0]
            elif code == _OFFSET and len(value) == 8:
                (offset,) = self._unpack("q", value)
        self._interfaces.append(Interface(link, kept, units, offset))

    def _options(self, octets: bytes) -> Iterator[tuple[int, bytes]]:
        at = 0
        while at + 4 <= len(octets):
            code, length = self._unpack("HH", octets[at : at + 4])
            if code == 0:
                return
            yield code, octets[at + 4 : at + 4 + length]
            at += 4 + length + -length % 4

    def _packet(self, kind: int, body: bytes) -> Frame:
        form = "IIIII" if kind == PACKET else "HHIIII"
        number, *_, high, low, kept, size = self._unpack(form, body[:20])
        octets = body[20 : 20 + kept]
        if kept > len(octets):
            raise self._damaged(sentence("its packet has {octets:,} octets", octets=kept))
        interface = self._interface(number)
        at = interface.at(high, low)
        return Frame(self._number, at, number, interface.link, octets, size)

    def _simple(self, body: bytes) -> Frame:
        """Read a simple packet: it has no time, it is of the first interface, and may be padded."""
        (size,) = self._unpack("I", body[:4])
        interface = self._interface(0)
        kept = min(size, interface.kept or size, len(body) - 4)
        check_size(self._number, kept)
        return Frame(self._number, None, 0, interface.link, body[4 : 4 + kept], size)

    def _interface(self, number: int) -> Interface:
        if number >= len(self._interfaces):
            raise self._damaged(
                sentence(
                    "it names interface {number}, of {count}",
                    number=number,
                    count=len(self._interfaces),
                )
            )
        return self._interfaces[number]

    def _unpack(self, form: str, octets: bytes) -> tuple[int, ...]:
        return struct.unpack(self._order + form, octets)

    def _damaged(self, why: str) -> LocalError:
        return LocalError(
            sentence(
                "the capture is damaged in block {block}: {why}", block=self._blocks + 1, why=why
            )
        )
