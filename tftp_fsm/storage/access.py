"""Who may use a file: a file that replaces another keeps its mode, owner, group and POSIX ACL.

The hidden partial file of a replacement is open to nobody but this process's user. It gets the
access of the earlier file just before it takes that file's name, so the octets are never more open
than the earlier file was. Windows has none of this; a new file there inherits from its folder.
"""

from __future__ import annotations

import contextlib
import os
import stat
from functools import cache

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tftp_fsm.storage.directory import Directory

NEW_FILE = 0o666  # the umask takes its part away
REPLACEMENT = 0o600
_ACL = "system.posix_acl_access"  # acl(5); Linux alone
_READ = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0)
_WRITE = os.O_WRONLY | getattr(os, "O_NONBLOCK", 0)


def keep_access(fd: int, directory: Directory, name: str, earlier: os.stat_result) -> None:
    """Give the file `fd` the access that `earlier`, the file `name`, has.

    Some file systems refuse that. The file is whole, so it is kept, open to this process's user
    alone, and a warning says so once.

    The owner is set last, because only the owner of a file may set its mode. Only root can give a
    file to another owner; without that right the file stays with this process's user. The bits
    for set-user-ID and set-group-ID are not kept: the kernel also clears them when somebody writes.
    """
    if not hasattr(os, "fchown"):
        return
    try:
        _keep(fd, directory, name, earlier)
    except OSError as refused:
        _warn(refused.strerror or str(refused))


@cache
def _warn(why: str) -> None:
    """Only the first time in a process. A program can listen to the logger `tftp_fsm`."""
    import logging  # hardly anybody needs it

    logging.getLogger("tftp_fsm").warning(
        "tftp-fsm: this file system keeps no mode, owner or ACL of a file that is replaced (%s): "
        "the new file is open to its owner alone",
        why,
    )


def _keep(fd: int, directory: Directory, name: str, earlier: os.stat_result) -> None:
    acl = _acl_of(directory, name)
    mode = stat.S_IMODE(earlier.st_mode) & 0o777
    if _has_group(fd, earlier.st_gid):
        _set_mode(fd, mode, acl)
    else:
        _set_mode(fd, _for_another_group(mode, acl), None)
    if os.fstat(fd).st_uid != earlier.st_uid:
        with contextlib.suppress(OSError):
            os.fchown(fd, earlier.st_uid, -1)


def _has_group(fd: int, group: int) -> bool:
    """Give the file to `group`. Return False if this process has no right to do so."""
    if os.fstat(fd).st_gid == group:
        return True
    try:
        os.fchown(fd, -1, group)
    except OSError:
        return False
    return True


def _for_another_group(mode: int, acl: bytes | None) -> int:
    """The mode if the group is not kept: another group may do no more than all others may."""
    return mode & 0o700 if acl else mode & (0o707 | (mode & 0o007) << 3)


def _set_mode(fd: int, mode: int, acl: bytes | None) -> None:
    """With an ACL, the mode is a part of it: the bits of the group are the mask of the ACL."""
    if acl is not None:
        os.setxattr(fd, _ACL, acl)
        return
    if hasattr(os, "removexattr"):
        with contextlib.suppress(OSError):  # the folder's default ACL, if it has one
            os.removexattr(fd, _ACL)
    os.fchmod(fd, mode)


def _acl_of(directory: Directory, name: str) -> bytes | None:
    """The ACL as the kernel stores it, or None if the file has none beyond its mode."""
    if not hasattr(os, "getxattr"):
        return None
    for flags in (_READ, _WRITE):  # this process may have only one of the two rights
        with contextlib.suppress(OSError):
            fd = directory.open(name, flags)
            try:
                return os.getxattr(fd, _ACL)
            finally:
                os.close(fd)
    return None
