"""Suggest the name that a user may have meant after a typing mistake."""

from __future__ import annotations

from tftp_fsm.language.sentences import sentence

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable


def with_meant(told: str, name: str, known: Iterable[str]) -> str:
    """Return the sentence `told` about a wrong `name`, with the most similar `known` name.

    If no name is similar, return only the sentence.
    """
    from difflib import get_close_matches  # imported late: rarely needed

    close = get_close_matches(name, list(known), 1)
    if not close:
        return told
    return sentence("{told}; did you mean {name!r}?", told=told, name=close[0])
