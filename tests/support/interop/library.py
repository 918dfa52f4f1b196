"""Our client as a library, so that the quick part of the matrix starts no interpreter for it."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

import tftp_fsm
from tests.support.peers.clients import LIMIT


@dataclass(frozen=True, slots=True)
class Library:
    """`get` and `put` as a `Client` has them."""

    name: str = "tftp-fsm"
    flags: tuple[str, ...] = ()

    def get(
        self,
        host: str,
        port: int,
        remote: str,
        local: Path,
        *,
        mode: str = "octet",
        limit: float = LIMIT,
    ) -> subprocess.CompletedProcess[str]:
        """Fetches `remote` into `local`."""
        try:
            tftp_fsm.get(host, remote, local, port=port, mode=mode, dally=0)
        except tftp_fsm.TftpError as error:
            return _done(str(error))
        return _done("")

    def put(
        self,
        host: str,
        port: int,
        local: Path,
        remote: str,
        *,
        mode: str = "octet",
        limit: float = LIMIT,
    ) -> subprocess.CompletedProcess[str]:
        """Sends `local` as `remote`."""
        try:
            tftp_fsm.put(host, local, remote, port=port, mode=mode)
        except tftp_fsm.TftpError as error:
            return _done(str(error))
        return _done("")


def _done(words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.CompletedProcess([], 1 if words else 0, "", words)
