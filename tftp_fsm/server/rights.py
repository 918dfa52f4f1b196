"""Give up the rights of root once the port is bound, and raise the limit of open files."""

from __future__ import annotations

import contextlib
import os

from tftp_fsm.errors import LocalError
from tftp_fsm.language import reason, sentence

UNPRIVILEGED = ("tftp", "nobody")  # the first that exists; other TFTP servers use these too


def is_root() -> bool:
    """Whether this process has the rights of root."""
    return hasattr(os, "geteuid") and os.geteuid() == 0


def unprivileged_user() -> str | None:
    """Return the user that a server of root becomes, or None if this system has no such user."""
    try:
        import pwd
    except ImportError:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return next((name for name in UNPRIVILEGED if name in known), None)


def become(user: str) -> None:
    """Become `user`, only with the groups of `user`, for ever. Raises LocalError."""
    try:
        import pwd
    except ImportError:
        raise LocalError(
            sentence("a process cannot change its user on this system"), setting="user"
        ) from None
    try:
        entry = pwd.getpwnam(user)
    except KeyError:
        raise LocalError(sentence("there is no user {user!r}", user=user), setting="user") from None
    if os.geteuid() == entry.pw_uid:
        return
    try:
        os.initgroups(entry.pw_name, entry.pw_gid)
        os.setgid(entry.pw_gid)
        os.setuid(entry.pw_uid)
    except PermissionError:
        raise LocalError(
            sentence("only root can become {user!r}", user=user), setting="user"
        ) from None
    except OSError as error:  # a container that has no such user
        why = sentence("cannot become {user!r}: {why}", user=user, why=reason(error))
        raise LocalError(why, setting="user") from None
    _check_rights(entry.pw_uid, entry.pw_gid)


def _check_rights(user: int, group: int) -> None:
    """Raise LocalError if this process could become root again."""
    users = os.getresuid() if hasattr(os, "getresuid") else (os.getuid(), os.geteuid())
    groups = os.getresgid() if hasattr(os, "getresgid") else (os.getgid(), os.getegid())
    if {*users} != {user} or {*groups} != {group} or (0 in os.getgroups() and group):
        raise LocalError(
            sentence("the process could not give up the rights of root"), setting="user"
        )
    if not user:
        return
    with contextlib.suppress(OSError):
        os.setuid(0)
        raise LocalError(
            sentence("the rights of root came back after they were given up"), setting="user"
        )


def raise_descriptor_limit(wanted: int) -> None:
    """Let this process open `wanted` files, or as many as the hard limit allows."""
    try:
        import resource
    except ImportError:
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft not in (resource.RLIM_INFINITY,) and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def descriptor_limit() -> int | None:
    """Return the most files that this process may open, or None if that is not known."""
    try:
        import resource
    except ImportError:
        return None
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return None if soft == resource.RLIM_INFINITY else soft


def open_descriptors() -> int:
    """Return the number of open files now. It is a guess if the system does not tell it."""
    try:
        return len(os.listdir("/dev/fd")) - 1  # one is that of the listing itself
    except OSError:
        return 3
