"""Read the usual command line of a transfer without argparse.

Importing argparse with its regular expressions, building the parser and using it takes a tenth of
the time of a short transfer. This module has the same options, and reads them if each is a separate
word. All other command lines, and all mistakes, are left to argparse, which reports them.
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
    """Return argparse's result for these words, or None if argparse must be used."""
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
        except Exception:  # argparse will find and report the same mistake
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
    """An option, made from the arguments of `add_argument`.

    It takes one word or none. Other kinds, such as `append` or `nargs`, are refused, because this
    class would read them wrongly.
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
        """Return the value, which may be the next word. Raises any exception for a wrong one."""
        if not self._takes_word:
            return self._const
        word = next(rest)
        if word.startswith(_DASHES):
            raise ValueError
        found = self._read(word)
        if self._choices is not None and found not in self._choices:
            raise ValueError
        return found
