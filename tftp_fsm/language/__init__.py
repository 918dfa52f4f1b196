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


class Sentence(str):
    """English text that remembers how it was made, so that `shown` can translate it.

    To all other code it is the English text. It survives `str()`, pickling, and being the message
    of an exception; it does not survive an f-string or `+`.
    """

    template: str
    many: str = ""  # the template for other numbers than one
    context: str = ""
    fields: Mapping[str, Any] = {}

    def __str__(self) -> str:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        # An old protocol would ask str() again.
        return Sentence, (super().__str__(),), self.__dict__


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


# -- Sentences in data -----------------------------------------------------------------------------


def sentence(text: str, /, **fields: Any) -> Sentence:
    """English text that `shown` translates later, for exceptions, results and findings."""
    return _made(text, text, fields)


def sentence_n(one: str, many: str, count: int, /, **fields: Any) -> Sentence:
    """As `sentence`, for a number. Both texts may have the field `count`."""
    made = _made(one, one if count == 1 else many, {"count": count, **fields})
    made.many = many
    return made


def sentence_p(context: str, text: str, /, **fields: Any) -> Sentence:
    """As `sentence`, where the same English text has two meanings."""
    made = _made(text, text, fields)
    made.context = context
    return made


def layout(template: str, /, **fields: Any) -> Sentence:
    """Signs around sentences, such as `{where}: {why}`. It has no words, so it is in no catalogue.

    Fields that are sentences are translated.
    """
    return _made(template, template, fields)


def joined(separator: str, parts: list[str]) -> Sentence:
    """As `separator.join(parts)`; parts that are sentences are translated."""
    names = [f"part{number}" for number in range(len(parts))]
    template = separator.replace("{", "{{").replace("}", "}}").join(f"{{{n}}}" for n in names)
    return _made(template, template, dict(zip(names, parts, strict=True)))


def reason(failed: OSError) -> str:
    """What the system says of its error, without the number: `No such file or directory`."""
    return sentence(failed.strerror) if failed.strerror else str(failed)


def mark(text: str) -> str:
    """The text itself. It is found for the catalogues here, and translated by `shown`."""
    return text


def mark_p(context: str, text: str) -> Sentence:
    """A constant, where the same English text has two meanings."""
    return sentence_p(context, text)


def marked(text: str) -> str:
    """The sentence of a constant that was marked, as a field of another sentence."""
    return text if isinstance(text, Sentence) else sentence(text)


def _made(template: str, text: str, fields: Mapping[str, Any]) -> Sentence:
    made = Sentence(text.format_map(fields) if fields else text)
    made.template = template
    made.fields = fields
    return made


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
