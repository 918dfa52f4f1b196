"""Reads the ordinary command line of a transfer without argparse.

To import argparse with the regular expressions that it needs, to build the parser and to use it
takes a tenth of the time of a short transfer. Here the same options are noted, and read where
each stands as a word of its own. Everything else, and all that is wrong, is left to argparse, which
says so.
"""

from __future__ import annotations

from types import SimpleNamespace

from tftp_fsm.cli.arguments import add_options
from tftp_fsm.cli.common import PASTED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable, Collection, Iterator
    from typing import Any

_DASHES = ("-", *PASTED)
_ACTIONS = ("store", "store_true", "store_false", "store_const")


def quickly_read(argv: list[str]) -> Namespace | None:
    """What argparse makes of these words; None: ask argparse."""
    options = _options()
    given: dict[str, Any] = {option.dest: option.default for option in options.values()}
    words = given["words"] = []
    rest = iter(argv)
    for word in rest:
        if not word.startswith(_DASHES) or word == "-":
            words.append(word)
            continue
        option = options.get(word)
        try:
            if option is None:
                return None
            given[option.dest] = option.value(rest)
        except Exception:  # whatever it is, argparse finds it again and says it
            return None
    found: Any = SimpleNamespace(**given)
    return found if words else None


def _options() -> dict[str, _Option]:
    found: dict[str, _Option] = {}

    def add(*names: str, **how: Any) -> None:
        found.update(dict.fromkeys(names, _Option(names, **how)))

    add_options(lambda title: add)
    return found


class _Option:
    """An option, of what `add_argument` is told about it.

    It takes one word or none. Of another kind, such as `append` or `nargs`, none can be made:
    it would be misread here.
    """

    def __init__(
        self,
        names: tuple[str, ...],
        *,
        action: str = "store",
        type: Callable[[str], Any] = str,
        default: Any = None,
        const: Any = None,
        choices: Collection[str] | None = None,
        dest: str = "",
        help: str = "",
        metavar: str = "",
    ) -> None:
        if action not in _ACTIONS:
            raise ValueError(f"{names[-1]}: the action {action!r} is unknown here")
        self.dest = dest or names[-1].lstrip("-").replace("-", "_")
        self._read = type
        self._choices = choices
        self._takes_word = action == "store"
        self._const = {"store_true": True, "store_false": False, "store_const": const}.get(action)
        self.default = {"store_true": False, "store_false": True}.get(action, default)

    def value(self, rest: Iterator[str]) -> Any:
        """Its value, which may be the next word. Raises any exception if it takes none."""
        if not self._takes_word:
            return self._const
        word = next(rest)
        if word.startswith(_DASHES):
            raise ValueError
        found = self._read(word)
        if self._choices is not None and found not in self._choices:
            raise ValueError
        return found
