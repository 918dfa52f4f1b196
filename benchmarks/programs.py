"""The command lines of all measured clients and servers, and whether a program is missing.

The tests use the same programs and command lines: see tests/support/peers.
"""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Callable
from pathlib import Path

from jobs import Job

from tests.support.peers import CLIENTS, SERVERS
from tests.support.peers.clients import Transfer
from tests.support.peers.parts import NEEDS_ROOT, PROGRAMS, find, is_root
from tests.support.peers.servers import _free_port as free_port

HERE = Path(__file__).resolve().parent
PYTHON = sys.executable

OURS, BARE, PYTFTP, TFTPY, CROWD, NOTHING = "ours", "bare", "pytftp", "tftpy", "crowd", "nothing"
FLOOD = "flood"
SYNCED = "synced"  # the bare loop, with each file on the disk before its last ACK
WORKERS = "two workers"
MANY = {"dnsmasq": ("--tftp-max", "2000"), "atftpd": ("--maxthread", "2000")}  # clients at once
EVERYWHERE = "everywhere"  # our server at all addresses of this host
MODULES = {PYTFTP: "tftp", TFTPY: "tftpy"}
LABELS = {
    OURS: "tftp-fsm",
    BARE: "bare loop",
    SYNCED: "bare loop with sync",
    CROWD: "bare loops",
    FLOOD: "bare loop",
    NOTHING: "python -c pass",
    WORKERS: "tftp-fsm with two workers",
}


def label(name: str) -> str:
    """Return its name in a report."""
    return LABELS.get(name, name)


def missing(name: str) -> str | None:
    """Return why it cannot run here, or None if it can."""
    if name in NEEDS_ROOT and not is_root():
        return f"{name} only starts as root"
    if name in MODULES:
        found = importlib.util.find_spec(MODULES[name]) is not None
        return None if found else f"{name} is not installed: pip install {MODULES[name]}"
    if name in PROGRAMS and find(name) is None:
        return f"{name} is not on this machine: tools/install-peers gets it"
    return None


def client_command(job: Job, host: str, port: int, remote: str, local: Path) -> list[str]:
    """Return the command line of the client for `job`."""
    sizes = [str(job.blksize), str(job.windowsize)]
    where = [host, str(port), remote, str(local)]
    match job.client:
        case "ours":
            return _ours(job, host, port, remote, local)
        case "bare":
            return [PYTHON, str(HERE / "bare.py"), job.verb, *where, *sizes]
        case "synced":
            return [PYTHON, str(HERE / "bare.py"), job.verb, *where, *sizes, "sync"]
        case "pytftp":
            return [PYTHON, str(HERE / "pytftp_transfer.py"), job.verb, *where, *sizes]
        case "crowd":
            return [PYTHON, str(HERE / "crowd.py"), job.verb, *where, str(job.clients), sizes[0]]
        case "flood":
            return [PYTHON, str(HERE / "flood.py"), *where, str(job.flood), sizes[0]]
        case "nothing":
            return [PYTHON, "-c", "pass"]
        case name:
            return _real(name, job, host, port, remote, local)


def _ours(job: Job, host: str, port: int, remote: str, local: Path) -> list[str]:
    names = [remote, str(local)] if job.verb == "get" else [str(local), remote]
    sizes = ["--blksize", str(job.blksize), "--windowsize", str(job.windowsize)]
    return [PYTHON, "-m", "tftp_fsm", host, "-p", str(port), "-q", *sizes, job.verb, *names]


def _real(name: str, job: Job, host: str, port: int, remote: str, local: Path) -> list[str]:
    able = CLIENTS[name].options
    blksize = job.blksize if "blksize" in able and job.blksize != 512 else None
    windowsize = job.windowsize if "windowsize" in able and job.windowsize != 1 else None
    transfer = Transfer(job.verb, host, port, remote, local, blksize, windowsize, "octet")
    return CLIENTS[name].command(find(name) or name, transfer)


def server_command(name: str, root: Path) -> tuple[list[str], str, int]:
    """Return the command, and the host and port on which it will listen."""
    if name == EVERYWHERE:
        host, port = free_port()
        return _OWN[OURS]("0.0.0.0", str(port), str(root)), host, port
    if name in SERVERS:
        kind = SERVERS[name]
        host, port = kind.endpoint()
        program, *words = kind.command(find(name) or name, host, port, root)
        return [program, *MANY.get(name, ()), *words], host, port
    host, port = free_port()
    return _OWN[name](host, str(port), str(root)), host, port


_OWN: dict[str, Callable[[str, str, str], list[str]]] = {
    OURS: lambda host, port, root: [
        *(PYTHON, "-m", "tftp_fsm", "serve", root, "--bind", host, "--port", port),
        *("--writable", "--overwrite", "--max-sessions", "12000"),
        *("--max-sessions-per-address", "12000"),
        *(("--user", "root") if os.geteuid() == 0 else ()),
    ],
    WORKERS: lambda *where: [*_OWN[OURS](*where), "--workers", "2"],
    BARE: lambda *where: [PYTHON, str(HERE / "bare.py"), "server", *where],
    SYNCED: lambda *where: [PYTHON, str(HERE / "bare.py"), "server", *where, "sync"],
    PYTFTP: lambda *where: [PYTHON, str(HERE / "pytftp_transfer.py"), "server", *where],
    TFTPY: lambda *where: [PYTHON, str(HERE / "tftpy_server.py"), *where],
}
