"""The rights of the process: to give root up once the port is bound, and to open enough files."""

from __future__ import annotations

import os

from tftp_fsm.errors import LocalError


def become(user: str) -> None:
    """Become `user`, with its groups. This cannot be undone. Raises LocalError."""
    try:
        import pwd
    except ImportError:
        raise LocalError(
            "a process cannot change its user on this system", setting="user"
        ) from None
    try:
        entry = pwd.getpwnam(user)
    except KeyError:
        raise LocalError(f"there is no user {user!r}", setting="user") from None
    if os.geteuid() == entry.pw_uid:
        return
    try:
        os.initgroups(entry.pw_name, entry.pw_gid)
        os.setgid(entry.pw_gid)
        os.setuid(entry.pw_uid)
    except PermissionError:
        raise LocalError(f"only root can become {user!r}", setting="user") from None


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
    """How many files this process may have open. None if this system has no limit or no word."""
    try:
        import resource
    except ImportError:
        return None
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return None if soft == resource.RLIM_INFINITY else soft


def open_descriptors() -> int:
    """How many files this process has open now, as far as the system tells."""
    try:
        return len(os.listdir("/dev/fd")) - 1  # the listing has one itself
    except OSError:
        return 3
