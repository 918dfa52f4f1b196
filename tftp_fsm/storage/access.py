"""Keep the access of a file: a replaced file's mode, owner, group and POSIX ACL go to the new one.

Only this process's user can open the hidden partial file of a replacement. The file gets the access
of the earlier file just before it takes its name. So the octets are never more open than the
earlier file was. Windows has none of this: there a new file inherits its access from its folder.
"""

from __future__ import annotations

import contextlib
import os
import stat
from functools import cache

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tftp_fsm.storage.directory import Directory

NEW_FILE = 0o666  # the system applies the umask
REPLACEMENT = 0o600
_ACL = "system.posix_acl_access"  # acl(5); only on Linux
_READ = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0)
_WRITE = os.O_WRONLY | getattr(os, "O_NONBLOCK", 0)


def keep_access(fd: int, directory: Directory, name: str, earlier: os.stat_result) -> None:
    """Give the file `fd` the access of the file `name`, whose status is `earlier`.

    Some file systems refuse that. The file is whole, so it is kept, but only this process's user
    can open it. A warning says so once.

    The owner is set last, because only the owner of a file may set its mode. Only root can give a
    file to another owner. Without that right the file belongs to this process's user. The bits for
    set-user-ID and set-group-ID are not kept: the kernel also clears them when a file is written.
    """
    if not hasattr(os, "fchown"):
        return
    try:
        _keep(fd, directory, name, earlier)
    except OSError as refused:
        _warn(refused.strerror or str(refused))


@cache
def _warn(why: str) -> None:
    """Warn once in a process. A program can listen to the logger `tftp_fsm`."""
    import logging  # imported late: rarely used

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
    """Return the mode for another group, which gets no more rights than all other users."""
    return mode & 0o700 if acl else mode & (0o707 | (mode & 0o007) << 3)


def _set_mode(fd: int, mode: int, acl: bytes | None) -> None:
    """Set mode and ACL. With an ACL, the group bits of the mode are the mask of the ACL."""
    if acl is not None:
        os.setxattr(fd, _ACL, acl)
        return
    if hasattr(os, "removexattr"):
        with contextlib.suppress(OSError):  # the folder's default ACL, if it has one
            os.removexattr(fd, _ACL)
    os.fchmod(fd, mode)


def _acl_of(directory: Directory, name: str) -> bytes | None:
    """Return the ACL in the kernel's form, or None if the file has only its mode."""
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
