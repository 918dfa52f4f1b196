"""The six packets as values, and the codes of ERROR.

`packets` has their octets. `read_plain` and `build_plain` are for packets that are exactly as the
standards say. For any other packet, and for octets that are no packet, they return None. Then the
declarations in `packets` decide. A test holds that whatever is returned here is what they give.
"""

from __future__ import annotations

from enum import IntEnum
from struct import error as StructError

from tftp_fsm.frozen import frozen
from tftp_fsm.wire.headers import HEADER, REQUEST_LIMIT, Opcode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import TypeAlias


class ErrorCode(IntEnum):
    """The codes of RFC 1350's appendix, and 8 of RFC 2347.

    Peers send other numbers too. `Error.code` keeps them as numbers.
    """

    UNDEFINED = 0
    FILE_NOT_FOUND = 1
    ACCESS_VIOLATION = 2
    DISK_FULL = 3
    ILLEGAL_OPERATION = 4
    UNKNOWN_TID = 5
    FILE_EXISTS = 6
    NO_SUCH_USER = 7
    REFUSED_OPTIONS = 8


Pairs: TypeAlias = tuple[tuple[str, str], ...]
"""The options of a packet in their order: (name, value)."""


@frozen
class Rrq:
    """Asks to read a file. `mode` is kept as it was sent. Its case does not matter."""

    filename: bytes
    mode: str = "octet"
    options: Pairs = ()


@frozen
class Wrq:
    """Asks to write a file."""

    filename: bytes
    mode: str = "octet"
    options: Pairs = ()


@frozen
class Data:
    """One block of the file. The last block is shorter than blksize. `block` is 0 to 65535."""

    block: int
    payload: bytes


@frozen
class Ack:
    """Says that this block has arrived, and every block before it (RFC 7440 section 4)."""

    block: int


@frozen
class Error:
    """Ends the transfer. It is never acknowledged or retransmitted (RFC 1350 section 7)."""

    code: int
    message: str


@frozen
class Oack:
    """Names the options of the request that the server accepts (RFC 2347)."""

    options: Pairs


Request: TypeAlias = Rrq | Wrq
Packet: TypeAlias = Rrq | Wrq | Data | Ack | Error | Oack


@frozen
class Reading:
    """A packet, with words about the tolerated flaws of its datagram.

    `tolerated` is empty if `build` would make exactly this datagram of the packet.
    """

    packet: Packet
    tolerated: str = ""


_RRQ, _WRQ, _DATA, _ACK, _ERROR, _OACK = map(int, Opcode)
_REQUESTS: dict[int, type[Rrq | Wrq]] = {_RRQ: Rrq, _WRQ: Wrq}


def read_plain(octets: bytes | memoryview) -> Packet | None:
    """Return the packet in one datagram, or None."""
    if len(octets) < HEADER.size:
        return None
    opcode, number = HEADER.unpack_from(octets)
    if opcode == _DATA:
        return Data(number, bytes(octets[4:]))
    if opcode == _ACK:
        return Ack(number) if len(octets) == HEADER.size else None
    if len(octets) > REQUEST_LIMIT or octets[-1]:
        return None
    if opcode == _ERROR:
        fields = _fields(octets[4:])
        return Error(number, _text(fields[0])) if len(fields) == 1 else None
    fields = _fields(octets[2:])
    if opcode == _OACK:
        options = _pairs(fields)
        return None if options is None else Oack(options)
    kind = _REQUESTS.get(opcode)
    if kind is None or len(fields) < 2 or b"" in fields[:2]:
        return None
    options = _pairs(fields[2:])
    return None if options is None else kind(fields[0], _text(fields[1]), options)


def _fields(octets: bytes | memoryview) -> list[bytes]:
    """Return the fields, each of which ends with a NUL."""
    return bytes(octets).split(b"\0")[:-1]


def _pairs(fields: list[bytes]) -> Pairs | None:
    """Return the options, or None if one has no value, has no name, or comes twice."""
    names, values = fields[::2], fields[1::2]
    is_odd = len(names) != len(values) or b"" in names
    if is_odd or len({_text(name).lower() for name in names}) < len(names):
        return None
    return tuple(zip(map(_text, names), map(_text, values), strict=True))


def _text(octets: bytes) -> str:
    return octets.decode("utf-8", "surrogateescape")


def build_plain(packet: Packet) -> bytes | None:
    """Return the datagram of `packet`, or None."""
    try:
        octets = b"".join(_parts(packet))
    except (StructError, UnicodeEncodeError):
        return None
    return octets if read_plain(octets) == packet else None


def _parts(packet: Packet) -> Iterator[bytes]:
    match packet:
        case Data(block, payload):
            yield HEADER.pack(_DATA, block)
            yield payload
        case Ack(block):
            yield HEADER.pack(_ACK, block)
        case Error(code, message):
            yield HEADER.pack(_ERROR, code)
            yield from _ended(message)
        case Oack(options):
            yield Opcode.OACK.to_bytes(2, "big")
            yield from _ended(*(word for option in options for word in option))
        case Rrq(filename, mode, options) | Wrq(filename, mode, options):
            opcode = Opcode.RRQ if isinstance(packet, Rrq) else Opcode.WRQ
            yield opcode.to_bytes(2, "big") + filename + b"\0"
            yield from _ended(mode, *(word for option in options for word in option))


def _ended(*words: str) -> Iterator[bytes]:
    for word in words:
        yield word.encode("utf-8", "surrogateescape") + b"\0"
