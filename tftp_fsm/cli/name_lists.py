"""Options that take a list of known names: `--only a,b`, or `--only a --only b`."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable
from typing import Any

from tftp_fsm.language import shown
from tftp_fsm.language.meant import with_meant


class NameList(argparse.Action):
    """Collects names, each once. `names` returns the known names when they are needed.

    `unknown` returns the message for an unknown name, in the current language.
    """

    def __init__(
        self,
        option_strings: list[str],
        dest: str,
        *,
        names: Callable[[], Iterable[str]],
        unknown: Callable[[str], str],
        **more: Any,
    ) -> None:
        super().__init__(option_strings, dest, default=(), **more)
        self._names = names
        self._unknown = unknown

    @property
    def known(self) -> tuple[str, ...]:
        """The known names."""
        return tuple(self._names())

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: object,
        option_string: str | None = None,
    ) -> None:
        asked = [name.strip() for name in str(values).split(",")]
        for name in asked:
            if name not in self.known:
                raise argparse.ArgumentError(
                    self, shown(with_meant(self._unknown(name), name, self.known))
                )
        before = getattr(namespace, self.dest)
        setattr(namespace, self.dest, tuple(dict.fromkeys([*before, *asked])))
