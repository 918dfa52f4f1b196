"""Sentences in files that this program reads again.

    parts(sentence("sent {packet} again", packet="DATA 3"))
    {"template": "sent {packet} again", "many": "", "context": "", "fields": {"packet": "DATA 3"}}

The English text alone could not be translated later, because its fields are filled in already.
"""

from __future__ import annotations

import re
from typing import Any

from tftp_fsm.language import Sentence

_KEYS = ("template", "many", "context")
_NAME = re.compile(r"[a-z_][a-z0-9_]*")
_SPEC = re.compile(r"(?:![rs])?(?::,?(?:\.[0-9])?[dfg]?)?")  # the formats in our sentences
_PLACE = re.compile(r"\{\{|\}\}|\{(?P<name>[^{}!:]*)(?P<spec>[^{}]*)\}|[{}]")
DEEPEST = 8  # sentences within sentences


def parts(text: str) -> object:
    """Return a sentence as plain values for JSON. Other texts stay unchanged."""
    if not isinstance(text, Sentence):
        return text
    fields = {name: parts(v) if isinstance(v, str) else v for name, v in text.fields.items()}
    return {**{key: getattr(text, key, "") for key in _KEYS}, "fields": fields}


def rebuilt(kept: object, text: str) -> str:
    """Return the sentence of `parts` if its text is `text`. Otherwise return the text."""
    try:
        made = _made(kept, DEEPEST)
    except (ArithmeticError, AttributeError, KeyError, TypeError, ValueError):
        return text
    return made if made == text else text


def _made(kept: object, deep: int) -> str:
    if isinstance(kept, str):
        return kept
    if not isinstance(kept, dict) or not deep:
        raise TypeError
    template, many, context = (str(kept[key]) for key in _KEYS)
    fields: dict[str, Any] = {name: _field(v, deep) for name, v in kept["fields"].items()}
    if not _is_plain(template, fields) or not _is_plain(many, fields):
        raise ValueError
    is_one = not many or fields["count"] == 1
    made = Sentence((template if is_one else many).format_map(fields) if fields else template)
    made.template, made.many, made.context, made.fields = template, many, context, fields
    return made


def _field(value: object, deep: int) -> object:
    return value if isinstance(value, int | float) or value is None else _made(value, deep - 1)


def _is_plain(template: str, fields: dict[str, Any]) -> bool:
    """Return whether the template has only plain fields. The file may come from a stranger."""
    return all(
        place["name"] is not None
        and place["name"] in fields
        and _NAME.fullmatch(place["name"])
        and _SPEC.fullmatch(place["spec"])
        for place in _PLACE.finditer(template)
        if fields and place[0] not in ("{{", "}}")
    )
