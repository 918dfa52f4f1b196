"""Translate replies into the language of the page. Each message may name its language.

    with speaking(language_of({"index": True, "language": "ko"})):
        reply = spoken({"said": [sentence("there is no packet {number}", number=7)]})

Only sentences are translated. Names, commands and texts of peers stay as they are.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from tftp_fsm.language import SOURCE, Sentence, current, shown
from tftp_fsm.language.catalogue import languages


def language_of(message: object) -> str:
    """Return the language that a message names, or English if it names no known language."""
    match message:
        case {"language": str(wanted)} if wanted in _known():
            return wanted
    return SOURCE


def spoken(told: Any) -> Any:
    """Return the JSON value with its sentences in the current language."""
    return told if current() == SOURCE else _spoken(told)


def _spoken(told: Any) -> Any:
    match told:
        case Sentence():
            return shown(told)
        case dict():
            return {name: _spoken(value) for name, value in told.items()}
        case list() | tuple():
            return [_spoken(value) for value in told]
    return told


@cache
def _known() -> frozenset[str]:
    return frozenset(languages())
