"""What a test does as another user."""

from __future__ import annotations

import os
from collections.abc import Callable

KEEP_ROOT = ["--user", "root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
"""For a server of a test: `nobody` could not open the folders of the test."""


def as_nobody(action: Callable[[], object]) -> None:
    """Do it without root's rights, and without the groups of root."""
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
