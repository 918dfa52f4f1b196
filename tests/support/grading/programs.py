"""The command lines of real clients, with placeholders for the values of a trial."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from tests.support.peers.clients import EVERY_CLIENT, Transfer
from tests.support.peers.parts import require
from tftp_fsm.examine.grading.programs import Commands

OURS = "tftp-fsm"
NAMES = (OURS, "tftp-hpa", "curl", "busybox", "atftp", "tftpy")
_URL = "tftp://{host}:{port}/{file};mode={mode}"


def commands(name: str) -> Commands:
    """Return those of a client. If the program is missing, the test is skipped."""
    program = require(name)
    if name == OURS:
        words = [sys.executable, "-m", "tftp_fsm", "{host}", "-p", "{port}", "{verb}", "{file}"]
        plain = [*words, "--mode", "{mode}", "--quiet", "--keep-failures", "none"]
        return Commands([*plain, "--dally", "3"], plain)
    if name == "curl":
        plain = [program, "--silent", "--show-error"]
        return Commands([*plain, "-o", "{output}", _URL], [*plain, "-T", "{input}", _URL])
    return Commands(_words(name, program, "get"), _words(name, program, "put"))


def _words(name: str, program: str, verb: str) -> list[str]:
    """Return the command of the tests' own peer, with placeholders for values."""
    client = EVERY_CLIENT[name]
    mode = "{mode}" if "netascii" in client.modes else "octet"
    port: Any = "{port}"
    local = Path("{output}" if verb == "get" else "{input}")
    transfer = Transfer(verb, "{host}", port, "{file}", local, None, None, mode)
    return client.command(program, transfer)
