"""Run the program of an expression over a name, in bounded time.

All ways of a match go through the name in parallel (Thompson, Pike). Two ways at the same
instruction would continue in the same way, so only the first of them is kept. Therefore each
character takes at most one visit of each instruction, for any expression and any name.
"""

from __future__ import annotations

from collections.abc import Container, Sequence
from typing import TypeAlias

from tftp_fsm.frozen import frozen


class TooCostly(Exception):
    """Matching has used all the work that it was allowed."""


class Budget:
    """The number of instructions that may still be visited."""

    __slots__ = ("left",)

    def __init__(self, instructions: int) -> None:
        self.left = instructions

    def spend(self) -> None:
        """Count one instruction. Raises TooCostly."""
        self.left -= 1
        if self.left < 0:
            raise TooCostly


@frozen
class Take:
    """Continue if the next character is one of these."""

    allowed: Container[str]


@frozen
class Assert:
    """Continue if this is the beginning of the name, or its end."""

    at_end: bool


@frozen
class Save:
    """Note the place in the name. Even numbers begin groups, and odd numbers end them."""

    number: int


@frozen
class Split:
    """Continue at both places, and prefer the first."""

    first: int
    second: int


Instruction: TypeAlias = Take | Assert | Save | Split | None
"""An instruction. None means a match."""
Places: TypeAlias = tuple[int, ...]
"""The beginning and the end of each group. They are -1 if the group was not used."""
_Way: TypeAlias = tuple[int, Places]


@frozen
class Start:
    """The possible beginnings of a match: one of these characters, or any if `first` is None.

    With `at_begin` a match can begin only at the beginning of the name.
    """

    first: tuple[Container[str], ...] | None
    at_begin: bool

    def fits(self, name: str, at: int) -> bool:
        """Return whether a match may begin at this place. This is faster than trying it."""
        if at and self.at_begin:
            return False
        if self.first is None:
            return True
        return at < len(name) and any(name[at] in allowed for allowed in self.first)


def start_of(code: Sequence[Instruction]) -> Start:
    """Return the possible beginnings of a match of these instructions."""
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
    """The instructions of an expression, the number of its groups, and its possible beginnings."""

    code: tuple[Instruction, ...]
    groups: int
    start: Start

    def search(self, name: str, budget: Budget, begin: int = 0) -> Places | None:
        """Return the leftmost match from `begin` on (of several the longest), or None."""
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
        """Return the best match so far, and the ways that may lead to a better one."""
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
