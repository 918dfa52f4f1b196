"""Sentences for people in the current language.

    raise LocalError(sentence("cannot read {path}: {why}", path=path, why=why))
    print(tr("got {name}", name=name))       # translated now
    WHY = mark("The next block in order.")   # a constant, which is translated when it is shown
    print(shown(WHY), shown(failed))

A sentence in data is always English. So text that is compared, logged, written as JSON or raised
does not depend on the language. `tr` and `shown` translate a sentence when it reaches a person.
Sentences are whole, and have named fields.

The library never reads the environment. A program chooses a language with `use`, as the command
does.
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
    from collections.abc import Callable, Iterator, Mapping
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

_catalogue: Any = None  # a Catalogue; with None sentences are shown in English
_within: dict[str, Any] = {}  # when `speaking` was called: `catalogue`, a ContextVar, for its block
_OUTSIDE = object()  # its value outside of such a block
_loaded: dict[str, Any] = {}  # kept, because each request of a page may have another language


# -- Sentences that are shown now ------------------------------------------------------------------


def tr(text: str, /, **fields: Any) -> str:
    """Return the sentence in the current language."""
    if _in_use() is None:
        return text.format_map(fields) if fields else text
    return shown(sentence(text, **fields))


def tr_n(one: str, many: str, count: int, /, **fields: Any) -> str:
    """Return the sentence for a number. Both texts may have the field `count`."""
    return shown(sentence_n(one, many, count, **fields))


def tr_p(context: str, text: str, /, **fields: Any) -> str:
    """Return the sentence. If an English text has two meanings, `context` says which one."""
    return shown(sentence_p(context, text, **fields))


# -- When a sentence reaches a person --------------------------------------------------------------


def shown(text: object) -> str:
    """Return the text, or the message of an exception, in the current language.

    A text that is not a `Sentence` is translated if the catalogue has the whole text.
    """
    catalogue = _in_use()
    if catalogue is None:
        return str(text)
    said: str = catalogue.shown(str(text))
    return said


# -- The language ----------------------------------------------------------------------------------


def use(language: str) -> None:
    """Show sentences in this language from now on: `ko` or `en`. Raises LookupError.

    It is the language of the whole process, or within `speaking` of the rest of the block.
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
    """Return the current language."""
    catalogue = _in_use()
    return SOURCE if catalogue is None else str(catalogue.language)


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Within this context, use the language. Other threads and tasks keep theirs."""
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

        _loaded[language] = loaded(language, *_particles_of(language))
    return _loaded[language]


def _particles_of(language: str) -> tuple[Callable[[str], str], ...]:
    """Return the functions for words that depend on a field: before it is filled in, and after."""
    if language != "ko":
        return ()
    from tftp_fsm.language.korean import chosen_particles, marked_particles

    return marked_particles, chosen_particles


def wanted(environment: Mapping[str, str]) -> list[str]:
    """Return the languages that the environment asks for, best first, as in GNU gettext.

    The list is empty for English: LANGUAGE has effect only if the locale of messages is not C.
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
    """Return the languages of a locale: `ko_KR.UTF-8` means `ko_KR`, or else `ko`."""
    name = locale.partition(".")[0].partition("@")[0].replace("-", "_")
    language, _, country = name.partition("_")
    language = language.lower()
    return [f"{language}_{country}", language] if country else [language]
