"""The name that somebody may have meant who has mistyped one."""

from __future__ import annotations

from tftp_fsm.language.sentences import sentence

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable


def with_meant(told: str, name: str, known: Iterable[str]) -> str:
    """The sentence that there is no `name`, and the one of the `known` names that is most like it.

    The sentence alone, if none is.
    """
    from difflib import get_close_matches  # imported late: few are mistyped

    close = get_close_matches(name, list(known), 1)
    if not close:
        return told
    return sentence("{told}; did you mean {name!r}?", told=told, name=close[0])
