"""Names that differ in case only, found without listing the directory for each of them.

Clients often ask for files that do not exist: boot clients try a dozen names before one exists. A
listing is kept until its directory changes, which its modification time shows.
"""

from __future__ import annotations

import threading
import time

from tftp_fsm.storage.directory import Directory

KEPT_DIRECTORIES = 64
KEPT_NAMES = 100_000  # of one directory; a larger directory is listed each time
SETTLED = 2.0  # seconds; two changes within one tick of the file system's clock look like one


class Folding:
    """The listings of the directories under one root."""

    def __init__(self) -> None:
        self._lock = threading.Lock()  # providers look for files on threads
        self._listings: dict[tuple[int, int], tuple[int, dict[str, list[str]]]] = {}

    def alike(self, directory: Directory, name: str) -> list[str]:
        """The names in `directory` that equal `name` except for case. May raise `OSError`."""
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
