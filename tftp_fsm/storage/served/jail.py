"""The served root: the one directory whose files peers may read and, if allowed, write.

    with ServedRoot("/srv/tftp", writable=True) as root:
        source = root.open_read(b"/tftpboot/pxelinux.0")
        sink = root.open_write(b"logs/switch.txt", size=1200)

No name leads to a file outside the directory and the folders of `follow_links`. No message to a
peer contains a path of this host. `names` checks names, and `walk` follows them.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Sequence
from threading import RLock
from typing import Any, Self, TypeAlias
from weakref import finalize

from tftp_fsm.borders import brief
from tftp_fsm.errors import LocalError
from tftp_fsm.language.sentences import mark, sentence
from tftp_fsm.storage.directory import Directory
from tftp_fsm.storage.failures import Refused, failing
from tftp_fsm.storage.leftovers import Sweeper, sweep
from tftp_fsm.storage.limits import LimitedSink
from tftp_fsm.storage.netascii import NetasciiSource, for_wire
from tftp_fsm.storage.partial import FileSink
from tftp_fsm.storage.protocols import Sink, Source
from tftp_fsm.storage.served.folding import Folding
from tftp_fsm.storage.served.names import RequestedName, name_text, parse_name
from tftp_fsm.storage.served.walk import DirectoryEntry, Ground, Walk, components
from tftp_fsm.storage.sources import FileSource
from tftp_fsm.storage.versions import is_version
from tftp_fsm.wire.kinds import ErrorCode

_READ = "cannot read"
_WRITE = "cannot write"
_SERVE = mark("cannot serve")
# O_NONBLOCK, because a FIFO may take the place of the file just before it is opened.
_OPEN = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0)
# Counting three gigabytes before the first answer would delay all sessions by half a minute.
COUNTED_AT_ONCE = 1 << 20  # octets of a file for netascii; this takes ten milliseconds
CUSTOMARY = "tftpboot"  # many clients ask for /tftpboot/NAME, even if the root has another name


class ServedRoot:
    """Peers may create files if `writable`, and replace files if `overwrite`.

    `max_size` is in octets of the local form. With `fold_case` a file is also found by a name that
    differs only in case, if there is just one such file (Windows boot files). With `public_only`
    all users must have the right to read a file that is sent, and to write a file that is replaced.
    A link may also lead into one of `follow_links`, which are directories of this host.
    `keep_versions` is the number of earlier versions that are kept of a replaced file (`versions`).
    """

    def __init__(
        self,
        root: str | os.PathLike[str],
        *,
        writable: bool = False,
        overwrite: bool = False,
        max_size: int | None = None,
        fold_case: bool = False,
        public_only: bool = False,
        follow_links: Sequence[str | os.PathLike[str]] = (),
        keep_versions: int = 0,
    ) -> None:
        self.writable = writable
        self.overwrite = overwrite
        self.max_size = max_size
        self._public_only = public_only
        self._keep_versions = keep_versions
        self._folding = Folding() if fold_case else None
        self._sweeper = Sweeper()
        path = os.fspath(root)
        self._real = os.path.realpath(path)
        self._grounds: list[Ground] = []
        self._lock = RLock()
        self._holds = 0
        self._is_closed = False
        try:
            for one in (path, *follow_links):
                self._grounds.append(_ground(os.fspath(one)))
            self._root = self._grounds[0].directory
            self.check()
        except LocalError:
            self.close()
            raise

    def open_read(self, name: bytes, netascii: bool = False) -> Source:
        """The source for the regular file of that name.

        Raises `LocalError` with the code for the peer. The end of a large file in netascii is found
        while it is sent (`NetasciiSource.is_counted`).
        """
        with failing(_READ, name_text(name)):
            entry = self._find(name)
            try:
                source = self._open_source(entry, name_text(name))
            finally:
                entry.directory.close()
        return NetasciiSource(source, COUNTED_AT_ONCE) if netascii else source

    def lacks(self, name: bytes) -> bool:
        """Return whether no file of this name can be sent. No file is opened for this."""
        try:
            entry = self._find(name)
        except (OSError, Refused):
            return True
        entry.directory.close()
        return entry.found is None

    def plain_name(self, name: bytes, what: str = _READ) -> bytes:
        """Return the name with single slashes, and without a leading slash and `tftpboot`.

        Raises `LocalError`. Its text begins with `what`.
        """
        with failing(what, name_text(name)):
            return b"/".join(map(os.fsencode, self._without_customary(parse_name(name))))

    def has_folder(self, name: str) -> bool:
        """Return whether the root itself has a directory or a link of this name."""
        try:
            found = self._root.stat(name)
        except (OSError, ValueError):
            return False
        return found is not None and (stat.S_ISDIR(found.st_mode) or stat.S_ISLNK(found.st_mode))

    def open_write(self, name: bytes, size: int | None = None, netascii: bool = False) -> Sink:
        """A sink for that name. `size` is the peer's tsize (octets on the wire), or None."""
        return for_wire(self.open_local(name, size), size, netascii)

    def open_local(self, name: bytes, size: int | None = None) -> Sink:
        """Like `open_write`, but the sink takes octets with the line ends of this system."""
        with failing(_WRITE, name_text(name)):
            if not self.writable:
                raise Refused(sentence("this server is read-only"))
            entry = self._find(name)
            try:
                sink: Sink = self._open_sink(entry, name_text(name))
            except BaseException:
                entry.directory.close()
                raise
        return sink if self.max_size is not None else LimitedSink(sink, lambda: size)

    def check(self) -> None:
        """Raise LocalError if this process cannot open any file of the directory."""
        with failing(_SERVE, brief(self._real)):
            if not self._root.allows(os.X_OK):
                raise Refused(sentence("permission denied: this user may not open files in it"))

    @property
    def takes_files(self) -> bool:
        """Return whether files can be created in the root itself, not only in its directories."""
        return self.writable and self._root.allows(os.W_OK | os.X_OK)

    def sweep(self) -> int:
        """Remove the partial files that killed servers have left. Return how many there were."""
        return sweep(self._real) if self.writable else 0

    def hold(self) -> object:
        """Return an object for a thread. The root stays open until all such objects are gone."""
        hold = _Hold()
        with self._lock:
            self._holds += 1
        finalize(hold, self._release)
        return hold

    def close(self) -> None:
        """Close the directory. Sources and sinks that were opened in it stay open."""
        with self._lock:
            self._is_closed = True
            if self._holds:
                return
        for ground in self._grounds:
            ground.directory.close()

    def _release(self) -> None:
        with self._lock:
            self._holds -= 1
        if self._is_closed:
            self.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _find(self, name: bytes) -> DirectoryEntry:
        parts = self._without_customary(parse_name(name))
        entry = Walk(self._grounds, self._folding).to(parts)
        if not any(entry.directory.is_within(ground.real) for ground in self._grounds):
            entry.directory.close()
            raise Refused(sentence("it is not in the served directory"))
        return entry

    def _without_customary(self, name: RequestedName) -> tuple[str, ...]:
        """Return the components without a leading `tftpboot`, unless such a directory exists."""
        first, *rest = name.parts
        if not name.absolute or first != CUSTOMARY or not rest:
            return name.parts
        return name.parts if self._root.stat(CUSTOMARY) is not None else tuple(rest)

    def _open_source(self, entry: DirectoryEntry, where: str) -> FileSource:
        if entry.found is None:
            raise FileNotFoundError(errno.ENOENT, "")
        _check_regular(entry.found)
        fd = entry.directory.open(entry.name, _OPEN)
        try:
            found = os.fstat(fd)
            _check_regular(found)
            self._check_public(found, stat.S_IROTH)
            return FileSource(fd, where)
        except BaseException:
            os.close(fd)
            raise

    def _check_public(self, found: os.stat_result, right: int) -> None:
        if self._public_only and not found.st_mode & right:
            raise Refused(sentence("permission denied: the file is not open to everybody"))

    def _open_sink(self, entry: DirectoryEntry, where: str) -> FileSink:
        if self._keep_versions and is_version(entry.name):
            raise Refused(
                sentence(
                    "it is the name of an earlier version, and earlier versions are not changed"
                )
            )
        if entry.found is not None:
            _check_regular(entry.found)
            self._check_public(entry.found, stat.S_IWOTH)
        self._sweeper.visit(entry.directory)
        return FileSink(
            entry.directory,
            entry.name,
            where,
            overwrite=self.overwrite,
            guarded=True,
            max_size=self.max_size,
            reserve=self.max_size is None,
            versions=self._keep_versions,
        )


Root: TypeAlias = "ServedRoot | str | os.PathLike[str]"
"""The path of a directory, or a served root that is open already."""


def served(root: Root, **options: Any) -> ServedRoot:
    """Open the directory, unless it is open already. Raises LocalError."""
    return root if isinstance(root, ServedRoot) else ServedRoot(root, **options)


class _Hold:
    """See `ServedRoot.hold`."""


def _ground(path: str) -> Ground:
    with failing(_SERVE, brief(path)):
        directory = Directory.at(path)
    real, named = os.path.realpath(path), os.path.abspath(path)
    return Ground(directory, (tuple(components(real)), tuple(components(named))), real)


def _check_regular(found: os.stat_result) -> None:
    if not stat.S_ISREG(found.st_mode):
        raise Refused(sentence("it is not a regular file"), ErrorCode.ACCESS_VIOLATION)
