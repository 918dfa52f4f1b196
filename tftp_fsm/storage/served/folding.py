"""Find names that differ only in case, without listing the directory for each name.

Clients often ask for files that do not exist: a boot client tries about a dozen names. So a listing
is kept until its directory changes, as the directory's modification time shows.
"""

from __future__ import annotations

import threading
import time

from tftp_fsm.storage.directory import Directory

KEPT_DIRECTORIES = 64
KEPT_NAMES = 100_000  # names in one directory; a larger directory is listed each time
SETTLED = 2.0  # seconds; two changes within one tick of the file system's clock look like one


class Folding:
    """The listings of the directories under one root."""

    def __init__(self) -> None:
        self._lock = threading.Lock()  # providers look for files on threads
        self._listings: dict[tuple[int, int], tuple[int, dict[str, list[str]]]] = {}

    def alike(self, directory: Directory, name: str) -> list[str]:
        """Return the names in `directory` that differ from `name` only in case, or not at all."""
        found = directory.stat(".")
        if found is None:
            return []
        key, changed = (found.st_dev, found.st_ino), found.st_mtime_ns
        kept = self._listings.get(key)
        if kept is None or kept[0] != changed:
            kept = changed, _folded(directory.names())
            if time.time() - found.st_mtime > SETTLED:
                self._keep(key, kept)
        return kept[1].get(name.casefold(), [])

    def _keep(self, key: tuple[int, int], listing: tuple[int, dict[str, list[str]]]) -> None:
        with self._lock:
            self._listings.pop(key, None)
            if len(listing[1]) > KEPT_NAMES:
                return
            if len(self._listings) >= KEPT_DIRECTORIES:
                del self._listings[next(iter(self._listings))]
            self._listings[key] = listing


def _folded(names: list[str]) -> dict[str, list[str]]:
    alike: dict[str, list[str]] = {}
    for name in names:
        alike.setdefault(name.casefold(), []).append(name)
    return alike
