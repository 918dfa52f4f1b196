"""The sentences of a page's scripts and of its HTML, with their translations, as data for the page.

    translations("ko", code, html)      # {"Step {position} of {length}": "...", ...}

In a script a sentence stands in `tr("...")` or `trParts("...")`. In HTML it is the text of an
element with `data-tr`, or the label of one with `data-tr-label`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html import unescape

from tftp_fsm.language import SOURCE, mark_p
from tftp_fsm.language.catalogue import languages, loaded

NAME = mark_p("how this language calls itself", "English")
_CALL = re.compile(r'\btr(?:Parts)?\(\s*("(?:[^"\\]|\\.)*")')
_TEXT = re.compile(r"<[^<>]*\sdata-tr(?=[\s>])[^<>]*>([^<]*)<")
_LABEL = re.compile(r'<[^<>]*\saria-label="([^"]*)"[^<>]*\sdata-tr-label(?=[\s>])')


def translations(language: str, *sources: str) -> dict[str, str]:
    """Each sentence of the sources that has a translation. LookupError: there is no catalogue."""
    if language == SOURCE:
        return {}
    shown = loaded(language).shown
    found = {text: shown(text) for source in sources for text in _sentences(source)}
    return {text: said for text, said in found.items() if said != text}


def names() -> dict[str, str]:
    """What each language calls itself, by its code: `{"en": "English", ...}`."""
    others = {language: loaded(language).shown(NAME) for language in languages()}
    return {SOURCE: f"{NAME}", **others}


def _sentences(source: str) -> Iterator[str]:
    yield from (str(json.loads(text)) for text in _CALL.findall(source))
    yield from map(unescape, _TEXT.findall(source))
    yield from map(unescape, _LABEL.findall(source))
