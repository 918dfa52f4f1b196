"""Names that differ in case only, without listing a directory for each of them.

What is not there is asked for all the time: boot clients try a dozen names before the one that is.
A listing is kept for as long as its directory says that nothing changed in it.
"""

from __future__ import annotations

import time

from tftp_fsm.storage.directory import Directory

KEPT_DIRECTORIES = 64
KEPT_NAMES = 100_000  # in one directory; a larger one is listed each time
SETTLED = 2.0  # seconds; a change within one tick of the file system's clock leaves its time alone


class Folding:
    """The listings of the directories under one root."""

    def __init__(self) -> None:
        self._listings: dict[tuple[int, int], tuple[int, dict[str, list[str]]]] = {}

    def alike(self, directory: Directory, name: str) -> list[str]:
        """The names there that are this one but for case. May raise `OSError`."""
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
