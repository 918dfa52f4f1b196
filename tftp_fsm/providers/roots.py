"""The directory that a provider has its files in."""

from __future__ import annotations

import os
from typing import Any, TypeAlias

from tftp_fsm.storage.served.jail import ServedRoot

Root: TypeAlias = "ServedRoot | str | os.PathLike[str]"
"""A directory, or one that is served already."""


def served(root: Root, **options: Any) -> ServedRoot:
    """The directory, opened. Raises LocalError."""
    return root if isinstance(root, ServedRoot) else ServedRoot(root, **options)
