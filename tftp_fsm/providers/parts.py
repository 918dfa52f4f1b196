"""The parts that providers are composed of.

    Chain(Mapped(names, Directory(root)), Proxy("http://images.example/tftp/"))

`Chain` asks its parts in order. `Mapped` first changes the name. `ByClient` gives each client its
own directory. `Directory` has the files of a served root, and `Templates` fills in files for each
client.
"""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Any, Literal, TypeAlias

from tftp_fsm.errors import LocalError
from tftp_fsm.providers.asked import Asked, Denial, Provider, ReadAnswer, WriteAnswer
from tftp_fsm.providers.settings import Names
from tftp_fsm.storage.protocols import Sink, Source
from tftp_fsm.storage.served.jail import Root, ServedRoot, served
from tftp_fsm.wire.packets import ErrorCode

By: TypeAlias = Literal["ip", "mac"]
OTHERS = "this is the directory of another client"


class Chain(Provider):
    """Asks `parts` in order, and returns the first answer.

    A part has no answer if it returns None, or raises a LocalError that means "no such file". If no
    part has an answer, the first of these errors is raised.
    """

    def __init__(self, *parts: Provider) -> None:
        self._parts = parts

    def open_read(self, asked: Asked) -> ReadAnswer:
        missing: LocalError | None = None
        try:
            for part in self._parts:
                try:
                    answer = part.open_read(asked)
                except LocalError as failed:
                    if failed.code != ErrorCode.FILE_NOT_FOUND:
                        raise
                    missing = missing or failed
                    continue
                if answer is not None:
                    return answer
            if missing is not None:
                raise missing
            return None
        finally:
            # Its traceback has the frames of the callers, which would keep the root open.
            missing = None

    def open_write(self, asked: Asked) -> WriteAnswer:
        answers = (part.open_write(asked) for part in self._parts)
        return next((answer for answer in answers if answer is not None), None)


class Mapped(Provider):
    """Asks `inner` for the name that the rules of `names` make. The rule E looks into `root`."""

    def __init__(self, names: Names, inner: Provider, root: Root | None = None) -> None:
        self._names = names
        self._inner = inner
        self._root: ServedRoot | None = None if root is None else served(root)

    def open_read(self, asked: Asked) -> ReadAnswer:
        mapped = self._mapped(asked)
        return mapped if isinstance(mapped, Denial) else self._inner.open_read(mapped)

    def open_write(self, asked: Asked) -> WriteAnswer:
        mapped = self._mapped(asked)
        return mapped if isinstance(mapped, Denial) else self._inner.open_write(mapped)

    def _mapped(self, asked: Asked) -> Asked | Denial:
        found = self._names.apply(asked, self._has)
        return found.denial or replace(asked, name=found.name)

    def _has(self, name: bytes) -> bool:
        return self._root is not None and not self._root.lacks(name)


class Directory(Provider):
    """The files in a directory and below it, and never any other file.

    `options` are those of a served root: `writable`, `overwrite`, `max_size`, and so on.
    """

    def __init__(self, root: Root, **options: Any) -> None:
        self._root = served(root, **options)

    def open_read(self, asked: Asked) -> Source:
        return self._root.open_read(asked.name)

    def open_write(self, asked: Asked) -> Sink:
        return self._root.open_local(asked.name, asked.size)


class ByClient(Provider):
    """Gives a client the files of its own directory in `root`, if it has one.

    The name of the directory is the client's address (192.0.2.7, 2001:db8::7) or its hardware
    address (02-00-00-00-00-07). A client without a directory gets the files of the root, but not
    those in the directories of other clients.
    """

    def __init__(self, by: By, root: Root, inner: Provider) -> None:
        self._by = by
        self._root = served(root)
        self._inner = inner

    def open_read(self, asked: Asked) -> ReadAnswer:
        own = self._own(asked, "cannot read")
        return own if isinstance(own, Denial) else self._inner.open_read(own)

    def open_write(self, asked: Asked) -> WriteAnswer:
        own = self._own(asked, "cannot write")
        return own if isinstance(own, Denial) else self._inner.open_write(own)

    def _own(self, asked: Asked, what: str) -> Asked | Denial:
        name = self._root.plain_name(asked.name, what)
        folder = directory_of(asked, self._by)
        if folder and self._root.has_folder(folder):
            return replace(asked, name=os.fsencode(folder) + b"/" + name)
        return Denial(f"{what}: {OTHERS}") if self._is_of_another(name) else asked

    def _is_of_another(self, name: bytes) -> bool:
        """Return whether the first component of the name looks like the directory of a client."""
        from tftp_fsm.providers.neighbours import hexadecimal

        first, slash, _ = os.fsdecode(name).partition("/")
        if not slash:
            return False
        return bool(hexadecimal(first)) if self._by == "ip" else _is_mac(first)


def directory_of(asked: Asked, by: By) -> str:
    """Return the name of this client's directory, or "" if it is not known."""
    if by == "ip":
        return asked.host
    return (asked.mac or "").replace(":", "-")


def _is_mac(text: str) -> bool:
    parts = text.split("-")
    return len(parts) == 6 and all(
        len(part) == 2 and not set(part) - set("0123456789abcdefABCDEF") for part in parts
    )
