"""A served root that refuses some names, and simulates a full disk."""

from __future__ import annotations

import errno
from collections.abc import Mapping
from typing import Any, TypeAlias

from tftp_fsm.errors import LocalError
from tftp_fsm.storage.failures import failing
from tftp_fsm.storage.protocols import Octets, Sink, Source, pieces
from tftp_fsm.storage.served.jail import ServedRoot
from tftp_fsm.storage.served.names import name_text
from tftp_fsm.storage.wrapped import WrappedSink
from tftp_fsm.wire.packets import ErrorCode

Refusal: TypeAlias = int | tuple[int, str]
"""The code of an ERROR, or its code and its text."""


class FaultyRoot(ServedRoot):
    """A `ServedRoot`. `refuse` has the ERROR for a name, `disk_full` the room for an upload."""

    def __init__(
        self,
        refuse: Mapping[bytes, tuple[int, str]],
        disk_full: int | None,
        root: Any,
        **options: Any,
    ) -> None:
        super().__init__(root, **options)
        self._refuse = refuse
        self._disk_full = disk_full

    def open_read(self, name: bytes, netascii: bool = False) -> Source:
        """The source, unless the name is refused."""
        self._check_name(name)
        return super().open_read(name, netascii)

    def lacks(self, name: bytes) -> bool:
        """Return whether there is no such file. A refused name has its own ERROR: False."""
        return _plain(name) not in self._refuse and super().lacks(name)

    def open_write(self, name: bytes, size: int | None = None, netascii: bool = False) -> Sink:
        """Return the sink on a disk that may become full, unless the name is refused."""
        self._check_name(name)
        sink = super().open_write(name, size, netascii)
        if self._disk_full is None:
            return sink
        full = FullDiskSink(sink, self._disk_full, name_text(name))
        if size is not None:
            full.expect(size)
        return full

    def _check_name(self, name: bytes) -> None:
        if _plain(name) in self._refuse:
            code, text = self._refuse[_plain(name)]
            raise LocalError(text, code, told=text)


class FullDiskSink(WrappedSink):
    """Another sink, on a disk with room for `room` octets of the form on the wire."""

    __slots__ = ("_room", "_where")

    def __init__(self, inner: Sink, room: int, where: str) -> None:
        super().__init__(inner)
        self._room = room
        self._where = where

    def expect(self, size: int) -> None:
        """Fail if there is no room for `size` octets."""
        if size > self._room:
            self._fail()

    def write(self, octets: Octets) -> None:
        """Write to the inner sink, unless the disk is full."""
        parts = pieces(octets)
        self._room -= sum(map(len, parts))
        if self._room < 0:
            self._fail()
        super().write(parts)

    def _fail(self) -> None:
        """Discard the file and raise an error: the caller may not discard it."""
        self.discard()
        with failing("cannot write", self._where):
            raise OSError(errno.ENOSPC, "")


def refusals(refuse: Mapping[str, Refusal]) -> dict[bytes, tuple[int, str]]:
    """Return the code and the text for each name. Raises ValueError for a wrong code."""
    return {_plain(name.encode()): _refusal(name, refusal) for name, refusal in refuse.items()}


def _refusal(name: str, refusal: Refusal) -> tuple[int, str]:
    code, text = refusal if isinstance(refusal, tuple) else (refusal, "")
    if not 0 <= code <= 0xFFFF:
        raise ValueError(f"refuse: {code!r} for {name!r} is not a code of an ERROR: use 0 to 65535")
    known = code in {int(one) for one in ErrorCode}
    words = ErrorCode(code).name.lower().replace("_", " ") if known else "refused by the test"
    return code, text or words


def _plain(name: bytes) -> bytes:
    """Return the name without slashes at its beginning: clients use both forms for one file."""
    return name.lstrip(b"/")
