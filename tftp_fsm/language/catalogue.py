"""Catalogues: the sentences of one language, in the form of GNU gettext.

`ko.po` in this folder has all Korean sentences. A wheel has `ko.mo` in its place, which `compiled`
makes when the wheel is built. This module imports nothing of the package, because the build reads
only this module.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterator, Mapping
from functools import lru_cache
from gettext import GNUTranslations
from io import BytesIO
from os import path
from struct import error, pack, unpack_from
from typing import Any, TypeAlias

Change: TypeAlias = Callable[[str], str]

FOLDER = path.dirname(__file__)
_LINE = re.compile(
    r'(?:(msgctxt|msgid|msgid_plural|msgstr(?:\[\d+\])?) )?"([^"\\]*(?:\\[ntr"\\][^"\\]*)*)"'
)
_ESCAPE = re.compile(r"\\(.)")
_MEANS = {"n": "\n", "t": "\t", "r": "\r", '"': '"', "\\": "\\"}
WRONG = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
_CONTEXT, _PLURAL = "\x04", "\0"  # the separators in a compiled catalogue


class Catalogue:
    """The sentences of `language`.

    Some languages have words that depend on a field. `begun` changes a translated template before
    its fields are filled in, and `finished` changes the text after that.
    """

    def __init__(
        self, language: str, octets: bytes, begun: Change = str, finished: Change = str
    ) -> None:
        self.language = language
        self._texts = GNUTranslations(BytesIO(octets))
        self._begun = begun
        self._finished = finished

    def shown(self, text: str) -> str:
        """See `tftp_fsm.language.shown`."""
        template = getattr(text, "template", None)
        if template is None:
            return self._texts.gettext(text) if text else text  # "" would give the header
        fields = {name: self._field(value) for name, value in text.fields.items()}  # type: ignore[attr-defined]
        try:
            said = self._begun(self._template(text))
            return self._finished(said.format_map(fields) if fields else said)
        except WRONG:  # a wrong catalogue, or wrong fields in a file, must not end the program
            return text

    def _field(self, value: Any) -> Any:
        return self.shown(value) if isinstance(value, str) and hasattr(value, "template") else value

    def _template(self, text: Any) -> str:
        one, many, context = text.template, text.many, text.context
        if many and context:
            return self._texts.npgettext(context, one, many, text.fields["count"])
        if many:
            return self._texts.ngettext(one, many, text.fields["count"])
        if context:
            return self._texts.pgettext(context, one)
        return self._texts.gettext(one) if one else one


class Damaged(LookupError):
    """The catalogue exists, but it cannot be read."""


def loaded(language: str, begun: Change = str, finished: Change = str) -> Catalogue:
    """Return the catalogue of a language. Raises LookupError without one, and Damaged."""
    if language.replace("_", "").isalnum():
        for end in (".mo", ".po"):
            octets = _octets(language + end)
            if octets is not None:
                return _made(language, end, octets, begun, finished)
    raise LookupError(f"there is no catalogue of {language!r}")


@lru_cache(maxsize=4)
def _made(language: str, end: str, octets: bytes, begun: Change, finished: Change) -> Catalogue:
    """Make a catalogue. It is cached, because a program may change the language often."""
    try:
        mo = octets if end == ".mo" else compiled(octets)
        return Catalogue(language, mo, begun, finished)
    except (*WRONG, OSError, error) as why:
        raise Damaged(path.join(FOLDER, language + end), str(why)) from None


def languages() -> list[str]:
    """Return the languages that have a catalogue here."""
    from importlib.resources import files

    names = (entry.name for entry in files("tftp_fsm.language").iterdir())
    return sorted({name[:-3] for name in names if name.endswith((".po", ".mo"))})


def offered() -> list[str]:
    """Return the languages that can be chosen: English, and those with a catalogue."""
    return sorted({"en", *languages()})


def _octets(name: str) -> bytes | None:
    loader: Any = __spec__.loader  # this module may be in a zip
    try:
        octets: bytes = loader.get_data(path.join(FOLDER, name))
    except OSError:
        return None
    return octets


def compiled(po: bytes) -> bytes:
    """Return the catalogue in the form that gettext reads.

    Raises ValueError for a line that no .po has, and for an incomplete or repeated message.
    """
    return _packed(dict(_pairs(po.decode("utf-8-sig"))))  # some editors write a byte order mark


def compiled_without(language: str, left_out: Container[str]) -> bytes:
    """Return the compiled catalogue of a language without these sentences."""
    octets = _octets(f"{language}.mo") or compiled(_octets(f"{language}.po") or b"")
    kept = ((key, text) for key, text in _read(octets) if key not in left_out)
    return _packed(dict(kept))


def _read(octets: bytes) -> Iterator[tuple[str, str]]:
    """Yield the keys and texts of a compiled catalogue."""
    count, keys, texts = unpack_from("<3I", octets, 8)
    for number in range(count):
        yield _text(octets, keys + 8 * number), _text(octets, texts + 8 * number)


def _text(octets: bytes, place: int) -> str:
    size, at = unpack_from("<2I", octets, place)
    return octets[at : at + size].decode()


def _packed(texts: Mapping[str, str]) -> bytes:
    texts = dict(sorted(texts.items()))
    keys = [key.encode() for key in texts]
    values = [value.encode() for value in texts.values()]
    head = 28
    at = head + 16 * len(keys)
    tables = b""
    for column in (keys, values):
        for octets in column:
            tables += pack("<II", len(octets), at)
            at += len(octets) + 1
    start = pack("<7I", 0x950412DE, 0, len(keys), head, head + 8 * len(keys), 0, at)
    return start + tables + b"".join(octets + b"\0" for octets in keys + values)


def _pairs(po: str) -> Iterator[tuple[str, str]]:
    """Yield each key and its translation. Untranslated and fuzzy messages are left out."""
    seen: set[str] = set()
    for line, is_fuzzy, entry in _numbered(po):
        texts = _texts_of(entry, line)
        key = entry["msgid"]
        if "msgctxt" in entry:
            key = f"{entry['msgctxt']}{_CONTEXT}{key}"
        if key in seen:
            raise ValueError(f"line {line} has a msgid again: {entry['msgid'][:40]}")
        seen.add(key)
        if all(texts) and not (is_fuzzy and key):  # the header counts even if it is fuzzy
            if "msgid_plural" in entry:
                key += _PLURAL + entry["msgid_plural"]
            yield key, _PLURAL.join(texts)


def _texts_of(entry: Mapping[str, str], line: int) -> list[str]:
    """Return the translation in each form. ValueError: the message at `line` is incomplete."""
    if [*entry] == ["msgid", "msgstr"]:
        return [entry["msgstr"]]  # the fast case of nearly all messages: a start reads thousands
    if "msgid" not in entry:
        raise ValueError(f"line {line} has no msgid: {next(iter(entry.values()))[:40]}")
    names = [name for name in entry if name.startswith("msgstr")]
    if not names:
        raise ValueError(f"line {line} has no msgstr: {entry['msgid'][:40]}")
    forms = [f"msgstr[{number}]" for number in range(len(names))]
    if names != (forms if "msgid_plural" in entry else ["msgstr"]):
        raise ValueError(f"line {line} has other forms than it should: {', '.join(names)[:40]}")
    return [entry[name] for name in names]


def entries(po: str) -> Iterator[Mapping[str, str]]:
    """Return the messages of a .po, each as a mapping by keyword: `msgid`, `msgstr[0]`."""
    return (entry for _, _, entry in _numbered(po))


def _numbered(po: str) -> Iterator[tuple[int, bool, Mapping[str, str]]]:
    """Yield each message with its first line, and whether it is marked as fuzzy."""
    entry: dict[str, str] = {}
    name = ""
    first, is_fuzzy, next_is_fuzzy = 1, False, False
    for number, line in enumerate(po.split("\n"), 1):
        line = line.strip()
        if not line or line.startswith("#"):
            if "fuzzy" in line and line.startswith("#,"):
                next_is_fuzzy = next_is_fuzzy or "fuzzy" in map(str.strip, line[2:].split(","))
            continue
        found = _LINE.fullmatch(line)
        if found is None or not (found[1] or name):
            raise ValueError(f"line {number} is none of a catalogue: {line[:40]}")
        keyword, text = found.groups()
        if keyword == "msgctxt" or (keyword == "msgid" and name != "msgctxt"):
            if entry:
                yield first, is_fuzzy, entry
            entry, first, is_fuzzy, next_is_fuzzy = {}, number, next_is_fuzzy, False
        elif keyword in entry:
            raise ValueError(f"line {number} has a {keyword} again: {line[:40]}")
        name = keyword or name
        if "\\" in text:
            text = _ESCAPE.sub(lambda escape: _MEANS[escape[1]], text)
        entry[name] = entry.get(name, "") + text
    if entry:
        yield first, is_fuzzy, entry
