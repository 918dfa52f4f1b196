"""A map: its rules, applied to the name of a request.

    names = Map.read("/etc/tftp.map")
    print(names.apply(Asked("RRQ", b"pxelinux.cfg\\\\default", peer=("192.0.2.7", 2070))))

Nothing here waits or reads a file. The work for one name has a limit (`WORK`), for any rules and
any name.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Self

from tftp_fsm.borders import brief
from tftp_fsm.errors import LocalError
from tftp_fsm.frozen import frozen
from tftp_fsm.language import mark, marked, reason, sentence
from tftp_fsm.providers.asked import Asked, Denial
from tftp_fsm.providers.maps.matcher import Budget, Places, TooCostly
from tftp_fsm.providers.maps.replacement import expand, facts_needed
from tftp_fsm.providers.maps.rules import Rule, parse_rules
from tftp_fsm.wire.packets import ErrorCode

STEPS = 4096  # rules that are tried for one name; the default of in.tftpd --map-steps
WORK = 100_000  # instructions of expressions for one name; they take about 50 ms
LONGEST_NAME = 512  # octets; the longest name in a request (RFC 2347)
LARGEST_FILE = 1 << 20  # octets
DENIED = mark("access denied")
TOO_LONG = "the map makes the name too long"
TOO_MUCH = mark("the map takes too long for this name")
_ALWAYS = (0, 0)
_IN_WORDS = {"mac_dashed": "the hardware address"}

Has = Callable[[bytes], bool]


@frozen
class Step:
    """One rule that was tried, the name before and after it, and its effect in words."""

    rule: Rule
    before: str
    after: str
    did: str


@frozen
class Mapped:
    """The result of a map: the new name or a denial, and the steps to it."""

    name: bytes
    denial: Denial | None
    steps: tuple[Step, ...]


@frozen
class Map:
    """The rules of a map, in their order."""

    rules: tuple[Rule, ...]

    @classmethod
    def parse(cls, text: str, where: str = "the map") -> Self:
        """Read the map in `text`. Raises LocalError with the number of a wrong line."""
        try:
            return cls(parse_rules(text, where))
        except ValueError as wrong:
            raise LocalError(str(wrong), setting="map") from None

    @classmethod
    def read(cls, path: str | os.PathLike[str]) -> Self:
        """Read the map in a file. Raises LocalError."""
        where = brief(os.fspath(path))
        try:
            with open(path, "rb") as file:
                octets = file.read(LARGEST_FILE + 1)
        except (OSError, ValueError) as error:
            why = reason(error) if isinstance(error, OSError) else str(error)
            raise LocalError(
                sentence("cannot read the map {where}: {why}", where=where, why=why), setting="map"
            ) from None
        if len(octets) > LARGEST_FILE:
            raise LocalError(
                sentence(
                    "the map {where} has more than {octets} octets",
                    where=where,
                    octets=LARGEST_FILE,
                ),
                setting="map",
            )
        return cls.parse(octets.decode("utf-8", "surrogateescape"), where)

    def apply(self, asked: Asked, has: Has = lambda _: False) -> Mapped:
        """Apply the rules to the name of a request. `has` tells whether a file exists (E)."""
        return _Run(self.rules, asked, has).whole()


class _Run:
    """One name on its way through the rules."""

    def __init__(self, rules: tuple[Rule, ...], asked: Asked, has: Has) -> None:
        self._rules = rules
        self._asked = asked
        self._has = has
        self._budget = Budget(WORK)
        self._facts = asked.facts() if any(facts_needed(r.replacement) for r in rules) else {}
        self._name = asked.name.decode("utf-8", "surrogateescape")
        self._steps: list[Step] = []

    def whole(self) -> Mapped:
        denial = None
        try:
            self._go()
        except TooCostly:
            denial = Denial(TOO_MUCH, ErrorCode.UNDEFINED)
        except _Denied as denied:
            denial = Denial(str(denied), ErrorCode.ACCESS_VIOLATION)
        return Mapped(_octets(self._name), denial, tuple(self._steps))

    def _go(self) -> None:
        place: int | None = 0
        is_ipv6 = ":" in self._asked.host
        for _ in range(STEPS):
            if place is None or place >= len(self._rules):
                return
            rule = self._rules[place]
            if rule.concerns(self._asked.verb, is_ipv6):
                place = self._try(rule, place)
            else:
                place += 1
        raise TooCostly

    def _try(self, rule: Rule, place: int) -> int | None:
        """Apply one rule. Return the place of the next rule, or None after the last."""
        before, lacking = self._name, self._lacking(rule)
        if lacking:
            self._note(rule, before, f"left out: {lacking} of the client is not known")
            return place + 1
        places = self._search(rule)
        if rule.has("~"):
            places = _ALWAYS if places is None else None
        if places is None:
            did = mark("matches") if rule.has("~") else mark("does not match")
            self._note(rule, before, marked(did))
            return place + 1
        if rule.has("a"):
            self._note(rule, before, sentence("refused"))
            raise _Denied(expand(rule.replacement, before, places, self._facts) or DENIED)
        if rule.has("r"):
            self._replace(rule, places)
        return self._after(rule, before, place)

    def _after(self, rule: Rule, before: str, place: int) -> int | None:
        """Return the place of the next rule after a rule that was applied."""
        if rule.has("E") and not self._has(_octets(self._name)):
            self._note(rule, before, sentence("undone: there is no such file"))
            self._name = before
            return place + 1
        ended = rule.has("e") or rule.has("E")
        did = sentence("replaced") if rule.has("r") else sentence("matches")
        did = sentence("does not match") if rule.has("~") else did
        if ended:
            self._note(rule, before, sentence("{did}, the last rule", did=did))
            return None
        if rule.has("s"):
            self._note(rule, before, sentence("{did}, from the first rule again", did=did))
            return 0
        if rule.has("j"):
            self._note(
                rule, before, sentence("{did}, continue at :{label}", did=did, label=rule.label)
            )
            return next(n for n, r in enumerate(self._rules) if _is_label(r, rule.label)) + 1
        self._note(rule, before, did)
        return place + 1

    def _replace(self, rule: Rule, places: Places) -> None:
        """Replace the match. With g search again from the beginning, with gg after the match."""
        found: Places | None = places
        for _ in range(STEPS):
            if found is None:
                return
            begin, end = found[:2]
            made = expand(rule.replacement, self._name, found, self._facts)
            self._rename(self._name[:begin] + made + self._name[end:])
            if not rule.has("g"):
                return
            ahead = begin + len(made) + (begin == end) if rule.operations.count("g") > 1 else 0
            found = self._search(rule, ahead) if ahead <= len(self._name) else None
        raise TooCostly

    def _search(self, rule: Rule, begin: int = 0) -> Places | None:
        assert rule.program is not None, "a label concerns no request"
        return rule.program.search(self._name, self._budget, begin)

    def _rename(self, name: str) -> None:
        if len(name) > LONGEST_NAME or len(_octets(name)) > LONGEST_NAME:
            raise _Denied(TOO_LONG)
        self._name = name

    def _lacking(self, rule: Rule) -> str:
        """Return a fact that the rule needs but is unknown, such as the MAC of a far client."""
        needed = facts_needed(rule.replacement)
        return next((_IN_WORDS.get(n, n) for n in sorted(needed) if not self._facts.get(n)), "")

    def _note(self, rule: Rule, before: str, did: str) -> None:
        self._steps.append(Step(rule, before, self._name, did))


class _Denied(Exception):
    """A rule refuses the request."""


def _is_label(rule: Rule, label: str) -> bool:
    return rule.program is None and rule.label == label


def _octets(name: str) -> bytes:
    return name.encode("utf-8", "surrogateescape")
