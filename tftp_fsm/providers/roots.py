"""The directory with the files of a provider."""

from __future__ import annotations

import os
from typing import Any, TypeAlias

from tftp_fsm.storage.served.jail import ServedRoot

Root: TypeAlias = "ServedRoot | str | os.PathLike[str]"
"""The path of a directory, or a served root that is open already."""


def served(root: Root, **options: Any) -> ServedRoot:
    """Open the directory. Raises LocalError."""
    return root if isinstance(root, ServedRoot) else ServedRoot(root, **options)
