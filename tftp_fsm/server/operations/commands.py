"""Run a command for each session that has ended, without a shell.

At most `at_a_time` commands run at the same time, and WAITING sessions wait. For further sessions
no command runs; they are only counted. A command gets a line of JSON on its standard input. Its
output is discarded. If it fails, the first line of its standard error goes into the log. When its
time is over, its whole process group is killed. When it ends by itself, the processes that are left
in its group are killed too.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import time
from collections import Counter, deque
from collections.abc import Mapping
from typing import Any

from tftp_fsm.borders import brief
from tftp_fsm.server.log import Journal
from tftp_fsm.server.operations.settings import Operations
from tftp_fsm.server.rate_limit import LINES_DEPTH, LINES_RATE, TokenBucket

WAITING = 1000
SAID = 300  # octets that are kept of a command's standard error
RESULTS = ("succeeded", "failed", "timed_out", "not_started", "dropped")
_ENDED = "the command {} {}"


class Commands:
    """Runs the command of `operations`, and tells `journal` of its failures."""

    def __init__(self, operations: Operations, journal: Journal) -> None:
        self._operations, self._journal = operations, journal
        self._waiting: deque[Mapping[str, Any]] = deque()
        self._running: set[asyncio.Task[None]] = set()
        self._results: Counter[str] = Counter()
        self._lines = TokenBucket(LINES_RATE, LINES_DEPTH)
        self._unlogged = 0

    @property
    def fields(self) -> dict[str, int]:
        """Return the number of running commands, and the number of ended ones by result."""
        results = {name: self._results[name] for name in RESULTS}
        return {"running": len(self._running), **results}

    def add(self, session: Mapping[str, Any]) -> None:
        """Run the command for this session as soon as a place is free."""
        if len(self._waiting) >= WAITING:
            self.drop(1)
            return
        self._waiting.append(session)
        self._go_on()

    def drop(self, sessions: int) -> None:
        """Count sessions for which no command will run."""
        self._results["dropped"] += sessions
        if sessions:
            some = "1 session has" if sessions == 1 else f"{sessions:,} sessions have"
            self._say("is too slow", f"{some} none", "dropped")

    async def finish(self) -> None:
        """Wait for all commands, for the time that one may take. Then kill those that still run."""
        try:
            async with asyncio.timeout(self._operations.seconds):
                while self._running:
                    await asyncio.wait(self._running)
        except TimeoutError:
            self.drop(len(self._waiting))
            self._waiting.clear()
            for task in tuple(self._running):  # there is none if the last one has just ended
                self._count("timed_out", "was killed, because the server ends")
                task.cancel()
            await asyncio.gather(*self._running, return_exceptions=True)

    def _go_on(self) -> None:
        while self._waiting and len(self._running) < self._operations.at_a_time:
            task = asyncio.create_task(self._run(self._waiting.popleft()))
            self._running.add(task)
            task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        self._go_on()

    async def _run(self, session: Mapping[str, Any]) -> None:
        try:
            with _Errors() as errors:
                process = await asyncio.create_subprocess_exec(
                    *self._operations.command,
                    stdin=asyncio.subprocess.PIPE,
                    stdout=asyncio.subprocess.DEVNULL,
                    stderr=errors.writing,
                    start_new_session=True,
                )
                errors.listen()
                if await self._has_ended(process, session):
                    self._judge(process.returncode or 0, errors.said())
        except OSError as failed:
            self._count("not_started", f"cannot be started: {failed.strerror}")

    async def _has_ended(
        self, process: asyncio.subprocess.Process, session: Mapping[str, Any]
    ) -> bool:
        """Hand over the session, and wait. Return False if it was killed after its time."""
        try:
            async with asyncio.timeout(self._operations.seconds):
                await _tell(process, session)
                await process.wait()
                return True
        except TimeoutError:
            self._count("timed_out", f"was killed after {self._operations.seconds:g} s")
            return False
        finally:
            _kill_group(process.pid)
            await _reaped(process)

    def _judge(self, status: int, said: str) -> None:
        if not status:
            self._count("succeeded")
            return
        how = f"ended with status {status}" if status > 0 else f"ended by signal {-status}"
        self._count("failed", how, said)

    def _count(self, result: str, how: str = "", said: str = "") -> None:
        self._results[result] += 1
        if how:
            self._say(how, said, result)

    def _say(self, how: str, said: str, result: str) -> None:
        """Write a line of the log, at a limited rate: many commands may fail in the same way."""
        if not self._lines.take(time.monotonic()):
            self._unlogged += 1
            return
        line = _ENDED.format(brief(self._operations.command[0]), how) + (
            f": {said}" if said else ""
        )
        line += f"; {self._unlogged} more are not in this log" if self._unlogged else ""
        self._journal.event("on-done", line, result=result, unlogged=self._unlogged)
        self._unlogged = 0


async def _tell(process: asyncio.subprocess.Process, session: Mapping[str, Any]) -> None:
    """Write the line to the command's standard input. The command need not read it."""
    assert process.stdin is not None
    with contextlib.suppress(OSError):
        process.stdin.write(json.dumps(session).encode() + b"\n")
        await process.stdin.drain()
    process.stdin.close()


async def _reaped(process: asyncio.subprocess.Process) -> None:
    """Wait for a killed process, even if the server ends meanwhile.

    asyncio complains if a process ends after the event loop was closed.
    """
    waiting = asyncio.ensure_future(process.wait())
    cancelled: asyncio.CancelledError | None = None
    while not waiting.done():
        try:
            await asyncio.shield(waiting)
        except asyncio.CancelledError as cancel:
            cancelled = cancel
    if cancelled:
        raise cancelled


def _kill_group(pid: int) -> None:
    """Kill all processes that are left in the process group `pid`."""
    with contextlib.suppress(OSError):
        os.killpg(pid, signal.SIGKILL)


class _Errors:
    """A pipe for a command's standard error. Octets beyond SAID are read and discarded."""

    def __enter__(self) -> _Errors:
        self._reading, self.writing = os.pipe()
        os.set_blocking(self._reading, False)
        self._octets = b""
        self._is_open = True
        return self

    def listen(self) -> None:
        """Close this process's writing end, and read from now on."""
        self._close_writing()
        asyncio.get_running_loop().add_reader(self._reading, self._read)

    def said(self) -> str:
        """Return the first line in a form that is safe for a log."""
        self._read()
        return brief(self._octets.strip().split(b"\n")[0])

    def _read(self) -> None:
        with contextlib.suppress(BlockingIOError):
            octets = os.read(self._reading, 65536)
            self._octets += octets[: SAID - len(self._octets)]
            if not octets:
                asyncio.get_running_loop().remove_reader(self._reading)

    def _close_writing(self) -> None:
        if self._is_open:
            self._is_open = False
            os.close(self.writing)

    def __exit__(self, *_: object) -> None:
        self._close_writing()
        asyncio.get_running_loop().remove_reader(self._reading)
        os.close(self._reading)
