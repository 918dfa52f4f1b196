"""Run a server in a separate process, so that the two ends do not share an interpreter lock.

    with server_process(1 << 20) as port: ...

As a program, this module serves the directory in its argument and prints its port. It ends when its
stdin ends, so it never lives longer than the process that has started it.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from tftp_fsm.bench.transfer import filling
from tftp_fsm.errors import LocalError
from tftp_fsm.language import reason, sentence

HOST = "127.0.0.1"
NAME = "bench.bin"


@contextmanager
def server_process(size: int) -> Iterator[int]:
    """Yield the port of a writable loopback server that has the file NAME of `size` octets."""
    with TemporaryDirectory(prefix="tftp-fsm-bench-") as directory:
        root = Path(directory)
        try:
            (root / NAME).write_bytes(filling(size))
        except OSError as failed:
            why = sentence(
                "no room for a file of {octets} octets: {why}", octets=size, why=reason(failed)
            )
            raise LocalError(why) from failed
        with _process(root) as process:
            yield _port(process)


@contextmanager
def _process(root: Path) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", __name__, str(root)]
    process = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=_importable(),
        start_new_session=True,  # Ctrl-C reaches only this process, which then ends the server
    )
    with process:
        try:
            yield process
        finally:
            if process.stdin is not None:
                process.stdin.close()
            process.wait()


def _importable() -> Path:
    """Return the folder from which `python -m` can run this package, installed or not."""
    return Path(__file__).resolve().parents[2]


def _port(process: subprocess.Popen[str]) -> int:
    line = process.stdout.readline() if process.stdout is not None else ""
    if not line.strip().isdigit():
        raise LocalError(sentence("the embedded server did not start"))
    return int(line)


def main(root: str) -> int:
    """Serve until stdin ends."""
    from tftp_fsm.server.embedded import Server

    with Server(root, writable=True, overwrite=True) as server:
        print(server.port, flush=True)
        sys.stdin.read()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
