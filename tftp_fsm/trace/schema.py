"""The allowed values of a trace's fields, derived from the classes of the fields.

    decode = decoder(DataReceived)
    decode({"kind": "DataReceived", "block": 1, "octets": 512})
    decode({"kind": "DataReceived", "block": "1"})       # Wrong: block: "1" is no whole number ...

A field has the range of its type, or the narrower range for its name in `NARROWER`. A field with a
default may be missing, because older traces do not have all fields. A field that the class does not
have is an error. A trace may come from a stranger, so each value is checked before it is used.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import MISSING, Field, fields, is_dataclass
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from tftp_fsm.errors import LocalError
from tftp_fsm.language import sentence
from tftp_fsm.trace.values import (
    Decode,
    Wrong,
    at,
    flag,
    hexadecimal,
    member,
    octets,
    said,
    seconds,
    text,
    whole,
)
from tftp_fsm.wire.address import Address
from tftp_fsm.wire.packets import Error, Oack, Rrq, Wrq, build
from tftp_fsm.wire.ranges import OPTIONS

NUMBERS_16 = range(2**16)
RUN = range(1, 2**16)  # packets of one run; a socket takes fewer at once
RUN_OCTETS = range(2**32)  # octets of all packets of a run
LIST = 2**15  # items; an OACK of one datagram has fewer pairs
MISHAPS = 16  # faults of one datagram, and copies of it

_PLAIN: dict[Any, Decode] = {
    int: whole(), float: seconds, str: text, bytes: octets, bool: flag,
}  # fmt: skip


@cache
def decoder(kind: Any) -> Decode:
    """Return a function that makes a value of this type from JSON. It raises `Wrong`."""
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
            raise _no_list(value, lengths)
        decoders = each if len(lengths) == 1 else each * len(value)
        pairs = enumerate(zip(decoders, value, strict=True))
        return tuple(at(f"[{number}]", *pair) for number, pair in pairs)

    return decode


def _no_list(value: object, lengths: range) -> Wrong:
    fields = {"value": said(value), "most": lengths[-1]}
    if len(lengths) == 1:
        return Wrong(sentence("{value} is not a list of {most} items", **fields))
    return Wrong(sentence("{value} is not a list of at most {most:,} items", **fields))


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
    """Return a decoder for an object whose `kind` is the name of one of these classes."""
    named = {kind.__name__: decoder(kind) for kind in kinds}

    def decode(value: Any) -> Any:
        if not isinstance(value, dict):
            raise Wrong(sentence("{value} is not an object", value=said(value)))
        name = value.get("kind")
        if not isinstance(name, str) or name not in named:
            raise Wrong(
                sentence("{value} is not one of {names}", value=said(name), names=", ".join(named)),
                "kind",
            )
        return named[name]({n: content for n, content in value.items() if n != "kind"})

    return decode


def _enum(kind: type[Enum]) -> Decode:
    known = {one.value: one for one in kind}

    def decode(value: Any) -> Enum:
        if not isinstance(value, str) or value not in known:
            raise Wrong(
                sentence("{value} is not one of {names}", value=said(value), names=", ".join(known))
            )
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


def _address(value: Any) -> Address:
    """Check an address: a host and a port, and for IPv6 two more numbers."""
    found: Address = decoder(Address)(value)
    if found[1] not in NUMBERS_16:
        raise Wrong(sentence("{port} is not a port", port=found[1]), "[1]")
    return found


def _few(value: Any, kind: Any) -> Any:
    """Check a list of the faults of one datagram."""
    if isinstance(value, list) and len(value) > MISHAPS:
        raise Wrong(
            sentence(
                "{value} of {count:,} items is longer than {most}",
                value=said(value),
                count=len(value),
                most=MISHAPS,
            )
        )
    return decoder(kind)(value)


def _checked(value: Any) -> Any:
    """Return the value if a datagram can hold it."""
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
    **dict.fromkeys(("peer", "source", "to"), _address),
    "head": hexadecimal,
    "delays": lambda value: _few(value, tuple[float, ...]),
    "fate": lambda value: _few(value, tuple[str, ...]),
    **{name: whole(range(limits.least, limits.most + 1)) for name, limits in OPTIONS.items()},
}

_PACKETS: dict[str, Callable[[Any], Rrq | Wrq | Oack | Error]] = {
    **dict.fromkeys(("Rrq", "Wrq", "Oack", "Error"), lambda packet: packet),
    "OackReceived": lambda event: Oack(event.options),
    "ErrorReceived": lambda event: Error(event.code, event.message),
}
