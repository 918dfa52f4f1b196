"""Limits around a user's provider: its time, its files, and its texts for clients.

    guarded = Guarded(load("recipes:make"), seconds=20)

It is called on another thread than the server's loop. If it takes longer than `seconds`, the client
gets an ERROR, and the call is left alone. If it fails, the log has the reason, and the client hears
only that it has failed.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from functools import cache
from importlib import import_module
from typing import Any

from tftp_fsm.borders import brief
from tftp_fsm.errors import LocalError
from tftp_fsm.language import sentence
from tftp_fsm.providers.asked import CALLS, LARGEST, SECONDS, Asked, Denial, Provider
from tftp_fsm.providers.bounded import Bounded, reason
from tftp_fsm.providers.settings import Function, functions_of
from tftp_fsm.providers.settled import READ, WRITE, settle_sink, settle_source
from tftp_fsm.storage.protocols import Sink, Source


class Guarded(Provider):
    """Calls `provider`, an object with `open_read` and `open_write` or a function.

    A function is called for downloads and for uploads; `Asked.verb` says which.
    """

    def __init__(
        self,
        provider: Provider | Function,
        seconds: float = SECONDS,
        largest: int = LARGEST,
        calls: int = CALLS,
    ) -> None:
        self._read, self._write = functions_of(provider)
        self._largest = largest
        self._calls = Bounded(seconds, calls, breaks_off=True)

    def open_read(self, asked: Asked) -> Source | Denial | None:
        def find() -> Source | Denial | None:
            answer = self._read(asked)
            return answer if isinstance(answer, Denial) else settle_source(answer, self._largest)

        return self._calls.guarded(READ, find, _close_source)

    def open_write(self, asked: Asked) -> Sink | Denial | None:
        def find() -> Sink | Denial | None:
            answer = self._write(asked)
            if isinstance(answer, Denial):
                return answer
            return settle_sink(answer, self._largest, self._calls)

        return self._calls.guarded(WRITE, find, _close_sink)


def _close_source(found: object) -> None:
    if found is not None and not isinstance(found, Denial):
        found.close()  # type: ignore[attr-defined]


def _close_sink(found: object) -> None:
    if found is not None and not isinstance(found, Denial):
        found.discard()  # type: ignore[attr-defined]


@cache
def load(name: str) -> Provider | Function:
    """Import the provider `name`, such as "recipes:make". Raises LocalError.

    The module is searched for as in any import, and then in the current directory. It runs only
    once, even if the configuration is read again.
    """
    module, colon, attribute = name.partition(":")
    if not (colon and module and attribute):
        raise _not_loaded(name, "name it as MODULE:FUNCTION, such as recipes:make")
    found: Any = _imported(module, name)
    for part in attribute.split("."):
        try:
            found = getattr(found, part)
        except AttributeError:
            raise _not_loaded(name, f"{module} has no {brief(attribute)}") from None
    if isinstance(found, type):
        found = _called(found, name)
    try:
        functions_of(found)  # ValueError: it is no provider
    except ValueError as wrong:
        raise _not_loaded(name, str(wrong)) from None
    return found  # type: ignore[no-any-return]


def _imported(module: str, name: str) -> Any:
    here = os.getcwd()
    added = here not in sys.path and "" not in sys.path
    if added:
        sys.path.append(here)
    return _called(lambda: import_module(module), name)


def _called(act: Callable[[], Any], name: str) -> Any:
    try:
        return act()
    except (Exception, SystemExit) as failed:  # the module must not end the server
        raise _not_loaded(name, reason(failed)) from None


def _not_loaded(name: str, why: str) -> LocalError:
    return LocalError(
        sentence("cannot load the provider {name}: {why}", name=brief(name), why=why),
        setting="provider",
    )
