"""Translations for a page: the sentences of its scripts and of its HTML, as data.

    translations("ko", code, html)      # {"Step {position} of {length}": "...", ...}

In a script a sentence is the argument of `tr("...")` or `trParts("...")`. In HTML it is the text of
an element with `data-tr`, or the label of an element with `data-tr-label`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html import unescape

from tftp_fsm.language import SOURCE, mark_p, shown, speaking
from tftp_fsm.language.catalogue import languages

NAME = mark_p("how this language calls itself", "English")
_CALL = re.compile(r'\btr(?:Parts)?\(\s*("(?:[^"\\]|\\.)*")')
_TEXT = re.compile(r"<[^<>]*\sdata-tr(?=[\s>])[^<>]*>([^<]*)<")
_LABEL = re.compile(r'<[^<>]*\saria-label="([^"]*)"[^<>]*\sdata-tr-label(?=[\s>])')


def translations(language: str, *sources: str) -> dict[str, str]:
    """Return each sentence of the sources with its translation, if any. Raises LookupError."""
    with speaking(language):
        found = {text: shown(text) for source in sources for text in _sentences(source)}
    return {text: said for text, said in found.items() if said != text}


def names() -> dict[str, str]:
    """Return the name of each language in itself, by its code: `{"en": "English", ...}`."""
    return {SOURCE: f"{NAME}", **{language: _shown_in(language, NAME) for language in languages()}}


def _shown_in(language: str, text: str) -> str:
    with speaking(language):
        return shown(text)


def _sentences(source: str) -> Iterator[str]:
    yield from (str(json.loads(text)) for text in _CALL.findall(source))
    yield from map(unescape, _TEXT.findall(source))
    yield from map(unescape, _LABEL.findall(source))
