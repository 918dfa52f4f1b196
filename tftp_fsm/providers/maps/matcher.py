"""Runs the program of an expression over a name, in time that has a bound.

All ways of a match go through the name side by side (Thompson, Pike). Two ways that stand at the
same instruction go on in the same way, so only the first of them is kept. Each character therefore
costs at most one look at each instruction, whatever the expression and the name are.
"""

from __future__ import annotations

from collections.abc import Container, Sequence
from typing import TypeAlias

from tftp_fsm.frozen import frozen


class TooCostly(Exception):
    """Matching has used all the work that it was allowed."""


class Budget:
    """The instructions that may still be looked at."""

    __slots__ = ("left",)

    def __init__(self, instructions: int) -> None:
        self.left = instructions

    def spend(self) -> None:
        """Count one. Raises TooCostly."""
        self.left -= 1
        if self.left < 0:
            raise TooCostly


@frozen
class Take:
    """Go on if the next character is one of these."""

    allowed: Container[str]


@frozen
class Assert:
    """Go on if this is the beginning of the name, or its end."""

    at_end: bool


@frozen
class Save:
    """Note the place. Even numbers are the beginnings of groups, odd ones their ends."""

    number: int


@frozen
class Split:
    """Go on at both places, and prefer the first."""

    first: int
    second: int


Instruction: TypeAlias = Take | Assert | Save | Split | None
"""None is a match."""
Places: TypeAlias = tuple[int, ...]
"""Where each group begins and ends; -1: it was not used."""
_Way: TypeAlias = tuple[int, Places]


@frozen
class Start:
    """Where a match can begin: with one of these characters, or anywhere if `first` is None.

    If it is `at_begin`, only the beginning of the name.
    """

    first: tuple[Container[str], ...] | None
    at_begin: bool

    def fits(self, name: str, at: int) -> bool:
        """Whether a match may begin at this place of the name. This costs less than to try."""
        if at and self.at_begin:
            return False
        if self.first is None:
            return True
        return at < len(name) and any(name[at] in allowed for allowed in self.first)


def start_of(code: Sequence[Instruction]) -> Start:
    """Where a match of these instructions can begin."""
    first: list[Container[str]] = []
    is_open, at_begin, seen, ahead = False, True, set[tuple[int, bool]](), [(0, False)]
    while ahead:
        place, is_anchored = ahead.pop()
        if (place, is_anchored) in seen:
            continue
        seen.add((place, is_anchored))
        match code[place]:
            case Split(one, other):
                ahead += [(one, is_anchored), (other, is_anchored)]
            case Assert(at_end):
                ahead.append((place + 1, is_anchored or not at_end))
            case Save():
                ahead.append((place + 1, is_anchored))
            case Take(allowed):
                first.append(allowed)
                at_begin = at_begin and is_anchored
            case None:
                is_open = True
                at_begin = at_begin and is_anchored
    return Start(None if is_open else tuple(first), at_begin)


@frozen
class Program:
    """The instructions of an expression that has so many `groups`, and where a match begins."""

    code: tuple[Instruction, ...]
    groups: int
    start: Start

    def search(self, name: str, budget: Budget, begin: int = 0) -> Places | None:
        """The leftmost match from `begin` on, and of these the longest; None: there is none."""
        best: Places | None = None
        ways: list[_Way] = []
        unused = (-1,) * (2 * self.groups + 2)
        for at in range(begin, len(name) + 1):
            found: list[_Way] = []
            seen: set[int] = set()
            for place, places in ways:
                self._follow(found, seen, place, places, at, len(name), budget)
            budget.spend()
            if best is None and self.start.fits(name, at):
                self._follow(found, seen, 0, unused, at, len(name), budget)
            best, found = self._leftmost(best, found)
            ways = [
                (place + 1, places)
                for place, places in found
                if at < len(name) and self._takes(place, name[at])
            ]
            if not ways and (best is not None or self.start.at_begin):
                break
        return best

    def _takes(self, place: int, character: str) -> bool:
        instruction = self.code[place]
        return isinstance(instruction, Take) and character in instruction.allowed

    def _leftmost(self, best: Places | None, ways: list[_Way]) -> tuple[Places | None, list[_Way]]:
        """The best match so far, and the ways that may lead to a better one."""
        for place, places in ways:
            if self.code[place] is None and (best is None or places[0] <= best[0]):
                best = places
        if best is None:
            return None, ways
        return best, [way for way in ways if way[1][0] <= best[0]]

    def _follow(
        self,
        found: list[_Way],
        seen: set[int],
        place: int,
        places: Places,
        at: int,
        end: int,
        budget: Budget,
    ) -> None:
        """Add all instructions from `place` on that take a character, or that are a match."""
        ahead = [(place, places)]
        while ahead:
            place, places = ahead.pop()
            if place in seen:
                continue
            seen.add(place)
            budget.spend()
            match self.code[place]:
                case Split(first, second):
                    ahead.append((second, places))
                    ahead.append((first, places))
                case Save(number):
                    noted = (*places[:number], at, *places[number + 1 :])
                    ahead.append((place + 1, noted))
                case Assert(at_end):
                    if at == (end if at_end else 0):
                        ahead.append((place + 1, places))
                case _:
                    found.append((place, places))
