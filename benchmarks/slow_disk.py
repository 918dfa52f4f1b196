"""Measure how long a slow sync of one client's upload delays another client's get.

A wait before the sync makes it slow. One figure is for the usual server, which commits in a
separate thread. The other figure is for the same server when it commits in its loop.
"""

from __future__ import annotations

import gc
import os
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic, sleep

from bench import Bench
from jobs import Row

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import tftp_fsm

CASES = ("slow-disk",)
SYNC = 3.0  # seconds
ALLOWED = 0.1  # seconds that the slowest get of the other client may take
SIZE = 1000  # octets of each file


def measured(bench: Bench, name: str) -> Iterator[Row]:
    """Return the row of the slow disk."""
    os.sync()  # what earlier cases have written would make the disk slow in another way
    # This process has imported the modules of all cases. To look through their objects takes the
    # garbage collector 0.1 s, and the get would wait for that.
    gc.collect()
    gc.freeze()
    aside, held = (_longest_get(bench.directory, in_loop=in_loop) for in_loop in (False, True))
    yield Row(
        name,
        f"longest get of {SIZE} octets while the sync of an upload takes {SYNC:g} s",
        "commits aside",
        "commits in the loop",
        (f"{aside * 1000:.1f} ms", f"{held * 1000:.1f} ms"),
        f"{aside / held:.4f}",
        f"at most {ALLOWED * 1000:g} ms",
        aside <= ALLOWED,
    )


def _longest_get(directory: Path, *, in_loop: bool) -> float:
    """Return the seconds of the slowest get. Gets follow each other until the upload is done."""
    (directory / "slow-disk-file").write_bytes(bytes(SIZE))
    began, fsync = threading.Event(), os.fsync

    def slow(fd: int) -> None:
        if not began.is_set():  # the file; its directory is synced next
            began.set()
            sleep(SYNC)
        fsync(fd)

    options = {"writable": True, "overwrite": True}
    with tftp_fsm.Server(directory, **options) as server, _patched(slow):
        if in_loop:
            server._loop._runner._commits = None
        putting = threading.Thread(
            target=tftp_fsm.put,
            args=("127.0.0.1", bytes(SIZE), "slow-disk-new"),
            kwargs={"port": server.port},
        )
        putting.start()
        began.wait()
        longest = 0.0
        while putting.is_alive():
            start = monotonic()
            tftp_fsm.get("127.0.0.1", "slow-disk-file", port=server.port)
            longest = max(longest, monotonic() - start)
        return longest


class _patched:
    """Replace `os.fsync` for a while."""

    def __init__(self, fsync: Callable[[int], None]) -> None:
        self._fsync, self._before = fsync, os.fsync

    def __enter__(self) -> None:
        os.fsync = self._fsync

    def __exit__(self, *_: object) -> None:
        os.fsync = self._before
