"""The frames of a pcap file (draft-ietf-opsawg-pcap), in both byte orders and with both clocks."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from tftp_fsm.capture.reading.datagram import Frame
from tftp_fsm.capture.reading.octets import Octets
from tftp_fsm.errors import LocalError
from tftp_fsm.language import sentence

MICROSECONDS, NANOSECONDS, MODIFIED = 0xA1B2C3D4, 0xA1B23C4D, 0xA1B2CD34
LARGEST = 1 << 20  # octets of a frame; tcpdump and Wireshark write at most 262,144
LINK = 0xFFFF  # the bits of the link type; the others are the length of a check sum
_MODIFIED_MORE = 8  # additional octets of a record in Kuznetzov's format
_KINDS = {
    struct.pack(order + "I", magic): (order, magic)
    for order in "<>"
    for magic in (MICROSECONDS, NANOSECONDS, MODIFIED)
}


def is_pcap(magic: bytes) -> bool:
    """Whether a file that begins with these four octets is a pcap file."""
    return magic in _KINDS


def frames(magic: bytes, octets: Octets) -> Iterator[Frame]:
    """Yield the frames after `magic`. CutShort: the file ends in one. LocalError: damage."""
    order, kind = _KINDS[magic]
    head = struct.Struct(order + "HHiIII").unpack(octets.exactly(20))
    link = head[5] & LINK
    record = struct.Struct(order + "IIII")
    unit = 1 if kind == NANOSECONDS else 1000
    more = _MODIFIED_MORE if kind == MODIFIED else 0
    number = 0
    while (raw := octets.or_end(16)) is not None:
        number += 1
        seconds, fraction, kept, size = record.unpack(raw)
        check_size(number, kept)
        if more:
            octets.skip(more)
        at = seconds * 1_000_000_000 + fraction * unit
        yield Frame(number, at, 0, link, octets.exactly(kept), size)


def check_size(number: int, kept: int) -> None:
    """Raise LocalError for an impossible length: the rest of the file is not readable then."""
    if kept > LARGEST:
        raise LocalError(
            sentence(
                "the capture is damaged: packet {number} says that it has {kept:,} octets",
                number=number,
                kept=kept,
            )
        )
