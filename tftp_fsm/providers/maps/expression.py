"""Extended regular expressions (POSIX 1003.1 section 9.4), read and compiled.

    compile_expression("^lpxelinux[.]0$").search("lpxelinux.0", Budget(1000))

A client chooses the name in which an expression is searched. The engines of Python and of the C
library try each possible way of a match. For some expressions and names this takes years, and the
whole process waits. Here an expression becomes a program for `matcher`. The work of `matcher` is at
most the length of the program times the length of the name. Therefore backreferences are not
possible.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Sequence
from typing import NoReturn, TypeAlias

from tftp_fsm.frozen import frozen
from tftp_fsm.language import sentence
from tftp_fsm.providers.maps.characters import ANY, WORD, WORD_NOT, Folded, read_bracket
from tftp_fsm.providers.maps.matcher import (
    Assert,
    Instruction,
    Program,
    Save,
    Split,
    Take,
    start_of,
)

LONGEST = 2000  # instructions of one program
DEEPEST = 50  # groups in groups
MOST_REPEATS = 255  # RE_DUP_MAX
_SPACE = frozenset(" \t\n\r\f\v")

Node: TypeAlias = "Characters | Group | Anchor | Repeat | Sequence[Node] | Choice"


@frozen
class Characters:
    """One character out of these."""

    allowed: Container[str]


@frozen
class Group:
    """A subexpression in parentheses, counted from 1."""

    number: int
    inner: Node


@frozen
class Anchor:
    """The beginning (`^`) or the end (`$`) of the name."""

    at_end: bool


@frozen
class Repeat:
    """`inner` at least `least` times, and at most `most` times if that is not None."""

    inner: Node
    least: int
    most: int | None


@frozen
class Choice:
    """One out of these."""

    ways: tuple[Node, ...]


def compile_expression(text: str, *, ignores_case: bool = False) -> Program:
    """Compile an expression. Raises ValueError with a reason in words."""
    reader = _Reader(text, ignores_case)
    code = _Writer().whole(reader.whole())
    return Program(tuple(code), reader.groups, start_of(code))


class _Reader:
    """Reads an expression from left to right."""

    def __init__(self, text: str, ignores_case: bool) -> None:
        self._text = text
        self._at = 0
        self._depth = 0
        self._ignores_case = ignores_case
        self.groups = 0

    def whole(self) -> Node:
        node = self._choice()
        if self._at < len(self._text):
            self._fail("a ) has no (")
        return node

    def _choice(self) -> Node:
        ways = [self._row()]
        while self._takes("|"):
            ways.append(self._row())
        return ways[0] if len(ways) == 1 else Choice(tuple(ways))

    def _row(self) -> Node:
        nodes: list[Node] = []
        while self._next() not in ("", "|", ")"):
            nodes.append(self._repeated(self._one()))
        return tuple(nodes)

    def _repeated(self, node: Node) -> Node:
        while (bounds := self._bounds()) is not None:
            if isinstance(node, Anchor):
                self._fail("an anchor cannot be repeated")
            node = Repeat(node, *bounds)
        return node

    def _bounds(self) -> tuple[int, int | None] | None:
        for mark, bounds in (("*", (0, None)), ("+", (1, None)), ("?", (0, 1))):
            if self._takes(mark):
                return bounds
        return self._interval() if self._next() == "{" else None

    def _interval(self) -> tuple[int, int | None] | None:
        """Read `{2}`, `{2,}` or `{2,5}`. Any other `{` is an ordinary character."""
        inner, end, _ = self._text[self._at + 1 :].partition("}")
        first, comma, last = inner.partition(",")
        if not end or not _is_number(first) or not (last == "" or _is_number(last)):
            return None
        least, most = int(first), int(last) if last else None if comma else int(first)
        if max(least, most or 0) > MOST_REPEATS or (most is not None and most < least):
            self._fail(f"{{{inner}}} is no number of repetitions up to {MOST_REPEATS}")
        self._at += len(inner) + 2
        return least, most

    def _one(self) -> Node:
        mark = self._pop()
        match mark:
            case "(":
                return self._group()
            case "^" | "$":
                return Anchor(mark == "$")
            case "*" | "+" | "?":
                self._fail(f"there is nothing that {mark} could repeat")
            case ".":
                return Characters(ANY)
            case "[":
                allowed, self._at = read_bracket(self._text, self._at, folds=self._ignores_case)
                return Characters(allowed)
            case "\\":
                return self._characters(self._escaped())
        return self._characters(frozenset(mark))

    def _group(self) -> Node:
        self.groups += 1
        self._depth += 1
        if self._depth > DEEPEST:
            self._fail("it has too many groups in groups")
        number, inner = self.groups, self._choice()
        if not self._takes(")"):
            self._fail("a ( has no )")
        self._depth -= 1
        return Group(number, inner)

    def _escaped(self) -> Container[str]:
        mark = self._pop()
        match mark:
            case "":
                self._fail("it ends with a backslash")
            case "w" | "W":
                return WORD if mark == "w" else WORD_NOT
            case "s":
                return _SPACE
        if mark.isdigit():
            self._fail(f"\\{mark} is a backreference, which could take for ever")
        if mark.isalpha() or mark in "<>":
            self._fail(f"\\{mark} has no meaning here (for digits write [0-9])")
        return frozenset(mark)

    def _characters(self, allowed: Container[str]) -> Characters:
        return Characters(Folded(allowed) if self._ignores_case else allowed)

    def _next(self) -> str:
        return self._text[self._at : self._at + 1]

    def _pop(self) -> str:
        self._at += 1
        return self._text[self._at - 1 : self._at]

    def _takes(self, mark: str) -> bool:
        found = self._next() == mark
        self._at += found
        return found

    def _fail(self, why: str) -> NoReturn:
        raise ValueError(why)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 5


class _Writer:
    """Writes the instructions of a program."""

    def __init__(self) -> None:
        self._code: list[Instruction] = []

    def whole(self, node: Node) -> list[Instruction]:
        self._group(Group(0, node))
        self._add(None)
        return self._code

    def _write(self, node: Node) -> None:
        match node:
            case Characters(allowed):
                self._add(Take(allowed))
            case Anchor(at_end):
                self._add(Assert(at_end))
            case Group():
                self._group(node)
            case Repeat():
                self._repeat(node)
            case Choice(ways):
                self._choose(ways)
            case _:
                for inner in node:
                    self._write(inner)

    def _group(self, node: Group) -> None:
        self._add(Save(2 * node.number))
        self._write(node.inner)
        self._add(Save(2 * node.number + 1))

    def _repeat(self, node: Repeat) -> None:
        for _ in range(node.least):
            self._write(node.inner)
        if node.most is None:
            begin = len(self._code)
            self._optional(node.inner, lambda: self._add(Split(begin, begin)))
            return
        skips = []
        for _ in range(node.most - node.least):
            skips.append(self._add(None))
            self._write(node.inner)
        for skip in skips:
            self._code[skip] = Split(skip + 1, len(self._code))

    def _optional(self, inner: Node, then: Callable[[], object]) -> None:
        """Write `inner` and `then` as an optional part, which is matched if possible."""
        skip = self._add(None)
        self._write(inner)
        then()
        self._code[skip] = Split(skip + 1, len(self._code))

    def _choose(self, ways: Sequence[Node]) -> None:
        ends = []
        for way in ways[:-1]:
            split = self._add(None)
            self._write(way)
            ends.append(self._add(None))
            self._code[split] = Split(split + 1, len(self._code))
        self._write(ways[-1])
        for end in ends:
            self._code[end] = Split(len(self._code), len(self._code))

    def _add(self, instruction: Instruction) -> int:
        """Write an instruction, and return its place. None is the end, or it is set later."""
        if len(self._code) >= LONGEST:
            raise ValueError(sentence("it is too long when its repetitions are written out"))
        self._code.append(instruction)
        return len(self._code) - 1
