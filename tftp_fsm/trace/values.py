"""Check JSON values of a stranger one by one. Each check returns the value or raises `Wrong`.

    whole(range(10))(7)
    whole(range(10))("7")       # Wrong: "7" is no whole number from 0 to 9

Each value is checked before it is used.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from tftp_fsm.borders import terminal
from tftp_fsm.frozen import frozen
from tftp_fsm.language import layout, sentence

Decode: TypeAlias = Callable[[Any], Any]

NUMBERS = range(2**63)
SECONDS = 1e12  # the limit of times and intervals
TEXT = 2**16  # characters; a datagram has fewer octets
LINE = 2**20  # characters of a line; the longest line has an ERROR of 64 KB twice
DIGITS = 20  # the most digits of a whole number
DEPTH = 8  # nested lists and objects
SHOWN = 40  # characters of a wrong value in a message


class Wrong(Exception):
    """A wrong value in a trace. `where` is the path of its field, such as `effects[0].block`."""

    def __init__(self, why: str, where: str = "") -> None:
        super().__init__(layout("{where}: {why}", where=where, why=why) if where else why)
        self.why = why
        self.where = where

    def within(self, name: str) -> Wrong:
        """Return the exception with `name` before the path of its field."""
        between = "" if not self.where or self.where.startswith("[") else "."
        return Wrong(self.why, f"{name}{between}{self.where}")


@frozen
class Huge:
    """A whole number with more digits than any field has."""

    digits: int


def parse_line(line: str) -> Any:
    """Return the JSON value of a line. Raises Wrong if the line is not JSON."""
    if len(line) > LINE:
        raise Wrong(sentence("the line has more than {most:,} characters", most=LINE))
    try:
        return _JSON.decode(line)
    except RecursionError:
        raise Wrong(sentence("it is nested too deeply")) from None
    except ValueError:
        raise Wrong(
            sentence("the line is cut off or is not JSON: remove this line and all lines after it")
        ) from None


def _number(digits: str) -> int | Huge:
    return int(digits) if len(digits) <= DIGITS else Huge(len(digits))


_JSON = json.JSONDecoder(parse_int=_number)


def said(value: object) -> str:
    """Return a wrong value for a message, shortened."""
    match value:
        case Huge(digits):
            return sentence("a number of {digits:,} digits", digits=digits)
        case dict():
            return sentence("an object")
        case list():
            return sentence("a list")
        case str():
            return terminal(json.dumps(value[:SHOWN], ensure_ascii=False), SHOWN)
    return terminal(json.dumps(value), SHOWN)


def whole(limits: range = NUMBERS) -> Decode:
    """Return a check for a whole number within `limits`."""

    def decode(value: Any) -> int:
        if type(value) is not int or value not in limits:
            raise Wrong(
                sentence(
                    "{value} is not a whole number from {least} to {most}",
                    value=said(value),
                    least=limits[0],
                    most=limits[-1],
                )
            )
        return value

    return decode


def seconds(value: Any) -> float:
    """Check a time or an interval. NaN and infinity are wrong."""
    if type(value) not in (int, float) or not -SECONDS < value < SECONDS:
        raise Wrong(sentence("{value} is not a time in seconds", value=said(value)))
    return value  # type: ignore[no-any-return]


def text(value: Any) -> str:
    """Check text that stands for octets (surrogateescape)."""
    if not isinstance(value, str):
        raise Wrong(sentence("{value} is not a text", value=said(value)))
    if len(value) > TEXT:
        raise Wrong(
            sentence(
                "a text of {count:,} characters is longer than {most:,}",
                count=len(value),
                most=TEXT,
            )
        )
    octets(value)
    return value


def octets(value: Any) -> bytes:
    """Return the octets of a text."""
    try:
        return value.encode("utf-8", "surrogateescape")  # type: ignore[no-any-return]
    except (AttributeError, UnicodeEncodeError):
        raise Wrong(sentence("{value} is not a text of octets", value=said(value))) from None


def hexadecimal(value: Any) -> bytes:
    """Return the octets of a hexadecimal text."""
    try:
        return bytes.fromhex(text(value))
    except ValueError:
        raise Wrong(sentence("{value} is not hexadecimal", value=said(value))) from None


def flag(value: Any) -> bool:
    """Check a value that is true or false."""
    if not isinstance(value, bool):
        raise Wrong(sentence("{value} is neither true nor false", value=said(value)))
    return value


def free(value: Any, depth: int = DEPTH) -> Any:
    """Check any value of JSON: its depth, and the size of its numbers."""
    match value:
        case Huge() | float():
            return seconds(value)
        case dict() | list() if not depth:
            raise Wrong(sentence("it is nested more than {most} deep", most=DEPTH))
        case dict():
            for name, item in value.items():
                at(text(name), free, item, depth - 1)
        case list():
            for number, item in enumerate(value):
                at(f"[{number}]", free, item, depth - 1)
    return value


def member(value: Any, known: Mapping[str, Decode], *optional: str) -> dict[str, Any]:
    """Return the `known` members of an object. Only `optional` members may be missing."""
    if not isinstance(value, dict):
        raise Wrong(sentence("{value} is not an object", value=said(value)))
    for name in value:
        if name not in known:
            raise Wrong(
                sentence(
                    "{value} is not known here; the known values are {names}",
                    value=said(name),
                    names=", ".join(known),
                )
            )
    for name in known:
        if name not in value and name not in optional:
            raise Wrong(sentence("it is missing"), name)
    return {name: at(name, known[name], content) for name, content in value.items()}


def at(name: str, decode: Callable[..., Any], *values: Any) -> Any:
    """Return `decode(*values)`. If it raises `Wrong`, add `name` to the path."""
    try:
        return decode(*values)
    except Wrong as wrong:
        raise wrong.within(terminal(name, SHOWN)) from None
