"""Start servers, each with a separate root, and measure their CPU time and memory."""

from __future__ import annotations

import os
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path

from machine import environment
from programs import server_command

from tests.support.peers import fetch
from tests.support.peers.servers import PROBE_WAIT, PROBES, READY, STARTS, run

TICKS = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100


@dataclass(frozen=True, slots=True)
class Server:
    """A server that answers."""

    name: str
    host: str
    port: int
    root: Path
    process: subprocess.Popen[bytes]

    def cpu(self) -> float:
        """Return CPU seconds so far, also of ended children; 0 if the system does not tell."""
        stats = self._of_all("stat")
        return sum(sum(map(int, _fields(stat)[11:15])) for stat in stats) / TICKS

    def memory(self, field: str = "VmHWM") -> int:
        """Return KiB of its largest process: VmHWM at the peak, VmRSS now; 0 if it is not told."""
        lines = [line.split() for status in self._of_all("status") for line in status.splitlines()]
        return max((int(words[1]) for words in lines if words[0] == f"{field}:"), default=0)

    def _of_all(self, name: str) -> list[str]:
        """Return the file `name` in /proc of each process of this server: it may have workers."""
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            try:
                if int(_fields((process / "stat").read_text())[2]) == self.process.pid:
                    found.append((process / name).read_text())
            except OSError:  # it has ended meanwhile
                continue
        return found

    def stop(self) -> None:
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()


def _fields(stat: str) -> list[str]:
    """Return the fields after the name of the program: its state, parent, process group, ..."""
    return stat.rpartition(")")[2].split()


def start(name: str, directory: Path) -> Server:
    """Start `name` with a new root in `directory`. RuntimeError: it does not answer."""
    root = directory / f"root-{name}-{len(list(directory.glob('root-*')))}"
    root.mkdir()
    root.chmod(0o777)
    (root / READY).write_bytes(name.encode())
    (root / READY).chmod(0o644)
    log = directory / f"{root.name}.log"
    for _ in range(STARTS):  # another program may take the free port before the server does
        command, host, port = server_command(name, root)
        server = Server(name, host, port, root, run(command, log, environment()))
        if _answers(server):
            return server
        server.stop()
    raise RuntimeError(f"{name} did not start: {log.read_text(errors='replace').strip()[-300:]}")


def _answers(server: Server) -> bool:
    for _ in range(PROBES):
        if server.process.poll() is not None:
            return False
        try:
            found = fetch(server.host, server.port, READY, attempts=1, wait=PROBE_WAIT)
        except OSError:  # also of a time-out
            continue
        return found == server.name.encode()
    return False
