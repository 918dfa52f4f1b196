"""The replacement of a rule: text, groups of the match, and facts of the client."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from tftp_fsm.frozen import frozen
from tftp_fsm.language import sentence
from tftp_fsm.providers.maps.matcher import Places

FACTS = {"i": "ip", "x": "ip_hex", "m": "mac_dashed"}
"""The letters that stand for a fact about the client, after a backslash."""


@frozen
class Matched:
    """The text that a group has matched. Group 0 is the whole match."""

    group: int


@frozen
class Fact:
    """A fact about the client."""

    name: str


@frozen
class Case:
    """The following text is changed to this case: U, L, or E for no change."""

    to: str


Part: TypeAlias = str | Matched | Fact | Case
Replacement: TypeAlias = tuple[Part, ...]
_CASES: dict[str, Callable[[str], str]] = {"U": str.upper, "L": str.lower, "E": str}


def parse_replacement(text: str, groups: int) -> Replacement:
    """Read a replacement. A backslash before another character stands for this character."""
    parts: list[Part] = []
    marks = iter(text)
    for mark in marks:
        parts.append(mark if mark != "\\" else _escaped(next(marks, "\\"), groups))
    return tuple(parts)


def _escaped(mark: str, groups: int) -> Part:
    if mark.isascii() and mark.isdigit():
        if int(mark) > groups:
            raise ValueError(
                sentence(
                    "\\{mark} stands for a group, and the expression has {groups}",
                    mark=mark,
                    groups=groups,
                )
            )
        return Matched(int(mark))
    if mark in FACTS:
        return Fact(FACTS[mark])
    return Case(mark) if mark in _CASES else mark


def facts_needed(replacement: Replacement) -> set[str]:
    """Return the names of the facts in it."""
    return {part.name for part in replacement if isinstance(part, Fact)}


def expand(replacement: Replacement, name: str, places: Places, facts: Mapping[str, str]) -> str:
    """Return the text of a replacement for this match in `name`."""
    change, found = _CASES["E"], []
    for part in replacement:
        match part:
            case Case(to):
                change = _CASES[to]
            case Matched(group):
                begin, end = places[2 * group : 2 * group + 2]
                found.append(change(name[begin:end] if begin >= 0 else ""))
            case Fact(fact):
                found.append(change(facts[fact]))
            case _:
                found.append(change(part))
    return "".join(found)
