"""A received file on disk. It is written under a hidden name beside its target, then renamed.

Until `commit` the final name does not change: it does not exist, or it is still the earlier file.
A process that is killed leaves only the hidden file, and a server never sends that.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat

from tftp_fsm.language.sentences import mark, sentence
from tftp_fsm.storage.access import NEW_FILE, REPLACEMENT, keep_access
from tftp_fsm.storage.failures import Refused, check_max_size, check_written, local_error
from tftp_fsm.storage.protocols import pieces
from tftp_fsm.storage.writeback import WriteBack
from tftp_fsm.wire.kinds import ErrorCode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from tftp_fsm.storage.directory import Directory
    from tftp_fsm.storage.protocols import Buffer, Octets

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

PREFIX = ".tftp-fsm-"
SUFFIX = ".part"
RESERVED = 20  # one part in 20 of the free room stays free
CHECKED_EVERY = 1 << 24  # octets that are written between two checks of the free room
_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL
_ATTEMPTS = 16  # an attempt fails only if a sweep finds the new file before its lock
_VECTORS = 1024  # the buffers that one writev takes, on Linux (IOV_MAX)
_WHAT = mark("cannot write")
_NOT_SYNCED = {errno.EINVAL, errno.ENOTSUP}  # this file system cannot sync a file


def is_partial(name: str) -> bool:
    """Return whether this is the hidden name of a file that is not whole."""
    folded = name.casefold()
    return folded.startswith(PREFIX) and folded.endswith(SUFFIX)


class FileSink:
    """Writes the file `name` in `directory`, and closes `directory` at its end.

    With `overwrite=False` no file is ever replaced. If two sinks have one name, the second commit
    fails with code 6, even if both commit at once. With `guarded=True` only the file that existed
    when the sink was made is replaced, so the second commit fails here too. With `reserve=True` a
    twentieth of the present free room of the disk stays free. `versions` is the number of earlier
    files that are kept when a file is replaced.
    """

    __slots__ = (
        "_directory",
        "_earlier",
        "_fd",
        "_guarded",
        "_least_free",
        "_max_size",
        "_name",
        "_overwrite",
        "_partial",
        "_unchecked",
        "_versions",
        "_where",
        "_writeback",
        "size",
    )

    def __init__(
        self,
        directory: Directory,
        name: str,
        where: str,
        *,
        overwrite: bool = True,
        guarded: bool = False,
        max_size: int | None = None,
        reserve: bool = False,
        versions: int = 0,
    ) -> None:
        """Raises `OSError` or `Refused`. The caller makes them a `LocalError`."""
        self._directory = directory
        self._name = name
        self._where = where
        self._overwrite = overwrite
        self._guarded = guarded
        self._max_size = max_size
        self._versions = versions
        self._earlier = directory.stat(name)
        self._check_target()
        self._partial, self._fd = _created(directory, REPLACEMENT if self._earlier else NEW_FILE)
        self._writeback = WriteBack(self._fd)
        self._least_free = (_free_octets(self._fd) or 0) // RESERVED if reserve else 0
        self._unchecked = 0
        self.size = 0

    def expect(self, size: int) -> None:
        """Fail with code 3 if `size` is above the limit or above the free room of the disk."""
        try:
            check_max_size(size, self._max_size)
            self._check_room(size - self.size)
        except (OSError, Refused) as error:
            raise self._failed(error) from None

    def write(self, octets: Octets) -> None:
        """Append all buffers, with one system call if the system has writev."""
        parts = pieces(octets)
        size = self.size + sum(map(len, parts))
        try:
            check_max_size(size, self._max_size)
            self._unchecked += size - self.size
            if self._least_free and self._unchecked >= CHECKED_EVERY:
                self._check_room(self._unchecked)
                self._unchecked = 0
            write_all(self._fd, parts, size - self.size)
            self._writeback.note(size - self.size)
        except (OSError, Refused) as error:
            raise self._failed(error) from None
        self.size = size

    def commit(self) -> None:
        """Sync the data, rename the file, and sync the directory."""
        try:
            self._writeback.finish()
            self._keep_access()
            _sync(self._fd)
            self._rename()
            self._partial = ""
            self._close_file()
            self._directory.sync()
        except (OSError, Refused) as error:
            raise self._failed(error) from None
        self._directory.close()

    def discard(self) -> None:
        """Remove the hidden file."""
        with contextlib.suppress(OSError):
            self._close_file()
        partial, self._partial = self._partial, ""
        if partial:
            with contextlib.suppress(OSError):
                self._directory.unlink(partial)
        self._directory.close()

    def _check_room(self, octets: int) -> None:
        """Raise OSError or Refused if the disk has no room for `octets` octets."""
        free = _free_octets(self._fd)
        if free is None:
            return
        if octets > free:
            raise OSError(errno.ENOSPC, "")
        if octets > free - self._least_free:
            why = sentence(
                "too large: {octets:,} octets of the disk must stay free, unless you give a "
                "largest size",
                octets=self._least_free,
            )
            raise Refused(why, ErrorCode.DISK_FULL)

    def _check_target(self) -> None:
        if self._earlier is None:
            return
        if not self._overwrite:
            raise FileExistsError(errno.EEXIST, "")
        # A rename would replace a read-only file too, but its owner does not want that.
        if not self._directory.may_write(self._name):
            raise PermissionError(errno.EACCES, "")

    def _keep_access(self) -> None:
        """Keep the access of the earlier file. Its mode may have changed, so it is read again."""
        earlier = self._directory.stat(self._name) or self._earlier
        if earlier is not None and self._overwrite:
            keep_access(self._fd, self._directory, self._name, earlier)

    def _rename(self) -> None:
        if not can_lock():
            self._close_file()  # Windows cannot rename an open file; elsewhere the lock must stay
        if not self._overwrite or (self._guarded and self._earlier is None):
            self._directory.rename_new(self._partial, self._name)
            return
        found = self._directory.stat(self._name)
        if found is not None and stat.S_ISDIR(found.st_mode):
            raise IsADirectoryError(errno.EISDIR, "")
        if self._guarded and _identity(found) != _identity(self._earlier):
            raise Refused(sentence("another program wrote it meanwhile"), ErrorCode.FILE_EXISTS)
        if self._versions and found is not None:
            from tftp_fsm.storage.versions import keep_version  # imported late: rarely used

            keep_version(self._directory, self._name, self._versions)
        self._directory.replace(self._partial, self._name)

    def _failed(self, error: OSError | Refused) -> Exception:
        """Discard the file, and return the error to raise: the caller may not discard it."""
        self.discard()
        return local_error(error, _WHAT, self._where)

    def _close_file(self) -> None:
        fd, self._fd = self._fd, -1
        if fd >= 0:
            os.close(fd)


def _created(directory: Directory, mode: int) -> tuple[str, int]:
    """Create a hidden file, and lock it against `leftovers`. Return its name and descriptor."""
    for _ in range(_ATTEMPTS):
        name = f"{PREFIX}{os.urandom(8).hex()}{SUFFIX}"
        fd = directory.open(name, _CREATE, mode)
        # Another process may have found the file before it was locked, and removed it.
        if lock(fd) is not False and directory.stat(name) is not None:
            return name, fd
        os.close(fd)
        with contextlib.suppress(OSError):
            directory.unlink(name)
    raise OSError(errno.EBUSY, os.strerror(errno.EBUSY))


def can_lock() -> bool:
    """Whether this system has locks that the kernel releases when a process ends."""
    return fcntl is not None


def lock(fd: int) -> bool | None:
    """Lock the file until it is closed. Return False if another descriptor holds the lock.

    Return None if this system or this file system has no such locks.
    """
    if fcntl is None:
        return None
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return None
    return True


def write_all(fd: int, parts: Sequence[Buffer], left: int) -> None:
    """Write all `left` octets of `parts`, even if the system takes only a few at a time."""
    if len(parts) > _VECTORS:
        parts = (b"".join(parts),)
    while left:
        written = check_written(_write(fd, parts), left)
        left -= written
        if left:
            parts = _after(parts, written)


def _write(fd: int, parts: Sequence[Buffer]) -> int:
    if len(parts) > 1 and hasattr(os, "writev"):
        return os.writev(fd, parts)
    return os.write(fd, parts[0])


def _after(parts: Sequence[Buffer], written: int) -> Sequence[Buffer]:
    """Return the buffers that are left after `written` octets. At least one octet is left."""
    for index, part in enumerate(parts):
        if written < len(part):
            return [memoryview(part)[written:], *parts[index + 1 :]]
        written -= len(part)
    return []


def _sync(fd: int) -> None:
    try:
        os.fsync(fd)
    except OSError as error:
        if error.errno not in _NOT_SYNCED:
            raise


def _identity(found: os.stat_result | None) -> tuple[int, int, int, int] | None:
    if found is None:
        return None
    return (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns)


def _free_octets(fd: int) -> int | None:
    """Return the octets that can still be written, or None if the system does not tell it."""
    if not hasattr(os, "fstatvfs"):
        return None
    room = os.fstatvfs(fd)
    if not room.f_blocks:
        return None
    blocks = room.f_bfree if os.geteuid() == 0 else room.f_bavail
    return blocks * room.f_frsize
