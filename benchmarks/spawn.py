"""Runs one command after the other and says what each took: JSON lines in, JSON lines out.

A process of its own, and a small one: Linux counts what the parent had resident towards the peak
of the child that it starts, so whoever starts a command had better be smaller than it.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from time import perf_counter

TAIL = 500  # octets of what a command said


def run(command: list[str], cwd: str, env: dict[str, str], limit: float) -> dict[str, object]:
    """Wall and CPU seconds, peak KiB and what it said at the end; killed after `limit` seconds."""
    with tempfile.TemporaryFile() as said:
        begun = perf_counter()
        process = subprocess.Popen(
            command, cwd=cwd, env=env, stdin=subprocess.DEVNULL, stdout=said, stderr=said
        )
        signal.signal(signal.SIGALRM, lambda *_: process.kill())
        signal.setitimer(signal.ITIMER_REAL, limit)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = perf_counter() - begun
        signal.setitimer(signal.ITIMER_REAL, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        said.seek(max(0, said.tell() - TAIL))
        output = said.read().decode(errors="replace")
    return {
        "seconds": seconds,
        "cpu": usage.ru_utime + usage.ru_stime,
        "peak": usage.ru_maxrss,
        "status": process.returncode,
        "output": output.strip(),
    }


def main() -> None:
    for line in sys.stdin:
        print(json.dumps(run(**json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
