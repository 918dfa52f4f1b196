"""The process that runs next to the workers. It runs the commands and serves the metrics.

It is started after the rights of root were given up, and before the workers. It ends when the last
worker has closed its connection, so it ends even if the server is killed. It ignores signals.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
import sys
import time
import traceback
from collections.abc import Callable, Collection, Sequence
from typing import Any, NoReturn

from tftp_fsm.errors import LocalError
from tftp_fsm.language import sentence
from tftp_fsm.server.log import Journal
from tftp_fsm.server.operations.commands import Commands
from tftp_fsm.server.operations.courier import Courier
from tftp_fsm.server.operations.exposition import exposition
from tftp_fsm.server.operations.figures import together
from tftp_fsm.server.operations.http import Page
from tftp_fsm.server.operations.settings import Operations, bind_metrics, check_command
from tftp_fsm.server.reload import Current
from tftp_fsm.transports.zones import host_text
from tftp_fsm.wire.address import Address, bracketed, plain

ANSWERING = 1.0  # seconds; for a slower worker its last figures are used
LINE = 1 << 18  # octets; the longest line of a worker
SPARE = 5.0  # seconds after the time of a command, until the process is killed
_UNHEARD = [
    getattr(signal, name)
    for name in ("SIGTERM", "SIGINT", "SIGQUIT", "SIGHUP", "SIGUSR1", "SIGUSR2")
    if hasattr(signal, name)
]
PAUSE = 0.02  # seconds between two checks whether the process has ended


class Prepared:
    """The part that may need the rights of root: it binds the address of the metrics.

    Raises LocalError.
    """

    def __init__(self, operations: Operations) -> None:
        if not hasattr(os, "fork"):
            why = sentence("this system cannot run a separate process for the server")
            setting = "on_done" if operations.command else "metrics"
            raise LocalError(why, setting=setting)
        self._operations = operations
        self._metrics = bind_metrics(operations)

    def start(
        self, workers: int, journal: Journal, close_listeners: Callable[[], object]
    ) -> Beside:
        """Start the process, which calls `close_listeners` at first. Raises LocalError."""
        check_command(self._operations.command)  # now, as the user that will run it
        pairs = [socket.socketpair() for _ in range(workers)]
        sys.stdout.flush()
        # A signal to the whole group may come before the process has a handler for it.
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, _UNHEARD)
        pid = os.fork()
        if not pid:
            for ours, _ in pairs:
                ours.close()
            process = _Process(self._operations, self._metrics, journal, mask)
            _run_child([its for _, its in pairs], close_listeners, process)
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        for _, its in pairs:
            its.close()
        return Beside(pid, [ours for ours, _ in pairs], self._operations, self._told())

    def _told(self) -> Address | None:
        """Return the address of the metrics, and close this process's copy of the socket."""
        if self._metrics is None:
            return None
        with self._metrics as sock:
            return plain(sock.getsockname())


class Beside:
    """The process, and the workers' ends of the connections to it."""

    def __init__(
        self,
        pid: int,
        ends: Sequence[socket.socket],
        operations: Operations,
        metrics: Address | None,
    ) -> None:
        self._pid, self._ends, self._metrics = pid, ends, metrics
        self._seconds = operations.seconds + SPARE if operations.command else SPARE

    def announce(self, journal: Journal) -> None:
        """Log the address of the metrics."""
        if self._metrics is not None:
            host, port = host_text(self._metrics), self._metrics[1]
            line = f"metrics at http://{bracketed(host)}:{port}/metrics"
            journal.event("metrics", line, address=host, port=port)

    def courier(self, number: int, current: Current) -> Courier:
        """Return the courier of the worker `number`."""
        return Courier(self._ends[number], lambda: current.config.places)

    def close(self) -> None:
        """Close all ends, and wait for the process. It is killed if it takes too long."""
        for end in self._ends:
            end.close()
        ends_at = time.monotonic() + self._seconds
        while time.monotonic() < ends_at:
            if os.waitpid(self._pid, os.WNOHANG)[0]:
                return
            time.sleep(PAUSE)
        with contextlib.suppress(ProcessLookupError):
            os.kill(self._pid, signal.SIGKILL)
        os.waitpid(self._pid, 0)


def _run_child(
    ends: Sequence[socket.socket], close_listeners: Callable[[], object], process: _Process
) -> NoReturn:
    status = 1
    try:
        close_listeners()
        asyncio.run(process.run(ends))
        status = 0
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(status)


class _Process:
    def __init__(
        self,
        operations: Operations,
        metrics: socket.socket | None,
        journal: Journal,
        mask: Collection[int],
    ) -> None:
        self._mask = mask  # of signals, once their handlers are there
        self._commands = Commands(operations, journal) if operations.command else None
        self._metrics = metrics
        self._workers: list[_Worker] = []
        self._began = time.time()

    async def run(self, ends: Sequence[socket.socket]) -> None:
        """Run until the last worker and all its commands have ended."""
        for number in _UNHEARD:  # commands would inherit a signal that is ignored
            asyncio.get_running_loop().add_signal_handler(number, int)
        signal.pthread_sigmask(signal.SIG_SETMASK, self._mask)
        self._workers = [await _Worker.of(end, self._commands) for end in ends]
        page = None if self._metrics is None else await Page(self._metrics, self._text).start()
        await asyncio.gather(*(worker.hear() for worker in self._workers))
        if page is not None:
            page.close()
        if self._commands is not None:
            await self._commands.finish()

    async def _text(self) -> str:
        """Return the metrics now."""
        answered = await asyncio.gather(*(worker.ask() for worker in self._workers))
        figures = together(worker.figures for worker in self._workers)
        figures |= {"workers": len(self._workers), "answering": sum(answered)}
        if self._commands is not None:
            figures["commands"] = self._commands.fields
        return exposition(figures, sys.modules["tftp_fsm"].__version__, self._began)


class _Worker:
    """The connection to one worker, and the worker's last figures."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        commands: Commands | None,
    ) -> None:
        self._reader, self._writer, self._commands = reader, writer, commands
        self.figures: dict[str, Any] = {}
        self._lost = 0
        self._asked = self._answered = 0
        self._heard = asyncio.Condition()

    @classmethod
    async def of(cls, end: socket.socket, commands: Commands | None) -> _Worker:
        """Return the worker at the other end of `end`."""
        return cls(*await asyncio.open_connection(sock=end, limit=LINE), commands)

    async def hear(self) -> None:
        """Read the worker's lines until the worker ends."""
        with contextlib.suppress(OSError, ValueError):
            async for line in self._reader:
                await self._take(json.loads(line))
        self._writer.close()

    async def ask(self) -> bool:
        """Ask for the figures. Return whether they came in time. If not, the last ones count."""
        if self._asked == self._answered:  # several readers share one question to the worker
            self._asked += 1
            self._writer.write(b"%d\n" % self._asked)
        wanted = self._asked
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(ANSWERING), self._heard:
                await self._heard.wait_for(lambda: self._answered >= wanted)
        return self._answered >= wanted

    async def _take(self, line: dict[str, Any]) -> None:
        if "done" in line:
            if self._commands is not None:
                self._commands.add(line["done"])
            return
        self.figures = line["figures"]
        if self._commands is not None:
            self._commands.drop(line["lost"] - self._lost)
        self._lost = line["lost"]
        async with self._heard:
            self._answered = max(self._answered, line["asked"])
            self._heard.notify_all()
