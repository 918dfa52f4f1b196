"""Sets of characters in an expression: `.`, `\\w`, and bracket expressions."""

from __future__ import annotations

import string
from collections.abc import Container

from tftp_fsm.frozen import frozen
from tftp_fsm.language import sentence


@frozen
class Range:
    """All characters from `first` to `last`."""

    first: str
    last: str

    def __contains__(self, character: object) -> bool:
        return isinstance(character, str) and self.first <= character <= self.last


@frozen
class AnyOf:
    """The characters of these sets, or with `negated` all other characters."""

    sets: tuple[Container[str], ...]
    negated: bool = False

    def __contains__(self, character: object) -> bool:
        return any(character in one for one in self.sets) is not self.negated


@frozen
class Folded:
    """The characters of a set, each in upper and lower case."""

    inner: Container[str]

    def __contains__(self, character: object) -> bool:
        folds = isinstance(character, str) and character.swapcase() in self.inner
        return folds or character in self.inner


ANY = AnyOf((), negated=True)
CLASSES: dict[str, Container[str]] = {
    "alpha": frozenset(string.ascii_letters),
    "digit": frozenset(string.digits),
    "alnum": frozenset(string.ascii_letters + string.digits),
    "upper": frozenset(string.ascii_uppercase),
    "lower": frozenset(string.ascii_lowercase),
    "space": frozenset(string.whitespace),
    "blank": frozenset(" \t"),
    "punct": frozenset(string.punctuation),
    "xdigit": frozenset(string.hexdigits),
    "graph": Range("!", "~"),
    "print": Range(" ", "~"),
    "cntrl": AnyOf((Range("\0", "\x1f"), "\x7f")),
}
WORD = frozenset(string.ascii_letters + string.digits + "_")
WORD_NOT = AnyOf((WORD,), negated=True)


def read_bracket(text: str, at: int, *, folds: bool = False) -> tuple[Container[str], int]:
    """Read a bracket expression. Return its set, and the place after the `]`.

    `at` is the place after the `[`. With `folds` upper and lower case are the same, so `[^a]` does
    not contain `A`.
    """
    negated = text.startswith("^", at)
    at += negated
    found: list[Container[str]] = []
    begin = at
    while at == begin or not text.startswith("]", at):
        if at >= len(text):
            raise ValueError(sentence("a [ has no ]"))
        one, at = _item(text, at)
        found.append(Folded(one) if folds else one)
    return AnyOf(tuple(found), negated), at + 1


def _item(text: str, at: int) -> tuple[Container[str], int]:
    """Read a class such as `[:alpha:]`, a range, or a character. `\\` is one, as in POSIX."""
    if text.startswith("[:", at):
        name, end, _ = text[at + 2 :].partition(":]")
        if not end or name not in CLASSES:
            raise ValueError(sentence("there is no class [:{name}:]", name=name[:20]))
        return CLASSES[name], at + len(name) + 4
    if text.startswith(("[.", "[="), at):
        raise ValueError(sentence("[. and [= are not supported in a map"))
    first = text[at]
    if text[at + 1 : at + 2] == "-" and text[at + 2 : at + 3] not in ("", "]"):
        last = text[at + 2]
        if last < first:
            raise ValueError(sentence("the range {first}-{last} is empty", first=first, last=last))
        return Range(first, last), at + 3
    return frozenset(first), at + 1
