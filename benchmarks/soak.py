#!/usr/bin/env python3
"""Run many clients and one server for a long time over a bad network. Nothing may be lost or left.

    benchmarks/soak.py --minutes 15 --clients 50 --loss 0.25 --seed 7

Each client gets and puts files of all sizes, with and without options, in its own thread. Each
octet is compared. At the end the program prints what was done and what the server still holds.
Exit status 1: a file was wrong, the server has ended, or something was left.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
import tempfile
import threading
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from time import monotonic, sleep

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import servers
from programs import OURS

import tftp_fsm
from tftp_fsm.client.keywords import Keywords
from tftp_fsm.transports.faults import Faults

SIZES = (0, 1, 511, 512, 513, 1024, 8192, 65_536, 300_000)  # octets
QUIET = 40.0  # seconds in which the sessions of clients that are gone must end


@dataclass
class Tally:
    """The reports of the clients. The lock is held while they change."""

    ends: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    octets: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, end: str, octets: int = 0) -> None:
        with self.lock:
            self.ends[end] += 1
            self.octets += octets

    def note_wrong(self, what: str) -> None:
        with self.lock:
            self.wrong.append(what)


class Client(threading.Thread):
    """Transfers one file after the other until `deadline`."""

    def __init__(
        self, number: int, server: servers.Server, options: argparse.Namespace, tally: Tally
    ) -> None:
        super().__init__(name=f"client-{number}")
        self._random = Random(f"{options.seed} {number}")
        self._number, self._server, self._tally = number, server, tally
        self._loss = options.loss
        self._deadline = monotonic() + 60 * options.minutes

    def run(self) -> None:
        count = 0
        while monotonic() < self._deadline:
            count += 1
            verb = self._random.choice(("get", "put"))
            try:
                self._transfer(verb, f"client-{self._number}-{count}")
            except tftp_fsm.TftpError as error:
                self._tally.note(f"{verb}: {type(error).__name__}")

    def _transfer(self, verb: str, name: str) -> None:
        size, random = self._random.choice(SIZES), self._random
        loss = random.uniform(0, self._loss)
        settings: Keywords = {
            "port": self._server.port,
            "options": random.random() < 0.8,
            "windowsize": random.choice((None, 1, 4, 16)),
            "blksize": random.choice(("auto", 512, 1428)),
            "faults": Faults(loss, loss / 4, loss / 4, seed=random.getrandbits(32)),
        }
        if verb == "get":
            self._get(size, settings)
            return
        sent = random.randbytes(size)
        tftp_fsm.put(self._server.host, sent, name, **settings)
        kept = self._server.root / name
        if kept.read_bytes() != sent:
            self._tally.note_wrong(f"put {name} of {size} octets")
        kept.unlink()
        self._tally.note("put: whole", size)

    def _get(self, size: int, settings: Keywords) -> None:
        got = tftp_fsm.get(self._server.host, f"size-{size}", **settings)
        if hashlib.sha256(got.data or b"").digest() != digest(size):
            self._tally.note_wrong(f"get of {size} octets")
        self._tally.note("get: whole", size)


def content(size: int) -> bytes:
    return Random(size).randbytes(size)


def digest(size: int) -> bytes:
    return hashlib.sha256(content(size)).digest()


def open_files(server: servers.Server) -> int:
    return len(list(Path(f"/proc/{server.process.pid}/fd").iterdir()))


def soak(options: argparse.Namespace, server: servers.Server) -> int:
    for size in SIZES:
        path = server.root / f"size-{size}"
        path.write_bytes(content(size))
        path.chmod(0o644)
    files, memory, tally = open_files(server), server.memory("VmRSS"), Tally()
    clients = [Client(number, server, options, tally) for number in range(options.clients)]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    if server.process.poll() is not None:
        print("the server has ended")
        return 1
    wait_until = monotonic() + QUIET
    while open_files(server) > files and monotonic() < wait_until:
        sleep(0.5)
    left = sorted(path.name for path in server.root.iterdir() if path.name.startswith("."))
    grown = open_files(server) - files
    for end, count in sorted(tally.ends.items()):
        print(f"{count:8} {end}")
    print(f"{tally.octets:,} octets whole; {len(tally.wrong)} wrong files {tally.wrong[:5]}")
    print(
        f"server: {memory} KiB before, {server.memory('VmRSS')} after, {server.memory()} at most; "
        f"{grown} more open files; {server.cpu():.0f} s of CPU; hidden files left: {left}"
    )
    return 1 if tally.wrong or grown > 0 or left else 0


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--minutes", type=float, default=15.0)
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--loss", type=float, default=0.25, help="the most, each way (0 to 1)")
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    print(f"seed {options.seed}, {options.clients} clients", flush=True)
    with tempfile.TemporaryDirectory(prefix="soak-") as directory:
        server = servers.start(OURS, Path(directory))
        try:
            return soak(options, server)
        finally:
            server.stop()


if __name__ == "__main__":
    sys.exit(main())
