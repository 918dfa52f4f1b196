"""Send one file through one client and one server, and compare it octet by octet."""

from __future__ import annotations

import itertools
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from random import Random
from threading import Event
from typing import TypeAlias

from tests.support.interop.library import Library
from tests.support.peers import Client, Server
from tests.support.peers.servers import EVERY_SERVER

LATE = 100, 0.02  # tries, and seconds between them: some servers write after their last ACK
TEXT = b"".join(b"line %d\nand a CR\r here\r\n" % number for number in range(200))
MIB = 1024 * 1024
NUMBERS = itertools.count(1)


AnyClient: TypeAlias = Client | Library


@dataclass(frozen=True, slots=True)
class Case:
    """A column of the matrix."""

    title: str
    size: int = 0
    mode: str = "octet"
    flags: tuple[str, ...] = ()  # flags of our own client

    def content(self) -> bytes:
        return TEXT if self.mode == "netascii" else octets(self.size)


QUICK = (Case("0", 0), Case("1", 1), Case("512", 512))
CASES = (*QUICK, Case("1 MiB", MIB), Case("34 MiB", 34 * MIB), Case("text", mode="netascii"))
OUR_CASES = (
    *CASES,
    Case("1 MiB, blksize 512", MIB, flags=("--blksize", "512")),
    Case("34 MiB, no options", 34 * MIB, flags=("--no-options",)),
)


@dataclass(frozen=True, slots=True)
class Result:
    """The result: whether the file was the same at both ends, and the client's output."""

    moved: bool
    seconds: float
    words: str = ""


@cache
def octets(size: int) -> bytes:
    return Random(size).randbytes(size)


def exchange(
    client: AnyClient, server: Server, verb: str, case: Case, folder: Path, limit: float
) -> Result:
    """Run one transfer; `folder` is the client's."""
    client = replace(client, flags=case.flags)
    began = time.monotonic()
    run = _get if verb == "get" else _put
    try:
        moved, done = run(client, server, case, folder, limit)
    except subprocess.TimeoutExpired:
        return Result(False, limit, f"was not done after {limit:.0f} s")
    words = " ".join((done.stdout + done.stderr).split())[-300:]
    if not moved:
        words = f"status {done.returncode}: {words}"
    return Result(moved and done.returncode == 0, time.monotonic() - began, words)


Done = tuple[bool, "subprocess.CompletedProcess[str]"]


def _get(client: AnyClient, server: Server, case: Case, folder: Path, limit: float) -> Done:
    # A new name each time: dnsmasq gives a file that it still has open with the old length.
    name = f"sent-{next(NUMBERS)}"
    content, local = case.content(), folder / "got"
    local.unlink(missing_ok=True)
    remote = server.holds(name, content)
    done = client.get(server.host, server.port, remote, local, mode=case.mode, limit=limit)
    server.path(name).unlink()
    return local.is_file() and local.read_bytes() == content, done


def _put(client: AnyClient, server: Server, case: Case, folder: Path, limit: float) -> Done:
    # A new name each time: a server may still write the file of the last transfer.
    name = f"taken-{next(NUMBERS)}"
    content, local, path = case.content(), folder / "mine", server.path(name)
    local.write_bytes(content)
    remote = server.remote(name)
    if not EVERY_SERVER[server.name].creates:
        path.touch()
        path.chmod(0o666)
        remote = str(path)
    done = client.put(server.host, server.port, local, remote, mode=case.mode, limit=limit)
    moved = _in_time(lambda: path.is_file() and path.read_bytes() == content)
    path.unlink(missing_ok=True)
    return moved, done


def _in_time(condition: Callable[[], bool]) -> bool:
    looks, pause = LATE
    for _ in range(looks):
        if condition():
            return True
        Event().wait(pause)
    return condition()
