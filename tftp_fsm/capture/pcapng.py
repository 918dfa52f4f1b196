"""Write pcapng (draft-ietf-opsawg-pcapng) for Wireshark and tshark.

    writer = PcapngWriter(stream, "client")
    writer.packet(0.001, octets, "sent", ["the reason"])
    writer.close(["what came after the last packet"])

The file has one section and by default one interface of the kind LINKTYPE_RAW, so each packet
begins with its IP header. Each block is written at once, so that a reader at the other end of a
pipe sees it.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Literal, Protocol

from tftp_fsm.borders import terminal
from tftp_fsm.capture.reading.blocks import INTERFACE, MAGIC, PACKET, SECTION, STATISTICS

if TYPE_CHECKING:
    from tftp_fsm.capture.reading.datagram import Frame

RAW = 101  # LINKTYPE_RAW
NANOSECONDS = 9  # if_tsresol: times are in units of 10 ** -9 seconds
MOST = 0xFFFF_FFFF  # a number of 32 bits
ANY_LENGTH = 0xFFFF_FFFF_FFFF_FFFF  # length of an unfinished section; also the largest time
_COMMENT, _APPLICATION, _NAME, _RESOLUTION, _FLAGS = 1, 4, 2, 9, 2  # codes of options
_DIRECTIONS = {"received": 1, "sent": 2}
_OPTION = struct.Struct("<HH")

Direction = Literal["received", "sent"]
Option = tuple[int, bytes]


class OctetsOut(Protocol):
    """A binary stream that can be written."""

    def write(self, octets: bytes, /) -> object:
        """Write these octets."""

    def flush(self) -> object:
        """Write the buffered octets."""


class PcapngWriter:
    """Writes packets to `stream`. `interface` is the name under which Wireshark shows them."""

    def __init__(
        self, stream: OctetsOut, interface: str | None, application: str = "tftp-fsm"
    ) -> None:
        self._stream = stream
        self._interfaces = 0
        section = struct.pack("<IHHQ", MAGIC, 1, 0, ANY_LENGTH)
        self._write(SECTION, section, [(_APPLICATION, application.encode())])
        if interface is not None:
            self.add_interface(interface)

    def add_interface(self, name: str, link: int = RAW) -> int:
        """Add an interface whose packets begin with the header of `link`. Returns its number."""
        body = struct.pack("<HHI", link, 0, 0)
        options = [(_NAME, _text(name)), (_RESOLUTION, bytes([NANOSECONDS]))]
        self._write(INTERFACE, body, options)
        self._interfaces += 1
        return self._interfaces - 1

    def packet(
        self,
        at: float,
        octets: bytes,
        direction: Direction,
        comments: Iterable[str] = (),
        size: int | None = None,
    ) -> None:
        """Write one packet. `at` is in seconds since 1970.

        `size` is the length of the packet, if `octets` are only its beginning.
        """
        lengths = struct.pack("<II", len(octets), min(size or len(octets), MOST))
        body = struct.pack("<I", 0) + _time(at) + lengths + _padded(octets)
        flags = (_FLAGS, struct.pack("<I", _DIRECTIONS[direction]))
        self._write(PACKET, body, [*_comments(comments), flags])

    def copied(
        self, at: int, octets: bytes, size: int, interface: int, comments: Iterable[str] = ()
    ) -> None:
        """Write a packet of another capture. `at` is in nanoseconds since 1970."""
        lengths = struct.pack("<II", len(octets), min(size, MOST))
        units = struct.pack("<II", *divmod(min(max(0, at), ANY_LENGTH), 1 << 32))
        body = struct.pack("<I", interface) + units + lengths + _padded(octets)
        self._write(PACKET, body, _comments(comments))

    def close(self, at: float, comments: Iterable[str] = ()) -> None:
        """End with the interface's statistics. They have the comments that belong to no packet."""
        self._write(STATISTICS, struct.pack("<I", 0) + _time(at), _comments(comments))

    def _write(self, kind: int, body: bytes, options: list[Option]) -> None:
        body += b"".join(map(_option, options)) + _OPTION.pack(0, 0)
        length = struct.pack("<I", len(body) + 12)
        self._stream.write(struct.pack("<I", kind) + length + body + length)
        self._stream.flush()


def _time(at: float) -> bytes:
    units = round(at * 10**NANOSECONDS)
    high, low = divmod(min(max(0, units), ANY_LENGTH), 1 << 32)  # a trace may have any time
    return struct.pack("<II", high, low)


def _comments(comments: Iterable[str]) -> list[Option]:
    return [(_COMMENT, _text(comment)) for comment in comments]


def _text(text: str) -> bytes:
    return terminal(text).encode()


def _option(option: Option) -> bytes:
    code, value = option
    return _OPTION.pack(code, len(value)) + _padded(value)


def _padded(octets: bytes) -> bytes:
    """Return the octets padded to a whole number of 32-bit words."""
    return octets + bytes(-len(octets) % 4)


def copy_with_comments(
    packets: Iterable[Frame], writer: PcapngWriter, comments: Mapping[int, Iterable[str]]
) -> None:
    """Copy each packet, with the comments for its number. LocalError: it cannot be written."""
    interfaces: dict[tuple[int, int], int] = {}
    last = 0
    for frame in packets:
        key = frame.interface, frame.link
        number = interfaces.get(key)
        if number is None:
            number = interfaces[key] = writer.add_interface(f"interface {key[0]}", frame.link)
        last = last if frame.at is None else frame.at
        writer.copied(last, frame.octets, frame.size, number, comments.get(frame.number, ()))
