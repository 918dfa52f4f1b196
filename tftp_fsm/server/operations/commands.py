"""The commands that run when sessions end: one for each session that has ended, without a shell.

At most `at_a_time` run at the same time, and WAITING wait. A session beyond that has no command,
and is counted. A command gets a line of JSON on its standard input. Its output is thrown away; the
first line of its standard error is in the log if it fails. When its time is over, it is killed,
with all that it started in its process group. What it leaves behind there at its end is killed too.
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
SAID = 300  # octets of what a command writes to its standard error
RESULTS = ("succeeded", "failed", "timed_out", "not_started", "dropped")
_ENDED = "the command {} {}"


class Commands:
    """Runs the command of `operations`, and tells `journal` of those that fail."""

    def __init__(self, operations: Operations, journal: Journal) -> None:
        self._operations, self._journal = operations, journal
        self._waiting: deque[Mapping[str, Any]] = deque()
        self._running: set[asyncio.Task[None]] = set()
        self._results: Counter[str] = Counter()
        self._lines = TokenBucket(LINES_RATE, LINES_DEPTH)
        self._unlogged = 0

    @property
    def fields(self) -> dict[str, int]:
        """How many run now, and how many ended in which way."""
        results = {name: self._results[name] for name in RESULTS}
        return {"running": len(self._running), **results}

    def add(self, session: Mapping[str, Any]) -> None:
        """Run the command for this session as soon as there is a place."""
        if len(self._waiting) >= WAITING:
            self.drop(1)
            return
        self._waiting.append(session)
        self._go_on()

    def drop(self, sessions: int) -> None:
        """Count sessions that will have no command."""
        self._results["dropped"] += sessions
        if sessions:
            some = "1 session has" if sessions == 1 else f"{sessions:,} sessions have"
            self._say("is too slow", f"{some} none", "dropped")

    async def finish(self) -> None:
        """Wait for all of them, for as long as one may take. Then kill those that run."""
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
        """Hand it the session, and wait for its end. False: it was killed, its time was over."""
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
        """Write a line of the log, at a limited rate: a thousand commands fail in the same way."""
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
    """Write the line to its standard input. A command need not read it."""
    assert process.stdin is not None
    with contextlib.suppress(OSError):
        process.stdin.write(json.dumps(session).encode() + b"\n")
        await process.stdin.drain()
    process.stdin.close()


async def _reaped(process: asyncio.subprocess.Process) -> None:
    """Wait for a killed process, even if the server ends meanwhile.

    asyncio complains of a process whose end comes after its loop has closed.
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
    """Kill what is still there of a process and of what it has started."""
    with contextlib.suppress(OSError):
        os.killpg(pid, signal.SIGKILL)


class _Errors:
    """A pipe for what a command says. What is beyond SAID octets is read and thrown away."""

    def __enter__(self) -> _Errors:
        self._reading, self.writing = os.pipe()
        os.set_blocking(self._reading, False)
        self._octets = b""
        self._is_open = True
        return self

    def listen(self) -> None:
        """Read from now on. This process does not write."""
        self._close_writing()
        asyncio.get_running_loop().add_reader(self._reading, self._read)

    def said(self) -> str:
        """The first line, fit for a log."""
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
