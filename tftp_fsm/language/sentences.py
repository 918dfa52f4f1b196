"""Sentences as data: English text that remembers how it was made.

What decides makes sentences and never translates: packets, sessions and storage import this module.
What speaks to a person imports the package, which has the same functions, and those that translate.
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
