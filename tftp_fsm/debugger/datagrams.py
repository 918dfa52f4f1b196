"""Datagrams that the debugger holds on their way: their fields and octets, and edits of them.

    held.words                       'DATA 3 (512 octets)'
    fields_of(held.octets)           opcode, block, payload, each with its place in the datagram
    edited(held.octets, {"block": "7"})

An edit builds a packet again, so the result is always valid. `raw` octets may be anything.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any

from tftp_fsm.borders import brief
from tftp_fsm.errors import LocalError, MalformedPacket
from tftp_fsm.frozen import frozen
from tftp_fsm.language import sentence
from tftp_fsm.protocol.gloss import UNCAPTURED, end_word, fate_gloss
from tftp_fsm.wire.address import Address
from tftp_fsm.wire.headers import Opcode
from tftp_fsm.wire.packets import Data, Error, Oack, Packet, Reading, Rrq, Wrq, build, parse, read
from tftp_fsm.wire.words import data_words, malformed_words, octets_words, reading_words

DIGITS = 18  # the most digits of a whole number that a user types
STRANGER = "stranger"
NOBODY = "nobody"
MEANWHILE = "sent again while you thought"  # a fate: the clock of a real peer goes on


@frozen
class Held:
    """One datagram under way. `number` is its name in this run. `sent` and `due` are in seconds.

    `sender` and `receiver` are names of ends, or of a stranger, or empty. `size` is the length in
    octets. In a recorded trace `octets` has only the first octets. `fate` has the faults on the
    way, or `uncaptured` if the capture of the trace does not have it. If this is a second copy,
    `copy_of` is the number of the first.
    """

    number: int
    sender: str
    receiver: str
    source: Address
    to: Address
    octets: bytes
    sent: float
    due: float
    size: int
    fate: tuple[str, ...] = ()
    copy_of: int | None = None

    @property
    def origin(self) -> int:
        """The number of the datagram that was sent: this one, or the first copy of it."""
        return self.number if self.copy_of is None else self.copy_of

    @property
    def whole(self) -> bool:
        """Whether all of its octets are known."""
        return len(self.octets) == self.size

    @property
    def lost(self) -> bool:
        """Whether it will never arrive."""
        return "lost" in self.fate

    @property
    def is_uncaptured(self) -> bool:
        """A machine would have sent it, and the capture that is looked at does not have it."""
        return UNCAPTURED in self.fate

    @property
    def packet(self) -> Packet | None:
        """The packet, or None if the octets are malformed."""
        reading = _read(self.octets)
        return None if reading is None else reading.packet

    @property
    def kind(self) -> str:
        """`DATA`, `ACK`, ..., or `malformed`."""
        packet = self.packet
        return "malformed" if packet is None else type(packet).__name__.upper()

    @property
    def block(self) -> int | None:
        """The block number of DATA or ACK on the wire, or None."""
        return getattr(self.packet, "block", None)

    @property
    def words(self) -> str:
        """`DATA 3 (512 octets)`."""
        reading = _read(self.octets)
        if reading is None:
            return malformed_words(self.size)
        if isinstance(reading.packet, Data) and not self.whole:
            return data_words(reading.packet.block, self.size - 4)
        return reading_words(reading)

    def marked(self, *fate: str) -> Held:
        """Return this datagram with these faults added to its fate."""
        return replace(self, fate=(*self.fate, *fate))


def way_of(held: Held) -> str:
    """Return words about its way, such as `on the way: lost`, or "" if nothing happened to it."""
    if held.is_uncaptured:
        return sentence("the machine of this end would have sent it, but it is not in the capture")
    return sentence("on the way: {fate}", fate=fate_gloss(held.fate)) if held.fate else ""


def whose(held: Held) -> str:
    """`DATA 3 (512 octets) of server`."""
    return sentence("{packet} of {end}", packet=held.words, end=end_word(held.sender))


def made_by_hand(held: Held, end: str) -> str:
    """The note of a datagram that the user made."""
    return sentence("{packet} for {end}: made by hand", packet=held.words, end=end_word(end))


@lru_cache(maxsize=256)
def _read(octets: bytes) -> Reading | None:
    """Read the packet, or return None. Results are cached: a debugger asks again and again."""
    try:
        return read(octets)
    except MalformedPacket:
        return None


@frozen
class Field:
    """One field of a packet: the octets from `start` up to `stop` in the datagram."""

    name: str
    value: str
    start: int
    stop: int


def fields_of(octets: bytes) -> tuple[Field, ...]:
    """The fields in their order. A malformed packet has the opcode and the rest."""
    return tuple(_fields(octets))


def _fields(octets: bytes) -> Iterator[Field]:
    reading = _read(octets)
    if reading is None:
        yield Field("opcode", _opcode(octets), 0, min(2, len(octets)))
        yield Field("malformed", _fault(octets), min(2, len(octets)), len(octets))
        return
    yield Field("opcode", _opcode(octets), 0, 2)
    match packet := reading.packet:
        case Rrq() | Wrq():
            yield from _strings(octets, 2, ["filename", "mode"])
        case Oack():
            yield from _strings(octets, 2, [])
        case Data(block, payload):
            yield Field("block", str(block), 2, 4)
            yield Field("payload", octets_words(len(payload)), 4, len(octets))
        case Error(code, message):
            yield Field("code", str(code), 2, min(4, len(octets)))
            yield from _message(octets, brief(message))
        case _:
            yield Field("block", str(packet.block), 2, 4)
            yield from _padding(octets, 4)


def _fault(octets: bytes) -> str:
    """Return the reason why the octets are not a packet."""
    try:
        parse(octets)
    except MalformedPacket as broken:
        return str(broken)
    return ""


def _message(octets: bytes, text: str) -> Iterator[Field]:
    if len(octets) > 4:
        stop = (octets + b"\0").index(b"\0", 4) + 1
        yield Field("message", text, 4, min(stop, len(octets)))
        yield from _padding(octets, stop)


def _padding(octets: bytes, start: int) -> Iterator[Field]:
    if len(octets) > start:
        yield Field("padding", octets_words(len(octets) - start), start, len(octets))


def _opcode(octets: bytes) -> str:
    number = int.from_bytes(octets[:2], "big")
    known = len(octets) >= 2 and number in list(Opcode)
    return f"{number} {Opcode(number).name}" if known else str(number)


def _strings(octets: bytes, start: int, names: list[str]) -> Iterator[Field]:
    """Yield texts that end with NUL: those of `names`, then options and their values.

    A NUL at the place of an option is padding. The last NUL or the last value may be missing.
    """
    option, option_start = "", start
    for text in octets[start:].removesuffix(b"\0").split(b"\0"):
        stop = min(start + len(text) + 1, len(octets))
        if names:
            yield Field(names.pop(0), brief(text), start, stop)
        elif option:
            yield Field(option, brief(text), option_start, stop)
            option = ""
        elif text:
            option, option_start = brief(text), start
        else:
            yield from _padding(octets, start)
            return
        start = stop
    if option:
        yield Field(option, "", option_start, len(octets))


def edited(octets: bytes, changes: Mapping[str, str]) -> bytes:
    """Return the datagram with these fields changed. LocalError: a field or value is wrong.

    `payload` is text, or hexadecimal after `hex:`. The name of an option changes this option, and
    the value `-` removes it.
    """
    packet = _readable(octets)
    for name, value in changes.items():
        packet = _changed(packet, name, value)
    return build(packet)


def _readable(octets: bytes) -> Packet:
    try:
        return parse(octets)
    except MalformedPacket as broken:
        why = str(broken)
        raise LocalError(
            sentence("this datagram is not a packet ({why}): edit its octets with `raw`", why=why)
        ) from None


def _changed(packet: Packet, name: str, value: str) -> Packet:
    change: dict[str, Any]
    match name:
        case "block" | "code" if hasattr(packet, name):
            change = {name: _number(name, value)}
        case "message" | "mode" if hasattr(packet, name):
            change = {name: value}
        case "payload" | "filename" if hasattr(packet, name):
            change = {name: octets_of(value)}
        case _ if hasattr(packet, "options") and name not in ("block", "code", "payload"):
            change = {"options": _with_option(packet.options, name, value)}
        case _:
            kind = type(packet).__name__.upper()
            known = ", ".join(f for f in type(packet).__dataclass_fields__)
            raise LocalError(
                sentence(
                    "{kind} has no field {name!r}, only {known}", kind=kind, name=name, known=known
                )
            )
    return replace(packet, **change)


def is_whole(text: str) -> bool:
    """Return whether the text is a whole number of ASCII digits, and not too long."""
    return text.isascii() and text.isdigit() and len(text) <= DIGITS


def octets_of(text: str) -> bytes:
    """Return the octets of a typed text, which is hexadecimal after `hex:`."""
    if not text.startswith("hex:"):
        return text.encode("utf-8", "surrogateescape")
    return hexadecimal(text.removeprefix("hex:"))


def hexadecimal(text: str) -> bytes:
    """The octets of a hexadecimal text. LocalError: it is not hexadecimal."""
    try:
        return bytes.fromhex(text)
    except ValueError:
        raise LocalError(
            sentence("{text!r} is not hexadecimal: write pairs such as 0004 0001", text=text[:40])
        ) from None


def _number(name: str, value: str) -> int:
    if is_whole(value) and int(value) <= 0xFFFF:
        return int(value)
    raise LocalError(
        sentence("{name} must be a number from 0 to 65535, not {value!r}", name=name, value=value)
    )


def _with_option(pairs: Any, name: str, value: str) -> tuple[tuple[str, str], ...]:
    others = tuple((known, told) for known, told in pairs if known.lower() != name.lower())
    return others if value == "-" else (*others, (name, value))
