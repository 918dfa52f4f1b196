"""Packets, events, effects and addresses as JSON, and back.

Decoders check every value. They raise KeyError, TypeError or ValueError, and `trace` adds the
number of the line.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from enum import Enum
from typing import Any, TypeAlias, cast

from tftp_fsm.protocol.events import Effect, Event, Outcome
from tftp_fsm.protocol.timing import RetryPolicy
from tftp_fsm.wire.address import Address
from tftp_fsm.wire.options import Options, read_options
from tftp_fsm.wire.packets import Packet, Rrq, Wrq

Json: TypeAlias = dict[str, Any]

AMOUNT_LIMIT = 1 << 20
_RARE = ("tolerated", "repeats", "reason", "told")  # fields that are left out while they are empty


def to_json(value: object) -> Json:
    return {"kind": type(value).__name__, **fields_to_json(value)}


def fields_to_json(value: Any) -> Json:
    told = ((field.name, getattr(value, field.name)) for field in fields(value))
    return {name: plain(content) for name, content in told if content or name not in _RARE}


def plain(value: object) -> Any:
    match value:
        case bytes():
            return value.decode("utf-8", "surrogateescape")
        case Outcome():
            return value.value
        case Enum():  # an error code of ours is a number on the wire
            return int(cast(int, value))
        case tuple():
            return [plain(item) for item in value]
        case None | str() | int() | float():
            return value
        case _:
            return to_json(value)


def text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    value.encode("utf-8", "surrogateescape")  # ValueError: it is not what any octets say
    return value


def number(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"{value!r} is no whole number")
    return value


def amount(value: Any) -> int:
    """A count of blocks or packets. No session has so many, and a loop over them would not end."""
    if number(value) not in range(AMOUNT_LIMIT):
        raise ValueError(f"{value} is too many")
    return number(value)


def seconds(value: Any) -> float:
    if not isinstance(value, float | int) or isinstance(value, bool) or value - value != 0:
        raise TypeError(f"{value!r} is no time in seconds")
    return value


def flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError(f"{value!r} is neither true nor false")
    return value


def octets(value: Any) -> bytes:
    return text(value).encode("utf-8", "surrogateescape")


def optional(decode: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda value: None if value is None else decode(value)


def pairs(value: Any) -> tuple[tuple[str, str], ...]:
    return tuple((text(name), text(content)) for name, content in value)


def options(value: Any) -> Options:
    """The options that a server accepted."""
    for given in dict(value).values():
        number(given)
    known = Options(**value)
    if read_options(known.pairs()) != known:
        raise ValueError(f"{value!r} are no options")
    return known


def retry_policy(value: Any) -> RetryPolicy:
    """The retry policy of a session."""
    known = RetryPolicy(**value)
    amount(known.retransmissions)
    optional(amount)(known.retries)
    optional(number)(known.doubtful_octets)
    for time in (known.initial_rto, known.least_rto):
        seconds(time)
    for limit in (known.dally, known.patience, known.unanswered_patience):
        optional(seconds)(limit)
    return known


def tid(value: Any) -> Address | None:
    if value is None:
        return None
    host, *numbers = value
    if len(numbers) not in (1, 3):
        raise ValueError(f"{value!r} is no host and port")
    return cast(Address, (text(host), *(number(item) for item in numbers)))


def _any_of(*kinds: Any) -> Callable[[Any], Any]:
    names = {kind.__name__: kind for kind in kinds}

    def decode(record: Any) -> Any:
        kind = names.get(record["kind"])
        if kind is None:
            raise ValueError(f"{record['kind']!r} is none of {', '.join(names)}")
        named = (
            f.name for f in fields(kind) if f.name in record or f.name not in (*_RARE, *_LATER)
        )
        return kind(**{name: _DECODERS[name](record[name]) for name in named})

    return decode


event: Callable[[Any], Event] = _any_of(*Event.__args__)
effect: Callable[[Any], Effect] = _any_of(*Effect.__args__)
packet: Callable[[Any], Packet] = _any_of(*Packet.__args__)
request: Callable[[Any], Rrq | Wrq] = _any_of(Rrq, Wrq)

_LATER = ("is_hard",)  # fields that older traces do not have

_DECODERS: dict[str, Callable[[Any], Any]] = {
    **dict.fromkeys(("block", "octets", "first", "size"), number),
    **dict.fromkeys(("count", "stride", "repeats"), amount),
    **dict.fromkeys(("last", "code"), optional(number)),
    **dict.fromkeys(("message", "where", "mode", "tolerated", "reason", "told"), text),
    **dict.fromkeys(("filename", "payload"), octets),
    **dict.fromkeys(("source", "to"), tid),
    **dict.fromkeys(("is_error", "is_hard"), flag),
    "options": pairs,
    "packet": packet,
    "outcome": Outcome,
}
