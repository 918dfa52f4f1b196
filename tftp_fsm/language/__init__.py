"""Sentences for people, in the language that is in use.

    raise LocalError(sentence("cannot read {path}: {why}", path=path, why=why))
    print(tr("got {name}", name=name))       # translated now
    WHY = mark("The next block in order.")   # a constant: translated when it is shown
    print(shown(WHY), shown(failed))

A sentence in data is always English: what is compared, logged, written as JSON or raised does not
depend on the language. It is translated where it reaches a person, by `tr` or by `shown`. Sentences
are whole, and have named fields.

The library never looks at the environment. A program chooses with `use`, as the command does.
"""

from __future__ import annotations

from contextlib import contextmanager
from importlib import import_module

from tftp_fsm.language.sentences import (
    Sentence,
    joined,
    layout,
    mark,
    mark_p,
    marked,
    reason,
    sentence,
    sentence_n,
    sentence_p,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any
else:
    from _collections_abc import Iterator, Mapping  # those of collections.abc, without its file

    Any = object

__all__ = [
    "Sentence",
    "current",
    "joined",
    "layout",
    "mark",
    "mark_p",
    "marked",
    "reason",
    "sentence",
    "sentence_n",
    "sentence_p",
    "shown",
    "speaking",
    "tr",
    "tr_n",
    "tr_p",
    "use",
    "wanted",
]

SOURCE = "en"  # the language that the sentences are written in
_NEUTRAL = ("C", "POSIX")

_catalogue: Any = None  # a Catalogue; None: sentences are shown as they are written
_within: dict[str, Any] = {}  # when `speaking` was called: `catalogue`, a ContextVar, for its block
_OUTSIDE = object()  # its value elsewhere
_loaded: dict[str, Any] = {}  # a page may ask in another language at each turn


# -- Sentences that are shown now ------------------------------------------------------------------


def tr(text: str, /, **fields: Any) -> str:
    """The sentence in the language that is in use."""
    if _in_use() is None:
        return text.format_map(fields) if fields else text
    return shown(sentence(text, **fields))


def tr_n(one: str, many: str, count: int, /, **fields: Any) -> str:
    """The sentence for a number. Both texts may have the field `count`."""
    return shown(sentence_n(one, many, count, **fields))


def tr_p(context: str, text: str, /, **fields: Any) -> str:
    """The sentence, where the same English text has two meanings. `context` says which."""
    return shown(sentence_p(context, text, **fields))


# -- Where a sentence reaches a person -------------------------------------------------------------


def shown(text: object) -> str:
    """The text, or the message of an exception, in the language that is in use.

    Of any other text than a sentence it is the translation if the whole text has one.
    """
    catalogue = _in_use()
    if catalogue is None:
        return str(text)
    said: str = catalogue.shown(str(text))
    return said


# -- The language ----------------------------------------------------------------------------------


def use(language: str) -> None:
    """Show sentences in this language from now on: `ko`, or `en`. LookupError: there is none.

    It is that of the whole process; within `speaking`, it is that of the rest of the block.
    """
    global _catalogue
    if language == current():
        return
    catalogue = _catalogue_of(language)
    if _is_within():
        _within["catalogue"].set(catalogue)
    else:
        _catalogue = catalogue


def current() -> str:
    """The language that is in use."""
    catalogue = _in_use()
    return SOURCE if catalogue is None else str(catalogue.language)


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Within, the language is in use. Other threads and tasks keep theirs."""
    if not _within:
        made = import_module("contextvars").ContextVar("language", default=_OUTSIDE)
        _within.setdefault("catalogue", made)  # another thread may have been faster
    here = _within["catalogue"]
    before = here.get()
    here.set(_catalogue_of(language))
    try:
        yield
    finally:
        here.set(before)


def _in_use() -> Any:
    found = _within["catalogue"].get() if _within else _OUTSIDE
    return _catalogue if found is _OUTSIDE else found


def _is_within() -> bool:
    return bool(_within) and _within["catalogue"].get() is not _OUTSIDE


def _catalogue_of(language: str) -> Any:
    if language == SOURCE:
        return None
    if language not in _loaded:
        from tftp_fsm.language.catalogue import loaded  # English needs none

        _loaded[language] = loaded(language)
    return _loaded[language]


def wanted(environment: Mapping[str, str]) -> list[str]:
    """The languages that the environment asks for, best first, as GNU gettext reads it.

    None if that is English: LANGUAGE is heard only if the locale of messages is not C.
    """
    names = ("LC_ALL", "LC_MESSAGES", "LANG")
    locale = next((environment[name] for name in names if environment.get(name)), "C")
    if locale.partition(".")[0] in _NEUTRAL:
        return []
    found: list[str] = []
    for each in filter(None, (environment.get("LANGUAGE") or locale).split(":")):
        known_as = _named(each)
        if known_as[-1] == SOURCE or each.partition(".")[0] in _NEUTRAL:
            break
        found += known_as
    return found


def _named(locale: str) -> list[str]:
    """The languages that the name of a locale names: `ko_KR.UTF-8` is `ko_KR`, or else `ko`."""
    name = locale.partition(".")[0].partition("@")[0].replace("-", "_")
    language, _, country = name.partition("_")
    language = language.lower()
    return [f"{language}_{country}", language] if country else [language]
