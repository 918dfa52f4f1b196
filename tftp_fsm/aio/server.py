"""A server inside an event loop. Its own loop makes a turn when its selector is readable."""

from __future__ import annotations

import asyncio
import os
import time
from math import inf
from typing import Any, Self

from tftp_fsm.aio.turns import Watch
from tftp_fsm.server.embedded import LONGEST_WAIT, EmbeddedServer
from tftp_fsm.server.log import Report


class Server(EmbeddedServer):
    """Serves `root` from `start` to `stop`, or as an asynchronous context manager.

    The arguments, `reports`, `url` and so on are those of `tftp_fsm.Server`. It runs in the event
    loop's thread. Only commits of uploads have separate threads, so that a slow disk does not delay
    the event loop.
    """

    def __init__(
        self,
        root: str | os.PathLike[str],
        port: int = 0,
        bind: str | tuple[str, ...] = "127.0.0.1",
        **options: Any,
    ) -> None:
        super().__init__(root, port, bind, **options)
        self._turned = asyncio.Event()
        self._watch: Watch | None = None

    async def start(self) -> None:
        """Begin to listen. Raises LocalError if that is not possible."""
        loop = self._open(may_block=False)
        try:
            self._watch = Watch(loop.fileno(), self._turn, self._due)
            self._watch.begin()
        except BaseException:
            self._close()
            raise

    async def stop(self, grace: float = 0.0) -> None:
        """Close the server. Running transfers get `grace` seconds. May be called again.

        An upload that has come whole is safe on the disk when this returns.
        """
        loop = self._loop
        if loop is None or self._watch is None:
            return
        loop.stop(grace)
        try:
            await self._until_over()
            loop.drain()
            while loop.is_committing:
                await self._next_turn()
        finally:
            self._close()

    async def wait(self, transfers: int = 1, seconds: float = LONGEST_WAIT) -> Report:
        """Wait until `transfers` transfers in all have ended, and return the report of the last.

        Raises TransferTimedOut after `seconds` seconds.
        """
        try:
            async with asyncio.timeout(seconds):
                while self._ended < transfers:
                    await self._next_turn()
        except TimeoutError:
            raise self._too_few(transfers) from None
        return self.reports[-1]

    async def _until_over(self) -> None:
        while self._watch is not None and self._loop is not None and not self._loop.is_over:
            await self._next_turn()

    async def _next_turn(self) -> None:
        self._turned.clear()
        await self._turned.wait()

    def _turn(self) -> None:
        assert self._loop is not None, "it is watched from start on"
        self._loop.turn(0.0)
        self._turned.set()

    def _due(self) -> float:
        assert self._loop is not None, "it is watched from start on"
        seconds = self._loop.longest_wait()
        return inf if seconds is None else time.monotonic() + seconds

    def _close(self) -> None:
        watch, self._watch = self._watch, None
        if watch is not None:
            watch.end()
        if self._loop is not None:
            self._loop.close()
        if self._root is not None:
            self._root.close()
        self._turned.set()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()
