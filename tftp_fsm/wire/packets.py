"""The six packets of TFTP and their octets (RFC 1350 section 5, RFC 2347).

    opcode  packet  body
    1       RRQ     filename NUL mode NUL (option NUL value NUL)*
    2       WRQ     the same
    3       DATA    block (2 octets), payload (0 to blksize octets)
    4       ACK     block (2 octets)
    5       ERROR   code (2 octets), message NUL
    6       OACK    (option NUL value NUL)*

`parse` is strict: it returns one of the classes below or raises `MalformedPacket`. No other
module uses construct. File names are octets; `printable` makes text of them.

    >>> parse(build(Ack(7)))
    Ack(block=7)
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from enum import IntEnum
from struct import Struct
from typing import Any, TypeAlias

from tftp_fsm.errors import LocalError, MalformedPacket
from tftp_fsm.frozen import frozen
from tftp_fsm.wire.deferred import deferred

with deferred("pdb"):  # for construct's Debugger; from Python 3.14 on pdb imports asyncio and json
    import construct as c

REQUEST_LIMIT = 512  # octets; RFC 2347, "the maximum size of a request packet is 512 octets"
HEADER = Struct(">HH")  # of DATA and of ACK: opcode, block
OACK_LIMIT = 2048  # octets; an OACK answers a request of 512, so a longer one is an attack
WELL_KNOWN_PORT = 69  # RFC 1350 section 4


class Opcode(IntEnum):
    """The kinds of packets. RFC 1350 section 5 defines all but OACK, which is RFC 2347's."""

    RRQ = 1
    WRQ = 2
    DATA = 3
    ACK = 4
    ERROR = 5
    OACK = 6


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


class _Text(c.Adapter):  # type: ignore[type-arg]
    """Octets as text. The text gives back the same octets (surrogateescape)."""

    def _decode(self, obj: bytes, context: Any, path: str) -> str:
        return obj.decode("utf-8", "surrogateescape")

    def _encode(self, obj: str, context: Any, path: str) -> bytes:
        try:
            return obj.encode("utf-8", "surrogateescape")
        except UnicodeEncodeError:
            raise c.StringError("no such octets", path=path) from None


class _UntilEnd(c.Subconstruct):  # type: ignore[type-arg]
    """Repeats to the end of the packet. GreedyRange would drop a broken last item silently."""

    def _parse(self, stream: Any, context: Any, path: str) -> list[Any]:
        items: list[Any] = []
        while not c.stream_iseof(stream):
            items.append(self.subcon._parsereport(stream, context, f"{path} -> {len(items)}"))
        return items

    def _build(self, obj: Iterable[Any], stream: Any, context: Any, path: str) -> Any:
        return [self.subcon._build(item, stream, context, path) for item in obj]


def _no_nul(obj: bytes, context: Any) -> bool:
    return b"\0" not in obj


def _not_empty(obj: bytes, context: Any) -> bool:
    return bool(obj) and b"\0" not in obj


_OCTETS = c.NullTerminated(c.GreedyBytes)
_NAME = c.ExprValidator(_OCTETS, _not_empty)
_VALUE = c.ExprValidator(_OCTETS, _no_nul)
# Some boot ROMs send ERROR without the NUL at the end. The message then ends with the datagram.
_MESSAGE = c.ExprValidator(c.NullTerminated(c.GreedyBytes, require=False), _no_nul)
_OPTIONS = _UntilEnd(c.Struct("name" / _Text(_NAME), "value" / _Text(_VALUE)))
_REQUEST = c.Struct("filename" / _NAME, "mode" / _Text(_NAME), "options" / _OPTIONS)

_BODIES: dict[Opcode, Any] = {
    Opcode.RRQ: _REQUEST,
    Opcode.WRQ: _REQUEST,
    Opcode.DATA: c.Struct("block" / c.Int16ub, "payload" / c.GreedyBytes),
    Opcode.ACK: c.Struct("block" / c.Int16ub, c.Terminated),
    Opcode.ERROR: c.Struct("code" / c.Int16ub, "message" / _Text(_MESSAGE), c.Terminated),
    Opcode.OACK: c.Struct("options" / _OPTIONS),
}
_CLASSES: dict[Opcode, type[Packet]] = {
    Opcode.RRQ: Rrq,
    Opcode.WRQ: Wrq,
    Opcode.DATA: Data,
    Opcode.ACK: Ack,
    Opcode.ERROR: Error,
    Opcode.OACK: Oack,
}
_OPCODES = {kind: opcode for opcode, kind in _CLASSES.items()}


def parse(octets: bytes | memoryview) -> Packet:
    """The packet in one datagram. `MalformedPacket` names the field that cannot be read."""
    if len(octets) < 2:
        raise MalformedPacket("opcode", f"needs 2 octets, the datagram has {len(octets)}")
    number = int.from_bytes(octets[:2], "big")
    if number not in _BODIES:
        raise MalformedPacket("opcode", f"{number} is none of 1 to 6")
    opcode = Opcode(number)
    if opcode <= Opcode.WRQ and len(octets) > REQUEST_LIMIT:
        raise MalformedPacket(opcode.name, f"longer than {REQUEST_LIMIT} octets")
    if opcode is Opcode.OACK and len(octets) > OACK_LIMIT:
        raise MalformedPacket(opcode.name, f"longer than {OACK_LIMIT} octets")
    return _parse_body(opcode, bytes(octets[2:]))


def _parse_body(opcode: Opcode, body: bytes) -> Packet:
    try:
        found = _BODIES[opcode].parse(body)
    except c.ConstructError as broken:
        raise MalformedPacket(*_where(opcode, broken)) from None
    found.pop("_io", None)
    if "options" in found:
        found["options"] = _pairs(opcode, found["options"])
    return _CLASSES[opcode](**found)


def _where(opcode: Opcode, broken: c.ConstructError) -> tuple[str, str]:
    path = (broken.path or "").removeprefix("(parsing)").removeprefix(" -> ")
    place = " -> ".join(part for part in (opcode.name, path) if part)
    match broken:
        case c.ValidationError():
            return place, "empty"
        case c.TerminatedError():
            return place, "octets left over at the end"
        case _:
            return place, "the datagram ends before it does"


def _pairs(opcode: Opcode, options: Iterable[Any]) -> Pairs:
    pairs = tuple((str(option["name"]), str(option["value"])) for option in options)
    seen: set[str] = set()
    for index, (name, _) in enumerate(pairs):
        if name.lower() in seen:  # RFC 2347: an option may be given only once
            raise MalformedPacket(f"{opcode.name} -> options -> {index} -> name", "given twice")
        seen.add(name.lower())
    return pairs


def is_request(octets: bytes | memoryview) -> bool:
    """Whether a datagram has the opcode of RRQ or WRQ. The rest may be broken."""
    return opcode_of(octets) in (Opcode.RRQ, Opcode.WRQ)


def build(packet: Packet) -> bytes:
    """The datagram of `packet`. `LocalError` if a field has a value that no packet can hold."""
    opcode = _OPCODES[type(packet)]
    body: dict[str, Any] = {f.name: getattr(packet, f.name) for f in fields(packet)}
    if "options" in body:
        body["options"] = [{"name": name, "value": value} for name, value in body["options"]]
    try:
        octets = opcode.to_bytes(2, "big") + bytes(_BODIES[opcode].build(body))
    except c.ConstructError as broken:
        field = (broken.path or "").rpartition(" -> ")[2]
        why = f"{opcode.name}: the {field} is empty, holds a NUL, or is out of range"
        raise LocalError(why) from None
    if opcode <= Opcode.WRQ and len(octets) > REQUEST_LIMIT:
        raise LocalError(
            f"{opcode.name} would be {len(octets)} octets, a request may have {REQUEST_LIMIT}: "
            "use a shorter file name"
        )
    return octets


def opcode_of(datagram: bytes | memoryview) -> Opcode | None:
    """The opcode that a datagram begins with, if it is a known one. The rest may be broken."""
    number = int.from_bytes(datagram[:2], "big") if len(datagram) >= 2 else 0
    return Opcode(number) if number in _BODIES else None


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


def printable(octets: bytes | str) -> str:
    """A name or message as text. Escapes stand for control characters and for broken UTF-8."""
    raw = octets.encode("utf-8", "surrogateescape") if isinstance(octets, str) else octets
    text = raw.decode("utf-8", "backslashreplace")
    return "".join(ch if ch.isprintable() else f"\\x{ord(ch):02x}" for ch in text)
