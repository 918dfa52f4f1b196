"""Read the parts of a captured datagram that an explanation needs.

DATA and ACK are nearly all packets, so only their headers are read. The others are parsed.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from tftp_fsm.borders import log
from tftp_fsm.capture.reading.datagram import Captured
from tftp_fsm.errors import EmptyDatagram, MalformedPacket
from tftp_fsm.language import layout, sentence
from tftp_fsm.wire.headers import HEADER, Opcode, headers_follow, opcode_of
from tftp_fsm.wire.kinds import Error, Oack, Packet, Rrq, Wrq
from tftp_fsm.wire.packets import read
from tftp_fsm.wire.words import octets_words, reading_words

SAME = 32  # cached readings of packets other than DATA and ACK, each of at most 64 KiB
SWAPPED = (b"\1\0", b"\2\0")  # the opcodes of requests with swapped octets
UNREADABLE = {"malformed": "malformed", "empty": "empty-datagram"}  # findings by kinds
REQUESTS = ("RRQ", "WRQ")
MODES = ("octet", "netascii", "mail")
_DATA, _ACK = int(Opcode.DATA), int(Opcode.ACK)


class Seen(NamedTuple):
    """A packet on the wire. `size` is the length of the file data of DATA.

    `block` is the number on the wire in DATA and ACK. `packet` is None for DATA and ACK, and for
    unreadable octets, whose kind is `malformed`. `told` has the words of all other packets.
    """

    kind: str
    block: int
    size: int
    packet: Packet | None
    told: str
    datagram: Captured

    @property
    def words(self) -> str:
        """Words such as `DATA 3 (512 octets)` or `ACK 3`, or the words of other packets."""
        if self.told:
            return self.told
        if self.kind == "ACK":
            return f"ACK {self.block}"
        return layout("DATA {block} ({size})", block=self.block, size=octets_words(self.size))

    @property
    def number(self) -> int:
        """The number of the packet in the file, as in Wireshark."""
        return self.datagram.number


def look(datagram: Captured) -> Seen:
    """Read this datagram."""
    octets = datagram.octets
    if len(octets) >= HEADER.size:
        opcode, block = HEADER.unpack_from(octets)
        if opcode == _DATA:
            return Seen("DATA", block, datagram.size - HEADER.size, None, "", datagram)
        if opcode == _ACK:
            return Seen("ACK", block, 0, None, "", datagram)
    return _parsed(datagram)


def _parsed(datagram: Captured) -> Seen:
    kind, packet, words = _read(datagram.octets)
    return Seen(kind, -1, 0, packet, words, datagram)


@lru_cache(maxsize=SAME)
def _read(octets: bytes) -> tuple[str, Packet | None, str]:
    """Return kind, packet and words. They are cached: many clients may send the same request."""
    try:
        reading = read(octets)
    except EmptyDatagram:
        return "empty", None, sentence("an empty datagram")
    except MalformedPacket as broken:
        return (
            "malformed",
            None,
            sentence("a datagram that is not a packet ({why})", why=str(broken)),
        )
    packet = reading.packet
    words = reading_words(reading, error_words(packet) if isinstance(packet, Error) else "")
    return type(packet).__name__.upper(), packet, words


def error_words(error: Error) -> str:
    """Return words such as `ERROR 1 "no such file"`. The text is the peer's."""
    return f'ERROR {error.code} "{log(error.message)}"' if error.message else f"ERROR {error.code}"


def is_request(datagram: Captured, ports: frozenset[int]) -> bool:
    """Return whether it is a request: to a known port, or to any port with a known mode."""
    octets, is_known = datagram.octets, datagram.to[1] in ports
    if opcode_of(octets) not in (Opcode.RRQ, Opcode.WRQ):
        return is_known and octets[:2] in SWAPPED
    if is_known:
        return True
    fields = octets[2:600].split(b"\0", 2)
    return len(fields) == 3 and bool(fields[0]) and _is_mode(fields[1])


def _is_mode(octets: bytes) -> bool:
    return octets.decode("latin-1").lower() in MODES


def request_of(seen: Seen) -> Rrq | Wrq | None:
    """The request, or None."""
    return seen.packet if isinstance(seen.packet, Rrq | Wrq) else None


def error_of(seen: Seen) -> Error | None:
    """The ERROR, or None."""
    return seen.packet if isinstance(seen.packet, Error) else None


def oack_of(seen: Seen) -> Oack | None:
    """The OACK, or None."""
    return seen.packet if isinstance(seen.packet, Oack) else None


def whole_fields(datagram: Captured) -> Captured:
    """Return a cut request or OACK up to its last whole option.

    A cut mode becomes the mode with this beginning. Any other datagram is returned unchanged, even
    a request whose name is cut.
    """
    octets = datagram.octets
    opcode = opcode_of(octets)
    if not datagram.is_cut or opcode not in (Opcode.RRQ, Opcode.WRQ, Opcode.OACK):
        return datagram
    *fields, part = octets[2:].split(b"\0")
    if len(fields) == 1 and opcode is not Opcode.OACK:
        modes = (mode.encode() for mode in MODES)
        fields.append(next((mode for mode in modes if mode.startswith(part.lower())), part))
    whole = fields[: len(fields) // 2 * 2]
    if not whole:
        return datagram
    kept = octets[:2] + b"".join(field + b"\0" for field in whole)
    return datagram._replace(octets=kept, size=len(kept))


def cut(datagram: Captured, blksize: int) -> Iterator[Captured]:
    """Yield the datagrams of a joined one: DATA after DATA, of `blksize` octets each.

    A capture on the sending host shows a burst before it is cut (segmentation offload).
    """
    octets, segment = datagram.octets, blksize + HEADER.size
    is_burst = (
        datagram.size > segment
        and opcode_of(octets) is Opcode.DATA
        and len(octets) == datagram.size
    )
    if not is_burst or not headers_follow(
        memoryview(octets), segment, int.from_bytes(octets[2:4], "big")
    ):
        yield datagram
        return
    for at in range(0, len(octets), segment):
        part = octets[at : at + segment]
        yield datagram._replace(octets=part, size=len(part))


def is_tftp(datagram: Captured) -> bool:
    """Return whether it may be DATA, ACK, ERROR or OACK."""
    octets = datagram.octets
    return len(octets) >= 4 and octets[0] == 0 and 3 <= octets[1] <= 6


def opens(seen: Seen) -> bool:
    """Return whether it may be the first answer to a request."""
    return seen.kind == "OACK" or (seen.kind, seen.block) in (("DATA", 1), ("ACK", 0))
