"""Run one command after the other, and print what each one used: JSON lines in, JSON lines out.

This is a small separate process, because Linux counts the resident memory of the parent in the peak
of a child. Therefore the process that starts a command must be smaller than the command.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from time import perf_counter

TAIL = 500  # octets of the output of a command that are kept


def run(command: list[str], cwd: str, env: dict[str, str], limit: float) -> dict[str, object]:
    """Return wall and CPU seconds, peak KiB and the last output. Kill it after `limit` seconds."""
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
