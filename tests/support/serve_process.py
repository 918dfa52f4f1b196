"""Run `tftp-fsm serve` as a separate process.

with serve_process(root, "--writable") as server:
    tftp_fsm.put("127.0.0.1", b"octets", "name", port=server.port)
    server.line("transfer")             # waits for that line of the log
"""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.support.users import KEEP_ROOT

REPOSITORY = Path(__file__).resolve().parents[2]
TRIES, PAUSE = 400, 0.05  # the most tries of a test, and the seconds between two of them


class ServeProcess:
    """`tftp-fsm serve` as a process. Its log goes to a file: a full pipe would block it."""

    def __init__(self, root: Path | None, *flags: str, **more: Any) -> None:
        within = more.pop("within", ())  # such as the words that enter a network namespace
        words = [
            *within,
            sys.executable,
            "-m",
            "tftp_fsm",
            "serve",
            *([] if root is None else [str(root)]),  # else a file names it
            "--log-format",
            "json",
        ]
        if "--port" not in flags and "pass_fds" not in more:
            flags = ("--bind", "127.0.0.1", "--port", "0", *flags)
        if more.pop("keeps_root", True) and "--user" not in flags:
            flags = (*flags, *KEEP_ROOT)
        self._log = tempfile.TemporaryFile()  # noqa: SIM115  closed by close()
        self.process = subprocess.Popen(
            [*words, *flags],
            stdout=self._log,
            stderr=subprocess.PIPE,
            env=os.environ | {"PYTHONPATH": str(REPOSITORY)} | more.pop("env", {}),
            **more,
        )
        self.port = 0

    def wait_until_it_listens(self) -> None:
        self.port = self.line("listening")["port"]

    def lines(self, event: str) -> list[dict[str, Any]]:
        """Return the log lines with this `event` so far."""
        size = os.fstat(self._log.fileno()).st_size
        *whole, _ = os.pread(self._log.fileno(), size, 0).split(b"\n")
        return [line for line in map(json.loads, whole) if line["event"] == event]

    def line(self, event: str, count: int = 1) -> dict[str, Any]:
        """Wait for the `count`-th log line with this `event`, and return it."""
        until(lambda: len(self.lines(event)) >= count or self.process.poll() is not None)
        found = self.lines(event)
        assert len(found) >= count, f"the server did not say {event}, exit {self.process.poll()}"
        return found[count - 1]

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Send the signal `number`, wait for the end, and return the exit status."""
        self.process.send_signal(number)
        _, complaints = self.process.communicate(timeout=TRIES * PAUSE)
        assert complaints == b"", complaints
        return self.process.returncode

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()
        self._log.close()

    def descriptors(self) -> int:
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def most_memory(self) -> int:
        """Return the peak of its resident memory in octets."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        (line,) = (line for line in status.splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) * 1024


@contextmanager
def serve_process(root: Path, *flags: str, **more: Any) -> Iterator[ServeProcess]:
    process = ServeProcess(root, *flags, **more)
    try:
        process.wait_until_it_listens()
        yield process
    finally:
        process.close()


def until(condition: Callable[[], bool]) -> bool:
    """Repeat `condition` until it is true or no tries are left. Return whether it was true."""
    return any(condition() or select.select((), (), (), PAUSE)[0] for _ in range(TRIES))
