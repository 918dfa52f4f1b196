"""What the fields of a trace may hold, derived from the classes that they belong to.

    decode = decoder(DataReceived)
    decode({"kind": "DataReceived", "block": 1, "octets": 512})
    decode({"kind": "DataReceived", "block": "1"})       # Wrong: block: "1" is no whole number ...

A field has the range of its type, or the narrower one of its name in `NARROWER`. A field with a
default may be missing, since older traces do not have all fields. A field that the class does not
have is wrong. A trace may come from a stranger, so nothing of a value is used before it is checked.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Any, TypeAlias, Union, get_args, get_origin, get_type_hints

from tftp_fsm.borders import terminal
from tftp_fsm.errors import LocalError
from tftp_fsm.frozen import frozen
from tftp_fsm.wire.address import Address
from tftp_fsm.wire.options import RANGES
from tftp_fsm.wire.packets import Error, Oack, Rrq, Wrq, build

Decode: TypeAlias = Callable[[Any], Any]

NUMBERS = range(2**63)
NUMBERS_16 = range(2**16)
SECONDS = 1e12  # further from zero no clock is, and an interval is no longer
TEXT = 2**16  # characters; a datagram has fewer octets
RUN = range(1, 2**16)  # packets of one run; no socket takes so many at once
RUN_OCTETS = range(2**32)  # of all its packets
LIST = 2**15  # items; an OACK of one datagram has fewer pairs
MISHAPS = 16  # things that happen to one datagram, and copies of it
LINE = 2**20  # characters of a line; the longest has an ERROR of 64 KB twice
DIGITS = 20  # of a whole number
DEPTH = 8  # lists and objects in each other
SHOWN = 40  # characters of a wrong value in a message


class Wrong(Exception):
    """A value that no trace has. `where` is the path of its field, such as `effects[0].block`."""

    def __init__(self, why: str, where: str = "") -> None:
        super().__init__(f"{where}: {why}" if where else why)
        self.why = why
        self.where = where

    def within(self, name: str) -> Wrong:
        """The same of a field of `name`."""
        between = "" if not self.where or self.where.startswith("[") else "."
        return Wrong(self.why, f"{name}{between}{self.where}")


@frozen
class Huge:
    """A whole number with more digits than any field has."""

    digits: int


def parse_line(line: str) -> Any:
    """The JSON value of a line. Wrong: there is none."""
    if len(line) > LINE:
        raise Wrong(f"the line has more than {LINE:,} characters")
    try:
        return _JSON.decode(line)
    except RecursionError:
        raise Wrong("it is nested too deeply") from None
    except ValueError:
        raise Wrong("it is cut off, or is no JSON: remove this line and what follows") from None


def _number(digits: str) -> int | Huge:
    return int(digits) if len(digits) <= DIGITS else Huge(len(digits))


_JSON = json.JSONDecoder(parse_int=_number)


def said(value: object) -> str:
    """A wrong value in a message: what it is, not all of it."""
    match value:
        case Huge(digits):
            return f"a number of {digits:,} digits"
        case dict():
            return "an object"
        case list():
            return "a list"
        case str():
            return terminal(json.dumps(value[:SHOWN], ensure_ascii=False), SHOWN)
    return terminal(json.dumps(value), SHOWN)


# -- Values ---------------------------------------------------------------------------------------


def whole(limits: range = NUMBERS) -> Decode:
    """A whole number within `limits`."""

    def decode(value: Any) -> int:
        if type(value) is not int or value not in limits:
            raise Wrong(f"{said(value)} is no whole number from {limits[0]} to {limits[-1]}")
        return value

    return decode


def seconds(value: Any) -> float:
    """A time or an interval. NaN and infinity are none."""
    if type(value) not in (int, float) or not -SECONDS < value < SECONDS:
        raise Wrong(f"{said(value)} is no time in seconds")
    return value  # type: ignore[no-any-return]


def text(value: Any) -> str:
    """Text that some octets say (surrogateescape)."""
    if not isinstance(value, str):
        raise Wrong(f"{said(value)} is no text")
    if len(value) > TEXT:
        raise Wrong(f"a text of {len(value):,} characters is longer than {TEXT:,}")
    octets(value)
    return value


def octets(value: Any) -> bytes:
    """The octets of a text."""
    try:
        return value.encode("utf-8", "surrogateescape")  # type: ignore[no-any-return]
    except (AttributeError, UnicodeEncodeError):
        raise Wrong(f"{said(value)} is no text of octets") from None


def hexadecimal(value: Any) -> bytes:
    """Octets in hexadecimal."""
    try:
        return bytes.fromhex(text(value))
    except ValueError:
        raise Wrong(f"{said(value)} is not hexadecimal") from None


def flag(value: Any) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        raise Wrong(f"{said(value)} is neither true nor false")
    return value


def address(value: Any) -> Address:
    """A host and a port, and for IPv6 two numbers more."""
    found: Address = decoder(Address)(value)
    if found[1] not in NUMBERS_16:
        raise Wrong(f"{found[1]} is no port", "[1]")
    return found


def free(value: Any, depth: int = DEPTH) -> Any:
    """Any value of JSON that is not nested too deeply. Numbers have bounds."""
    match value:
        case Huge() | float():
            return seconds(value)
        case dict() | list() if not depth:
            raise Wrong(f"it is nested more than {DEPTH} deep")
        case dict():
            for name, item in value.items():
                _at(text(name), free, item, depth - 1)
        case list():
            for number, item in enumerate(value):
                _at(f"[{number}]", free, item, depth - 1)
    return value


def member(value: Any, known: Mapping[str, Decode], *optional: str) -> dict[str, Any]:
    """The members of an object that are `known`. All must be there, except the `optional` ones."""
    if not isinstance(value, dict):
        raise Wrong(f"{said(value)} is no object")
    for name in value:
        if name not in known:
            raise Wrong(f"{said(name)} is not known here; known are {', '.join(known)}")
    for name in known:
        if name not in value and name not in optional:
            raise Wrong("it is missing", name)
    return {name: _at(name, known[name], content) for name, content in value.items()}


def _at(name: str, decode: Callable[..., Any], *values: Any) -> Any:
    """`decode(*values)`. If that is `Wrong`, it says that this was in `name`."""
    try:
        return decode(*values)
    except Wrong as wrong:
        raise wrong.within(terminal(name, SHOWN)) from None


# -- Types ----------------------------------------------------------------------------------------

_PLAIN: dict[Any, Decode] = {
    int: whole(), float: seconds, str: text, bytes: octets, bool: flag,
}  # fmt: skip


@cache
def decoder(kind: Any) -> Decode:
    """What makes a value of this type from JSON. It raises `Wrong`."""
    if kind in _PLAIN:
        return _PLAIN[kind]
    if get_origin(kind) is tuple:
        return _tuple(get_args(kind))
    if get_origin(kind) in (Union, UnionType):
        return _union(get_args(kind))
    if is_dataclass(kind):
        return _record(kind)
    assert isinstance(kind, type) and issubclass(kind, Enum), f"no trace can hold {kind}"
    return _enum(kind)


def _tuple(items: tuple[Any, ...]) -> Decode:
    each = tuple(map(decoder, items[:1] if items[-1] is Ellipsis else items))
    lengths = range(LIST) if items[-1] is Ellipsis else range(len(items), len(items) + 1)

    def decode(value: Any) -> tuple[Any, ...]:
        if not isinstance(value, list) or len(value) not in lengths:
            most = f"{lengths[-1]}" if len(lengths) == 1 else f"at most {lengths[-1]:,}"
            raise Wrong(f"{said(value)} is no list of {most} items")
        decoders = each if len(lengths) == 1 else each * len(value)
        pairs = enumerate(zip(decoders, value, strict=True))
        return tuple(_at(f"[{number}]", *pair) for number, pair in pairs)

    return decode


def _union(kinds: tuple[Any, ...]) -> Decode:
    some = tuple(kind for kind in kinds if kind is not NoneType)
    if is_dataclass(some[0]) and len(some) > 1:
        decode = _any_of(some)
    elif len(some) == 1:
        decode = decoder(some[0])
    else:  # tuples of different lengths
        by_length = {len(get_args(kind)): decoder(kind) for kind in some}
        decode = lambda value: by_length.get(  # noqa: E731
            len(value) if isinstance(value, list) else 0, by_length[min(by_length)]
        )(value)
    if NoneType not in kinds:
        return decode
    return lambda value: None if value is None else decode(value)


def _any_of(kinds: Iterable[Any]) -> Decode:
    """An object whose `kind` is the name of one of these classes."""
    named = {kind.__name__: decoder(kind) for kind in kinds}

    def decode(value: Any) -> Any:
        if not isinstance(value, dict):
            raise Wrong(f"{said(value)} is no object")
        name = value.get("kind")
        if not isinstance(name, str) or name not in named:
            raise Wrong(f"{said(name)} is none of {', '.join(named)}", "kind")
        return named[name]({n: content for n, content in value.items() if n != "kind"})

    return decode


def _enum(kind: type[Enum]) -> Decode:
    known = {one.value: one for one in kind}

    def decode(value: Any) -> Enum:
        if not isinstance(value, str) or value not in known:
            raise Wrong(f"{said(value)} is none of {', '.join(known)}")
        return known[value]

    return decode


def _record(kind: Any) -> Decode:
    hints = get_type_hints(kind)
    known = {f.name: _field(f, hints[f.name]) for f in fields(kind)}
    optional = [f.name for f in fields(kind) if f.default is not MISSING]
    return lambda value: _checked(kind(**member(value, known, *optional)))


def _field(of: Field[Any], hint: Any) -> Decode:
    narrower = NARROWER.get(of.name)
    if narrower is None:
        return decoder(hint)
    if NoneType in get_args(hint):
        return lambda value: None if value is None else narrower(value)
    return narrower


def _few(value: Any, kind: Any) -> Any:
    """A list of what happened to one datagram."""
    if isinstance(value, list) and len(value) > MISHAPS:
        raise Wrong(f"{said(value)} of {len(value):,} items is longer than {MISHAPS}")
    return decoder(kind)(value)


def _checked(value: Any) -> Any:
    """The value, if a datagram can hold it."""
    words = _PACKETS.get(type(value).__name__)
    if words is not None:
        try:
            build(words(value))
        except LocalError as wrong:
            raise Wrong(str(wrong)) from None
    return value


NARROWER: dict[str, Decode] = {
    **dict.fromkeys(("block", "code"), whole(NUMBERS_16)),
    **dict.fromkeys(("count", "stride"), whole(RUN)),
    "repeats": whole(NUMBERS_16),
    **dict.fromkeys(("octets", "last"), whole(RUN_OCTETS)),
    **dict.fromkeys(("peer", "source", "to"), address),
    "head": hexadecimal,
    "delays": lambda value: _few(value, tuple[float, ...]),
    "fate": lambda value: _few(value, tuple[str, ...]),
    **{name: whole(range(limits.least, limits.most + 1)) for name, limits in RANGES.items()},
}

_PACKETS: dict[str, Callable[[Any], Rrq | Wrq | Oack | Error]] = {
    **dict.fromkeys(("Rrq", "Wrq", "Oack", "Error"), lambda packet: packet),
    "OackReceived": lambda event: Oack(event.options),
    "ErrorReceived": lambda event: Error(event.code, event.message),
}
