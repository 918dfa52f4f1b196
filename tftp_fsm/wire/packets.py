"""The six packets of TFTP and their octets (RFC 1350 section 5, RFC 2347).

    opcode  packet  body
    1       RRQ     filename NUL mode NUL (option NUL value NUL)*
    2       WRQ     the same
    3       DATA    block (2 octets), payload (0 to blksize octets)
    4       ACK     block (2 octets)
    5       ERROR   code (2 octets), message NUL
    6       OACK    (option NUL value NUL)*

`parse` returns one of the classes below or raises `MalformedPacket`. Some devices send more or
fewer octets than the standards say. Such a packet is tolerated if it can do no harm, and `read`
reports it. The declarations below decide this for each kind of packet. No other module uses
construct. File names are octets.

    >>> parse(build(Ack(7)))
    Ack(block=7)
    >>> read(build(Ack(7)) + bytes(25))
    Reading(packet=Ack(block=7), tolerated='25 octets of padding ignored')
"""

from __future__ import annotations

import sys
from io import SEEK_CUR

from tftp_fsm.errors import EmptyDatagram, LocalError, MalformedPacket
from tftp_fsm.frozen import names_of
from tftp_fsm.language.sentences import joined, sentence, sentence_n, sentence_p
from tftp_fsm.wire.deferred import deferred
from tftp_fsm.wire.headers import REQUEST_LIMIT, Opcode, opcode_of
from tftp_fsm.wire.kinds import (
    Ack,
    Data,
    Error,
    ErrorCode,
    Oack,
    Packet,
    Pairs,
    Reading,
    Request,
    Rrq,
    Wrq,
)

# construct uses only `platform` of these: it checks once whether this is Windows.
with deferred(
    "construct",
    *("binascii", "hashlib", "inspect", "pdb", "pickle", "re", "traceback"),
    platform={"system": lambda: "Windows" if sys.platform == "win32" else sys.platform},
):
    import construct as c

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

__all__ = [
    "WELL_KNOWN_PORT",
    "Ack",
    "Data",
    "Error",
    "ErrorCode",
    "Oack",
    "Packet",
    "Pairs",
    "Reading",
    "Request",
    "Rrq",
    "Wrq",
    "build",
    "parse",
    "read",
]

# Boot ROMs that send a whole buffer, and clients with long names, send more than REQUEST_LIMIT. No
# client sends fragments.
LONGEST_REQUEST = 1472  # octets that fit into one Ethernet frame over IPv4
OACK_LIMIT = 2048  # octets; an OACK answers a request, so a longer one is an attack
WELL_KNOWN_PORT = 69  # RFC 1350 section 4


class _Text(c.Adapter):  # type: ignore[type-arg]
    """Octets as text. The text gives back the same octets (surrogateescape)."""

    def _decode(self, obj: bytes, context: Any, path: str) -> str:
        return obj.decode("utf-8", "surrogateescape")

    def _encode(self, obj: str, context: Any, path: str) -> bytes:
        try:
            return obj.encode("utf-8", "surrogateescape")
        except UnicodeEncodeError:
            raise c.StringError("no such octets", path=path) from None


class _UntilPadding(c.Subconstruct):  # type: ignore[type-arg]
    """Repeats to the end of the packet, or to a NUL at the place of an item.

    GreedyRange would drop a broken last item silently.
    """

    def _parse(self, stream: Any, context: Any, path: str) -> list[Any]:
        items: list[Any] = []
        while self._has_more(stream):
            items.append(self.subcon._parsereport(stream, context, f"{path} -> {len(items)}"))
        return items

    def _has_more(self, stream: Any) -> bool:
        octet = stream.read(1)
        stream.seek(-len(octet), SEEK_CUR)
        return octet not in (b"", b"\0")

    def _build(self, obj: Iterable[Any], stream: Any, context: Any, path: str) -> Any:
        return [self.subcon._build(item, stream, context, path) for item in obj]


class _UnlessEnd(c.Subconstruct):  # type: ignore[type-arg]
    """Gives None if the packet has ended already."""

    def _parse(self, stream: Any, context: Any, path: str) -> Any:
        return None if c.stream_iseof(stream) else self.subcon._parsereport(stream, context, path)


def _no_nul(obj: bytes, context: Any) -> bool:
    return b"\0" not in obj


def _not_empty(obj: bytes, context: Any) -> bool:
    return bool(obj) and b"\0" not in obj


def _only_nuls(obj: bytes, context: Any) -> bool:
    return not obj.strip(b"\0")


_OCTETS = c.NullTerminated(c.GreedyBytes)
_NAME = c.ExprValidator(_OCTETS, _not_empty)
_VALUE = c.ExprValidator(_OCTETS, _no_nul)
# The last text of a request or an ERROR may end with the datagram: embedded clients, boot ROMs and
# uftpd leave its NUL out.
_OPEN_ENDED = c.NullTerminated(c.GreedyBytes, require=False)
_LAST_NAME = c.ExprValidator(_OPEN_ENDED, _not_empty)
_LAST_VALUE = c.ExprValidator(_OPEN_ENDED, _no_nul)
# Boot ROMs and embedded servers send a whole buffer, with NULs after the texts. Other octets may be
# an option that cannot be read, so they are refused.
_NULS = c.Default(c.ExprValidator(c.GreedyBytes, _only_nuls), b"")
# Old switches pad an ACK to 29 octets with any content. Some servers send an ERROR with two NULs,
# or in a buffer with old content. The first octets are enough, so the others do no harm.
_ANYTHING = c.Default(c.GreedyBytes, b"")

# In the requests of small clients an option may lack its value or come twice. It is ignored, and
# the OACK names the valid options.
_ASKED = c.Struct("name" / _Text(_LAST_NAME), "value" / _UnlessEnd(_Text(_LAST_VALUE)))
_REQUEST = c.Struct(
    "filename" / _NAME,
    "mode" / _Text(_LAST_NAME),
    "options" / _UntilPadding(_ASKED),
    "padding" / _NULS,
)
# An OACK decides the blksize. If it is cut, or has two different values, the two ends might use
# blocks of different sizes. So only NULs after it and equal repetitions are tolerated.
_ANSWERED = c.Struct("name" / _Text(_NAME), "value" / _Text(_VALUE))

_BODIES: dict[Opcode, Any] = {
    Opcode.RRQ: _REQUEST,
    Opcode.WRQ: _REQUEST,
    # Nothing is tolerated here: every octet of DATA is an octet of the file.
    Opcode.DATA: c.Struct("block" / c.Int16ub, "payload" / c.GreedyBytes),
    Opcode.ACK: c.Struct("block" / c.Int16ub, "padding" / _ANYTHING),
    Opcode.ERROR: c.Struct(
        "code" / c.Int16ub, "message" / _Text(_LAST_VALUE), "padding" / _ANYTHING
    ),
    Opcode.OACK: c.Struct("options" / _UntilPadding(_ANSWERED), "padding" / _NULS),
}
_CLASSES: dict[Opcode, type[Packet]] = {
    Opcode.RRQ: Rrq,
    Opcode.WRQ: Wrq,
    Opcode.DATA: Data,
    Opcode.ACK: Ack,
    Opcode.ERROR: Error,
    Opcode.OACK: Oack,
}
_TEXTS = (Opcode.RRQ, Opcode.WRQ, Opcode.ERROR, Opcode.OACK)
_LIMITS = {Opcode.RRQ: LONGEST_REQUEST, Opcode.WRQ: LONGEST_REQUEST, Opcode.OACK: OACK_LIMIT}
_OPCODES = {kind: opcode for opcode, kind in _CLASSES.items()}


def parse(octets: bytes | memoryview) -> Packet:
    """The packet in one datagram. `MalformedPacket` names the field that cannot be read."""
    return read(octets).packet


def read(octets: bytes | memoryview) -> Reading:
    """Return the packet in one datagram, and its tolerated flaws. Raises MalformedPacket.

    Raises EmptyDatagram for a datagram without octets. ptftpd sends such datagrams.
    """
    opcode = _readable_opcode(octets)
    body = bytes(octets[2:])
    if opcode is Opcode.ERROR and len(body) < 2:  # even a cut ERROR ends the transfer
        return Reading(Error(ErrorCode.UNDEFINED, ""), sentence("it has no code"))
    try:
        found = _BODIES[opcode].parse(body)
    except c.ConstructError as broken:
        raise MalformedPacket(*_where(opcode, broken)) from None
    tolerated = list(_tolerated(opcode, body, found.get("padding", b"")))
    found.pop("_io", None)
    found.pop("padding", None)
    if "options" in found:
        found["options"], ignored = _pairs(opcode, found["options"])
        tolerated += ignored
    odd = joined(", ", tolerated) if tolerated else ""
    return Reading(_CLASSES[opcode](**found), odd)


def _readable_opcode(octets: bytes | memoryview) -> Opcode:
    if not octets:
        raise EmptyDatagram
    if len(octets) < 2:
        why = sentence("needs 2 octets, the datagram has {octets}", octets=len(octets))
        raise MalformedPacket("opcode", why)
    opcode = opcode_of(octets)
    if opcode is None:
        number = int.from_bytes(octets[:2], "big")
        raise MalformedPacket("opcode", sentence("{number} is not one of 1 to 6", number=number))
    limit = _LIMITS.get(opcode)
    if limit is not None and len(octets) > limit:
        raise MalformedPacket(opcode.name, sentence("longer than {most} octets", most=limit))
    return opcode


def _tolerated(opcode: Opcode, body: bytes, padding: bytes) -> Iterator[str]:
    """Yield words about octets that the datagram has too many or too few."""
    size = 2 + len(body) - len(padding)
    if opcode <= Opcode.WRQ and size > REQUEST_LIMIT:
        yield sentence("{octets} octets where {most} are allowed", octets=size, most=REQUEST_LIMIT)
    if opcode is Opcode.ERROR and len(body) == 2:
        yield sentence("no message and no NUL")
    elif padding:
        yield sentence_n(
            "{count} octet of padding ignored", "{count} octets of padding ignored", len(padding)
        )
    elif opcode in _TEXTS and body[-1:] not in (b"", b"\0"):
        yield sentence("no NUL at the end")


def _where(opcode: Opcode, broken: c.ConstructError) -> tuple[str, str]:
    path = (broken.path or "").removeprefix("(parsing)").removeprefix(" -> ")
    place = " -> ".join(part for part in (opcode.name, path) if part)
    if not isinstance(broken, c.ValidationError):
        return place, sentence("the datagram ends before this field ends")
    if place.endswith("padding"):
        return place, sentence("has other octets than NUL")
    return place, sentence_p("a field", "empty")


def _pairs(opcode: Opcode, options: Iterable[Any]) -> tuple[Pairs, list[str]]:
    """Return the valid options, and words about the others. An option comes once (RFC 2347)."""
    known: dict[str, tuple[str, str]] = {}
    ignored: list[str] = []
    for index, option in enumerate(options):
        name, value = option["name"], option["value"]
        if value is None:
            ignored.append(sentence("option {name} without a value ignored", name=name[:20]))
        elif name.lower() not in known:
            known[name.lower()] = (name, value)
        elif opcode is Opcode.OACK and known[name.lower()][1] != value:
            where = f"{opcode.name} -> options -> {index} -> value"
            raise MalformedPacket(where, sentence("another value than before"))
        else:
            ignored.append(sentence("option {name} given again ignored", name=name[:20]))
    return tuple(known.values()), ignored


def build(packet: Packet) -> bytes:
    """The datagram of `packet`. `LocalError` if a field has a value that no packet can hold."""
    opcode = _OPCODES[type(packet)]
    body: dict[str, Any] = {name: getattr(packet, name) for name in names_of(type(packet))}
    if "options" in body:
        body["options"] = [{"name": name, "value": value} for name, value in body["options"]]
    try:
        octets = opcode.to_bytes(2, "big") + bytes(_BODIES[opcode].build(body))
    except c.ConstructError as broken:
        field = (broken.path or "").rpartition(" -> ")[2]
        why = sentence(
            "{packet}: the {field} is empty, holds a NUL, or is out of range",
            packet=opcode.name,
            field=field,
        )
        raise LocalError(why) from None
    if opcode <= Opcode.WRQ and len(octets) > REQUEST_LIMIT:
        why = sentence(
            "{packet} would have {octets} octets, but a request may have {limit}: use a "
            "shorter file name",
            packet=opcode.name,
            octets=len(octets),
            limit=REQUEST_LIMIT,
        )
        raise LocalError(why)
    return octets
