"""The beginning of a datagram: its opcode and its block (RFC 1350 section 5), without parsing.

Transfers at full speed need only these octets of most packets. `packets` parses the others.
"""

from __future__ import annotations

from enum import IntEnum
from functools import cache
from struct import Struct

REQUEST_LIMIT = 512  # octets; RFC 2347, "the maximum size of a request packet is 512 octets"
HEADER = Struct(">HH")  # of DATA and of ACK: opcode, block
HALF_RING = 0x8000  # a block number this far back or more counts as ahead (16-bit arithmetic)


class Opcode(IntEnum):
    """The kinds of packets. RFC 1350 section 5 defines all but OACK, which is RFC 2347's."""

    RRQ = 1
    WRQ = 2
    DATA = 3
    ACK = 4
    ERROR = 5
    OACK = 6


_OPCODES = {opcode.to_bytes(2, "big"): opcode for opcode in Opcode}
_REQUESTS = frozenset(opcode.to_bytes(2, "big") for opcode in (Opcode.RRQ, Opcode.WRQ))


def opcode_of(datagram: bytes | memoryview) -> Opcode | None:
    """The opcode that a datagram begins with, if it is a known one. The rest may be broken."""
    return _OPCODES.get(bytes(datagram[:2]))


def number_of(datagram: bytes) -> int | None:
    """The block of DATA and ACK, or the code of ERROR; None if there is none."""
    if len(datagram) < HEADER.size or opcode_of(datagram) in (Opcode.RRQ, Opcode.WRQ, Opcode.OACK):
        return None
    return int(HEADER.unpack_from(datagram)[1])


def data_header(block: int) -> bytes:
    """The header of DATA `block`, which is counted past 65535."""
    return HEADER.pack(Opcode.DATA, block & 0xFFFF)


def data_headers(first: int, count: int) -> list[bytes]:
    """The headers of `count` DATA packets from block `first` on."""
    data = int(Opcode.DATA)
    return [HEADER.pack(data, block & 0xFFFF) for block in range(first, first + count)]


def without_payload(datagram: bytes) -> bytes:
    """The header of DATA; any other packet is returned whole."""
    return datagram[: HEADER.size] if opcode_of(datagram) is Opcode.DATA else datagram


def ack_octets(block: int) -> bytes:
    """The datagram of ACK `block`, which is counted past 65535."""
    return HEADER.pack(Opcode.ACK, block & 0xFFFF)


def is_request(octets: bytes | memoryview) -> bool:
    """Whether a datagram has the opcode of RRQ or WRQ. The rest may be broken."""
    return bytes(octets[:2]) in _REQUESTS


def request_words(datagram: bytes | memoryview) -> tuple[str, bytes]:
    """Return RRQ or WRQ and the name for people, even of a broken request. Else "" and b""."""
    opcode = opcode_of(datagram)
    if opcode is None or not is_request(datagram):
        return "", b""
    return opcode.name, bytes(datagram[2:REQUEST_LIMIT]).partition(b"\0")[0]


def headers_follow(octets: memoryview, segment: int, number: int) -> bool:
    """Whether the datagrams of `segment` octets have the headers of DATA `number` and on."""
    if len(octets) <= segment:
        return octets[:4] == data_header(number)
    count, first = -(-len(octets) // segment), number & 0xFFFF
    expected = _all_headers()[4 * first : 4 * (first + count)]
    if (segment | len(octets)) % 4 == 0:  # compare as 32-bit words; the usual sizes allow this
        return octets.cast("I")[:: segment // 4].tobytes() == expected
    return all(octets[place::segment].tobytes() == expected[place::4] for place in range(4))


def lay_headers(memory: memoryview, segment: int, number: int, count: int) -> None:
    """Write the headers of DATA `number` and on, one every `segment` octets of `memory`."""
    first, end = number & 0xFFFF, count * segment
    headers = memoryview(_all_headers())[4 * first : 4 * (first + count)]
    if segment % 4 == 0:
        memory[:end].cast("I")[:: segment // 4] = headers.cast("I")
        return
    for place in range(4):
        memory[place:end:segment] = headers[place::4]


@cache
def _all_headers() -> bytes:
    """The headers of DATA with all block numbers, twice, for runs that go past 65535."""
    octets = bytes(range(256))
    headers = bytearray(4 * (1 << 16))
    headers[1::4] = bytes((Opcode.DATA,)) * (1 << 16)
    headers[2::4] = b"".join(bytes((high,)) * 256 for high in octets)
    headers[3::4] = octets * 256
    return bytes(headers * 2)
