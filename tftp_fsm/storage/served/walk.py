"""The walk from the served directory to a file in it, one component at a time.

Each directory on the way stays open while the next name is looked up in it. No system call follows
a link: this module reads and follows links by the same rules. So no name leads outside, even if
another process creates a link on the way at the wrong moment.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Sequence

from tftp_fsm.frozen import frozen
from tftp_fsm.language.sentences import sentence
from tftp_fsm.storage.directory import Directory
from tftp_fsm.storage.failures import Refused
from tftp_fsm.storage.partial import is_partial
from tftp_fsm.storage.served.folding import Folding
from tftp_fsm.wire.kinds import ErrorCode

LINK_LIMIT = 40  # links in one walk, as on Linux
_LEAVES = sentence("a link that leaves the served directory is refused")


@frozen
class DirectoryEntry:
    """A name in an open directory, which the caller closes.

    `found` is None if the name does not exist.
    """

    directory: Directory
    name: str
    found: os.stat_result | None


@frozen
class Ground:
    """A directory that links may lead into, and the paths of this host that name it.

    The first of `paths` contains no links. `real` is the same path in the form of the system.
    """

    directory: Directory
    paths: tuple[tuple[str, ...], ...]
    real: str


class Walk:
    """One walk. It begins at the first of `grounds`, the served directory. Links may enter others.

    With `folding`, a name may differ in case.
    """

    def __init__(self, grounds: Sequence[Ground], folding: Folding | None = None) -> None:
        self._grounds = grounds
        self._ground = grounds[0]
        self._held = [self._ground.directory.duplicate()]
        self._folding = folding
        self._links = 0
        self._pending: list[str] = []

    def to(self, parts: Sequence[str]) -> DirectoryEntry:
        """The entry of the file, which need not exist. Raises `OSError` or `Refused`."""
        self._pending = list(reversed(parts))
        try:
            while self._pending:
                entry = self._step(self._pending.pop())
                if entry is not None:
                    return entry
            raise IsADirectoryError(errno.EISDIR, "")
        finally:
            self._close()

    def _step(self, part: str) -> DirectoryEntry | None:
        if part == "..":
            self._leave()
            return None
        directory = self._held[-1]
        name, found = self._lookup(directory, part)
        if found is not None and stat.S_ISLNK(found.st_mode):
            self._follow(directory.readlink(name))
        elif found is not None and stat.S_ISDIR(found.st_mode):
            self._held.append(directory.child(name))
        else:
            return self._arrive(name, found)
        return None

    def _arrive(self, name: str, found: os.stat_result | None) -> DirectoryEntry:
        if self._pending:
            missing = errno.ENOENT if found is None else errno.ENOTDIR
            raise OSError(missing, "")
        return DirectoryEntry(self._held.pop(), name, found)

    def _lookup(self, directory: Directory, part: str) -> tuple[str, os.stat_result | None]:
        """Find the exact name, or with `folding` the only name that differs in case."""
        if is_partial(part):
            raise Refused(sentence("it is not complete yet"), ErrorCode.FILE_NOT_FOUND)
        found = directory.stat(part)
        if found is not None or self._folding is None:
            return part, found
        alike = self._folding.alike(directory, part)
        if len(alike) > 1:
            why = sentence("several files have this name in different case")
            raise Refused(why, ErrorCode.FILE_NOT_FOUND)
        return (alike[0], directory.stat(alike[0])) if alike else (part, None)

    def _leave(self) -> None:
        if len(self._held) > 1:
            self._held.pop().close()
            return
        if len(self._grounds) == 1:
            raise Refused(_LEAVES)
        # Make the rest of a relative link a path of this host.
        above = [*self._ground.paths[0][:-1]]
        while self._pending and self._pending[-1] == "..":
            self._pending.pop()
            del above[-1:]
        rest, self._pending = [*above, *reversed(self._pending)], []
        self._enter(rest)

    def _follow(self, target: str) -> None:
        self._links += 1
        if self._links > LINK_LIMIT:
            raise OSError(errno.ELOOP, "")
        parts = components(target)
        if os.path.isabs(target):
            self._enter(parts)
        else:
            self._pending.extend(reversed(parts))

    def _enter(self, parts: list[str]) -> None:
        """Go on from the ground into which this path of this host leads."""
        for ground in self._grounds:
            for path in ground.paths:
                if tuple(parts[: len(path)]) == path:
                    self._close()
                    self._ground = ground
                    self._held.append(ground.directory.duplicate())
                    self._pending.extend(reversed(parts[len(path) :]))
                    return
        raise Refused(_LEAVES)

    def _close(self) -> None:
        while self._held:
            self._held.pop().close()


def components(path: str) -> list[str]:
    """The components of a path of this host. Each `..` is kept."""
    usual = path.replace(os.altsep, os.sep) if os.altsep else path
    return [part for part in usual.split(os.sep) if part not in ("", ".")]
