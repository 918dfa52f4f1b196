"""Run parts of a test as another user."""

from __future__ import annotations

import os
from collections.abc import Callable

KEEP_ROOT = ["--user", "root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
"""Options that keep a server root. The user `nobody` could not open the folders of a test."""


def as_nobody(action: Callable[[], object]) -> None:
    """Run it without root's rights, and without the groups of root."""
    if os.geteuid() != 0:
        action()
        return
    groups = os.getgroups()
    group = os.getegid()
    os.setgroups([])
    os.setegid(65534)
    os.seteuid(65534)
    try:
        action()
    finally:
        os.seteuid(0)
        os.setegid(group)
        os.setgroups(groups)
