"""An open directory, and the calls on the names in it.

If the system allows it, every call goes through the directory's descriptor. Then changes of the
path above it, such as a new symbolic link, do not lead the call anywhere else. On other systems
(Windows) paths are joined, so another process that can write in the tree may win a race.
"""

from __future__ import annotations

import errno
import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Self

_CALLS = ("open", "stat", "unlink", "rename", "link", "readlink", "access")
USE_DESCRIPTORS = {getattr(os, name, None) for name in _CALLS} <= os.supports_dir_fd
_FLAGS = getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_DIRECTORY", 0)
# O_PATH needs no right to list the directory. The files in it can be used without this right.
_PASS = getattr(os, "O_PATH", os.O_RDONLY) | _FLAGS
_NO_LINK = getattr(os, "O_NOFOLLOW", 0)
_NOT_SYNCED = {errno.EACCES, errno.EINVAL, errno.ENOTSUP, errno.EBADF}
_NO_HARD_LINKS = {errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK}


class Directory:
    """A name is a single component. Every method may raise `OSError`."""

    __slots__ = ("_fd", "path")

    def __init__(self, path: str, fd: int | None) -> None:
        self.path = path
        self._fd = fd

    @classmethod
    def at(cls, path: str) -> Self:
        """Open a directory of this host."""
        if USE_DESCRIPTORS:
            return cls(path, os.open(path, _PASS))
        if not os.path.isdir(path):
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
        return cls(os.path.abspath(path), None)

    def child(self, name: str) -> Directory:
        """Open a directory in this one. A symbolic link is refused."""
        path = os.path.join(self.path, name)
        if self._fd is None:
            return Directory(path, None)
        return Directory(path, os.open(name, _PASS | _NO_LINK, dir_fd=self._fd))

    def duplicate(self) -> Directory:
        """Return another object for this directory, with its own descriptor."""
        return Directory(self.path, None if self._fd is None else os.dup(self._fd))

    def close(self) -> None:
        """Close the directory. This may be called twice. Afterwards every other method fails."""
        if self._fd is not None and self._fd >= 0:
            fd, self._fd = self._fd, -1
            os.close(fd)

    def allows(self, mode: int) -> bool:
        """Whether this process has the right `mode` in it: os.X_OK, os.W_OK or both."""
        effective = os.access in os.supports_effective_ids
        if self._fd is None:
            return os.access(self.path, mode, effective_ids=effective)
        return os.access(".", mode, dir_fd=self._fd, effective_ids=effective)

    def is_within(self, real: str) -> bool:
        """Return whether the directory is `real` or below it. `real` has no symbolic links.

        With a descriptor the answer is always True: no link was followed to this directory.
        """
        if self._fd is not None:
            return True
        here, above = (os.path.normcase(os.path.realpath(path)) for path in (self.path, real))
        return os.path.commonpath([here, above]) == above

    def stat(self, name: str) -> os.stat_result | None:
        """The status of the name, or None if it does not exist. A link is not followed."""
        try:
            return os.stat(self._at(name), dir_fd=self._fd, follow_symlinks=False)
        except FileNotFoundError:
            return None

    def readlink(self, name: str) -> str:
        """The target of a link."""
        return os.readlink(self._at(name), dir_fd=self._fd)

    def names(self) -> list[str]:
        """All names, in any order."""
        if self._fd is None:
            return os.listdir(self.path)
        fd = os.open(".", os.O_RDONLY | _FLAGS, dir_fd=self._fd)
        try:
            return os.listdir(fd)
        finally:
            os.close(fd)

    def open(self, name: str, flags: int, mode: int = 0o666) -> int:
        """Open a file, never through a link. A new file gets `mode` without the umask's bits."""
        more = getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0) | _NO_LINK
        return os.open(self._at(name), flags | more, mode, dir_fd=self._fd)

    def may_write(self, name: str) -> bool:
        """Whether this process has the right to write the file."""
        effective = os.access in os.supports_effective_ids
        return os.access(self._at(name), os.W_OK, dir_fd=self._fd, effective_ids=effective)

    def unlink(self, name: str) -> None:
        """Remove a file."""
        os.unlink(self._at(name), dir_fd=self._fd)

    def replace(self, old: str, new: str) -> None:
        """Rename a file, and replace a file that has the new name."""
        os.replace(self._at(old), self._at(new), src_dir_fd=self._fd, dst_dir_fd=self._fd)

    def rename_new(self, old: str, new: str) -> None:
        """Rename a file. Raises `FileExistsError` if the new name exists, without a race."""
        if not hasattr(os, "link"):
            return self._reserve_and_replace(old, new)
        try:
            os.link(self._at(old), self._at(new), src_dir_fd=self._fd, dst_dir_fd=self._fd)
        except OSError as error:
            if error.errno not in _NO_HARD_LINKS:
                raise
            self._reserve_and_replace(old, new)
        else:
            self.unlink(old)

    def link_new(self, old: str, new: str) -> None:
        """Give a file a second name. Raises `FileExistsError` if this name exists.

        On a file system without hard links the file is renamed, so it loses its first name.
        """
        try:
            os.link(
                self._at(old),
                self._at(new),
                src_dir_fd=self._fd,
                dst_dir_fd=self._fd,
                follow_symlinks=False,
            )
        except (OSError, AttributeError, NotImplementedError) as error:
            if getattr(error, "errno", errno.ENOSYS) not in _NO_HARD_LINKS:
                raise
            self._reserve_and_replace(old, new)

    def sync(self) -> None:
        """Sync the directory, so that renames are safe on disk. Some systems cannot do this."""
        if not hasattr(os, "O_DIRECTORY"):
            return
        try:
            fd = os.open(self._at("."), os.O_RDONLY | _FLAGS, dir_fd=self._fd)
            try:
                os.fsync(fd)
            finally:
                os.close(fd)
        except OSError as error:
            if error.errno not in _NOT_SYNCED:
                raise

    def _reserve_and_replace(self, old: str, new: str) -> None:
        """Rename on file systems without hard links. A kill in between leaves an empty file."""
        os.close(self.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL))
        try:
            self.replace(old, new)
        except OSError:
            self.unlink(new)
            raise

    def _at(self, name: str) -> str:
        return name if self._fd is not None else os.path.join(self.path, name)
