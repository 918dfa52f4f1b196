"""Replies in the language of the page that asks: each message may say it.

    with speaking(language_of({"index": True, "language": "ko"})):
        reply = spoken({"said": [sentence("there is no packet {number}", number=7)]})

Only sentences are translated. Names, commands and texts of peers are no sentences.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from tftp_fsm.language import SOURCE, Sentence, current, shown
from tftp_fsm.language.catalogue import languages


def language_of(message: object) -> str:
    """The language that a message wants; English if it says none, or one that there is not."""
    match message:
        case {"language": str(wanted)} if wanted in _known():
            return wanted
    return SOURCE


def spoken(told: Any) -> Any:
    """A JSON value whose sentences are in the language that is in use."""
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
