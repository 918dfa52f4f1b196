"""Sentences as data: English text that remembers how it was made.

Modules that decide (packets, sessions, storage) import this module: they make sentences and never
translate. Modules that speak to a person import the package, which also has the functions that
translate.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any
else:
    from _collections_abc import Mapping  # that of collections.abc, without its file

    Any = object


class Sentence(str):
    """English text that remembers its template and fields, so that `shown` can translate it.

    For all other code it is the English text. It is kept by `str()`, by pickling, and as the
    message of an exception. It is lost in an f-string and with `+`.
    """

    template: str
    many: str = ""  # the template for other numbers than one
    context: str = ""
    fields: Mapping[str, Any] = {}

    def __str__(self) -> str:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        # An old protocol would call str() again.
        return Sentence, (super().__str__(),), self.__dict__


def sentence(text: str, /, **fields: Any) -> Sentence:
    """Make English text that `shown` translates later, for exceptions, results and findings."""
    return _made(text, text, fields)


def sentence_n(one: str, many: str, count: int, /, **fields: Any) -> Sentence:
    """Make a sentence for a number. Both texts may have the field `count`."""
    made = _made(one, one if count == 1 else many, {"count": count, **fields})
    made.many = many
    return made


def sentence_p(context: str, text: str, /, **fields: Any) -> Sentence:
    """Make a sentence. If an English text has two meanings, `context` says which one."""
    made = _made(text, text, fields)
    made.context = context
    return made


def layout(template: str, /, **fields: Any) -> Sentence:
    """Make signs around sentences, such as `{where}: {why}`. Without words it needs no catalogue.

    Fields that are sentences are translated.
    """
    return _made(template, template, fields)


def joined(separator: str, parts: list[str]) -> Sentence:
    """Return `separator.join(parts)`. Parts that are sentences are translated later."""
    names = [f"part{number}" for number in range(len(parts))]
    template = separator.replace("{", "{{").replace("}", "}}").join(f"{{{n}}}" for n in names)
    return _made(template, template, dict(zip(names, parts, strict=True)))


def reason(failed: OSError) -> str:
    """Return the system's text of an error, without the number: `No such file or directory`."""
    return sentence(failed.strerror) if failed.strerror else str(failed)


def mark(text: str) -> str:
    """Return the text itself. This marks it for the catalogues, and `shown` translates it."""
    return text


def mark_p(context: str, text: str) -> Sentence:
    """Mark a constant. If an English text has two meanings, `context` says which one."""
    return sentence_p(context, text)


def marked(text: str) -> str:
    """Return a marked constant as a sentence, for a field of another sentence."""
    return text if isinstance(text, Sentence) else sentence(text)


def _made(template: str, text: str, fields: Mapping[str, Any]) -> Sentence:
    made = Sentence(text.format_map(fields) if fields else text)
    made.template = template
    made.fields = fields
    return made
