"""Find mistakes in one translation."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from string import Formatter

from babel.messages.catalog import Message

from tools.house import ROOT

GLOSSARY = ROOT / "docs" / "ko" / "glossary.md"
_PERCENT = re.compile(r"%(?:\(\w+\))?[a-z%]")
_HANGUL = re.compile("[가-힣]")
_APART = re.compile(r"[0-9}] (?:[KMG]iB|[kKMG]B)(?![A-Za-z])")


def mistakes(message: Message, language: str) -> Iterator[str]:
    """Yield the mistakes in the translation of the message, one line each."""
    sources = message.id if isinstance(message.id, list | tuple) else (message.id,)
    texts = message.string if isinstance(message.string, list | tuple) else (message.string,)
    if message.fuzzy:
        yield "it is marked as fuzzy"
    if not all(texts) or not texts:
        yield "it has no translation"
        return
    for text in filter(None, texts):
        yield from _fields_wrong(sources[-1], text)
        yield from _edges_wrong(sources[-1], text)
        if language == "ko":
            yield from words_wrong(text)
            yield from _units_wrong(text)


def _fields_wrong(source: str, text: str) -> Iterator[str]:
    for kind in (fields, _percents):
        try:
            wanted, has = kind(source), kind(text)
        except ValueError as broken:
            yield f"its braces are wrong: {broken}"
            return
        for name in sorted(wanted - has):
            yield f"the translation lacks {name}"
        for name in sorted(has - wanted):
            yield f"the translation has {name}, and the sentence has not"


def fields(text: str) -> set[str]:
    """Return the fields in their written form: `{octets:,}`. ValueError: a brace has no partner."""
    found: set[str] = set()
    for _, name, form, conversion in Formatter().parse(text):
        if name is not None:
            found.add(
                "{"
                + name
                + (f"!{conversion}" if conversion else "")
                + f":{form}" * bool(form)
                + "}"
            )
    return found


def _percents(text: str) -> set[str]:
    return set(_PERCENT.findall(text)) - {"%%"}


def _edges_wrong(source: str, text: str) -> Iterator[str]:
    for name, edge in (("begins", slice(0, 1)), ("ends", slice(-1, None))):
        for sign in ("\n", " "):
            if (source[edge] == sign) != (text[edge] == sign):
                yield f"only one of both {name} with {sign!r}"


def documents() -> Iterator[Path]:
    """Return the Korean documents, except the glossary itself, which has the forbidden words."""
    yield ROOT / "README.ko.md"
    yield ROOT / "diagrams" / "README.ko.md"
    yield from sorted(path for path in GLOSSARY.parent.glob("*.md") if path != GLOSSARY)


def words_wrong(text: str) -> Iterator[str]:
    """Yield the words in a Korean text that the glossary forbids, one line each."""
    for wrong, right in wrong_words().items():
        if wrong in text:
            yield f"the glossary has {right}, not {wrong}"


def _units_wrong(text: str) -> Iterator[str]:
    """Check units: the glossary writes 512옥텟 and 32MB. A line without Hangul may be output."""
    for line in filter(_HANGUL.search, text.splitlines()):
        for found in _APART.finditer(line):
            yield f"the glossary wants no space in {found[0]!r}"


@cache
def wrong_words() -> dict[str, str]:
    """Return the words that the glossary forbids, with the correct ones."""
    rows = (line.split("|")[1:-1] for line in _lines() if line.startswith("|"))
    found: dict[str, str] = {}
    for row in rows:
        cells = [cell.strip() for cell in row]
        if len(cells) == 4:
            found |= dict.fromkeys(re.findall(r"`([^`]+)`", cells[2]), cells[1])
    return found


def _lines() -> list[str]:
    return GLOSSARY.read_text("utf-8").splitlines()
