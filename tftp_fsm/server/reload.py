"""The current configuration, which can be read again without losing a session.

A running session keeps its settings, and new sessions get the new ones. Some settings (`FIXED`)
need a restart, because they belong to a bound socket. A wrong configuration changes nothing.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any, Self, TypeAlias

from tftp_fsm.errors import LocalError
from tftp_fsm.frozen import frozen
from tftp_fsm.server.config import ServerConfig
from tftp_fsm.server.log import Journal
from tftp_fsm.server.session_factory import open_root
from tftp_fsm.storage.served.jail import ServedRoot
from tftp_fsm.trace.failed_transfer import check_folder

FIXED = ("bind", "port", "single_port", "offload")
_OF_THIS_PROCESS = ("max_descriptors", "observer", "on_datagram")  # these are in no file
_WRONG = "{}; the earlier configuration holds"
_READ = "the configuration was read again: {}"
_RESTART = "; these need a restart: {}"

Apply: TypeAlias = Callable[[ServerConfig, ServedRoot], object]
"""Makes new sessions use this configuration and this root."""


@frozen
class Reread:
    """A configuration that was read again. `of_process` has other settings, such as workers."""

    config: ServerConfig
    of_process: tuple[str, ...] = ()


class Current:
    """The configuration and the open root of this process. `reread` raises ValueError."""

    def __init__(self, config: ServerConfig, reread: Callable[[], Reread] | None = None) -> None:
        self.config = config
        self.root: ServedRoot = open_root(config)
        self._reread = reread

    @property
    def can_be_read_again(self) -> bool:
        """Whether the configuration comes from a file."""
        return self._reread is not None

    def reload(self, apply: Apply, journal: Journal, *, tells: bool = True) -> bool:
        """Read the configuration again and `apply` it. Return False if it is wrong and unused.

        If `tells` is true, the journal gets a line about the changes. It always gets a line about a
        mistake.
        """
        assert self._reread is not None
        try:
            read = self._reread()
            changed, kept = self._compared(read)
            config = replace(self.config, **changed)
            root = open_root(config)
        except (ValueError, LocalError) as wrong:
            journal.event("reload", _WRONG.format(wrong))
            return False
        apply(config, root)
        self.root.close()
        self.config, self.root = config, root
        if tells:
            _tell(journal, [*changed], kept)
            if "keep_failures" in changed:
                check_kept_failures(config.keep_failures, journal)
        return True

    def _compared(self, read: Reread) -> tuple[dict[str, Any], list[str]]:
        """Return the changed settings by name, and the names of changes that need a restart."""
        names = [member.name for member in fields(self.config)]
        new = {name: getattr(read.config, name) for name in names if name not in _OF_THIS_PROCESS}
        changed = {n: value for n, value in new.items() if value != getattr(self.config, n)}
        kept = [*(name for name in changed if name in FIXED), *read.of_process]
        return {name: value for name, value in changed.items() if name not in FIXED}, kept

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.root.close()


def check_kept_failures(folder: str | os.PathLike[str] | None, journal: Journal) -> None:
    """Warn at the start if this user cannot write there, not only at the first failure."""
    if folder is None:
        return
    try:
        check_folder(folder)
    except LocalError as wrong:
        journal.event("warning", f"warning: {wrong}")


def _tell(journal: Journal, changed: list[str], kept: list[str]) -> None:
    line = _READ.format(f"changed: {_words(changed)}" if changed else "nothing has changed")
    line += _RESTART.format(_words(kept)) if kept else ""
    journal.event("reload", line, changed=changed, restart=kept)


def _words(names: list[str]) -> str:
    return ", ".join(name.replace("_", "-") for name in names)
